package vendors

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// ask is what a request says, whatever its dialect.
type ask struct {
	path   string
	query  url.Values
	header http.Header
	stream bool
	turns  []turn
	tools  map[string]bool
	forced string // the tool that must be called; "*" = any
	schema bool   // the answer must be JSON of a schema
	thinks bool   // reasoning is asked for
	extras object // what only the dialect's own writer needs
}

// turn is one message, or one item, of a conversation.
type turn struct {
	user    string
	said    string
	calls   []call
	results []result
	states  []string // opaque reasoning state
}

type call struct {
	id, name, args string
	anonymous      bool // its vendor gives no ids
}

type result struct{ id, text string }

// say is what a vendor answers.
type say struct {
	status  int // of an error; 0 = an answer
	thought string
	state   string // opaque, of the thought
	text    string
	calls   []call
}

// The texts that clients look for.
const (
	Plain      = "The harbour is calm — “très calme”."
	Thought    = "First I look, then I say."
	Structured = `{"city":"Lisbon","degrees":21}`
	Saying     = "It says: " // before what tools gave
)

// start is where the last words of the user that are a script stand: the other words are
// what agents add by themselves.
func (a *ask) start() int {
	for i := len(a.turns) - 1; i >= 0; i-- {
		if strings.Contains(a.turns[i].user, "case:") {
			return i
		}
	}
	return -1
}

// prompt gives the script: agents say more before it.
func (a *ask) prompt() string {
	i := a.start()
	if i < 0 {
		return ""
	}
	words := a.turns[i].user
	return words[strings.LastIndex(words, "case:"):]
}

// answers gives what tools gave since the user spoke.
func (a *ask) answers() (all []result) {
	for _, t := range a.turns[a.start()+1:] {
		all = append(all, t.results...)
	}
	return all
}

// brings reports whether a state comes back somewhere in the conversation.
func (a *ask) brings(state string) bool {
	for _, t := range a.turns {
		for _, s := range t.states {
			if s == state {
				return true
			}
		}
	}
	return false
}

var (
	callWords = regexp.MustCompile(`call ([\w.:-]+) with (\{[^{}]*\})`)
	failWords = regexp.MustCompile(`fail with (\d{3})`)
)

// play decides what a vendor answers. The user's words are the script:
//
//	case:NAME;              which case this is
//	call NAME with {JSON}   a call of a tool; several are parallel, ", then" separates turns
//	think                   with a thought before, where reasoning is asked for
//	fail with 429           an error
func play(a *ask, dialect, name string) *say {
	words := a.prompt()
	if m := failWords.FindStringSubmatch(words); m != nil {
		s := &say{}
		fmt.Sscan(m[1], &s.status)
		return s
	}
	s := &say{}
	rounds := 0 // of calls that were made
	for _, t := range a.turns[a.start()+1:] {
		if len(t.calls) > 0 {
			rounds++
		}
	}
	if a.thinks && strings.Contains(words, "think") {
		s.thought = Thought
	}
	if s.thought != "" && dialect != "cohere" { // which has none
		s.state = base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("state of %s at %s, turn %d", name, dialect, rounds)))
	}
	steps := strings.Split(words, ", then")
	if rounds < len(steps) {
		for i, m := range callWords.FindAllStringSubmatch(steps[rounds], -1) {
			if a.tools[m[1]] {
				s.calls = append(s.calls, call{fmt.Sprintf("id%d%d%s", rounds, i, short(name)), m[1], m[2], dialect == "gemini"})
			}
		}
	}
	switch {
	case len(s.calls) > 0:
	case len(a.answers()) > 0 && a.forced == "":
		s.text = Saying + strings.Join(texts(a.answers()), " and ")
	case a.forced != "" && len(a.tools) > 0, a.tools["degrees"]: // some SDKs make a tool of a schema
		s.calls = []call{{"idf" + short(name), a.forcedTool(), Structured, dialect == "gemini"}}
	case a.schema:
		s.text = Structured
	default:
		s.text = Plain
	}
	return s
}

func (a *ask) forcedTool() string {
	for name := range a.tools {
		if a.forced == "*" || a.forced == name || name == "degrees" {
			return name
		}
	}
	return a.forced
}

// short makes a part of an id of a name: some vendors' ids have at most 40 letters.
func short(name string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("%08x", h.Sum32())
}

func texts(all []result) (out []string) {
	for _, r := range all {
		out = append(out, r.text)
	}
	return out
}

// pieces cuts a text in three, for streams; a text of few letters into fewer.
func pieces(s string) (out []string) {
	all := []rune(s)
	for n := len(all)/3 + 1; len(all) > 0; {
		n = min(n, len(all))
		out, all = append(out, string(all[:n])), all[n:]
	}
	return out
}
