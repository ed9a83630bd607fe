package cohere_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func itself(string) *dialect.Dialect { return cohere.Dialect }

func TestEmbeddings(t *testing.T) {
	reply := `{"id":"x","embeddings":{"float":[[1],[2]],"int8":[[3],[4]]},"meta":{"billed_units":{"input_tokens":5}}}`
	dialecttest.RunOps(t, llm.OpEmbeddings, cohere.Dialect, itself, []dialecttest.OpCase{
		{Name: "several kinds", Model: "m", Ask: `{"model":"x","texts":["a","b"],"input_type":"search_query","embedding_types":["int8","base64"],"output_dimension":8,"truncate":"START","max_tokens":9}`, To: "/v2/embed",
			Body:  `{"model":"m","input_type":"search_query","texts":["a","b"],"embedding_types":["int8","float"],"output_dimension":8,"max_tokens":9,"truncate":"START"}`,
			Reply: reply, Want: `{"id":"x","embeddings":{"int8":[[3],[4]],"base64":["AACAPw==","AAAAQA=="]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":5}},"response_type":"embeddings_by_type"}`},
		{Name: "images", Model: "m", Ask: `{"images":["data:image/png;base64,aGk="],"input_type":"image"}`, To: "/v2/embed",
			Body:  `{"model":"m","input_type":"image","images":["data:image/png;base64,aGk="],"embedding_types":["float"]}`,
			Reply: `{"embeddings":[[1]]}`, Want: `{"id":"request-1","embeddings":{"float":[[1]]},"texts":[],"meta":{"api_version":{"version":"2"}},"response_type":"embeddings_by_type"}`},
		{Name: "words and images", Model: "m", Ask: `{"inputs":[{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}],"input_type":"clustering"}`, To: "/v2/embed",
			Body:  `{"model":"m","input_type":"clustering","inputs":[{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}],"embedding_types":["float"]}`,
			Reply: `{"embeddings":{"float":[[1]]}}`, Want: `{"id":"request-1","embeddings":{"float":[[1]]},"texts":[],"meta":{"api_version":{"version":"2"}},"response_type":"embeddings_by_type"}`},
		{Name: "nothing", Ask: `{"input_type":"search_query"}`, Refused: "'texts' is missing"},
		{Name: "no text", Ask: `{"texts":["a",7]}`, Refused: "'texts[1]'"},
		{Name: "a kind that is none", Ask: `{"texts":["a"],"embedding_types":["int4"]}`, Refused: "'embedding_types'"},
		{Name: "a cut that is none", Ask: `{"texts":["a"],"truncate":"MIDDLE"}`, Refused: "'truncate'"},
		{Name: "a part that is none", Ask: `{"inputs":[{"content":[{"type":"audio"}]}]}`, Refused: "'inputs[0].content[0].type'"},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, itself, []dialecttest.OpCase{
		{Name: "a purpose that it has not", Model: "m", Ask: `{"input":"a","task":"text-matching"}`, Lost: []llm.Param{llm.ParamPurpose}, To: "/v2/embed",
			Body: `{"model":"m","input_type":"search_document","texts":["a"],"embedding_types":["float"]}`, Reply: `{"embeddings":{"float":7}}`, Fails: "no array"},
	})
}

func TestReranking(t *testing.T) {
	dialecttest.RunOps(t, llm.OpRerank, cohere.Dialect, itself, []dialecttest.OpCase{
		{Name: "fields", Model: "m", Ask: `{"query":"q","documents":[{"a":"x","b":2},{"text":"y"}],"rank_fields":["b"],"return_documents":true,"top_n":1}`, To: "/v2/rerank",
			Body:  `{"model":"m","query":"q","documents":["b: 2",""],"top_n":1}`,
			Reply: `{"id":"x","results":[{"index":0,"relevance_score":0.5}],"meta":{"billed_units":{"search_units":1}}}`,
			Want:  `{"id":"x","results":[{"index":0,"relevance_score":0.5,"document":{"a":"x","b":2}}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}`},
		{Name: "no query", Ask: `{"documents":["a"]}`, Refused: "'query' is missing"},
		{Name: "no documents", Ask: `{"query":"q"}`, Refused: "'documents' is missing"},
	})
}

func FuzzOps(f *testing.F) {
	f.Add([]byte(`{"texts":["a"],"images":["data:,"],"inputs":[{"content":[{"type":"text","text":"a"}]}],"embedding_types":["base64"],"query":"q","documents":[{"a":1}],"embeddings":{"float":[[1]]},"results":[{"index":0,"relevance_score":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		call := &dialect.OpCall{Task: &llm.Task{Inputs: []llm.Input{{}}}}
		for _, op := range cohere.Dialect.Ops {
			if task, err := op.Parse(&dialect.OpRequest{Body: body}); err == nil {
				_, _ = op.Format(task, &dialect.Target{Model: "m"})
				call.Task = task
			}
			if a, err := op.Read(&dialect.OpReply{Body: body}, call); err == nil {
				_, _ = op.Answer(a, call)
			}
		}
	})
}
