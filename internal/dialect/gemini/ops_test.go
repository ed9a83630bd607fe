package gemini_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func same(string) *dialect.Dialect { return gemini.Dialect }

const (
	embedPath = "/v1beta/models/{model}:embedContent"
	batchPath = "/v1beta/models/{model}:batchEmbedContents"
)

func TestEmbeddingsAreReadInEitherSpelling(t *testing.T) {
	one := `{"embeddings":[{"values":[1]}],"usageMetadata":{"promptTokenCount":3}}`
	dialecttest.RunOps(t, llm.OpEmbeddings, gemini.Dialect, same, []dialecttest.OpCase{
		{Name: "one", Path: embedPath, Model: "gemini-embedding-001", Ask: `{"model":"models/x","content":{"role":"user","parts":[{"text":"a"}]},"task_type":"FACT_VERIFICATION","title":null,"output_dimensionality":9}`,
			To: batchPath, Body: `{"requests":[{"model":"models/gemini-embedding-001","taskType":"FACT_VERIFICATION","content":{"parts":[{"text":"a"}]},"outputDimensionality":9}]}`,
			Reply: one, Want: `{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":3}}`},
		{Name: "words, a picture and a title", Path: batchPath, Model: "gemini-embedding-2", Ask: `{"requests":[{"content":{"parts":[{"inline_data":{"mime_type":"image/png","data":"aGk="}},{"text":"a"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t"}]}`,
			To: batchPath, Body: `{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}},{"text":"title: t | text: a"}]}}]}`,
			Reply: one, Want: one},
		{Name: "the answer to one, to a batch", Path: batchPath, Model: "gemini-embedding-001", Ask: `{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"TASK_TYPE_UNSPECIFIED"}]}`,
			To: batchPath, Body: `{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]}}]}`, Reply: `{"embedding":{"values":[1]}}`, Want: `{"embeddings":[{"values":[1]}]}`},
		{Name: "no content", Path: embedPath, Ask: `{"taskType":"CLUSTERING"}`, Refused: "content"},
		{Name: "no parts", Path: batchPath, Ask: `{"requests":[{"content":{"parts":[]}}]}`, Refused: "requests[0].content.parts"},
		{Name: "a text that is none", Path: embedPath, Ask: `{"content":{"parts":[{"text":7}]}}`, Refused: "content.parts[0].text"},
		{Name: "a number that is none", Path: embedPath, Ask: `{"content":{"parts":[{"text":"a"}]},"outputDimensionality":"x"}`, Refused: "outputDimensionality"},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, same, []dialecttest.OpCase{
		{Name: "each purpose has its words", Model: "gemini-embedding-2", Ask: `{"input":"a \"b\"","task":"code.query"}`, To: batchPath,
			Body:  `{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"task: code retrieval | query: a \"b\""}]}}]}`,
			Reply: one, Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"gemini-embedding-2","usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{Name: "no vectors", Model: "m", Ask: `{"input":"a"}`, To: batchPath, Body: `{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]}}]}`, Reply: `{"embeddings":{}}`, Fails: "no array"},
	})
}

func TestACountTakesAWholeRequestWhicheverWayItIsGiven(t *testing.T) {
	op := gemini.Dialect.Ops[llm.OpCountTokens]
	for _, body := range []string{
		`{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}`,
		`{"generateContentRequest":{"model":"models/x","contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}}`,
		`{"generate_content_request":{"model":"models/x","contents":[{"role":"user","parts":[{"text":"hi"}]}],"system_instruction":{"parts":[{"text":"s"}]}}}`,
	} {
		task, err := op.Parse(&dialect.OpRequest{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		for cloud, want := range map[bool]string{
			false: `{"generateContentRequest":{"model":"models/m","contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}}`,
			true:  `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}`,
		} {
			order, err := op.Format(task, &dialect.Target{Model: "m", Traits: dialect.Traits{NoCallIDs: cloud}})
			if err != nil {
				t.Fatal(err)
			}
			dialecttest.SameJSON(t, "the target gets", string(order.Body), want)
		}
	}
}

func TestSamplesBecomeAFileOfTheirRate(t *testing.T) {
	op := gemini.Dialect.Ops[llm.OpSpeech]
	for kind, want := range map[string]string{"audio/L16;codec=pcm;rate=8000": "audio/wav", "audio/wav": "audio/wav", "audio/mpeg": "audio/mpeg"} {
		reply := `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"` + kind + `","data":"AQA="}}]}}]}`
		a, err := op.Read(&dialect.OpReply{Body: []byte(reply)}, &dialect.OpCall{Task: &llm.Task{}})
		if err != nil || a.Sound.Type != want {
			t.Errorf("%s: %+v, %v", kind, a, err)
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(string(a.Sound.Data))
		if err != nil || strings.HasPrefix(kind, "audio/L16") != (len(raw) == 46 && raw[24] == 0x40 && raw[25] == 0x1f) {
			t.Errorf("%s: % x", kind, raw)
		}
	}
	for reply, want := range map[string]string{`{"candidates":[{"finishReason":"SAFETY"}]}`: "SAFETY", `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}`: "PROHIBITED_CONTENT", `{}`: "said nothing"} {
		if _, err := op.Read(&dialect.OpReply{Body: []byte(reply)}, &dialect.OpCall{Task: &llm.Task{}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", reply, err)
		}
	}
}

func FuzzOps(f *testing.F) {
	f.Add([]byte(`{"requests":[{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"aGk="}}]},"taskType":"CLUSTERING"}]}`))
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;rate=1","data":"AA=="}},{"text":"a"}]}}],"predictions":[{"bytesBase64Encoded":"a"}],"embeddings":[{"values":[1]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		call := &dialect.OpCall{Task: &llm.Task{Inputs: []llm.Input{{}}}}
		for _, op := range gemini.Dialect.Ops {
			if op.Parse != nil {
				for _, path := range []string{embedPath, batchPath} {
					if task, err := op.Parse(&dialect.OpRequest{Path: path, Body: body}); err == nil {
						_, _ = op.Format(task, &dialect.Target{Model: "m"})
					}
				}
			}
			if a, err := op.Read(&dialect.OpReply{Body: body}, call); err == nil && op.Answer != nil {
				_, _ = op.Answer(a, call)
			}
		}
	})
}
