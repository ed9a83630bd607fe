package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// ask is a conversation request of any dialect, as far as the sandbox cares.
type ask struct {
	turns  []turn
	prompt int // tokens
	tools  []tool
	tool   string // the one that must be called, "" = the first
	quiet  bool   // no tool may be called
	single bool   // at most one call
	json   bool   // the answer is to be JSON
	schema json.RawMessage
	max    int // tokens of the answer, 0 = any number
	stop   []string
}

// role says who speaks in a turn.
type role uint8

const (
	user role = iota
	assistant
	other // instructions
)

// turn is one message. Result says that it holds what a tool answered.
type turn struct {
	role   role
	texts  []string
	result bool
}

// tool is a function that may be called.
type tool struct {
	name   string
	schema json.RawMessage
}

// say adds a turn and counts its texts.
func (a *ask) say(t turn) {
	a.turns = append(a.turns, t)
	a.prompt += allTokens(t.texts)
}

// question is the last thing that the user said.
func (a *ask) question() string {
	for _, t := range slices.Backward(a.turns) {
		if t.role == user && !t.result && len(t.texts) > 0 {
			return strings.Join(t.texts, "\n")
		}
	}
	return ""
}

// result is the last tool result since the assistant last spoke.
func (a *ask) result() (text string, ok bool) {
	for _, t := range slices.Backward(a.turns) {
		if t.role == assistant {
			break
		}
		if t.result {
			return strings.Join(t.texts, "\n"), true
		}
	}
	return "", false
}

// ending is why an answer ends.
type ending uint8

const (
	stopped ending = iota
	stoppedAt
	outOfTokens
	toolsCalled
)

// reply is the answer to an ask, before it has a dialect's shape.
type reply struct {
	thought string
	text    string
	calls   []call
	end     ending
	stop    string // the sequence that ended it

	in, out, thinking int // tokens; out includes thinking
}

// call is one tool call; args is a JSON object.
type call struct{ name, args string }

// compose makes the answer of the exchange's model.
func (x *exchange) compose(a *ask) reply {
	r := reply{in: a.prompt}
	if x.name == "reason" {
		r.thought = "The user asks: " + quote(a.question()) + ". I look at what is given, weigh it, and answer in short."
	}
	if calls := x.callTools(a); len(calls) > 0 {
		r.calls, r.end = calls, toolsCalled
	} else {
		r.text = x.text(a)
		r.finish(a)
	}
	r.thinking = tokens(r.thought)
	r.out = r.thinking + tokens(r.text)
	for _, c := range r.calls {
		r.out += tokens(c.args)
	}
	return r
}

// maxAnswer bounds the texts of one answer, which is made in memory.
const maxAnswer = 64 << 20

// fits refuses n choices of a reply, beside so many bytes of others, that are too much.
func (r *reply) fits(n, others int) *problem {
	if others+n*(len(r.text)+len(r.thought)) > maxAnswer {
		return invalid("n", "the choices of an answer can take up to 64 MiB together in the sandbox")
	}
	return nil
}

// finish ends the text at a stop sequence and at the limit, which thoughts use up first.
func (r *reply) finish(a *ask) {
	first := len(r.text)
	for _, s := range a.stop {
		if i := strings.Index(r.text, s); s != "" && i >= 0 && i < first {
			first, r.stop, r.end = i, s, stoppedAt
		}
	}
	r.text = r.text[:first]
	if a.max == 0 {
		return
	}
	var cutThought, cutText bool
	r.thought, cutThought = clip(r.thought, a.max)
	r.text, cutText = clip(r.text, a.max-tokens(r.thought))
	if cutThought || cutText {
		r.end, r.stop = outOfTokens, ""
	}
}

// callTools gives the calls to make: none when there is nothing to call, or when a
// result is already there.
func (x *exchange) callTools(a *ask) []call {
	if _, answered := a.result(); answered || a.quiet || len(a.tools) == 0 || x.name == "echo" || x.name == "cut" || x.name == "long" {
		return nil
	}
	t := a.tools[0]
	for _, other := range a.tools {
		if other.name == a.tool {
			t = other
		}
	}
	c := call{t.name, string(example(t.schema, requiredOnly))}
	if !a.single && strings.Contains(strings.ToLower(a.question()), "twice") {
		return []call{c, c}
	}
	return []call{c}
}

// text is what the model says.
func (x *exchange) text(a *ask) string {
	question := a.question()
	switch {
	case x.name == "echo":
		return resize(question, x.size)
	case x.name == "json" || a.json:
		return jsonText(a, question)
	}
	if result, ok := a.result(); ok {
		return resize("The tool answered "+quote(result)+", which settles "+quote(question)+".", x.size)
	}
	return resize("You asked "+quote(question)+". This is the Sluice sandbox: it uses no network and no model, "+
		"and gives the same answer to the same question every time.", x.size)
}

func jsonText(a *ask, question string) string {
	if len(a.schema) > 0 {
		return string(example(a.schema, everything))
	}
	return string(encode(struct {
		Answer string `json:"answer"`
	}{"You asked " + quote(question) + "."}))
}

const filler = " The sandbox goes on in this manner until the answer has the length that was asked for."

// resize makes a text as long as asked, in bytes; 0 leaves it as it is.
func resize(text string, size int) string {
	if size == 0 {
		return text
	}
	if len(text) < size {
		text += strings.Repeat(filler, (size-len(text))/len(filler)+1)
	}
	return text[:runeStart(text, size)]
}
