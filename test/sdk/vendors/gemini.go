package vendors

import (
	"encoding/json"
	"net/http"
	"strings"
)

func objectFrom(text string) (o object) {
	_ = json.Unmarshal([]byte(text), &o)
	return o
}

// readGemini reads a request of https://ai.google.dev/api/generate-content.
func readGemini(r *reader, o object) {
	r.only("request", o, "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig", "cachedContent", "labels", "serviceTier", "store")
	r.needs("request", o, "contents")
	r.stream = strings.HasSuffix(r.path, ":streamGenerateContent")
	if r.stream && r.query.Get("alt") != "sse" {
		r.refuse("a stream without alt=sse")
	}
	for _, t := range o.list("tools") {
		r.only("tool", t, "functionDeclarations", "googleSearch", "codeExecution", "urlContext", "googleSearchRetrieval", "computerUse", "fileSearch", "googleMaps")
		for _, f := range t.list("functionDeclarations") {
			r.only("functionDeclaration", f, "name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema", "behavior")
			if f.has("parameters") {
				r.openAPI(f.text("name"), f.at("parameters"))
				r.tool("tools", f.text("name"), f["parameters"])
			} else {
				r.tool("tools", f.text("name"), f["parametersJsonSchema"])
			}
		}
	}
	choice := o.at("toolConfig", "functionCallingConfig")
	r.only("functionCallingConfig", choice, "mode", "allowedFunctionNames")
	if choice.text("mode") == "ANY" {
		r.forced = "*"
		if names, _ := choice["allowedFunctionNames"].([]any); len(names) == 1 {
			r.forced, _ = names[0].(string)
		}
	}
	r.geminiConfig(o.at("generationConfig"))
	r.only("systemInstruction", o.at("systemInstruction"), "role", "parts")
	var roles []string
	for _, c := range o.list("contents") {
		r.only("content", c, "role", "parts")
		roles = append(roles, c.text("role"))
		r.geminiContent(c)
	}
	r.alternate(roles, "user", "model")
	r.order(byName)
	r.extras = object{"model": modelOf(r.path, ":")}
}

// byName matches a result to its call as Gemini does: by id where both have one.
func byName(c call, res result) bool {
	name, id, _ := strings.Cut(res.id, "\x00")
	return c.name == name && (c.id == "" || id == "" || c.id == id)
}

// modelOf gives the part of a path behind /models/ or /model/.
func modelOf(path, end string) string {
	i := strings.Index(path, "/model")
	_, model, _ := strings.Cut(path[i+1:], "/")
	if n := strings.LastIndex(model, end); n > 0 {
		return model[:n]
	}
	return model
}

// openAPI refuses what is not in the subset of https://ai.google.dev/api/caching#Schema.
func (r *reader) openAPI(where string, s object) {
	r.only("schema of "+where, s, "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required", "minProperties", "maxProperties",
		"minLength", "maxLength", "pattern", "example", "anyOf", "propertyOrdering", "default", "items", "minimum", "maximum")
	for _, p := range s.at("properties") {
		r.openAPI(where, objectOf(p))
	}
	if s.has("items") {
		r.openAPI(where, s.at("items"))
	}
}

func (r *reader) geminiConfig(o object) {
	r.only("generationConfig", o, "stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseModalities", "candidateCount", "maxOutputTokens",
		"temperature", "topP", "topK", "seed", "presencePenalty", "frequencyPenalty", "responseLogprobs", "logprobs", "thinkingConfig", "speechConfig", "mediaResolution", "enableEnhancedCivicAnswers", "imageConfig", "responseFormat")
	r.only("thinkingConfig", o.at("thinkingConfig"), "includeThoughts", "thinkingBudget", "thinkingLevel")
	r.thinks = o.at("thinkingConfig")["includeThoughts"] == true
	if o.has("responseSchema") {
		r.openAPI("responseSchema", o.at("responseSchema"))
	}
	if r.schema = o.has("responseSchema") || o.has("responseJsonSchema"); r.schema && o.text("responseMimeType") != "application/json" {
		r.refuse("a schema of the answer without its media type")
	}
}

func (r *reader) geminiContent(c object) {
	t := turn{}
	parts := c.list("parts")
	if len(parts) == 0 {
		r.refuse("a content without parts")
	}
	for _, p := range parts {
		r.only("part", p, "text", "thought", "thoughtSignature", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode", "codeExecutionResult", "videoMetadata", "mediaResolution", "partMetadata")
		if p.has("thoughtSignature") {
			t.states = append(t.states, p.text("thoughtSignature"))
		}
		switch {
		case p.has("functionCall"):
			f := p.at("functionCall")
			r.only("functionCall", f, "id", "name", "args")
			t.calls = append(t.calls, call{id: f.text("id"), name: f.text("name"), args: jsonText(f["args"])})
		case p.has("functionResponse"):
			f := p.at("functionResponse")
			r.only("functionResponse", f, "id", "name", "response", "parts", "willContinue", "scheduling")
			if _, ok := f["response"].(map[string]any); !ok {
				r.refuse("the response of %s is no object", f.text("name"))
			}
			t.results = append(t.results, result{f.text("name") + "\x00" + f.text("id"), jsonText(f["response"])})
		case p["thought"] == true:
		case c.text("role") == "user":
			t.user += p.text("text")
		default:
			t.said += p.text("text")
		}
	}
	r.turns = append(r.turns, t)
}

// parts gives an answer's parts. Calls have no ids, and the first of them has the state.
func (s *say) parts() (all []object) {
	if s.thought != "" {
		all = append(all, object{"text": s.thought, "thought": true})
	}
	state := func(p object) object {
		if s.state != "" && (len(all) == 0 || all[len(all)-1]["thought"] == true) {
			p["thoughtSignature"] = s.state
		}
		return p
	}
	if s.text != "" {
		all = append(all, state(object{"text": s.text}))
	}
	for _, c := range s.calls {
		all = append(all, state(object{"functionCall": object{"name": c.name, "args": objectFrom(c.args)}}))
	}
	return all
}

func sayGemini(w http.ResponseWriter, a *ask, s *say) {
	usage := object{"promptTokenCount": 14, "candidatesTokenCount": 6, "thoughtsTokenCount": 3, "totalTokenCount": 23, "cachedContentTokenCount": 4}
	body := func(finish any, parts ...object) object {
		c := object{"content": object{"role": "model", "parts": parts}, "index": 0}
		if finish != nil {
			c["finishReason"] = finish
		}
		return object{"candidates": []object{c}, "usageMetadata": usage, "modelVersion": a.extras["model"], "responseId": "resp1"}
	}
	if !a.stream {
		writeJSON(w, http.StatusOK, body("STOP", s.parts()...))
		return
	}
	out := newStream(w)
	for _, p := range s.parts() {
		if p.has("functionCall") {
			out.data(body(nil, p))
			continue
		}
		for _, text := range pieces(p.text("text")) {
			piece := object{"text": text}
			if p["thought"] == true {
				piece["thought"] = true
			}
			out.data(body(nil, piece))
		}
		if p.has("thoughtSignature") {
			out.data(body(nil, object{"text": "", "thoughtSignature": p["thoughtSignature"]}))
		}
	}
	out.data(body("STOP", object{"text": ""}))
}

func failGemini(w http.ResponseWriter, status int, text string) {
	name := "INVALID_ARGUMENT"
	var details []object
	if status == http.StatusTooManyRequests {
		name, details = "RESOURCE_EXHAUSTED", []object{{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}}
	}
	writeJSON(w, status, object{"error": object{"code": status, "message": text, "status": name, "details": details}})
}
