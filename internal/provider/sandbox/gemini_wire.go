package sandbox

import (
	"cmp"
	"encoding/json"
)

// The Gemini dialect: https://ai.google.dev/api/generate-content.

type geminiRequest struct {
	Contents     []geminiContent `json:"contents"`
	System       *geminiContent  `json:"systemInstruction"`
	SystemSnake  *geminiContent  `json:"system_instruction"`
	Tools        []geminiTools   `json:"tools"`
	ToolConfig   geminiToolMode  `json:"toolConfig"`
	Config       *geminiConfig   `json:"generationConfig"`
	ConfigSnake  *geminiConfig   `json:"generation_config"`
	Cached       string          `json:"cachedContent"`
	Model        string          `json:"model"`       // of a cached content
	TTL          string          `json:"ttl"`         // of a cached content
	DisplayName  string          `json:"displayName"` // of a cached content
	ForCounting  *geminiRequest  `json:"generateContentRequest"`
	cachedTokens int             // of what Cached stands for
}

type geminiContent struct {
	Role  string       `json:"role,omitempty"`
	Parts []geminiPart `json:"parts"`
}

type geminiPart struct {
	Text      *string         `json:"text,omitempty"`
	Thought   bool            `json:"thought,omitempty"`
	Call      *geminiCall     `json:"functionCall,omitempty"`
	Response  *geminiResponse `json:"functionResponse,omitempty"`
	Signature string          `json:"thoughtSignature,omitempty"`
}

type geminiCall struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type geminiResponse struct {
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
}

type geminiTools struct {
	Functions      []geminiFunction `json:"functionDeclarations"`
	FunctionsSnake []geminiFunction `json:"function_declarations"`
}

type geminiFunction struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
	JSONSchema json.RawMessage `json:"parametersJsonSchema"`
}

type geminiToolMode struct {
	Calling struct {
		Mode    string   `json:"mode"`
		Allowed []string `json:"allowedFunctionNames"`
	} `json:"functionCallingConfig"`
}

type geminiConfig struct {
	Candidates *int            `json:"candidateCount"`
	MaxOutput  *int            `json:"maxOutputTokens"`
	Stop       texts           `json:"stopSequences"`
	MimeType   string          `json:"responseMimeType"`
	Schema     json.RawMessage `json:"responseSchema"`
	JSONSchema json.RawMessage `json:"responseJsonSchema"`
}

type geminiAnswer struct {
	Candidates []geminiCandidate `json:"candidates"`
	Usage      *geminiUsage      `json:"usageMetadata"`
	Model      string            `json:"modelVersion"`
	ID         string            `json:"responseId"`
}

type geminiCandidate struct {
	Content geminiContent `json:"content"`
	Finish  string        `json:"finishReason,omitempty"`
	Index   int           `json:"index"`
}

// geminiUsage: candidates are counted without thoughts, the prompt with what is cached.
type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Cached     int `json:"cachedContentTokenCount,omitempty"`
	Candidates int `json:"candidatesTokenCount,omitempty"`
	Thoughts   int `json:"thoughtsTokenCount,omitempty"`
	Total      int `json:"totalTokenCount"`
}

// parse gives the ask and the number of candidates.
func (q *geminiRequest) parse() (*ask, int, *problem) {
	if len(q.Contents) == 0 {
		return nil, 0, invalid("contents", "contents: at least one content is required")
	}
	c := cmp.Or(q.Config, q.ConfigSnake, &geminiConfig{})
	n, p := choices(c.Candidates)
	if p != nil {
		return nil, 0, p
	}
	a := &ask{
		prompt: q.cachedTokens, stop: c.Stop, quiet: q.ToolConfig.Calling.Mode == "NONE",
		json: c.MimeType == "application/json", schema: c.JSONSchema,
	}
	if a.schema == nil {
		a.schema = c.Schema
	}
	if a.max, p = limit("maxOutputTokens", c.MaxOutput); p != nil {
		return nil, 0, p
	}
	if names := q.ToolConfig.Calling.Allowed; len(names) > 0 {
		a.tool = names[0]
	}
	q.addContents(a)
	q.addTools(a)
	return a, n, nil
}

func (q *geminiRequest) addContents(a *ask) {
	if s := cmp.Or(q.System, q.SystemSnake); s != nil {
		a.say(turn{role: other, texts: s.texts()})
	}
	for _, c := range q.Contents {
		who := user
		if c.Role == "model" {
			who = assistant
		}
		if results := c.results(); len(results) > 0 {
			a.say(turn{role: who, texts: results, result: true})
		}
		a.say(turn{role: who, texts: c.texts()})
	}
}

func (q *geminiRequest) addTools(a *ask) {
	for _, t := range q.Tools {
		for _, f := range append(t.Functions, t.FunctionsSnake...) {
			schema := f.JSONSchema
			if schema == nil {
				schema = f.Parameters
			}
			a.tools = append(a.tools, tool{f.Name, schema})
		}
	}
}

func (c *geminiContent) texts() []string {
	var out []string
	for _, p := range c.Parts {
		if p.Text != nil && !p.Thought {
			out = append(out, *p.Text)
		}
	}
	return out
}

func (c *geminiContent) results() []string {
	var out []string
	for _, p := range c.Parts {
		if p.Response != nil {
			out = append(out, string(p.Response.Response))
		}
	}
	return out
}
