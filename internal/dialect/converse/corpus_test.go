package converse_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/converse"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var codec = converse.Dialect.Codec

// corpusRequest gives the body that a recorded case was called with, nil when none was
// recorded, and the model in its path. The recorder kept bytes as objects; they are
// made base64 again.
func corpusRequest(t *testing.T, c *dialecttest.Case) (body []byte, model string) {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(root, c.Name, "request.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Path string
		Body any
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if r.Body == nil {
		return nil, ""
	}
	mendBytes(r.Body)
	body, err = json.Marshal(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	model, _, _ = strings.Cut(strings.TrimPrefix(r.Path, "/model/"), "/")
	return body, strings.ReplaceAll(model, "%3A", ":")
}

func mendBytes(v any) {
	switch v := v.(type) {
	case map[string]any:
		if o, ok := v["bytes"].(map[string]any); ok {
			v["bytes"] = base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(len(o))))
		}
		for _, x := range v {
			mendBytes(x)
		}
	case []any:
		for _, x := range v {
			mendBytes(x)
		}
	}
}

func TestRecordedRequestsComeBackAsTheyWere(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "converse") {
		if body, model := corpusRequest(t, c); body != nil {
			table.Add(c, requestDiffers(body, model))
		}
	}
	table.Report(t)
}

// requestDiffers writes a request back to where it came from.
func requestDiffers(body []byte, model string) string {
	r, err := codec.ParseRequest(body)
	if err != nil {
		return err.Error()
	}
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Provider: "p", Model: model})
	if err != nil {
		return "written: " + err.Error()
	}
	var was, is any
	if err := json.Unmarshal(body, &was); err != nil {
		return err.Error()
	}
	if err := json.Unmarshal(w.Body, &is); err != nil {
		return err.Error() + " in " + string(w.Body)
	}
	if was, is := plain(was), plain(is); !reflect.DeepEqual(was, is) {
		a, _ := json.Marshal(was)
		b, _ := json.Marshal(is)
		return fmt.Sprintf("was\n%s\nis\n%s", a, b)
	}
	return ""
}

// plain takes out what means nothing: empty containers, a status that says success, null.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			x = plain(x)
			if x == nil || k == "status" && x == "success" {
				delete(v, k)
				continue
			}
			v[k] = x
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}

func call() *dialect.Call {
	return &dialect.Call{ID: "0197-x", Provider: "p", Model: "m", Asked: "p/m"}
}

func TestRecordedAnswersComeBackAsTheyWere(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "converse") {
		if c.Status == 200 && c.Framing == "json" {
			table.Add(c, answerDiffers(c.Body))
		}
	}
	table.Report(t)
}

func answerDiffers(body []byte) string {
	a, err := codec.ParseAnswer(body, call())
	if err != nil {
		return err.Error()
	}
	for i := range a.Choices[0].Parts {
		unbind(a.Choices[0].Parts[i].State)
	}
	out := codec.FormatAnswer(nil, a, call())
	was, is := meaning(body), meaning(out)
	if was["totalTokens"] == nil { // none was told
		delete(is, "totalTokens")
	}
	if !reflect.DeepEqual(was, is) {
		return fmt.Sprintf("was\n%v\nis\n%v", was, is)
	}
	return ""
}

// unbind forgets where state comes from, so that it is written as it was.
func unbind(state []llm.Opaque) {
	for i := range state {
		state[i].Provider = ""
	}
}

// meaning is what a plain reading of a whole answer says.
func meaning(body []byte) map[string]any {
	var a struct {
		Output struct {
			Message struct{ Content []map[string]any }
		}
		StopReason string
		Usage      map[string]any
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return map[string]any{"error": err.Error()}
	}
	out := map[string]any{"stop": a.StopReason}
	for _, name := range []string{"inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"} {
		if n, ok := a.Usage[name].(float64); ok && n > 0 {
			out[name] = n
		}
	}
	var blocks []any
	for _, b := range a.Output.Message.Content {
		if r, ok := b["reasoningContent"].(map[string]any); ok && len(r) == 0 {
			continue
		}
		if _, server := b["toolResult"]; server {
			continue
		}
		if use, ok := b["toolUse"].(map[string]any); ok {
			if use["type"] == "server_tool_use" {
				continue
			}
			delete(use, "type")
		}
		delete(b, "type")
		if b = textOfCitations(b); b["text"] == "" {
			continue
		}
		blocks = append(blocks, map[string]any(b))
	}
	out["content"] = blocks
	return out
}

// textOfCitations makes {citationsContent} without sources text, and fills in what it
// leaves out.
func textOfCitations(b map[string]any) map[string]any {
	c, ok := b["citationsContent"].(map[string]any)
	if !ok {
		return b
	}
	c = maps.Clone(c)
	if c["content"] == nil {
		c["content"] = []any{map[string]any{"text": ""}}
	}
	return map[string]any{"citationsContent": c}
}

func TestRecordedStreamsComeBackAsTheyWere(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "converse") {
		if c.Status == 200 && c.Framing == "eventstream" {
			table.Add(c, streamDiffers(c.Body))
		}
	}
	table.Report(t)
}

func streamDiffers(stream []byte) string {
	was, why := collect(stream)
	if why != "" {
		return why
	}
	events, err := parseStream(stream, 1)
	if err != nil {
		return err.Error()
	}
	f := codec.NewStreamFormatter(call())
	var out []byte
	for i := range events {
		unbind(events[i].State)
		out = f.Format(out, &events[i])
	}
	is, why := collect(out)
	if why != "" {
		return "written: " + why
	}
	if was.Usage == "" { // none was told
		is.Usage = ""
	}
	if !reflect.DeepEqual(was, is) {
		return fmt.Sprintf("was\n%v\nis\n%v", was, is)
	}
	return ""
}
