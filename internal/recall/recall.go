// Package recall is the memory of what clients do not send again. Of reasoning state,
// for clients that drop what they do not know: what a vendor's turn with tool calls must
// come back with is kept under the ids of these calls, and put back when the results
// arrive without it; a conversation is valid without it. And of whole answers, for
// dialects whose clients name them instead (said.go). It is bounded, lives in this
// process, keeps workspaces apart, and forgets.
package recall

import (
	"reflect"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
)

const (
	// maxTurn bounds what one turn may hold, in bytes; a larger one is not kept.
	maxTurn = 256 << 10
	// lifetime is how long what nobody asks for is kept.
	lifetime = 2 * time.Hour
)

// Memory keeps turns and answers. It is safe for concurrent use.
type Memory struct {
	shelves *shelves
	now     func() time.Time
}

// turn is what came before and with the tool calls of one answer.
type turn struct {
	thinking []llm.Part
	calls    map[string]call // by id
	bytes    int
	shared   int // under how many ids it is kept
}

// call is one call of a tool.
type call struct {
	name  string
	state []llm.Opaque
}

func (t *turn) weight() int { return t.bytes / max(t.shared, 1) }

// New makes a Memory that holds at most so many bytes.
func New(maxBytes int) *Memory { return NewAt(maxBytes, time.Now) }

// NewAt is New with a clock.
func NewAt(maxBytes int, now func() time.Time) *Memory { return &Memory{newShelves(maxBytes), now} }

func (m *Memory) set(key string, thing kept) { m.shelves.of(key).put(key, thing, m.now()) }

func (m *Memory) get(key string) kept { return m.shelves.of(key).get(key, m.now()) }

func key(workspace, call string) string { return workspace + "\x00" + call }

// Keep keeps the state of a whole answer that calls tools.
func (m *Memory) Keep(workspace string, a *llm.Answer) {
	for i := range a.Choices {
		t := &turn{}
		for n := range a.Choices[i].Parts {
			t.add(&a.Choices[i].Parts[n])
		}
		m.keep(workspace, t)
	}
}

// add copies what of a part is worth keeping.
func (t *turn) add(p *llm.Part) {
	switch p.Kind {
	case llm.Thinking:
		t.thinking = append(t.thinking, llm.Part{Kind: llm.Thinking, Text: slices.Clone(p.Text), State: slices.Clone(p.State)})
		t.bytes += len(p.Text) + size(p.State)
	case llm.ToolCall:
		if t.calls == nil {
			t.calls = map[string]call{}
		}
		t.calls[p.Call.ID] = call{p.Call.Name, slices.Clone(p.State)}
		t.bytes += len(p.Call.ID) + size(p.State)
	}
}

func size(states []llm.Opaque) (n int) {
	for i := range states {
		n += len(states[i].Value) + 64
	}
	return n
}

// keep stores a turn unless nothing in it has state, no tool is called, or it is too
// large. Some vendors count their ids anew in every conversation: an id that comes twice
// leads nowhere any more, since nobody could say to which.
func (m *Memory) keep(workspace string, t *turn) {
	if len(t.calls) == 0 || t.bytes > maxTurn || !t.stateful() {
		return
	}
	t.shared = len(t.calls)
	for id := range t.calls {
		k := key(workspace, id)
		if old, ok := m.get(k).(*turn); ok && !reflect.DeepEqual(old, t) {
			m.set(k, &turn{})
			continue
		}
		m.set(k, t)
	}
}

func (t *turn) stateful() bool {
	for _, c := range t.calls {
		if len(c.state) > 0 {
			return true
		}
	}
	return slices.ContainsFunc(t.thinking, func(p llm.Part) bool { return len(p.State) > 0 })
}

// Restore puts back what is known of the turns of a request that call tools and that
// have come without any state.
func (m *Memory) Restore(workspace string, r *llm.Request) {
	if !r.Has.Has(llm.FToolCall) {
		return
	}
	var last *turn
	for i := range r.Messages {
		msg := &r.Messages[i]
		if msg.Role != llm.Assistant {
			continue
		}
		if t := m.find(workspace, msg.Parts); t != nil {
			msg.Parts = t.into(msg.Parts, t == last)
			last = t
			r.Has.Add(llm.FThinkingState)
		}
	}
}

// find gives the turn of an assistant's parts, nil when they need none.
func (m *Memory) find(workspace string, parts []llm.Part) *turn {
	var found *turn
	for i := range parts {
		p := &parts[i]
		if len(p.State) > 0 {
			return nil // the client kept it
		}
		if p.Kind == llm.ToolCall && found == nil {
			found, _ = m.get(key(workspace, p.Call.ID)).(*turn)
			if found != nil && found.calls[p.Call.ID].name != p.Call.Name {
				return nil
			}
		}
	}
	return found
}

// into gives the parts with the turn's state: its reasoning in place of what came, the
// calls with theirs. begun says that the turn goes on from the message before, where a
// client tells each call in a message of its own.
func (t *turn) into(parts []llm.Part, begun bool) []llm.Part {
	out := make([]llm.Part, 0, len(parts)+len(t.thinking))
	if !begun {
		out = append(out, t.thinking...)
	}
	for _, p := range parts {
		switch p.Kind {
		case llm.Thinking:
			if len(t.thinking) > 0 {
				continue
			}
		case llm.ToolCall:
			p.State = t.calls[p.Call.ID].state
		}
		out = append(out, p)
	}
	return out
}

// Stream gathers the state of an answer that is streamed. The zero Stream gathers
// nothing; one is for one stream, on one goroutine.
type Stream struct {
	m     *Memory
	parts map[[2]int]*llm.Part // by choice and part
	order [][2]int
	bytes int
}

// Stream begins to gather.
func (m *Memory) Stream() Stream { return Stream{m: m} }

// See takes the next event.
func (s *Stream) See(e *llm.Event) {
	if e.What != llm.Thinking && e.What != llm.ToolCall || s.m == nil {
		return
	}
	at := [2]int{e.Choice, e.Part}
	p := s.parts[at]
	if p == nil {
		if s.parts == nil {
			s.parts = map[[2]int]*llm.Part{}
		}
		p = &llm.Part{Kind: e.What}
		s.parts[at], s.order = p, append(s.order, at)
	}
	if e.What == llm.ToolCall && p.Call == nil && e.CallID != "" {
		p.Call = &llm.Call{ID: e.CallID, Name: e.CallName}
	}
	p.State = append(p.State, e.State...)
	s.bytes += size(e.State)
	if e.What == llm.Thinking && len(e.Text) > 2 {
		s.bytes += len(e.Text)
		if p.Text == nil {
			p.Text = llm.Raw{'"', '"'}
		}
		p.Text = append(append(p.Text[:len(p.Text)-1], e.Text[1:len(e.Text)-1]...), '"')
	}
	if s.bytes > maxTurn {
		*s = Stream{}
	}
}

// Keep keeps what was gathered once the stream has ended.
func (s *Stream) Keep(workspace string) {
	turns := map[int]*turn{}
	for _, at := range s.order {
		p := s.parts[at]
		if p.Kind == llm.ToolCall && p.Call == nil {
			continue
		}
		if turns[at[0]] == nil {
			turns[at[0]] = &turn{}
		}
		turns[at[0]].add(p)
	}
	for _, t := range turns {
		s.m.keep(workspace, t)
	}
}

// Bytes tells about how much is held.
func (m *Memory) Bytes() (n int) {
	for i := range m.shelves.all {
		s := &m.shelves.all[i]
		s.mu.Lock()
		n += s.bytes
		s.mu.Unlock()
	}
	return n
}
