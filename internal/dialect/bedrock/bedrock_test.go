package bedrock_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/bedrock"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func of(op llm.Operation) func(string) *dialect.Dialect {
	return func(model string) *dialect.Dialect { return bedrock.Form(op, model) }
}

const at = "/model/{model}/invoke"

func tokens(n int64) llm.Usage { return llm.Usage{InputTokens: llm.Known(n)} }

func TestEmbeddings(t *testing.T) {
	dialecttest.RunOps(t, llm.OpEmbeddings, openai.Dialect, of(llm.OpEmbeddings), []dialecttest.OpCase{
		{Name: "titan", Ask: `{"model":"m","input":"a","dimensions":256,"normalized":false}`, Model: "amazon.titan-embed-text-v2:0",
			To: at, Body: `{"inputText":"a","dimensions":256,"normalize":false}`,
			Reply: `{"embedding":[0.5,-2],"embeddingsByType":{"float":[0.5,-2]},"inputTextTokenCount":3}`, Usage: tokens(3),
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2]}],"model":"amazon.titan-embed-text-v2:0","usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{Name: "titan's first version", Ask: `{"input":["a"],"dimensions":256}`, Model: "amazon.titan-embed-text-v1",
			To: at, Body: `{"inputText":"a"}`, Lost: []llm.Param{llm.ParamDimensions}, Reply: `{"embedding":[1],"inputTextTokenCount":3}`,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"amazon.titan-embed-text-v1","usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{Name: "titan, two", Ask: `{"input":["a","b"]}`, Model: "amazon.titan-embed-text-v2:0", Refused: "at most 1 input"},
		{Name: "titan, images", Ask: `{"input":[{"text":"a","image":"data:image/png;base64,aGk="}],"dimensions":384}`, Model: "amazon.titan-embed-image-v1",
			To: at, Body: `{"inputText":"a","inputImage":"aGk=","embeddingConfig":{"outputEmbeddingLength":384}}`, Reply: `{"embedding":[1],"inputTextTokenCount":3,"message":null}`,
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"amazon.titan-embed-image-v1","usage":{"prompt_tokens":3,"total_tokens":3}}`},
		{Name: "titan, a failure inside an answer", Ask: `{"input":"a"}`, Model: "amazon.titan-embed-image-v1", To: at, Body: `{"inputText":"a"}`, Reply: `{"message":"the image is broken"}`, Fails: "the image is broken"},
		{Name: "cohere, its third version, by a profile", Ask: `{"input":["a","b"],"input_type":"query","truncation":true}`, Model: "us.cohere.embed-multilingual-v3",
			To: at, Body: `{"input_type":"search_query","texts":["a","b"],"embedding_types":["float"],"truncate":"END"}`,
			Header: map[string]string{"X-Amzn-Bedrock-Input-Token-Count": "8"}, Reply: `{"id":"x","embeddings":{"float":[[1],[2]]},"response_type":"embeddings_by_type","texts":["a","b"]}`, Usage: tokens(8),
			Want: `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]},{"object":"embedding","index":1,"embedding":[2]}],"model":"us.cohere.embed-multilingual-v3","usage":{"prompt_tokens":8,"total_tokens":8}}`},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, cohere.Dialect, of(llm.OpEmbeddings), []dialecttest.OpCase{
		{Name: "cohere to cohere", Ask: `{"model":"m","texts":["a"],"input_type":"classification","embedding_types":["int8","float"],"truncate":"START","output_dimension":256,"max_tokens":9}`, Model: "cohere.embed-v4:0",
			To: at, Body: `{"input_type":"classification","texts":["a"],"embedding_types":["int8","float"],"output_dimension":256,"max_tokens":9,"truncate":"LEFT"}`,
			Reply: `{"id":"x","embeddings":{"float":[[1]],"int8":[[5]]},"texts":["a"]}`,
			Want:  `{"id":"x","embeddings":{"int8":[[5]],"float":[[1]]},"texts":["a"],"meta":{"api_version":{"version":"2"}},"response_type":"embeddings_by_type"}`},
	})
	dialecttest.RunOps(t, llm.OpEmbeddings, gemini.Dialect, of(llm.OpEmbeddings), []dialecttest.OpCase{
		{Name: "gemini to titan", Path: "/v1beta/models/{model}:embedContent", Ask: `{"content":{"parts":[{"text":"a"},{"text":"b"}]},"outputDimensionality":512}`, Model: "amazon.titan-embed-text-v2:0",
			To: at, Body: `{"inputText":"a\nb","dimensions":512}`, Reply: `{"embedding":[1],"inputTextTokenCount":3}`, Want: `{"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":3}}`},
	})
}

func TestReranking(t *testing.T) {
	dialecttest.RunOps(t, llm.OpRerank, cohere.Dialect, of(llm.OpRerank), []dialecttest.OpCase{
		{Name: "cohere's model", Ask: `{"query":"q","documents":["a","b"],"top_n":1}`, Model: "cohere.rerank-v3-5:0",
			To: at, Body: `{"query":"q","documents":["a","b"],"top_n":1,"api_version":2}`, Reply: `{"results":[{"index":1,"relevance_score":0.5}]}`,
			Want: `{"id":"request-1","results":[{"index":1,"relevance_score":0.5}],"meta":{"api_version":{"version":"2"}}}`},
	})
	dialecttest.RunOps(t, llm.OpRerank, openai.Dialect, of(llm.OpRerank), []dialecttest.OpCase{
		{Name: "amazon's model", Ask: `{"query":"q","documents":["a",{"text":"b"}],"return_documents":true}`, Model: "amazon.rerank-v1:0",
			To: at, Body: `{"query":"q","documents":["a","b"]}`, Reply: `{"results":[{"index":0,"relevance_score":0.2},{"index":1,"relevance_score":0.5}]}`,
			Want: `{"id":"request-1","object":"list","model":"amazon.rerank-v1:0","results":[{"index":1,"relevance_score":0.5,"document":{"text":"b"}},{"index":0,"relevance_score":0.2,"document":{"text":"a"}}]}`},
	})
}

func TestImages(t *testing.T) {
	created := `{"created":1700000000,"data":[{"b64_json":"aGk="}]}`
	dialecttest.RunOps(t, llm.OpImages, openai.Dialect, of(llm.OpImages), []dialecttest.OpCase{
		{Name: "canvas", Ask: `{"prompt":"p","n":1,"size":"1024x512","quality":"high","seed":7,"negative_prompt":"x"}`, Model: "amazon.nova-canvas-v1:0",
			To: at, Body: `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"p","negativeText":"x"},"imageGenerationConfig":{"numberOfImages":1,"width":1024,"height":512,"quality":"premium","seed":7}}`,
			Reply: `{"images":["aGk="],"error":null}`, Want: created},
		{Name: "canvas refuses", Ask: `{"prompt":"p"}`, Model: "amazon.titan-image-generator-v2:0", To: at,
			Body: `{"taskType":"TEXT_IMAGE","textToImageParams":{"text":"p"},"imageGenerationConfig":{"numberOfImages":1}}`, Reply: `{"images":[],"error":"blocked by filters"}`, Fails: "blocked by filters"},
		{Name: "stability", Ask: `{"prompt":"p","size":"1792x1024","output_format":"png"}`, Model: "stability.sd3-5-large-v1:0",
			To: at, Body: `{"prompt":"p","aspect_ratio":"16:9","output_format":"png"}`, Reply: `{"seeds":[1],"finish_reasons":[null],"images":["aGk="]}`, Want: created},
		{Name: "stability, two", Ask: `{"prompt":"p","n":2}`, Model: "stability.sd3-5-large-v1:0", Refused: "'n'"},
		{Name: "an image given", Ask: `{"prompt":"p","image":"data:image/png;base64,aGk="}`, Model: "stability.sd3-5-large-v1:0", Refused: "image"},
	})
}

func TestAModelWithoutTheOperationHasNoForm(t *testing.T) {
	for op, model := range map[llm.Operation]string{llm.OpEmbeddings: "amazon.nova-pro-v1:0", llm.OpRerank: "x", llm.OpImages: "anthropic.claude-3", llm.OpCountTokens: "amazon.nova-pro-v1:0"} {
		if d := bedrock.Form(op, model); d == nil || d.Ops[op] != nil {
			t.Errorf("%s of %s is %v", op, model, d)
		}
	}
	if d := bedrock.Form(llm.OpCountTokens, "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"); d != nil {
		t.Error("Claude's tokens are counted by the vendor")
	}
}
