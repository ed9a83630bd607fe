package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Batches of the Gemini family are long-running operations, which have ended by the
// time they are created: https://ai.google.dev/api/batch-api.

const batchPrefix = "batches/"

// geminiWork is what a batch does with each of its requests.
type geminiWork struct {
	does ability
	call func(x *exchange, model string) *problem
	kind string // of the operation's metadata; its output is named after it
}

func generateWork() geminiWork {
	return geminiWork{converse, func(x *exchange, model string) *problem { return generate(x, model, false) }, "GenerateContentBatch"}
}

func embedWork() geminiWork { return geminiWork{embeds, geminiEmbed, "EmbedContentBatch"} }

// typeName is the name of a message within an operation.
func typeName(kind string) string {
	return "type.googleapis.com/google.ai.generativelanguage.v1main." + kind
}

type geminiBatchInput struct {
	File      string `json:"fileName"`
	FileSnake string `json:"file_name"`
	Requests  struct {
		Requests []geminiLine `json:"requests"`
	} `json:"requests"`
}

// geminiLine is one request: in a file it has a key, else whatever metadata.
type geminiLine struct {
	Key      string          `json:"key"`
	Metadata json.RawMessage `json:"metadata"`
	Request  json.RawMessage `json:"request"`
}

// geminiResult is what a request got: an answer or an error.
type geminiResult struct {
	Key      string          `json:"key,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Response json.RawMessage `json:"response,omitempty"`
	Error    json.RawMessage `json:"error,omitempty"`
}

type geminiOperation struct {
	Name     string            `json:"name"`
	Metadata geminiBatchState  `json:"metadata"`
	Done     bool              `json:"done"`
	Response geminiBatchOutput `json:"response"`
}

type geminiBatchState struct {
	Type        string            `json:"@type"`
	Name        string            `json:"name"`
	Model       string            `json:"model"`
	DisplayName string            `json:"displayName"`
	Created     string            `json:"createTime"`
	Ended       string            `json:"endTime"`
	Updated     string            `json:"updateTime"`
	State       string            `json:"state"`
	Stats       geminiBatchStats  `json:"batchStats"`
	Output      geminiBatchOutput `json:"output"`
}

// geminiBatchStats are 64-bit numbers, which this vendor writes as texts.
type geminiBatchStats struct {
	Total      string `json:"requestCount"`
	Successful string `json:"successfulRequestCount,omitempty"`
	Failed     string `json:"failedRequestCount,omitempty"`
}

type geminiBatchOutput struct {
	Type    string           `json:"@type,omitempty"`
	File    string           `json:"responsesFile,omitempty"`
	Inlined *geminiResponses `json:"inlinedResponses,omitempty"`
}

type geminiResponses struct {
	Responses []geminiResult `json:"inlinedResponses"`
}

type geminiBatchRequest struct {
	Batch struct {
		DisplayName  string            `json:"displayName"`
		DisplaySnake string            `json:"display_name"`
		Input        *geminiBatchInput `json:"inputConfig"`
		InputSnake   *geminiBatchInput `json:"input_config"`
	} `json:"batch"`
}

// geminiBatch runs the requests that stand in the body or in a file, and leaves the
// answers where the requests were.
func geminiBatch(x *exchange, name string, work geminiWork) *problem {
	var q geminiBatchRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	lines, inFile, p := x.geminiLines(cmp.Or(q.Batch.Input, q.Batch.InputSnake, &geminiBatchInput{}))
	if p != nil {
		return p
	}
	m, p := parseModel(x.server.options, work.does, name)
	if p != nil {
		return p
	}
	pages, p := x.runAll(func(x *exchange) *problem { return work.call(x, name) }, len(lines), func(i int) json.RawMessage { return lines[i].Request })
	if p != nil {
		return p
	}
	results, failed := geminiResults(lines, pages)
	id := x.seed.id("", x.server.batches.next())
	state := geminiBatchState{
		Type: typeName(work.kind), Name: batchPrefix + id, Model: "models/" + m.name,
		DisplayName: cmp.Or(q.Batch.DisplayName, q.Batch.DisplaySnake), State: "BATCH_STATE_SUCCEEDED",
		Created: epochText, Ended: epochText, Updated: epochText,
		Stats: newGeminiBatchStats(len(results), failed), Output: x.keepResults(id, results, inFile),
	}
	return x.endedBatch(id, state, typeName(work.kind+"Output"))
}

// endedBatch stores and answers an operation that is over; its state holds the output too.
func (x *exchange) endedBatch(id string, state geminiBatchState, outputType string) *problem {
	op := geminiOperation{Name: state.Name, Metadata: state, Done: true, Response: state.Output}
	op.Response.Type = outputType
	body := encode(op)
	if len(body) > maxResults {
		return tooManyResults()
	}
	x.server.batches.put(id, batch{family: gemini, body: body}, len(body))
	return x.answer(json.RawMessage(body))
}

func newGeminiBatchStats(total, failed int) geminiBatchStats {
	s := geminiBatchStats{Total: strconv.Itoa(total)}
	if total > failed {
		s.Successful = strconv.Itoa(total - failed)
	}
	if failed > 0 {
		s.Failed = strconv.Itoa(failed)
	}
	return s
}

// geminiLines are a batch's requests, and whether they came in a file.
func (x *exchange) geminiLines(in *geminiBatchInput) (lines []geminiLine, inFile bool, p *problem) {
	name := cmp.Or(in.File, in.FileSnake)
	lines = in.Requests.Requests
	if name != "" {
		f, p := x.fileByID(strings.TrimPrefix(name, "files/"))
		if p != nil {
			return nil, true, p
		}
		if lines, p = parseGeminiLines(f.data); p != nil {
			return nil, true, p
		}
	}
	if n := len(lines); n == 0 || n > maxLines {
		return nil, false, invalid("batch.inputConfig", "batch.inputConfig: from 1 to 10,000 requests are needed, in requests.requests or in the file of fileName")
	}
	return lines, name != "", nil
}

func parseGeminiLines(data []byte) ([]geminiLine, *problem) {
	var out []geminiLine
	for raw := range bytes.Lines(data) {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		var line geminiLine
		if len(out) == maxLines || json.Unmarshal(raw, &line) != nil {
			return nil, invalid("batch.inputConfig.fileName", "the input file must have at most 10,000 lines, each a JSON object with key and request")
		}
		out = append(out, line)
	}
	return out, nil
}

// geminiResults gives what each line got, and how many of them failed.
func geminiResults(lines []geminiLine, pages []*page) (results []geminiResult, failed int) {
	for i, line := range lines {
		r := geminiResult{Key: line.Key, Metadata: line.Metadata}
		if pages[i].status == http.StatusOK {
			r.Response = pages[i].Bytes()
		} else {
			r.Error = errorOf(pages[i].Bytes())
			failed++
		}
		results = append(results, r)
	}
	return results, failed
}

// errorOf is what stands in an error answer, which is always there.
func errorOf(body []byte) json.RawMessage {
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		panic("BUG: " + err.Error())
	}
	return e.Error
}

// keepResults gives the results themselves, or the file that they are stored in.
func (x *exchange) keepResults(id string, results []geminiResult, inFile bool) geminiBatchOutput {
	if !inFile {
		return geminiBatchOutput{Inlined: &geminiResponses{results}}
	}
	var data []byte
	for _, r := range results {
		data = append(append(data, encode(r)...), '\n')
	}
	f := x.keepFile(file{name: "batch-" + id, mime: "application/jsonl", data: data})
	return geminiBatchOutput{File: "files/" + f.id}
}

// geminiBatchCall serves {id}:cancel: a batch that has ended stays as it is.
func geminiBatchCall(x *exchange) *problem {
	id, cancel := strings.CutSuffix(x.r.PathValue("id"), ":cancel")
	if !cancel {
		return noSuchPath(x)
	}
	if b, ok := x.server.batches.get(id); !ok || b.family != gemini {
		return notFound("batch", id)
	}
	return x.answer(struct{}{})
}

func deleteGeminiBatch(x *exchange) *problem {
	if _, p := x.batchByID(); p != nil {
		return p
	}
	x.server.batches.remove(x.r.PathValue("id"))
	return x.answer(struct{}{})
}
