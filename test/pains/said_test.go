package pains_test

import (
	"fmt"
	"strings"
)

// The kinds of block.
const (
	words    = "text"
	thinking = "thinking"
	redacted = "redacted" // reasoning of which only its state is shown
	calling  = "call"
)

// block is one piece of an assistant's turn, in no dialect's words. state is the
// vendor's opaque blob for it.
type block struct{ kind, text, state, id, name, args string }

// counts are tokens in the meaning of the gateway: input is all input.
type counts struct{ input, output, cached, reasoning int }

// said is what an assistant says.
type said struct {
	blocks []block
	finish string // stop, length, tools; "" = by the blocks
	usage  counts

	// Of what a caller read:
	raw      any      // the turn in the caller's own dialect, all members kept
	problems []string // against the grammar of the caller's dialect
	failure  string   // the error in the stream, in the dialect's words
	ended    bool     // the stream came to its proper end
}

func (s *said) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

func (s *said) of(kind string) (out string) {
	for _, b := range s.blocks {
		if b.kind == kind {
			out += b.text
		}
	}
	return out
}

func (s *said) text() string    { return s.of(words) }
func (s *said) thought() string { return s.of(thinking) }

func (s *said) calls() (all []block) {
	for _, b := range s.blocks {
		if b.kind == calling {
			all = append(all, b)
		}
	}
	return all
}

func (s *said) ending() string {
	switch {
	case s.finish != "":
		return s.finish
	case len(s.calls()) > 0:
		return "tools"
	}
	return "stop"
}

// outline tells blocks in order, in a form that can be compared; neighbours of one kind
// are told as one.
func (s *said) outline() string {
	var out []string
	last := ""
	for _, b := range s.blocks {
		switch {
		case b.kind == calling:
			out = append(out, "call "+b.name+" "+canonical(b.args))
		case b.kind == redacted || b.text == "":
			continue
		case b.kind == last:
			out[len(out)-1] += b.text
		default:
			out = append(out, b.kind+" "+b.text)
		}
		last = b.kind
	}
	return strings.Join(out, " | ")
}

// result is what a tool gave.
type result struct{ id, name, text string }

// turn is one turn of a conversation: the user's words, the assistant's (raw is the turn
// as the caller keeps it), or the results of tools.
type turn struct {
	user    string
	said    *said
	raw     any
	results []result
	system  string // in mid-conversation
}

// tool is a function that the model may call.
type tool struct {
	name   string
	schema object
}

// question is what a caller asks, in no dialect's words.
type question struct {
	model    string
	system   string
	turns    []turn
	tools    []tool
	think    bool
	max      int
	more     object // members added to the body, at its top
	noUsage  bool   // chat: usage is not asked for
	parallel *bool
}

func ask(model, words string) *question { return &question{model: model, turns: []turn{{user: words}}} }

var cityTool = tool{"get_weather", object{"type": "object", "properties": object{"city": object{"type": "string"}}, "required": []any{"city"}}}

var noArgsTool = tool{"list_places", object{"type": "object", "properties": object{}}}
