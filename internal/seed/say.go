package seed

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// talk is what one call was about, before any dialect.
type talk struct {
	model            string
	stream           bool
	system, question string
	before           [2]string // the turn before; empty = none
	image            bool
	tool, argument   string // that was called; "" = none
	result           string
	reasoning        string
	answer           string
	id               string
	in, out          int64
}

// pixel is a picture of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// say adds what was said to an entry.
func (m *Maker) say(r *rand.Rand, e *gateway.Entry) {
	topic := r.IntN(len(m.words.Topics))
	if e.Operation != "chat" {
		e.Bodies = m.plain(r, e, topic)
		return
	}
	t := m.talk(r, e, topic)
	request, answer, stream := t.dialect(e.ClientDialect)
	e.Bodies = &gateway.Bodies{Request: asJSON(request)}
	switch {
	case e.ErrorCode != "":
		e.Bodies.Answer = asJSON(obj{"error": obj{"code": e.ErrorCode, "message": "The call could not be answered: " + strings.ReplaceAll(e.ErrorCode, "_", " ") + "."}})
	case e.Stream:
		e.Bodies.Answer = body("text/event-stream", []byte(stream))
	default:
		e.Bodies.Answer = asJSON(answer)
	}
}

func (m *Maker) talk(r *rand.Rand, e *gateway.Entry, topic int) *talk {
	t := &talk{model: e.ModelRequested, stream: e.Stream, id: e.ID[24:], in: e.Usage.InputTokens.N, out: e.Usage.OutputTokens.N,
		system: "You are a careful assistant of the team " + e.Workspace + ". " + m.words.text(r, m.words.Openings, topic, 300),
		answer: m.words.answer(r, topic), question: m.words.question(r, topic)}
	if r.IntN(3) == 0 {
		t.before = [2]string{m.words.question(r, topic), m.words.answer(r, topic)}
	}
	t.image = r.IntN(14) == 0
	if r.IntN(5) == 0 {
		t.tool = pick(r, m.cast.Tools)
		t.argument = fmt.Sprintf("%s %d", pick(r, m.words.Topics[topic].Nouns), r.IntN(100_000))
		t.result = m.words.sentence(r, m.words.Answers, topic)
	}
	if e.Usage.ReasoningTokens.N > 0 {
		t.reasoning = m.words.text(r, m.words.Answers, topic, 250)
	}
	return t
}

// plain are the bodies of calls that are no conversation.
func (m *Maker) plain(r *rand.Rand, e *gateway.Entry, topic int) *gateway.Bodies {
	text := m.words.text(r, m.words.Openings, topic, 120)
	request := obj{"model": e.ModelRequested, "input": text}
	answer := obj{"object": "list", "model": e.Model, "data": []any{obj{"index": 0, "embedding": []float64{0.013, -0.22, 0.081, 0.4}}}}
	switch e.Operation {
	case "images":
		request = obj{"model": e.ModelRequested, "prompt": text, "size": "1024x1024"}
		answer = obj{"created": e.Time.Unix(), "data": []any{obj{"b64_json": pixel}}}
	case "rerank":
		request = obj{"model": e.ModelRequested, "query": text, "documents": []string{m.words.answer(r, topic), m.words.answer(r, topic)}}
		answer = obj{"id": e.ID, "results": []any{obj{"index": 1, "relevance_score": 0.93}, obj{"index": 0, "relevance_score": 0.41}}}
	}
	return &gateway.Bodies{Request: asJSON(request), Answer: asJSON(answer)}
}

type obj map[string]any

func asJSON(v any) gateway.Body { return body("application/json", []byte(render(v))) }

func body(kind string, b []byte) gateway.Body {
	return gateway.Body{ContentType: kind, Bytes: b, Size: int64(len(b))}
}

func render(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(b)
}

// chunks cuts a text into the pieces of a stream.
func chunks(text string) (all []string) {
	for len(text) > 0 {
		n := min(24, len(text))
		for n < len(text) && text[n] != ' ' && text[n] < 0x80 || n < len(text) && text[n]&0xc0 == 0x80 {
			n++
		}
		all, text = append(all, text[:n]), text[n:]
	}
	return all
}

// events renders events; named says that each line has its type before it.
func events(named bool, all ...obj) string {
	var b strings.Builder
	for _, e := range all {
		if named {
			fmt.Fprintf(&b, "event: %v\n", e["type"])
		}
		b.WriteString("data: " + render(e) + "\n\n")
	}
	return b.String()
}
