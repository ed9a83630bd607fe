package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// geminiModelCall serves {model}:{verb}. The model may hold anything, parameters
// included; the last colon starts the verb.
func geminiModelCall(x *exchange) *problem {
	rest := x.r.PathValue("rest")
	i := strings.LastIndexByte(rest, ':')
	if i < 0 {
		return noSuchPath(x)
	}
	model, verb := rest[:i], rest[i+1:]
	switch verb {
	case "generateContent":
		return generate(x, model, false)
	case "streamGenerateContent":
		return generate(x, model, true)
	case "countTokens":
		return geminiCount(x, model)
	case "embedContent":
		return geminiEmbed(x, model)
	case "batchEmbedContents":
		return geminiEmbedMany(x, model)
	case "predict":
		return geminiPredict(x, model)
	case "batchGenerateContent":
		return geminiBatch(x, model, generateWork())
	case "asyncBatchEmbedContent":
		return geminiBatch(x, model, embedWork())
	}
	return noSuchPath(x)
}

// noSuchPath answers what the sandbox does not have.
func noSuchPath(x *exchange) *problem {
	return &problem{status: http.StatusNotFound, code: "unknown_url", message: "the sandbox has no " + x.r.Method + " " + quote(x.r.URL.Path)}
}

func generate(x *exchange, model string, streamed bool) *problem {
	var q geminiRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if p := x.recall(&q); p != nil {
		return p
	}
	a, n, p := q.parse()
	if p != nil {
		return p
	}
	if p := x.use(converse, model); p != nil {
		return p
	}
	r := x.compose(a)
	if p := r.fits(n, 0); p != nil {
		return p
	}
	out := x.newGeminiAnswer(r, n, newGeminiUsage(r, n, q.cachedTokens))
	if streamed {
		x.streamGemini(r, out)
		return nil
	}
	return x.answer(out)
}

func newGeminiUsage(r reply, n, cached int) *geminiUsage {
	return &geminiUsage{
		Prompt: r.in, Cached: cached, Candidates: n * (r.out - r.thinking), Thoughts: n * r.thinking,
		Total: r.in + n*r.out,
	}
}

func (x *exchange) newGeminiAnswer(r reply, n int, u *geminiUsage) *geminiAnswer {
	out := &geminiAnswer{Usage: u, Model: x.name, ID: x.seed.id("", 0)}
	finish := "STOP"
	if r.end == outOfTokens {
		finish = "MAX_TOKENS"
	}
	for i := range n {
		out.Candidates = append(out.Candidates, geminiCandidate{
			Content: geminiContent{Role: "model", Parts: x.geminiParts(r)}, Finish: finish, Index: i,
		})
	}
	return out
}

// geminiParts are the parts of a reply. Thoughts are signed on the part after them.
func (x *exchange) geminiParts(r reply) []geminiPart {
	var out []geminiPart
	signature := ""
	if r.thought != "" {
		out = append(out, geminiPart{Text: &r.thought, Thought: true})
		signature = x.signature()
	}
	if len(r.calls) == 0 {
		return append(out, geminiPart{Text: &r.text, Signature: signature})
	}
	for i, c := range r.calls {
		p := geminiPart{Call: &geminiCall{c.name, json.RawMessage(c.args)}}
		if i == 0 {
			p.Signature = signature
		}
		out = append(out, p)
	}
	return out
}

// streamGemini sends an answer in pieces: as server-sent events with alt=sse, else as
// one JSON array. Calls come whole; the usage grows complete in the last piece.
func (x *exchange) streamGemini(r reply, done *geminiAnswer) {
	s := geminiStream{sse: x.r.URL.Query().Get("alt") == "sse"}
	if s.sse {
		s.stream = x.stream(eventStream)
	} else {
		s.stream = x.stream("application/json")
	}
	chunk := geminiAnswer{Model: done.Model, ID: done.ID, Usage: &geminiUsage{Prompt: done.Usage.Prompt, Cached: done.Usage.Cached, Total: done.Usage.Prompt}}
	send := func(i int, finish string, p geminiPart) {
		chunk.Candidates = []geminiCandidate{{Content: geminiContent{Role: "model", Parts: []geminiPart{p}}, Finish: finish, Index: i}}
		s.put(&chunk)
	}
	for i, c := range done.Candidates {
		signature := ""
		for _, p := range c.Content.Parts {
			if p.Text == nil {
				send(i, "", p)
				continue
			}
			signature = p.Signature
			for text := range x.pieces(*p.Text) {
				send(i, "", geminiPart{Text: &text, Thought: p.Thought})
			}
		}
		if i == len(done.Candidates)-1 {
			chunk.Usage = done.Usage
		}
		send(i, c.Finish, geminiPart{Text: new(string), Signature: signature})
	}
	s.end()
}

// geminiStream writes pieces in either framing.
type geminiStream struct {
	*stream
	sse   bool
	begun bool
}

func (s *geminiStream) put(a *geminiAnswer) {
	switch {
	case s.sse:
		s.raw("data: " + string(encode(a)) + "\r\n\r\n")
		return
	case s.begun:
		s.raw(",\r\n" + string(encode(a)))
	default:
		s.raw("[" + string(encode(a)))
	}
	s.begun = true
}

func (s *geminiStream) end() {
	if !s.sse {
		s.raw("]")
	}
}

func geminiCount(x *exchange, model string) *problem {
	var q geminiRequest
	if p := x.decode(&q); p != nil {
		return p
	}
	if q.ForCounting != nil {
		q = *q.ForCounting
	}
	if p := x.recall(&q); p != nil {
		return p
	}
	a, _, p := q.parse()
	if p != nil {
		return p
	}
	if p := x.use(every, model); p != nil {
		return p
	}
	return x.answer(struct {
		Total  int `json:"totalTokens"`
		Cached int `json:"cachedContentTokenCount,omitempty"`
	}{a.prompt, q.cachedTokens})
}
