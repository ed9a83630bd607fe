package ops_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/provider/all"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// kinds are the kinds that recordings of a folder stand for, where the names differ.
var kinds = map[string]string{"copilot": "openai-compatible", "local-openai": "openai-compatible", "doubleword": "openai-compatible", "venice": "openai-compatible", "llamacpp": "openai-compatible", "openrouter": "openai-compatible", "azure": "openai"}

// kindOf gives the kind for a recording, "" where the stage has none.
func kindOf(c *dialecttest.Case) string {
	kind := c.Provider
	if k := kinds[kind]; k != "" {
		kind = k
	}
	if _, there := vendors[kind]; !there {
		return ""
	}
	if _, known := all.Lookup(kind); !known {
		return ""
	}
	return kind
}

// object is JSON as a plain reading has it.
type object = map[string]any

func decode(body []byte) object {
	var o object
	if json.Unmarshal(body, &o) != nil {
		return nil
	}
	return o
}

// vectorsOf reads embeddings of any form: this test's own reading.
func vectorsOf(v any, kind string) (all [][]float64) {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			if _, flat := v[0].(float64); flat {
				return [][]float64{numbers(v)}
			}
		}
		for _, e := range v {
			all = append(all, vectorsOf(e, kind)...)
		}
	case string:
		return [][]float64{spelt(v, kind)}
	case object:
		for _, name := range []string{"data", "embeddings", "embedding", "values", "float"} {
			if inner, ok := v[name]; ok {
				return vectorsOf(inner, kind)
			}
		}
	}
	return all
}

func numbers(list []any) (out []float64) {
	for _, n := range list {
		f, _ := n.(float64)
		out = append(out, float64(float32(f)))
	}
	return out
}

func spelt(text, kind string) (out []float64) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	if kind == "perplexity" {
		for _, b := range raw {
			out = append(out, float64(int8(b)))
		}
		return out
	}
	for i := 0; i+4 <= len(raw); i += 4 {
		out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[i:]))))
	}
	return out
}

// spent reads the tokens of input that an answer of any form tells; -1 = none.
func spent(o object) float64 {
	usage, _ := o["usage"].(object)
	meta, _ := o["usageMetadata"].(object)
	billed, _ := dig(o, "meta", "billed_units").(object)
	for _, n := range []any{usage["prompt_tokens"], usage["total_tokens"], meta["promptTokenCount"], billed["input_tokens"]} {
		if f, ok := n.(float64); ok {
			return f
		}
	}
	return -1
}

func dig(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// embedders ask for n embeddings, each in the words of one client.
var embedders = map[string]func(model string, n int) (path, body string){
	"openai": func(model string, n int) (string, string) {
		return "/v1/embeddings", fmt.Sprintf(`{"model":%q,"input":%s,"encoding_format":"float"}`, model, texts(n))
	},
	"openai, base64": func(model string, n int) (string, string) {
		return "/v1/embeddings", fmt.Sprintf(`{"model":%q,"input":%s,"encoding_format":"base64"}`, model, texts(n))
	},
	"gemini": func(model string, n int) (string, string) {
		one := `{"content":{"parts":[{"text":"x"}]}}`
		return "/v1beta/models/" + model + ":batchEmbedContents", `{"requests":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	},
	"cohere": func(model string, n int) (string, string) {
		return "/v2/embed", fmt.Sprintf(`{"model":%q,"texts":%s,"input_type":"search_document","embedding_types":["float"]}`, model, texts(n))
	},
}

func texts(n int) string {
	b, _ := json.Marshal(slices.Repeat([]string{"x"}, n))
	return string(b)
}

func TestRecordedEmbeddingsReadTheSameInEveryClientsWords(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "embeddings") {
		kind := kindOf(c)
		if kind == "" || c.Framing != "json" || strings.Contains(c.Name, "usage_embeddings") {
			continue
		}
		o := decode(c.Body)
		want := vectorsOf(o, kind)
		if c.Status < 400 && len(want) == 0 {
			t.Errorf("%s has no embeddings", c.Name)
			continue
		}
		for client, ask := range embedders {
			model := kind + "/model"
			if kind == "vertex" {
				model = "vertex/gemini-embedding-2" // the model recorded
			}
			path, body := ask(model, max(1, len(want)))
			table.Add(c, fromClient(client, replayEmbedding(s, c, kind, path, body, want, spent(o))))
		}
	}
	table.Report(t)
}

func fromClient(client, why string) string {
	if why == "" {
		return ""
	}
	return client + ": " + why
}

// replayEmbedding says what differs, "" for nothing. OpenAI's shape must have a count: where
// the vendor tells none, an estimate stands there that is marked as one.
func replayEmbedding(s *stage, c *dialecttest.Case, kind, path, body string, want [][]float64, tokens float64) string {
	s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
	resp, answer := s.Post(path, body)
	if c.Status >= 400 {
		return failed(resp.StatusCode, answer)
	}
	got := decode(answer)
	if resp.StatusCode != 200 {
		return fmt.Sprintf("%d %.200s", resp.StatusCode, answer)
	}
	if vectors := vectorsOf(got, ""); !reflect.DeepEqual(vectors, want) {
		return fmt.Sprintf("%d vectors, want %d; or their numbers differ", len(vectors), len(want))
	}
	n := spent(got)
	if told := n == tokens || tokens < 0 && n > 0 && dig(got, "usage", "estimated") == true; !told {
		return fmt.Sprintf("%v tokens, want %v", n, tokens)
	}
	return ""
}

// failed checks that a client can read an error: the message, and a status of its kind.
func failed(status int, answer []byte) string {
	o := decode(answer)
	message := textOf(dig(o, "error", "message"), o["message"], o["error"], o["detail"]) // the last two as some vendors write them
	if status < 400 || message == "" {
		return fmt.Sprintf("an error became %d %.200s", status, answer)
	}
	return ""
}

func textOf(values ...any) string {
	for _, v := range values {
		if s, ok := v.(string); ok {
			return s
		}
	}
	return ""
}

// ranks reads indexes and scores of any form.
func ranks(body []byte) (out []string) {
	o := decode(body)
	list, _ := o["results"].([]any)
	if list == nil {
		list, _ = o["data"].([]any)
	}
	for _, e := range list {
		one, _ := e.(object)
		out = append(out, fmt.Sprint(one["index"], " ", one["relevance_score"]))
	}
	return out
}

func TestRecordedOrdersOfDocumentsReadTheSameInEveryClientsWords(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "rerank") {
		kind := kindOf(c)
		if kind == "" {
			continue
		}
		want := ranks(c.Body)
		for client, ask := range map[string][2]string{
			"top_n":  {"/v1/rerank", `{"model":"KIND/m","query":"q","documents":` + texts(20) + `,"top_n":20}`},
			"top_k":  {"/v1/rerank", `{"model":"KIND/m","query":"q","documents":` + texts(20) + `,"top_k":20}`},
			"cohere": {"/v2/rerank", `{"model":"KIND/m","query":"q","documents":` + texts(20) + `,"top_n":20}`},
		} {
			s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
			resp, answer := s.Post(ask[0], strings.ReplaceAll(ask[1], "KIND", kind))
			why := ""
			switch {
			case c.Status >= 400:
				why = failed(resp.StatusCode, answer)
			case !slices.Equal(ranks(answer), want):
				why = fmt.Sprintf("%d %v, want %v", resp.StatusCode, ranks(answer), want)
			}
			table.Add(c, fromClient(client, why))
		}
	}
	table.Report(t)
}

func TestRecordedModerationsTellWhatWasFlagged(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "moderation") {
		kind := kindOf(c)
		results, _ := decode(c.Body)["results"].([]any)
		if kind == "" || len(results) == 0 {
			continue
		}
		s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
		resp, answer := s.Post("/v1/moderations", fmt.Sprintf(`{"model":"%s/m","input":%s}`, kind, texts(len(results))))
		table.Add(c, judged(resp.StatusCode, answer, results))
	}
	table.Report(t)
}

// judged compares what a vendor judged with what a client reads.
func judged(status int, answer []byte, want []any) string {
	got, _ := decode(answer)["results"].([]any)
	if status != 200 || len(got) != len(want) {
		return fmt.Sprintf("%d %.200s", status, answer)
	}
	for i := range want {
		flagged := dig(want[i], "flagged") == true
		for name, is := range dig(want[i], "categories").(object) {
			flagged = flagged || is == true
			if dig(got[i], "categories", name) != is || dig(got[i], "category_scores", name) != dig(want[i], "category_scores", name) {
				return "the category " + name + " is another"
			}
		}
		if dig(got[i], "flagged") != flagged {
			return "flagged is another"
		}
	}
	return ""
}

func TestRecordedCountsReadTheSameInEveryClientsWords(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "count-tokens") {
		kind := kindOf(c)
		if kind == "" {
			continue
		}
		want := member(decode(c.Body), "input_tokens", "totalTokens", "inputTokens")
		for client, ask := range map[string][3]string{
			"messages":  {"/v1/messages/count_tokens", countMessages, "input_tokens"},
			"responses": {"/v1/responses/input_tokens", countResponses, "input_tokens"},
			"gemini":    {"/v1beta/models/MODEL:countTokens", countGemini, "totalTokens"},
			"converse":  {"/model/MODEL/count-tokens", `{"input":{"converse":{"messages":[{"role":"user","content":[{"text":"hi"}]}]}}}`, "inputTokens"},
		} {
			model := kind + "/" + map[string]string{"anthropic": "claude-sonnet-4-5", "openai": "gpt-4o", "gemini": "gemini-2.5-pro", "vertex": "gemini-2.5-pro", "bedrock": "anthropic.claude-sonnet-4-20250514-v1:0"}[kind]
			s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
			resp, answer := s.Post(named(ask[0], model), named(ask[1], model))
			why := ""
			switch {
			case c.Status >= 400:
				why = failed(resp.StatusCode, answer)
			case resp.StatusCode != 200 || member(decode(answer), ask[2]) != want:
				why = fmt.Sprintf("%d %s, want %v", resp.StatusCode, answer, want)
			}
			table.Add(c, fromClient(client, why))
		}
	}
	table.Report(t)
}

func member(o object, names ...string) any {
	for _, name := range names {
		if v, ok := o[name]; ok {
			return v
		}
	}
	return nil
}

func TestRecordedSpeechAndTranscriptsReachTheCaller(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "speech", "transcription") {
		if kindOf(c) != "mistral" {
			continue // all others have OpenAI's shape
		}
		s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
		o := decode(c.Body)
		if c.API == "speech" {
			_, answer := s.Post("/v1/audio/speech", `{"model":"mistral/m","input":"x","voice":"v"}`)
			want, _ := base64.StdEncoding.DecodeString(textOf(o["audio_data"]))
			table.Add(c, map[bool]string{false: "the sound is another"}[string(answer) == string(want)])
			continue
		}
		kind, body := form(t, "file", "a.mp3", []byte("ID3"), "model", "mistral/m", "response_format", "verbose_json")
		_, answer := postForm(s, "/v1/audio/transcriptions", kind, body)
		got := decode(answer)
		same := got["text"] == o["text"] && (o["segments"] == nil || reflect.DeepEqual(got["segments"], o["segments"])) && (o["language"] == nil || got["language"] == o["language"])
		table.Add(c, map[bool]string{false: fmt.Sprintf("%.200s", answer)}[same])
	}
	table.Report(t)
}

func TestRecordedAnswersToSoundAreTranscripts(t *testing.T) {
	s := newStage(t, "")
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "generate") {
		if c.Kind != "generate-audio" || c.Framing != "json" {
			continue
		}
		s.up.Script(func(call *testup.Call) { call.Answer(c.Status, "application/json", c.Body) })
		kind, body := form(t, "file", "a.mp3", []byte("ID3"), "model", "gemini/gemini-2.5-flash")
		_, answer := postForm(s, "/v1/audio/transcriptions", kind, body)
		want := ""
		candidates, _ := decode(c.Body)["candidates"].([]any)
		parts, _ := dig(candidates[0], "content", "parts").([]any)
		for _, p := range parts {
			if dig(p, "thought") != true {
				want += textOf(dig(p, "text"))
			}
		}
		got := decode(answer)
		why := ""
		if got["text"] != strings.TrimSpace(want) || dig(got, "usage", "input_tokens") != dig(decode(c.Body), "usageMetadata", "promptTokenCount") {
			why = fmt.Sprintf("%.300s", answer)
		}
		table.Add(c, why)
	}
	table.Report(t)
}
