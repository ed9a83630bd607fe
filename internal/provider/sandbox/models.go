package sandbox

import (
	"net/http"
	"strings"
)

// ability is a set of what a model can be asked for.
type ability uint8

const (
	converse ability = 1 << iota // chat in every dialect, completions, count_tokens
	embeds
	draws
	speaks
	hears
	moderates
	ranks
	films
	every = 1<<iota - 1
)

// known is one model of the sandbox.
type known struct {
	name  string
	does  ability
	about string
}

// models are all models but error-<status>, which exists for every status from 400 to 599.
var models = [...]known{
	{"chat", converse, "answers in a sentence, calls tools"},
	{"cut", converse, "breaks the connection in the middle of its answer"},
	{"echo", converse, "answers what it was told"},
	{"embed", embeds, "embeddings of 64 dimensions"},
	{"flaky", every, "fails every third request, by its hash"},
	{"image", draws, "a small square in one colour"},
	{"json", converse, "answers JSON that fits the schema of the request"},
	{"long", converse, "4,000 tokens of text"},
	{"moderate", moderates, "flags what mentions violence"},
	{"reason", converse, "thinks before it answers"},
	{"rerank", ranks, "ranks by shared words"},
	{"slow", every, "two seconds to the first byte"},
	{"stt", hears, "transcribes to a fixed sentence"},
	{"tts", speaks, "a tone of a quarter of a second"},
	{"video", films, "a square in one colour, as long as asked for"},
}

// modelNames are the names as lists show them.
func modelNames() []string {
	var out []string
	for _, m := range models {
		out = append(out, m.name)
	}
	return append(out, "error-429", "error-500", "error-503", "error-529")
}

func find(name string) (known, bool) {
	for _, m := range models {
		if m.name == name {
			return m, true
		}
	}
	return known{}, false
}

// unknownModel is the 404 for a name that is unknown or cannot do what is asked.
func unknownModel(name string, a ability) *problem {
	var fit []string
	for _, m := range models {
		if m.does&a != 0 {
			fit = append(fit, m.name)
		}
	}
	return &problem{
		status: http.StatusNotFound, code: "model_not_found", param: "model",
		message: "the sandbox has no model " + quote(name) + " for this operation; it has " + strings.Join(fit, ", ") + " and error-<status>",
	}
}

// quote shows a caller's text in a message, shortened.
func quote(s string) string {
	s, cut := clip(s, 50)
	if cut {
		s += "…"
	}
	return `"` + s + `"`
}

// listModels and oneModel answer in the dialect that the headers speak of.
func listModels(x *exchange) *problem {
	switch x.family {
	case anthropic:
		return x.answer(anthropicModels())
	case gemini:
		return x.answer(geminiModels())
	}
	list := struct {
		Object string        `json:"object"`
		Data   []openaiModel `json:"data"`
	}{Object: "list"}
	for _, name := range modelNames() {
		list.Data = append(list.Data, newOpenAIModel(name))
	}
	return x.answer(list)
}

func oneModel(x *exchange) *problem {
	name := x.r.PathValue("rest")
	m, p := parseModel(Options{}, every, name)
	if p != nil {
		return p
	}
	switch x.family {
	case anthropic:
		return x.answer(newAnthropicModel(m.name))
	case gemini:
		return x.answer(newGeminiModel(m.name))
	}
	return x.answer(newOpenAIModel(m.name))
}

type openaiModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func newOpenAIModel(name string) openaiModel {
	return openaiModel{ID: name, Object: "model", Created: epoch, OwnedBy: "sandbox"}
}

type anthropicModel struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
}

func newAnthropicModel(name string) anthropicModel {
	return anthropicModel{Type: "model", ID: name, DisplayName: "Sandbox " + name, CreatedAt: epochText}
}

func anthropicModels() any {
	list := anthropicPage[anthropicModel]{}
	for _, name := range modelNames() {
		list.Data = append(list.Data, newAnthropicModel(name))
	}
	list.FirstID, list.LastID = list.Data[0].ID, list.Data[len(list.Data)-1].ID
	return list
}

// anthropicPage is a list of that dialect; this sandbox's lists have one page.
type anthropicPage[T any] struct {
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
	FirstID string `json:"first_id,omitempty"`
	LastID  string `json:"last_id,omitempty"`
}

type geminiModel struct {
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	DisplayName string   `json:"displayName"`
	Input       int      `json:"inputTokenLimit"`
	Output      int      `json:"outputTokenLimit"`
	Methods     []string `json:"supportedGenerationMethods"`
}

func newGeminiModel(name string) geminiModel {
	m := geminiModel{Name: "models/" + name, Version: "001", DisplayName: "Sandbox " + name, Input: 1 << 20, Output: 1 << 16}
	does := ability(every)
	if k, ok := find(name); ok {
		does = k.does
	}
	if does&converse != 0 {
		m.Methods = append(m.Methods, "generateContent", "countTokens", "createCachedContent", "batchGenerateContent")
	}
	if does&embeds != 0 {
		m.Methods = append(m.Methods, "embedContent", "batchEmbedContents", "asyncBatchEmbedContent")
	}
	return m
}

func geminiModels() any {
	list := struct {
		Models []geminiModel `json:"models"`
	}{}
	for _, name := range modelNames() {
		list.Models = append(list.Models, newGeminiModel(name))
	}
	return list
}
