package dialect

import (
	"bytes"
	"slices"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Wants says what a dialect's vendors want of a conversation.
type Wants struct {
	// UserFirst: the first turn is the user's.
	UserFirst bool
	// SystemFirst: there are no instructions in mid-conversation.
	SystemFirst bool
	// Words: a turn of nothing but white space is refused.
	Words bool
	// Pieces: a document may be given in pieces of any kind; see Unfolded.
	Pieces bool
	// Found: search results have a form of their own.
	Found bool
}

// Words that are put in where a conversation needs a turn that its caller did not write.
const (
	Begin = "Begin."                                // before an assistant's turn that nothing precedes
	GoOn  = "Go on from exactly where you stopped." // after an assistant's last turn that a model cannot continue
)

// Arranged gives a request of another dialect's caller as a target's vendors want it, or
// a fault.InvalidRequest where none of them would take it: it has no turn but the
// system's, a tool's result belongs to no call, or a call has no result. What is not as
// it should be otherwise is put right: results stand before what else the user says,
// instructions in mid-conversation are a user's words in <system>, search results are
// text. It shares what it does not change with r, which may be all.
func Arranged(r *llm.Request, wants Wants) (*llm.Request, error) {
	r = distinct(r)
	if !wants.Pieces {
		r = Unfolded(r)
	}
	r = spoken(shown(r, wants.Found), wants.Words)
	r, err := begunBySomebody(r, wants.Words)
	if err == nil {
		r, err = answered(r)
	}
	if err != nil {
		return nil, err
	}
	if wants.SystemFirst {
		r = folded(r)
	}
	if wants.UserFirst {
		r = begunByUser(r)
	}
	return r, nil
}

// distinct gives a request each of whose tools has a name of its own, as vendors want it: a
// client that loads tools as it goes tells some of them twice.
func distinct(r *llm.Request) *llm.Request {
	if len(r.Tools) < 2 {
		return r
	}
	seen := make(map[string]bool, len(r.Tools))
	again := func(t llm.Tool) bool {
		twice := t.Name != "" && seen[t.Name]
		seen[t.Name] = true
		return twice
	}
	if !slices.ContainsFunc(r.Tools, again) {
		return r
	}
	clear(seen)
	out := *r
	out.Tools = slices.DeleteFunc(slices.Clone(r.Tools), again)
	return &out
}

func instructs(m *llm.Message) bool { return m.Role == llm.System || m.Role == llm.Developer }

// lead counts the system turns that stand before all others.
func lead(all []llm.Message) (n int) {
	for n < len(all) && instructs(&all[n]) {
		n++
	}
	return n
}

// holds reports whether a turn holds anything that any vendor can be told.
func holds(m *llm.Message) bool {
	return slices.ContainsFunc(m.Parts, func(p llm.Part) bool {
		switch p.Kind {
		case llm.Text, llm.Refusal:
			return !IsBlank(p.Text)
		case llm.Thinking, llm.Vendor:
			return false
		}
		return true
	})
}

// spoken gives a request without the user's turns that say nothing at all, or for some
// vendors nothing but white space: what stands before and behind one goes together then,
// and the turn behind the first one is the first.
func spoken(r *llm.Request, words bool) *llm.Request {
	silent := func(m llm.Message) bool {
		return m.Role == llm.User && (len(m.Parts) == 0 || words && !holds(&m) && !slices.ContainsFunc(m.Parts, func(p llm.Part) bool { return p.Kind == llm.Vendor }))
	}
	if !slices.ContainsFunc(r.Messages, silent) {
		return r
	}
	return withMessages(r, slices.DeleteFunc(slices.Clone(r.Messages), silent))
}

// withMessages gives a request with other turns.
func withMessages(r *llm.Request, all []llm.Message) *llm.Request {
	out := *r
	out.Messages = all
	return &out
}

// begunBySomebody sees to it that there is a turn that is not the system's. OpenAI's
// dialects and Cohere's allow instructions alone: the last of them are the user's then.
func begunBySomebody(r *llm.Request, words bool) (*llm.Request, error) {
	system := -1
	for i := range r.Messages {
		m := &r.Messages[i]
		switch {
		case instructs(m):
			if holds(m) {
				system = i
			}
		case !words || holds(m):
			return r, nil
		}
	}
	if name := Name(r.Dialect); system >= 0 && len(r.Messages) == lead(r.Messages) && (name == Chat || name == Responses || name == Cohere) {
		all := slices.Clone(r.Messages)
		all[system].Role = llm.User
		return withMessages(r, all), nil
	}
	at := turnsOf(r)
	return nil, fault.Newf(fault.InvalidRequest, "The conversation has no turn with any content: '%s' must hold one of the user's.", at).Field(at)
}

// turnsOf gives the member of a caller's dialect that holds the turns.
func turnsOf(r *llm.Request) string {
	switch Name(r.Dialect) {
	case Responses:
		return "input"
	case Gemini:
		return "contents"
	}
	return "messages"
}

// begunByUser puts a turn of the user's before the assistant's, where that is the first.
func begunByUser(r *llm.Request) *llm.Request {
	n := lead(r.Messages)
	if n == len(r.Messages) || r.Messages[n].Role != llm.Assistant {
		return r
	}
	begin := llm.Message{Role: llm.User, Parts: []llm.Part{{Kind: llm.Text, Text: jsonout.Quote(Begin)}}}
	return withMessages(r, slices.Insert(slices.Clone(r.Messages), n, begin))
}

// Instructed gives a request with further instructions, a JSON string, after those before
// the conversation.
func Instructed(r *llm.Request, words llm.Raw) *llm.Request {
	turn := llm.Message{Role: llm.System, Parts: []llm.Part{{Kind: llm.Text, Text: words}}}
	return withMessages(r, slices.Insert(slices.Clone(r.Messages), lead(r.Messages), turn))
}

// InWords asks for the form of an answer in words, for targets that cannot be made to
// keep to it: a JSON string.
func InWords(o *llm.OutputFormat) llm.Raw {
	text := "Answer with one JSON object and nothing else: no words around it, no code fence."
	if o.Kind == "schema" && o.Schema != nil {
		text = "Answer with one JSON value and nothing else: no words around it, no code fence. It must match this JSON schema:\n" + string(Described(o))
	}
	return jsonout.Quote(text)
}

// folded gives instructions in mid-conversation as words of the user's.
func folded(r *llm.Request) *llm.Request {
	first := lead(r.Messages)
	var all []llm.Message
	for i := first; i < len(r.Messages); i++ {
		if m := &r.Messages[i]; instructs(m) {
			if all == nil {
				all = slices.Clone(r.Messages)
			}
			all[i] = llm.Message{Role: llm.User, Parts: inSystem(m.Parts)}
		}
	}
	if all == nil {
		return r
	}
	return withMessages(r, all)
}

func inSystem(parts []llm.Part) (out []llm.Part) {
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.Text || IsBlank(p.Text) {
			continue
		}
		text := append(make(llm.Raw, 0, len(p.Text)+24), `"<system>\n`...)
		text = append(append(text, p.Text[1:len(p.Text)-1]...), `\n</system>"`...)
		out = append(out, llm.Part{Kind: llm.Text, Text: text, Cache: p.Cache})
	}
	return out
}

// IsVoid reports whether a stop sequence is empty or nothing but spaces, which several
// vendors refuse.
func IsVoid(stop llm.Raw) bool { return len(bytes.Trim(stop, `" `)) == 0 }

// IsBlank reports whether a JSON string has nothing but white space.
func IsBlank(text llm.Raw) bool {
	for i := 1; i < len(text)-1; i++ {
		switch c := text[i]; {
		case c == ' ':
		case c == '\\' && (text[i+1] == 'n' || text[i+1] == 't' || text[i+1] == 'r'):
			i++
		default:
			return false
		}
	}
	return true
}
