package ops_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// The vectors [0.5,-2] and [1,0.25] in the spellings of the vendors.
const (
	one64 = "AAAAPwAAAMA="
	two64 = "AACAPwAAgD4="
)

// answers are two vectors, seven tokens of input, in each vendor's own words.
var answers = map[string]string{
	"openai":      `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2]},{"object":"embedding","index":1,"embedding":[1,0.25]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`,
	"base64":      `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"` + one64 + `"},{"object":"embedding","index":1,"embedding":"` + two64 + `"}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`,
	"gemini":      "{\"embeddings\":[{\"values\":[\n 0.5,\n -2]},{\"values\":[1,0.25]}],\"usageMetadata\":{\"promptTokenCount\":7}}",
	"cohere":      `{"id":"c1","texts":["a","b"],"embeddings":{"float":[[0.5,-2],[1,0.25]]},"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7,"image_tokens":0}},"response_type":"embeddings_by_type"}`,
	"voyage":      `{"object":"list","data":[{"object":"embedding","embedding":[0.5,-2],"index":0},{"object":"embedding","embedding":[1,0.25],"index":1}],"model":"m","usage":{"total_tokens":7}}`,
	"voyage64":    `{"object":"list","data":[{"object":"embedding","embedding":"` + one64 + `","index":0},{"object":"embedding","embedding":"` + two64 + `","index":1}],"model":"m","usage":{"total_tokens":7}}`,
	"huggingface": `[[0.5,-2],[1,0.25]]`,
	"perplexity":  `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"Af4="},{"object":"embedding","index":1,"embedding":"fwA="}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`,
}

// toOpenAI, toGemini and toCohere are what callers must get of these.
var (
	toOpenAI = answers["openai"]
	toBase64 = answers["base64"]
	toGemini = `{"embeddings":[{"values":[0.5,-2]},{"values":[1,0.25]}],"usageMetadata":{"promptTokenCount":7}}`
	toCohere = `{"id":"REQUEST-ID","embeddings":{"float":[[0.5,-2],[1,0.25]]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`
)

func geminiAsk(more string) string {
	return `{"requests":[{"model":"models/x","content":{"parts":[{"text":"a"}]}` + more + `},{"model":"models/x","content":{"parts":[{"text":"b"}]}` + more + `}]}`
}

const batch = ":batchEmbedContents"

func TestEmbeddingsOfEveryCallerReachEveryVendor(t *testing.T) {
	s := newStage(t, "")
	openai, cohere := "/v1/embeddings", "/v2/embed"
	gemini := func(model string) string { return "/v1beta/models/" + model + batch }
	for _, e := range []exchange{
		{name: "openai to gemini", path: openai, ask: `{"model":"gemini/gemini-embedding-001","input":["a","b"],"dimensions":2,"encoding_format":"base64","user":"u"}`,
			at: "/v1beta/models/gemini-embedding-001" + batch, answer: answers["gemini"], dropped: "user", usage: `"input_tokens":7`, spoken: "gemini",
			got:  `{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"}]},"outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"b"}]},"outputDimensionality":2}]}`,
			want: withModel(toBase64, "gemini-embedding-001")},
		{name: "openai to gemini, purpose as words before the text", path: openai, ask: `{"model":"gemini/gemini-embedding-2","input":["a","b"],"input_type":"query"}`,
			at: "/v1beta/models/gemini-embedding-2" + batch, answer: answers["gemini"], want: withModel(toOpenAI, "gemini-embedding-2"),
			got: `{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"task: search result | query: a"}]}},{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"task: search result | query: b"}]}}]}`},
		{name: "openai to cohere", path: openai, ask: `{"model":"cohere/embed-v4.0","input":["a","b"],"dimensions":256}`,
			at: "/v2/embed", answer: answers["cohere"], want: withModel(toOpenAI, "embed-v4.0"), usage: `"input_tokens":7`, spoken: "cohere",
			got: `{"model":"embed-v4.0","input_type":"search_document","texts":["a","b"],"embedding_types":["float"],"output_dimension":256}`},
		{name: "openai to voyage", path: openai, ask: `{"model":"voyage/voyage-3.5","input":["a","b"],"dimensions":256,"encoding_format":"base64"}`,
			at: "/v1/embeddings", answer: answers["voyage64"], want: toBase64, usage: `"input_tokens":7`, spoken: "voyage",
			got: `{"model":"voyage-3.5","input":["a","b"],"output_dimension":256,"encoding_format":"base64"}`},
		{name: "voyage's own words to voyage", path: openai, ask: `{"model":"voyage/voyage-3.5","input":["a","b"],"input_type":"query","new":1}`,
			at: "/v1/embeddings", answer: answers["voyage"], usage: `"input_tokens":7`, spoken: "openai",
			got: `{"model":"voyage-3.5","input":["a","b"],"input_type":"query","new":1}`},
		{name: "openai to jina", path: openai, ask: `{"model":"jina/jina-embeddings-v3","input":["a","b"],"input_type":"search_query","encoding_format":"base64","user":"u"}`,
			at: "/v1/embeddings", answer: answers["openai"], want: toBase64, dropped: "user",
			got: `{"model":"jina-embeddings-v3","input":["a","b"],"task":"retrieval.query"}`},
		{name: "openai to mistral, a dimension", path: openai, ask: `{"model":"mistral/codestral-embed","input":["a","b"],"dimensions":2}`,
			at: "/v1/embeddings", answer: answers["openai"], want: toOpenAI,
			got: `{"model":"codestral-embed","input":["a","b"],"output_dimension":2}`},
		{name: "openai to mistral, as it is", path: openai, ask: `{"model":"mistral/mistral-embed","input":["a","b"]}`, at: "/v1/embeddings", answer: answers["openai"], spoken: "openai"},
		{name: "openai to perplexity", path: openai, ask: `{"model":"perplexity/pplx-embed-v1-4b","input":["a","b"],"encoding_format":"float"}`,
			at: "/v1/embeddings", answer: answers["perplexity"], got: `{"model":"pplx-embed-v1-4b","input":["a","b"]}`,
			want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,-2]},{"object":"embedding","index":1,"embedding":[127,0]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`},
		{name: "openai to nvidia", path: openai, ask: `{"model":"nvidia/nv-embed","input":["a","b"]}`,
			at: "/v1/embeddings", answer: answers["openai"], got: `{"model":"nv-embed","input":["a","b"],"input_type":"passage","encoding_format":"float"}`},
		{name: "openai to hugging face", path: openai, ask: `{"model":"huggingface/BAAI/bge-m3","input":["a","b"],"encoding_format":"base64"}`,
			at: "/hf-inference/models/BAAI/bge-m3/pipeline/feature-extraction", answer: answers["huggingface"], got: `{"inputs":["a","b"]}`, spoken: "huggingface",
			want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"` + one64 + `"},{"object":"embedding","index":1,"embedding":"` + two64 + `"}],"model":"BAAI/bge-m3","usage":{"prompt_tokens":13,"total_tokens":13,"estimated":true}}`},

		{name: "openai to bedrock, titan", path: openai, ask: `{"model":"bedrock/amazon.titan-embed-text-v2:0","input":["a"],"dimensions":256}`,
			at: "/model/amazon.titan-embed-text-v2%3A0/invoke", answer: `{"embedding":[0.5],"inputTextTokenCount":3}`, got: `{"inputText":"a","dimensions":256}`, usage: `"input_tokens":3`, spoken: "bedrock-titan",
			want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"amazon.titan-embed-text-v2:0","usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{name: "cohere to bedrock, cohere", path: cohere, ask: `{"model":"bedrock/cohere.embed-english-v3","texts":["a","b"],"input_type":"search_query","embedding_types":["float"]}`,
			at: "/model/cohere.embed-english-v3/invoke", header: map[string]string{"X-Amzn-Bedrock-Input-Token-Count": "7"}, answer: `{"id":"x","embeddings":{"float":[[0.5,-2],[1,0.25]]}}`, usage: `"input_tokens":7`, spoken: "bedrock-cohere",
			got:  `{"input_type":"search_query","texts":["a","b"],"embedding_types":["float"]}`,
			want: `{"id":"x","embeddings":{"float":[[0.5,-2],[1,0.25]]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`},
		{name: "openai to vertex", path: openai, ask: `{"model":"vertex/text-embedding-005","input":["a","b"],"dimensions":2}`,
			at: "/v1/publishers/google/models/text-embedding-005:predict", got: `{"instances":[{"content":"a"},{"content":"b"}],"parameters":{"outputDimensionality":2}}`, usage: `"input_tokens":7`, spoken: "vertex-predict",
			answer: `{"predictions":[{"embeddings":{"values":[0.5,-2],"statistics":{"token_count":3}}},{"embeddings":{"values":[1,0.25],"statistics":{"token_count":4}}}]}`,
			want:   withModel(toOpenAI, "text-embedding-005")},
		{name: "gemini to vertex", path: gemini("vertex/text-embedding-005"), ask: geminiAsk(`,"taskType":"RETRIEVAL_QUERY"`),
			at: "/v1/publishers/google/models/text-embedding-005:predict", got: `{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY"},{"content":"b","task_type":"RETRIEVAL_QUERY"}]}`,
			answer: `{"predictions":[{"embeddings":{"values":[0.5,-2],"statistics":{"token_count":3}}},{"embeddings":{"values":[1,0.25],"statistics":{"token_count":4}}}]}`, want: toGemini},
		{name: "gemini to openai", path: gemini("openai/text-embedding-3-small"), ask: geminiAsk(`,"taskType":"RETRIEVAL_QUERY","outputDimensionality":2`),
			at: "/v1/embeddings", answer: answers["openai"], want: toGemini, dropped: "requests[].taskType", usage: `"input_tokens":7`, spoken: "openai",
			got: `{"model":"text-embedding-3-small","input":["a","b"],"dimensions":2}`},
		{name: "gemini to cohere", path: gemini("cohere/embed-v4.0"), ask: geminiAsk(`,"taskType":"CODE_RETRIEVAL_QUERY"`), at: "/v2/embed", answer: answers["cohere"], want: toGemini,
			got: `{"model":"embed-v4.0","input_type":"search_query","texts":["a","b"],"embedding_types":["float"]}`},
		{name: "gemini to voyage", path: gemini("voyage/voyage-3.5"), ask: geminiAsk(`,"taskType":"RETRIEVAL_DOCUMENT","title":"t"`), at: "/v1/embeddings", answer: answers["voyage"], want: toGemini, dropped: "requests[].title",
			got: `{"model":"voyage-3.5","input":["a","b"],"input_type":"document"}`},
		{name: "gemini to hugging face", path: gemini("huggingface/x/y"), ask: geminiAsk(""), at: "/hf-inference/models/x/y/pipeline/feature-extraction", answer: answers["huggingface"],
			want: `{"embeddings":[{"values":[0.5,-2]},{"values":[1,0.25]}]}`},
		{name: "gemini, one, to openai", path: "/v1beta/models/openai/text-embedding-3-small:embedContent", ask: `{"content":{"parts":[{"text":"a"}],"role":"user"},"taskType":"SEMANTIC_SIMILARITY"}`,
			at: "/v1/embeddings", answer: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`, dropped: "taskType",
			got: `{"model":"text-embedding-3-small","input":["a"]}`, want: `{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":1}}`},

		{name: "cohere to openai", path: cohere, ask: `{"model":"openai/text-embedding-3-small","texts":["a","b"],"input_type":"search_query","embedding_types":["float"],"output_dimension":2,"truncate":"END"}`,
			at: "/v1/embeddings", answer: answers["openai"], want: toCohere, dropped: "input_type, truncate", usage: `"input_tokens":7`, spoken: "openai",
			got: `{"model":"text-embedding-3-small","input":["a","b"],"dimensions":2}`},
		{name: "cohere to openai, base64", path: cohere, ask: `{"model":"openai/text-embedding-3-small","texts":["a","b"],"input_type":"classification","embedding_types":["base64","float"]}`,
			at: "/v1/embeddings", answer: answers["openai"], dropped: "input_type",
			want: `{"id":"REQUEST-ID","embeddings":{"base64":["` + one64 + `","` + two64 + `"],"float":[[0.5,-2],[1,0.25]]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`},
		{name: "cohere to gemini", path: cohere, ask: `{"model":"gemini/gemini-embedding-001","texts":["a","b"],"input_type":"clustering"}`,
			at: "/v1beta/models/gemini-embedding-001" + batch, answer: answers["gemini"], want: toCohere,
			got: `{"requests":[{"model":"models/gemini-embedding-001","taskType":"CLUSTERING","content":{"parts":[{"text":"a"}]}},{"model":"models/gemini-embedding-001","taskType":"CLUSTERING","content":{"parts":[{"text":"b"}]}}]}`},
		{name: "cohere to voyage, whole numbers", path: cohere, ask: `{"model":"voyage/voyage-3.5","texts":["a","b"],"input_type":"search_document","embedding_types":["int8"],"truncate":"NONE"}`,
			at: "/v1/embeddings", answer: `{"object":"list","data":[{"object":"embedding","embedding":[5,-2],"index":0},{"object":"embedding","embedding":[1,2],"index":1}],"model":"m","usage":{"total_tokens":7}}`,
			got:  `{"model":"voyage-3.5","input":["a","b"],"input_type":"document","output_dtype":"int8","truncation":false}`,
			want: `{"id":"REQUEST-ID","embeddings":{"int8":[[5,-2],[1,2]]},"texts":["a","b"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`},
		{name: "cohere to jina, an image", path: cohere, ask: `{"model":"jina/jina-clip-v2","images":["data:image/png;base64,aGk="],"input_type":"image","embedding_types":["float"]}`,
			at: "/v1/embeddings", answer: `{"data":[{"index":0,"embedding":[1]}],"model":"m","usage":{"total_tokens":7}}`, got: `{"model":"jina-clip-v2","input":[{"image":"data:image/png;base64,aGk="}]}`,
			want: `{"id":"REQUEST-ID","embeddings":{"float":[[1]]},"texts":[],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`},
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, s) })
	}
}

// withModel gives an answer of OpenAI's shape that names another model: those of vendors
// who name none.
func withModel(answer, model string) string {
	var o map[string]any
	if err := json.Unmarshal([]byte(answer), &o); err != nil {
		panic(err)
	}
	o["model"] = model
	b, _ := json.Marshal(o)
	return string(b)
}

func TestWhatAnEmbeddingModelCannotDoIsRefusedWithItsName(t *testing.T) {
	s := newStage(t, "")
	many := make([]string, 101)
	for i := range many {
		many[i] = "x"
	}
	list, _ := json.Marshal(many)
	refused(t, s, "/v1/embeddings", `{"model":"gemini/gemini-embedding-001","input":[[1,2],[3]]}`, 400, "unsupported_parameter", "token ids")
	refused(t, s, "/v1/embeddings", `{"model":"gemini/gemini-embedding-001","input":[1,2,3]}`, 400, "unsupported_parameter")
	refused(t, s, "/v1/embeddings", `{"model":"gemini/gemini-embedding-001","input":`+string(list)+`}`, 400, "at most 100 inputs", "has 101")
	refused(t, s, "/v1/embeddings", `{"model":"cohere/embed-v4.0","input":{"a":1}}`, 400, "input")
	refused(t, s, "/v1/embeddings", `{"model":"cohere/embed-v4.0","input":"a","encoding_format":"int4"}`, 400, "encoding_format")
	refused(t, s, "/v1/embeddings", `{"model":"cohere/embed-v4.0"}`, 400, "input")
	refused(t, s, "/v2/embed", `{"model":"openai/text-embedding-3-small","texts":["a"],"embedding_types":["int8"]}`, 400, "embedding_types", "floats only")
	refused(t, s, "/v2/embed", `{"model":"jina/jina-embeddings-v3","texts":["a"],"embedding_types":["uint8"]}`, 400, "embedding_types")
	refused(t, s, "/v2/embed", `{"model":"openai/text-embedding-3-small","images":["data:image/png;base64,aGk="]}`, 400, "images")
	refused(t, s, "/v1/embeddings", `{"model":"anthropic/claude-sonnet-4-5","input":"a"}`, 400, "unsupported_operation")
	refused(t, s, "/v1beta/models/openai/text-embedding-3-small:batchEmbedContents",
		`{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"},{"content":{"parts":[{"text":"a"}]},"taskType":"CLASSIFICATION"}]}`, 400, "requests[1]", "INVALID_ARGUMENT")
}

func TestWhatIsDroppedIsRefusedWhereTheGatewaySaysSo(t *testing.T) {
	s := newStage(t, "gateways:\n  default: { unsupported: error }\n")
	refused(t, s, "/v1/embeddings", `{"model":"gemini/gemini-embedding-001","input":"a","user":"u"}`, 400, "unsupported_parameter", "user")
	s.up.Script(func(c *testup.Call) { c.JSON(200, `{"embeddings":[{"values":[1]}]}`) })
	if resp, body := s.Post("/v1/embeddings", `{"model":"gemini/gemini-embedding-001","input":"a"}`); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestErrorsOfOperationsAreInTheCallersDialect(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) {
		c.JSON(404, `{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}`)
	})
	resp, body := s.Post("/v1/embeddings", `{"model":"gemini/x","input":"a"}`)
	if resp.StatusCode != 404 {
		t.Errorf("status %d", resp.StatusCode)
	}
	same(t, "the caller got", string(body), `{"error":{"message":"models/x is not found","type":"invalid_request_error","param":null,"code":"upstream_error"}}`)
	resp, body = s.Post("/v2/embed", `{"model":"gemini/x","texts":["a"]}`)
	var e struct{ Message, ID string }
	if json.Unmarshal(body, &e) != nil || e.Message != "models/x is not found" || resp.StatusCode != 404 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	s.up.Script(func(c *testup.Call) { c.JSON(200, `{"embeddings":[{"values":[1]}]}`) })
	if resp, body = s.Post("/v1/embeddings", `{"model":"gemini/x","input":["a","b"]}`); resp.StatusCode != 502 {
		t.Errorf("one vector for two inputs is %d %s", resp.StatusCode, body)
	}
	s.up.Script(func(c *testup.Call) { c.Answer(200, "text/html", []byte("<html>")) })
	if resp, body = s.Post("/v1/embeddings", `{"model":"gemini/x","input":["a","b"]}`); resp.StatusCode != 502 {
		t.Errorf("a page instead of an answer is %d %s", resp.StatusCode, body)
	}
}
