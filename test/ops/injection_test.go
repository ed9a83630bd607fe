package ops_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// asked are requests of operations with all that callers can ask for.
var asked = []struct {
	op         llm.Operation
	path, body string
}{
	{llm.OpEmbeddings, "/v1/embeddings", `{"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"float","user":"u"}`},
	{llm.OpEmbeddings, "/v1beta/models/{model}:embedContent", `{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"taskType":"RETRIEVAL_QUERY","title":"t","outputDimensionality":8}`},
	{llm.OpEmbeddings, "/v2/embed", `{"model":"m","texts":["a"],"input_type":"search_query","embedding_types":["float"],"truncate":"END","output_dimension":8,"max_tokens":9,"priority":1}`},
	{llm.OpEmbeddings, "/v2/embed", `{"model":"m","images":["data:image/png;base64,AAAA"],"input_type":"image","embedding_types":["float"]}`},
	{llm.OpRerank, "/v1/rerank", `{"model":"m","query":"q","documents":["a",{"text":"b","title":"t"}],"top_n":2,"return_documents":true,"max_tokens_per_doc":9}`},
	{llm.OpRerank, "/v2/rerank", `{"model":"m","query":"q","documents":["a","b"],"top_n":2,"max_tokens_per_doc":9,"priority":1}`},
	{llm.OpModerations, "/v1/moderations", `{"model":"m","input":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`},
	{llm.OpImages, "/v1/images/generations", `{"model":"m","prompt":"p","n":1,"size":"1024x1024","quality":"high","background":"opaque","output_format":"png","output_compression":50,"style":"vivid","response_format":"b64_json","user":"u","moderation":"low","partial_images":1}`},
	{llm.OpSpeech, "/v1/audio/speech", `{"model":"m","input":"a","voice":"alloy","instructions":"i","response_format":"wav","speed":1.5}`},
}

// TestNothingThatACallerWritesBreaksOutOfItsPlace puts strings that would say more than
// they may in the place of each value: what is written for the target is JSON, in which
// they are no members.
func TestNothingThatACallerWritesBreaksOutOfItsPlace(t *testing.T) {
	forms := append(app.Dialects(), all.Forms()...)
	tried := 0
	for _, a := range asked {
		for _, from := range app.Dialects() {
			o := from.Ops[a.op]
			if o == nil || o.Parse == nil {
				continue
			}
			spoilt(t, a.body, func(body []byte) {
				for _, to := range forms {
					task, err := o.Parse(&dialect.OpRequest{Path: a.path, ContentType: "application/json", Body: body})
					form := to.Ops[a.op]
					if err != nil || form == nil || form.Format == nil {
						continue
					}
					order, err := form.Format(task, &dialect.Target{Provider: "p", Model: "m"})
					if err != nil || order.ContentType != "" && order.ContentType != "application/json" {
						continue
					}
					tried++
					inPlace(t, fmt.Sprintf("%s of %s for %s", a.op, from.Name, to.Name), order.Body)
				}
			})
		}
	}
	if tried < 1000 {
		t.Errorf("only %d requests were written", tried)
	}
}

func inPlace(t *testing.T, at string, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Errorf("%s: %v:\n%s", at, err, text)
	} else if again, _ := json.Marshal(v); strings.Contains(string(again), `"sluiced":2`) {
		t.Errorf("%s: a value became a member:\n%s", at, text)
	}
}

// spoilt visits a body with each of its values in turn replaced by each hostile string.
func spoilt(t *testing.T, body string, visit func(body []byte)) {
	t.Helper()
	var root any
	if err := json.Unmarshal([]byte(body), &root); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	spoil(root, func() {
		if text, err := json.Marshal(root); err == nil {
			visit(text)
		}
	})
}

func spoil(v any, visit func()) {
	each := func(old any, set func(any)) {
		switch old.(type) {
		case map[string]any, []any:
			spoil(old, visit)
			return
		}
		for _, h := range []string{`1,"sluiced":2,"model":"x"`, "A\",\"sluiced\":2,\"b\":\"", "two\nlines\\", "x", `data:image/png;base64,AA","sluiced":2,"b":"`, "data:a\",\"sluiced\":2,\"b\":\";base64,AAAA"} {
			set(h)
			visit()
		}
		set(old)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, old := range v {
			each(old, func(n any) { v[key] = n })
		}
	case []any:
		for i, old := range v {
			each(old, func(n any) { v[i] = n })
		}
	}
}
