package corpus_test

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// endpoint is a path of the data plane as the contract has it.
type endpoint struct {
	method string
	path   *regexp.Regexp // its first group, if any, is the model
	op     string
	shape  string // of its answers: chat, responses, messages, gemini, converse, invoke, cohere, ollama or openai
	place  place
	own    bool // the vendor's alone: below /providers, not on the data plane
}

// place is where a request names its model.
type place int

const (
	nowhere place = iota
	inBody
	inPath
	inForm
)

const passthrough = "passthrough"

var endpoints = []endpoint{
	post("/v1/chat/completions", "chat", "chat", inBody),
	post("/v1/completions", "completions", "chat", inBody),
	post("/v1/responses", "chat", "responses", inBody),
	post("/v1/responses/compact", "chat", "responses", inBody),
	post("/v1/responses/input_tokens", "count_tokens", "responses", inBody),
	get("/v1/responses/[^/]+(?:/input_items)?", "responses", "responses"),
	post("/v1/embeddings", "embeddings", "openai", inBody),
	post("/v1/moderations", "moderations", "openai", inBody),
	post("/v1/rerank", "rerank", "openai", inBody),
	post("/v1/images/generations", "images", "openai", inBody),
	post("/v1/images/edits", "images", "openai", inForm),
	post("/v1/audio/speech", "speech", "openai", inBody),
	post("/v1/audio/transcriptions", "transcription", "openai", inForm),
	post("/v1/messages", "chat", "messages", inBody),
	post("/v1/messages/count_tokens", "count_tokens", "messages", inBody),
	post("/v1/complete", "completions", "messages", inBody),
	get("/v1/messages/batches/[^/]+(?:/results)?", "batches", "messages"),
	post("/v1beta/models/(.+):(?:generateContent|streamGenerateContent)", "chat", "gemini", inPath),
	post("/v1beta/models/(.+):countTokens", "count_tokens", "gemini", inPath),
	post("/v1beta/models/(.+):(?:embedContent|batchEmbedContents)", "embeddings", "gemini", inPath),
	post("/v1beta/cachedContents", "cached_contents", "gemini", inBody),
	get("/v1beta/cachedContents/[^/]+", "cached_contents", "gemini"),
	post("/upload/v1beta/files", "files", "gemini", nowhere),
	post("/v1/files", "files", "", nowhere),
	get("/v1/files/[^/]+(?:/content)?", "files", ""),
	post("/v1/batches", "batches", "openai", nowhere),
	get("/v1/batches(?:/[^/]+)?", "batches", "openai"),
	post("/model/([^/]+)/(?:converse|converse-stream)", "chat", "converse", inPath),
	post("/model/([^/]+)/count-tokens", "count_tokens", "converse", inPath),
	own(post("/model/([^/]+)/(?:invoke|invoke-with-response-stream)", "chat", "invoke", inPath)),
	post("/v2/chat", "chat", "cohere", inBody),
	post("/v2/embed", "embeddings", "cohere", inBody),
	post("/v2/rerank", "rerank", "cohere", inBody),
	own(post("/api/chat", "chat", "ollama", inBody)),
	own(post("/api/generate", "completions", "ollama", inBody)),
	own(post("/api/embed", "embeddings", "ollama", inBody)),
	own(post(googlePlace+"/publishers/google/models/(.+):(?:generateContent|streamGenerateContent)", "chat", "gemini", inPath)),
	own(post(googlePlace+"/publishers/google/models/(.+):countTokens", "count_tokens", "gemini", inPath)),
	own(post(googlePlace+"/publishers/google/models/(.+):embedContent", "embeddings", "gemini", inPath)),
	own(post(googlePlace+"/publishers/anthropic/models/(.+):(?:rawPredict|streamRawPredict)", "chat", "messages", inPath)),
	get("/v1/models(?:/.+)?", "models", ""),
	get("/v1beta/models(?:/.+)?", "models", "gemini"),
}

func post(path, op, shape string, at place) endpoint {
	return endpoint{method: "POST", path: regexp.MustCompile("^" + path + "$"), op: op, shape: shape, place: at}
}

func get(path, op, shape string) endpoint {
	return endpoint{method: "GET", path: regexp.MustCompile("^" + path + "$"), op: op, shape: shape}
}

func own(e endpoint) endpoint {
	e.own = true
	return e
}

// googlePlace begins every path of Vertex.
const googlePlace = "/v1(?:beta1)?(?:/projects/[^/]+/locations/[^/]+)?"

// families are the dialects' families by what a shape is called.
var families = map[string]string{"chat": "openai", "responses": "openai", "openai": "openai", "messages": "anthropic", "gemini": "gemini",
	"converse": "bedrock", "invoke": "bedrock", "cohere": "cohere", "ollama": "ollama"}

// find gives the endpoint of a data-plane path that the provider serves.
func (h *home) find(method, path string) *endpoint { return find(method, path, h.serves) }

// keeps are the operations whose objects belong to a workspace.
var keeps = map[string]bool{"files": true, "batches": true, "responses": true, "cached_contents": true}

// rules reports whether an endpoint's rules hold for the vendor's own path: what it
// serves, and what keeps objects in a family that it speaks, said to be served or not.
func (h *home) rules(e *endpoint) bool {
	return h.serves(e) || keeps[e.op] && h.speaksFamilyOf(e)
}

func find(method, path string, fits func(*endpoint) bool) *endpoint {
	for i := range endpoints {
		e := &endpoints[i]
		if e.method == method && e.path.MatchString(path) && fits(e) {
			return e
		}
	}
	return nil
}

// serves reports whether the provider takes an operation in the dialect that the path
// belongs to.
func (h *home) serves(e *endpoint) bool {
	switch {
	case e.own: // no other vendor's path is like it
		return true
	case e.op == "chat":
		return slices.Contains(h.dialects(), e.shape)
	case e.op == "responses":
		return slices.Contains(h.dialects(), "responses")
	case !slices.Contains(h.spec.Operations, llm.Operation(e.op)):
		return false
	}
	return h.speaksFamilyOf(e)
}

// rewrites reports whether the vendor's form of an operation is one of its own, and the
// body not in its words: such a call is written anew on the data plane.
func (h *home) rewrites(e *endpoint, body []byte) bool {
	if h.spec.Forms == nil {
		return false
	}
	op := llm.Operation(e.op)
	form := h.spec.Forms(op, "")
	if form == nil || form.Ops[op] == nil {
		return false
	}
	native := form.Ops[op].Native
	return native == nil || !native(body)
}

// offers reports whether the vendor has an operation with a model in words that pass as
// they are.
func (h *home) offers(e *endpoint, model string) bool {
	return h.spec.Forms == nil || h.spec.Forms(llm.Operation(e.op), model) == nil
}

// speaksFamilyOf reports whether one of the provider's dialects is of the path's family.
func (h *home) speaksFamilyOf(e *endpoint) bool {
	if e.shape == "" {
		return true
	}
	for _, d := range h.dialects() {
		if families[d] == families[e.shape] {
			return true
		}
	}
	return len(h.dialects()) == 0 && families[e.shape] == "openai"
}

func (h *home) dialects() []string {
	if h.speaks != "" {
		return strings.Split(strings.Trim(h.speaks, "[]"), ", ")
	}
	var names []string
	for _, d := range h.spec.Speaks {
		names = append(names, string(d))
	}
	return names
}

// family is the family of the dialect that the provider prefers.
func (h *home) family() string {
	if d := h.dialects(); len(d) > 0 {
		return families[d[0]]
	}
	return families[string(dialect.OpenAI)]
}

// tail is a vendor's path below base_url.
func (h *home) tail(path string) string { return strings.TrimPrefix(path, h.base) }

// dataPlane is the data-plane path by which a caller reaches a vendor's path.
func (h *home) dataPlane(path string) string {
	tail := h.tail(path)
	if h.kind == "vertex" {
		return googleDataPlane(tail)
	}
	if h.spec.Shape == provider.HostShape {
		return tail
	}
	if h.kind == "azure-openai" && h.base == "" {
		return azureDataPlane(tail)
	}
	if h.kind == "writer" && tail == "/chat" {
		tail = "/chat/completions"
	}
	if strings.HasPrefix(tail, "/v1/") {
		return tail
	}
	return "/v1" + tail
}

// azureDataPlane undoes both surfaces of Azure; "" = the path is of neither.
func azureDataPlane(path string) string {
	if rest, ok := strings.CutPrefix(path, "/openai/v1/"); ok {
		return "/v1/" + rest
	}
	if rest, ok := strings.CutPrefix(path, "/openai/deployments/"); ok {
		_, tail, _ := strings.Cut(rest, "/")
		return "/v1/" + tail
	}
	return ""
}

// prefixed are a vendor's own versions and names before a path.
var prefixed = regexp.MustCompile(`^(/(v[0-9]+[a-z0-9]*|openai))+/`)

// behind gives the endpoint that a vendor's own path is, nil when it is none.
func (h *home) behind(method, path string) *endpoint {
	tail := h.tail(path)
	if h.spec.Shape == provider.HostShape {
		return find(method, tail, h.rules)
	}
	candidates := []string{tail, path, "/v1" + tail, "/v1/" + prefixed.ReplaceAllString(tail, "")}
	if _, rest, ok := strings.Cut(tail, "/deployments/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		candidates = append(candidates, "/v1/"+rest)
	}
	for _, c := range candidates {
		if e := find(method, c, h.rules); e != nil {
			return e
		}
	}
	return nil
}
