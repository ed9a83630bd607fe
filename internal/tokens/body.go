package tokens

import "github.com/sluice-gateway/sluice/internal/jsonscan"

// tally is what a body comes to.
type tally struct {
	text    reader // of the conversation
	tool    reader // of the definitions of tools
	answer  reader // of the schema that the answer must keep
	letters int64  // bytes of all of these, as written
	turns   int64
	tools   int64
	media   int64 // tokens of media
	ids     int64 // token ids, which some operations take instead of text
	model   []byte
	form    form
}

// form is what a body looks like: it tells the family where no model is named.
type form uint8

const (
	formContents    form = 1 << iota // the turns are called contents
	formInputSchema                  // tools have an input schema
	formBare                         // a text is continued: nothing is wrapped around it
)

// maxDepth is how deep a body is looked into.
const maxDepth = 64

// frame is an object or array that is open.
type frame struct {
	part  part // what its values are for
	value part // what the present value is for
	list  bool
	key   bool // a member name comes next
}

// walk reads a JSON text once and adds up what it finds; whole is what the text is for.
// It stops at what is no JSON; what is nested too deep is left to the bound.
func (t *tally) walk(body []byte, whole part) {
	var stack [maxDepth]frame
	depth, beyond := -1, 0
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch c {
		case ' ', '\t', '\r', '\n', ':':
			continue
		case '{', '[':
			if depth+1 == maxDepth {
				beyond++
				continue
			}
			next := frame{part: whole, value: whole, list: c == '[', key: c == '{'}
			if depth >= 0 {
				next.part = t.open(&stack[depth], next.list)
				next.value = next.part
			}
			depth++
			stack[depth] = next
			continue
		}
		if depth < 0 {
			return
		}
		switch f := &stack[depth]; c {
		case '}', ']':
			if beyond > 0 {
				beyond--
				continue
			}
			depth--
		case ',':
			f.key = !f.list && beyond == 0
		case '"':
			end := jsonscan.StringEnd(body, i+1)
			if end < 0 {
				end = len(body) // cut: what there is of it counts
			}
			if beyond == 0 {
				t.string(f, body[i+1:end])
			} else {
				t.letters += int64(end - i)
			}
			i = end
		default:
			end := i + 1
			for end < len(body) && inScalar(body[end]) {
				end++
			}
			if beyond == 0 {
				t.scalar(f, body[i:end])
			}
			i = end - 1
		}
	}
}

func inScalar(c byte) bool { return c != ',' && c != '}' && c != ']' && c > ' ' }

// open counts the container that begins as the present value of f, and says what its
// values are for.
func (t *tally) open(f *frame, list bool) part {
	switch {
	case f.value == messages && (f.list || !list):
		t.turns++
		return prompt
	case f.value == tools && f.list:
		t.tools++
	case f.value == spoken || f.value == carried:
		return said
	}
	return f.value
}

// string takes what stands between a string's quotes: a member name or a value.
func (t *tally) string(f *frame, text []byte) {
	if f.key {
		f.key = false
		t.member(f, text)
		return
	}
	switch f.value {
	case model:
		t.model = text
	case messages:
		t.turns++
		t.take(&t.text, text)
	case prompt, arguments, spoken:
		t.take(&t.text, text)
	case carrier:
		if !t.payload(text) {
			t.take(&t.text, text)
		}
	case tools, schema:
		t.take(&t.tool, text)
	case answer:
		t.take(&t.answer, text)
	case carried:
		t.payload(text)
	case unsaid, formats:
		t.letters += int64(len(text))
	case place:
		if !t.payload(text) {
			t.media += elsewhere
		}
	}
}

// take takes a text that stands by itself.
func (t *tally) take(r *reader, text []byte) {
	r.escaped(text)
	r.add(newline, '\n')
	r.free()
	t.letters += int64(len(text))
}

// scalar takes a number or a word.
func (t *tally) scalar(f *frame, text []byte) {
	switch f.value {
	case tools, schema:
		t.take(&t.tool, text)
	case answer:
		t.take(&t.answer, text)
	case arguments:
		t.take(&t.text, text)
	case prompt, messages:
		if f.list && classes[text[0]] == digit {
			t.ids++
		}
	}
}

// member takes a member name and settles what its value is for.
func (t *tally) member(f *frame, name []byte) {
	if f.part == root {
		t.rootMember(f, name)
		return
	}
	f.value = f.part.member(name)
	var r *reader
	switch f.part {
	case tools, schema:
		r = &t.tool
		t.form |= schemaForm(name)
		if f.value == tools && string(name) != "tools" {
			t.tools-- // a tool that only holds others
			return
		}
	case answer:
		r = &t.answer
	case arguments:
		r = &t.text
	default:
		return
	}
	if f.value == settings {
		return
	}
	r.plain(name)
	r.add(mark, ':')
	t.letters += int64(len(name))
}

func (t *tally) rootMember(f *frame, name []byte) {
	f.value = rootMember(name)
	switch string(name) {
	case "contents":
		t.form |= formContents
	case "prompt", "suffix":
		t.form |= formBare
	default:
		if f.value == prompt {
			t.turns++
		}
	}
}

func schemaForm(name []byte) form {
	switch string(name) {
	case "input_schema", "inputSchema":
		return formInputSchema
	}
	return 0
}
