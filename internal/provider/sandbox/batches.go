package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Batches: https://platform.openai.com/docs/api-reference/batch and
// https://platform.claude.com/docs/en/api/creating-message-batches; Gemini's are in
// gemini_batches.go. They have ended by the time they are created; nothing in them waits
// or is cut.

// maxLines bounds one batch.
const maxLines = 10_000

// batch is a batch of any family: what it answers, and Anthropic's results.
type batch struct {
	family  family
	body    json.RawMessage
	results []byte
}

// batchable are the operations that a batch may ask for.
func batchable(url string) endpoint {
	switch url {
	case "/v1/chat/completions":
		return chat
	case "/v1/completions":
		return completions
	case "/v1/responses":
		return responses
	case "/v1/embeddings":
		return embeddings
	case "/v1/moderations":
		return moderations
	}
	return nil
}

// page is a http.ResponseWriter into memory.
type page struct {
	status int
	header http.Header
	bytes.Buffer
}

func (p *page) Header() http.Header    { return p.header }
func (p *page) WriteHeader(status int) { p.status = status }
func (p *page) Flush()                 {}

// run serves one line of a batch.
func (x *exchange) run(e endpoint, body []byte) *page {
	p := &page{status: http.StatusOK, header: http.Header{}}
	inner := &exchange{server: x.server, w: p, r: x.r, family: x.family, body: body, inner: true}
	inner.seed = newSeed(http.MethodPost, "batch", body)
	if wrong := e(inner); wrong != nil {
		inner.fail(wrong)
	}
	return p
}

// maxResults bounds the answers of one batch, which are made in memory.
const maxResults = shelfBytes

func tooManyResults() *problem {
	return invalid("", "the answers of a batch can take up to 64 MiB together in the sandbox")
}

// runAll serves n lines of a batch, in their order.
func (x *exchange) runAll(e endpoint, n int, line func(i int) json.RawMessage) ([]*page, *problem) {
	pages, size := make([]*page, n), 0
	for i := range pages {
		pages[i] = x.run(e, line(i))
		if size += pages[i].Len(); size > maxResults {
			return nil, tooManyResults()
		}
	}
	return pages, nil
}

type openaiBatch struct {
	ID          string          `json:"id"`
	Object      string          `json:"object"`
	Endpoint    string          `json:"endpoint"`
	Errors      *struct{}       `json:"errors"`
	InputFile   string          `json:"input_file_id"`
	Window      string          `json:"completion_window"`
	Status      string          `json:"status"`
	OutputFile  *string         `json:"output_file_id"`
	ErrorFile   *string         `json:"error_file_id"`
	CreatedAt   int64           `json:"created_at"`
	InProgress  int64           `json:"in_progress_at"`
	ExpiresAt   int64           `json:"expires_at"`
	CompletedAt int64           `json:"completed_at"`
	Counts      batchCounts     `json:"request_counts"`
	Metadata    json.RawMessage `json:"metadata"`
}

type batchCounts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}

type batchLine struct {
	CustomID string          `json:"custom_id"`
	URL      string          `json:"url"`
	Body     json.RawMessage `json:"body"`
}

type batchResult struct {
	ID       string        `json:"id"`
	CustomID string        `json:"custom_id"`
	Response batchResponse `json:"response"`
	Error    *struct{}     `json:"error"`
}

type batchResponse struct {
	Status    int             `json:"status_code"`
	RequestID string          `json:"request_id"`
	Body      json.RawMessage `json:"body"`
}

func createBatch(x *exchange) *problem {
	var q struct {
		InputFile string          `json:"input_file_id"`
		Endpoint  string          `json:"endpoint"`
		Window    string          `json:"completion_window"`
		Metadata  json.RawMessage `json:"metadata"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	e := batchable(q.Endpoint)
	switch {
	case q.InputFile == "":
		return missing("input_file_id")
	case e == nil:
		return invalid("endpoint", "'endpoint' must be /v1/chat/completions, /v1/completions, /v1/responses, /v1/embeddings or /v1/moderations")
	}
	in, p := x.fileByID(q.InputFile)
	if p != nil {
		return p
	}
	lines, p := parseLines(in.data)
	if p != nil {
		return p
	}
	b := openaiBatch{
		ID: x.seed.id("batch_", x.server.batches.next()), Object: "batch", Endpoint: q.Endpoint, InputFile: q.InputFile,
		Window: q.Window, Status: "completed", CreatedAt: epoch, InProgress: epoch, CompletedAt: epoch, ExpiresAt: epoch + day,
		Metadata: q.Metadata,
	}
	if b.Metadata == nil {
		b.Metadata = json.RawMessage("null")
	}
	pages, p := x.runAll(e, len(lines), func(i int) json.RawMessage { return lines[i].Body })
	if p != nil {
		return p
	}
	good, bad := x.results(lines, pages)
	b.Counts = batchCounts{Total: len(lines), Completed: len(lines) - bytes.Count(bad, []byte("\n")), Failed: bytes.Count(bad, []byte("\n"))}
	b.OutputFile = x.keepOutput(b.ID+"_output.jsonl", good)
	b.ErrorFile = x.keepOutput(b.ID+"_error.jsonl", bad)
	x.server.batches.put(b.ID, batch{family: x.family, body: encode(b)}, len(x.body))
	return x.answer(b)
}

// parseLines reads a batch's input.
func parseLines(data []byte) ([]batchLine, *problem) {
	var out []batchLine
	for raw := range bytes.Lines(data) {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		var line batchLine
		if len(out) == maxLines || json.Unmarshal(raw, &line) != nil || line.CustomID == "" {
			return nil, invalid("input_file_id", "the input file must have at most 10,000 lines, each a JSON object with custom_id, url and body")
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return nil, invalid("input_file_id", "the input file is empty")
	}
	return out, nil
}

// results gives the results that worked and those that did not, as lines.
func (x *exchange) results(lines []batchLine, pages []*page) (good, bad []byte) {
	for i, line := range lines {
		p := pages[i]
		r := batchResult{ID: x.seed.id("batch_req_", i), CustomID: line.CustomID}
		r.Response = batchResponse{p.status, p.header.Get("X-Request-Id"), p.Bytes()}
		if !json.Valid(p.Bytes()) { // a line that asks for a stream
			r.Response.Body = encode(p.String())
		}
		if p.status == http.StatusOK {
			good = append(append(good, encode(r)...), '\n')
		} else {
			bad = append(append(bad, encode(r)...), '\n')
		}
	}
	return good, bad
}

// keepOutput stores lines as a file and gives its id, nil when there are none.
func (x *exchange) keepOutput(name string, data []byte) *string {
	if len(data) == 0 {
		return nil
	}
	f := x.keepFile(file{name: name, mime: "application/jsonl", purpose: "batch_output", data: data})
	return &f.id
}

// batchByID gives a batch of the caller's family.
func (x *exchange) batchByID() (batch, *problem) {
	id := x.r.PathValue("id")
	b, ok := x.server.batches.get(id)
	if !ok || b.family != x.family {
		return b, notFound("batch", id)
	}
	return b, nil
}

// getBatch also answers a cancel: a batch that has ended stays as it is.
func getBatch(x *exchange) *problem {
	b, p := x.batchByID()
	if p != nil {
		return p
	}
	return x.answer(b.body)
}

func (x *exchange) ownBatches() []json.RawMessage {
	out := []json.RawMessage{}
	for _, b := range x.server.batches.list() {
		if b.family == x.family {
			out = append(out, b.body)
		}
	}
	return out
}

func listBatches(x *exchange) *problem {
	if x.family == gemini {
		return x.answer(struct {
			Operations []json.RawMessage `json:"operations"`
		}{x.ownBatches()})
	}
	return x.answer(openaiPage[json.RawMessage]{Object: "list", Data: x.ownBatches()})
}
