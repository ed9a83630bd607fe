package ops_test

import "testing"

// Two documents, the second one better, in each vendor's own words.
const (
	cohereRanks = `{"id":"c1","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}`
	voyageRanks = `{"object":"list","data":[{"relevance_score":0.9,"index":1},{"relevance_score":0.1,"index":0}],"model":"m","usage":{"total_tokens":9}}`
	jinaRanks   = `{"model":"m","usage":{"total_tokens":9},"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}]}`
	teiRanks    = `[{"index":0,"score":0.1},{"index":1,"score":0.9}]`
)

func TestRerankingOfEveryCallerReachesEveryVendor(t *testing.T) {
	s := newStage(t, "")
	for _, e := range []exchange{
		{name: "top_n to voyage", path: "/v1/rerank", ask: `{"model":"voyage/rerank-2.5","query":"q","documents":["a",{"text":"b"}],"top_n":2,"return_documents":true}`,
			at: "/v1/rerank", answer: voyageRanks, usage: `"input_tokens":9`, spoken: "voyage",
			got:  `{"model":"rerank-2.5","query":"q","documents":["a","b"],"top_k":2}`,
			want: `{"id":"REQUEST-ID","object":"list","model":"m","results":[{"index":1,"relevance_score":0.9,"document":{"text":"b"}},{"index":0,"relevance_score":0.1,"document":{"text":"a"}}],"usage":{"prompt_tokens":9,"total_tokens":9}}`},
		{name: "top_k to voyage as it is", path: "/v1/rerank", ask: `{"model":"voyage/rerank-2.5","query":"q","documents":["a","b"],"top_k":2,"truncation":true}`,
			at: "/v1/rerank", answer: voyageRanks, got: `{"model":"rerank-2.5","query":"q","documents":["a","b"],"top_k":2,"truncation":true}`, usage: `"input_tokens":9`},
		{name: "top_k to jina", path: "/v1/rerank", ask: `{"model":"jina/jina-reranker-v3","query":"q","documents":["a","b"],"top_k":1,"return_documents":true}`,
			at: "/v1/rerank", answer: jinaRanks, got: `{"model":"jina-reranker-v3","query":"q","documents":["a","b"],"top_n":1,"return_documents":false}`,
			want: `{"id":"REQUEST-ID","object":"list","model":"m","data":[{"index":1,"relevance_score":0.9,"document":"b"}],"usage":{"prompt_tokens":9,"total_tokens":9}}`},
		{name: "top_n to jina as it is", path: "/v1/rerank", ask: `{"model":"jina/jina-reranker-v3","query":"q","documents":["a",{"text":"b"}],"top_n":1}`, at: "/v1/rerank", answer: jinaRanks},
		{name: "top_n to cohere", path: "/v1/rerank", ask: `{"model":"cohere/rerank-v3.5","query":"q","documents":["a",{"title":"t","body":"b"}],"top_n":2,"max_tokens_per_doc":9}`,
			at: "/v2/rerank", answer: cohereRanks, usage: `"search_units":1`, spoken: "cohere",
			got:  `{"model":"rerank-v3.5","query":"q","documents":["a","{\"title\":\"t\",\"body\":\"b\"}"],"top_n":2,"max_tokens_per_doc":9}`,
			want: `{"id":"c1","object":"list","model":"rerank-v3.5","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"billed_units":{"search_units":1}}}`},
		{name: "fields to cohere", path: "/v1/rerank", ask: `{"model":"cohere/rerank-v3.5","query":"q","documents":[{"title":"t","n":1,"x":"y"}],"rank_fields":["n","title"]}`,
			at: "/v2/rerank", answer: `{"results":[{"index":0,"relevance_score":1}]}`, got: `{"model":"rerank-v3.5","query":"q","documents":["n: 1\ntitle: t"]}`,
			want: `{"id":"REQUEST-ID","object":"list","model":"rerank-v3.5","results":[{"index":0,"relevance_score":1}]}`},
		{name: "to text embeddings inference", path: "/v1/rerank", ask: `{"model":"tei/bge-reranker","query":"q","documents":["a","b"],"top_n":1,"truncate":true,"return_documents":true}`,
			at: "/rerank", answer: teiRanks, got: `{"query":"q","texts":["a","b"],"truncate":true}`, spoken: "tei",
			want: `{"id":"REQUEST-ID","object":"list","model":"bge-reranker","results":[{"index":1,"relevance_score":0.9,"document":{"text":"b"}}]}`},

		{name: "to bedrock", path: "/v1/rerank", ask: `{"model":"bedrock/amazon.rerank-v1:0","query":"q","documents":["a","b"],"top_n":2}`,
			at: "/model/amazon.rerank-v1%3A0/invoke", answer: cohereRanks, got: `{"query":"q","documents":["a","b"],"top_n":2}`, spoken: "bedrock-amazon",
			want: `{"id":"c1","object":"list","model":"amazon.rerank-v1:0","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"billed_units":{"search_units":1}}}`},
		{name: "cohere to voyage", path: "/v2/rerank", ask: `{"model":"voyage/rerank-2.5","query":"q","documents":["a","b"],"top_n":2,"max_tokens_per_doc":100}`,
			at: "/v1/rerank", answer: voyageRanks, got: `{"model":"rerank-2.5","query":"q","documents":["a","b"],"top_k":2}`, dropped: "max_tokens_per_doc",
			want: `{"id":"REQUEST-ID","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":9}}}`},
		{name: "cohere to jina", path: "/v2/rerank", ask: `{"model":"jina/jina-reranker-v3","query":"q","documents":["a","b"],"priority":1}`,
			at: "/v1/rerank", answer: jinaRanks, got: `{"model":"jina-reranker-v3","query":"q","documents":["a","b"],"return_documents":false}`, dropped: "priority",
			want: `{"id":"REQUEST-ID","results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":9}}}`},
		{name: "cohere to a server of OpenAI's shape", path: "/v2/rerank", ask: `{"model":"openai-compatible/bge","query":"q","documents":["a","b"],"top_n":1}`,
			at: "/v1/rerank", answer: jinaRanks, got: `{"model":"bge","query":"q","documents":["a","b"],"top_n":1}`,
			want: `{"id":"REQUEST-ID","results":[{"index":1,"relevance_score":0.9}],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":9}}}`},
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, s) })
	}
	refused(t, s, "/v1/rerank", `{"model":"cohere/rerank-v3.5","query":"q","documents":[{"image":"https://x/a.png"}]}`, 400, "documents[].image")
	refused(t, s, "/v1/rerank", `{"model":"cohere/rerank-v3.5","documents":["a"]}`, 400, "query")
	refused(t, s, "/v2/rerank", `{"model":"voyage/r","query":"q","documents":[]}`, 400, "documents")
	refused(t, s, "/v2/rerank", `{"model":"gemini/g","query":"q","documents":["a"]}`, 400, "unsupported_operation")
}
