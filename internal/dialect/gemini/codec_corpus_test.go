package gemini_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestEveryRecordedRequestIsReadAndWrittenBack: what comes out says what went in.
func TestEveryRecordedRequestIsReadAndWrittenBack(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "generate") {
		body, model := recordedRequest(t, c)
		if body == nil || c.Status >= 400 {
			continue
		}
		table.Add(c, rewritten(body, model))
	}
	table.Report(t)
}

// recordedRequest gives the body and the model of a case; nil where none was recorded.
func recordedRequest(t *testing.T, c *dialecttest.Case) (body []byte, model string) {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(root, c.Name, "request.json"))
	if err != nil {
		t.Fatal(err)
	}
	var request struct {
		Path string          `json:"path"`
		Body json.RawMessage `json:"body"`
	}
	if err := json.Unmarshal(text, &request); err != nil {
		t.Fatal(err)
	}
	model, _, _ = strings.Cut(request.Path[strings.LastIndexByte(request.Path, '/')+1:], ":")
	if len(request.Body) == 0 || request.Body[0] != '{' {
		return nil, model
	}
	return request.Body, model
}

func rewritten(body []byte, model string) string {
	r, err := gemini.Dialect.Codec.ParseRequest(body)
	if err != nil {
		return "reading: " + err.Error()
	}
	to := dialect.Target{Provider: "p", Model: model}
	out, err := gemini.Dialect.Codec.FormatRequest(nil, r, &to)
	if err != nil {
		return "writing: " + err.Error()
	}
	if !json.Valid(out.Body) {
		return fmt.Sprintf("no JSON: %s", out.Body)
	}
	return compare(plainRequest(out.Body), plainRequest(body))
}

func compare(got, want any) string {
	if reflect.DeepEqual(got, want) {
		return ""
	}
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	n := 0
	for n < len(g) && n < len(w) && g[n] == w[n] {
		n++
	}
	from := max(0, n-80)
	return fmt.Sprintf("\n got …%s\nwant …%s", g[from:min(len(g), n+200)], w[from:min(len(w), n+200)])
}

// plainRequest decodes a request and brings it to one form, by the freedoms that this
// package documents: spelling of names, null, roles, turns of one side that follow each
// other, texts of the model's in pieces, results before other parts, one list of
// functions, schemas in either form.
func plainRequest(body []byte) map[string]any {
	var o map[string]any
	if err := json.Unmarshal(body, &o); err != nil {
		panic(err)
	}
	o = camelKeys(o).(map[string]any)
	delete(o, "model")
	if s, ok := o["systemInstruction"].(map[string]any); ok {
		o["systemInstruction"] = plainParts(s["parts"], false)
	}
	o["contents"] = plainContents(o["contents"])
	if tools, ok := o["tools"].([]any); ok {
		o["tools"] = plainTools(tools)
	}
	if c, ok := o["toolConfig"].(map[string]any); ok {
		if f, ok := c["functionCallingConfig"].(map[string]any); ok {
			f["mode"] = strings.ToUpper(fmt.Sprint(f["mode"]))
		} else if len(c) == 0 {
			delete(o, "toolConfig")
		}
	}
	plainConfig(o)
	for k, v := range o {
		if reflect.DeepEqual(v, []any{}) {
			delete(o, k)
		}
	}
	return o
}

func plainConfig(o map[string]any) {
	g, ok := o["generationConfig"].(map[string]any)
	if !ok {
		return
	}
	if s, ok := g["responseSchema"]; ok {
		delete(g, "responseSchema")
		g["responseJsonSchema"] = smallTypes(s)
	}
	if g["responseMimeType"] == "text/plain" {
		delete(g, "responseMimeType")
	}
	if g["responseJsonSchema"] != nil {
		g["responseMimeType"] = "application/json"
	}
	if th, ok := g["thinkingConfig"].(map[string]any); ok && th["thinkingLevel"] != nil {
		th["thinkingLevel"] = strings.ToUpper(th["thinkingLevel"].(string))
	}
	if len(g) == 0 {
		delete(o, "generationConfig")
	}
}

// free are members whose inside is the caller's own.
var free = []string{"args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema", "responseSchema", "labels"}

func camelKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			words := strings.Split(k, "_")
			for i := 1; i < len(words); i++ {
				words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
			}
			name := strings.Join(words, "")
			switch {
			case x == nil:
			case slices.Contains(free, name):
				out[name] = x
			default:
				out[name] = camelKeys(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = camelKeys(v[i])
		}
		return out
	}
	return v
}

// smallTypes writes the vendor's types as JSON Schema does.
func smallTypes(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			if s, ok := x.(string); ok && k == "type" {
				x = strings.ToLower(s)
			}
			if k == "format" && x == "enum" {
				continue
			}
			out[strings.NewReplacer("any_of", "anyOf", "property_ordering", "propertyOrdering").Replace(k)] = smallTypes(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = smallTypes(v[i])
		}
		return out
	}
	return v
}

func plainTools(tools []any) any {
	var functions, others []any
	for _, t := range tools {
		for k, v := range t.(map[string]any) {
			if k != "functionDeclarations" {
				others = append(others, map[string]any{k: v})
				continue
			}
			for _, f := range v.([]any) {
				f := f.(map[string]any)
				if p, ok := f["parameters"]; ok {
					delete(f, "parameters")
					f["parametersJsonSchema"] = p
				}
				f["parametersJsonSchema"] = smallTypes(f["parametersJsonSchema"])
				functions = append(functions, f)
			}
		}
	}
	return append(functions, others...)
}

func plainContents(v any) (out []any) {
	last, ids := "", map[any]any{}
	for _, c := range v.([]any) {
		c := c.(map[string]any)
		role, _ := c["role"].(string)
		if role != "model" {
			role = "user"
		}
		parts := plainParts(c["parts"], false)
		if len(parts) == 0 {
			continue
		}
		for _, p := range parts { // a result without an id has that of its call
			call, _ := p.(map[string]any)["functionCall"].(map[string]any)
			result, _ := p.(map[string]any)["functionResponse"].(map[string]any)
			if call != nil && call["id"] != nil {
				ids[call["name"]] = call["id"]
			}
			if result != nil && result["id"] == nil && ids[result["name"]] != nil {
				result["id"] = ids[result["name"]]
			}
		}
		if role == last {
			turn := out[len(out)-1].(map[string]any)
			turn["parts"] = append(turn["parts"].([]any), parts...)
			continue
		}
		last = role
		out = append(out, map[string]any{"role": role, "parts": parts})
	}
	for _, turn := range out {
		turn := turn.(map[string]any)
		turn["parts"] = joined(turn["parts"].([]any), turn["role"] == "model")
	}
	return out
}

func plainParts(v any, _ bool) (out []any) {
	list, _ := v.([]any)
	for _, p := range list {
		p := p.(map[string]any)
		if p["thought"] == false {
			delete(p, "thought")
		}
		for _, name := range []string{"inlineData", "fileData"} {
			if b, ok := p[name].(map[string]any); ok && b["data"] != nil {
				b["data"] = standard(b["data"].(string))
			}
		}
		if r, ok := p["functionResponse"].(map[string]any); ok {
			plainParts(r["parts"], false)
			if r["response"] == nil {
				r["response"] = map[string]any{}
			}
		}
		if p["text"] == nil && p["thoughtSignature"] != nil && len(p) <= 2 && (len(p) == 1 || p["thought"] != nil) {
			p["text"] = ""
		}
		out = append(out, p)
	}
	return out
}

// joined joins the texts of the model's that follow each other, and puts results first.
func joined(parts []any, model bool) (out []any) {
	var rest []any
	for _, p := range parts {
		p := p.(map[string]any)
		if p["functionResponse"] != nil {
			out = append(out, p)
			continue
		}
		if n := len(rest); model && n > 0 && len(p) == 1 && p["text"] != nil {
			if before := rest[n-1].(map[string]any); len(before) == 1 && before["text"] != nil {
				before["text"] = before["text"].(string) + p["text"].(string)
				continue
			}
		}
		if model && len(p) == 1 && p["text"] == "" {
			continue
		}
		rest = append(rest, p)
	}
	return append(out, rest...)
}

func standard(s string) string {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return s
	}
	return string(b)
}

// TestEveryRecordedAnswerSaysTheSameAfterTranslation reads each recorded answer and
// stream, writes it for a caller of the same dialect, and compares what both say by a
// plain reading.
func TestEveryRecordedAnswerSaysTheSameAfterTranslation(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "generate") {
		if c.Status < 400 {
			table.Add(c, retold(c))
		}
	}
	table.Report(t)
}

func retold(c *dialecttest.Case) string {
	call := &dialect.Call{ID: "r", Provider: "p", Model: "m"}
	array := len(c.Body) > 0 && strings.TrimSpace(string(c.Body))[0] == '['
	if c.Framing != "sse" && !array {
		a, err := gemini.Dialect.Codec.ParseAnswer(c.Body, call)
		if err != nil {
			return err.Error()
		}
		out := gemini.Dialect.Codec.FormatAnswer(nil, a, call)
		return compare(said(chunksOf(out, true)), said(chunksOf(c.Body, true)))
	}
	want := said(chunksOf(c.Body, array))
	for _, size := range []int{len(c.Body), 1} {
		for _, asArray := range []bool{false, true} {
			call.Array = asArray
			f := gemini.Dialect.Codec.NewStreamFormatter(call)
			var out []byte
			for _, e := range events(c.Body, array, size, call) {
				if e.Kind == llm.Fail {
					return e.Err.Error()
				}
				out = f.Format(out, &e)
			}
			if why := compare(said(chunksOf(out, asArray)), want); why != "" {
				return why
			}
		}
	}
	return ""
}

// events reads a stream in pieces of some size.
func events(body []byte, array bool, size int, call *dialect.Call) (all []llm.Event) {
	p := gemini.Dialect.Codec.NewStreamParser(call)
	f := dialect.NewSSE(nil)
	if array {
		f = dialect.NewJSONArray(nil)
	}
	f.HoldUpTo(64 << 20)
	take := func(e *dialect.Event) {
		if !e.Comment {
			for _, one := range p.Parse(nil, e.Name, slices.Clone(e.Data)) {
				all = append(all, keep(one))
			}
		}
	}
	for piece := range slices.Chunk(body, size) {
		f.Feed(slices.Clone(piece), take)
	}
	f.Close(take)
	for _, one := range p.End(nil) {
		all = append(all, keep(one))
	}
	return all
}

// keep copies what an event points to.
func keep(e llm.Event) llm.Event {
	e.Text, e.Raw = slices.Clone(e.Text), slices.Clone(e.Raw)
	e.State = slices.Clone(e.State)
	if e.Usage != nil {
		u := *e.Usage
		e.Usage = &u
	}
	return e
}

func chunksOf(body []byte, array bool) []object {
	if array && strings.TrimSpace(string(body))[0] == '{' {
		body = append(append([]byte{'['}, body...), ']')
	}
	chunks, err := split(body, array)
	if err != nil {
		return []object{{"broken": err.Error() + ": " + string(body)}}
	}
	return chunks
}

// said is what chunks say all together, read the plain way.
func said(chunks []object) map[string]any {
	out := map[string]any{}
	put := func(name string, s string) {
		if s != "" {
			before, _ := out[name].(string)
			out[name] = before + s
		}
	}
	calls, signatures := []any{}, []any{}
	var open object
	for _, o := range chunks {
		if why := o.text("broken"); why != "" {
			out["broken"] = why
		}
		if u := o.object("usageMetadata"); u["promptTokenCount"] != nil {
			out["usage"] = plainUsage(u)
		}
		for _, name := range []string{"modelVersion", "responseId"} {
			if s := o.text(name); s != "" && s != "r" { // the gateway's own, where the vendor gave none
				out[name] = s
			}
		}
		if b := o.object("promptFeedback").text("blockReason"); b != "" {
			out["blocked"] = b
		}
		for _, c := range o.list("candidates") {
			if f := name(c["finishReason"], "STOP", "MAX_TOKENS"); f != "" {
				out["finish"] = f
			}
			plainSources(out, c)
			for _, p := range c.object("content").list("parts") {
				kind := "text"
				if p["thought"] == true {
					kind = "thought"
				}
				put(kind, p.text("text"))
				if s := p.text("thoughtSignature"); s != "" {
					o := dialect.Unwrap(s, dialect.Gemini, "")
					signatures = append(signatures, o.Value)
				}
				if f := p.object("functionCall"); f != nil {
					calls, open = plainCall(calls, open, f)
				}
				if i := p.object("inlineData"); i != nil {
					put("media", i.text("mimeType")+i.text("data"))
				}
				for _, special := range []string{"executableCode", "codeExecutionResult", "toolCall", "toolResponse"} {
					if p[special] != nil {
						b, _ := json.Marshal(p[special])
						put(special, string(b))
					}
				}
			}
		}
	}
	out["calls"], out["signatures"] = calls, signatures
	return out
}

func plainSources(out map[string]any, c object) {
	sources, _ := out["sources"].(map[string]bool)
	if sources == nil {
		sources = map[string]bool{}
	}
	for _, chunk := range c.object("groundingMetadata").list("groundingChunks") {
		for _, place := range []string{"web", "retrievedContext"} {
			sources[chunk.object(place).text("uri")] = true
		}
	}
	for _, cited := range c.object("citationMetadata").list("citations") {
		sources[cited.text("uri")] = true
	}
	delete(sources, "")
	out["sources"] = sources
}

// plainCall adds a call, or a piece of the one that goes on, whose places are all
// members of the first level in what was recorded.
func plainCall(calls []any, open, f object) ([]any, object) {
	args, _ := f["args"].(map[string]any)
	if args == nil {
		args = map[string]any{}
	}
	switch {
	case f.text("name") != "":
		open = object{"name": f.text("name"), "args": args}
		calls = append(calls, map[string]any(open))
	case open != nil:
		for _, p := range f.list("partialArgs") {
			key := strings.TrimPrefix(p.text("jsonPath"), "$.")
			into := open["args"].(map[string]any)
			before, _ := into[key].(string)
			into[key] = before + p.text("stringValue")
		}
	}
	return calls, open
}

// plainUsage is what both clouds' counts come to.
func plainUsage(u object) map[string]int64 {
	out := map[string]int64{}
	input := u.count("promptTokenCount").N + u.count("toolUsePromptTokenCount").N
	out["input"] = input
	out["output"] = u.count("totalTokenCount").N - input
	out["thoughts"] = u.count("thoughtsTokenCount").N
	out["cached"] = u.count("cachedContentTokenCount").N
	return out
}
