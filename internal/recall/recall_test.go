package recall_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/recall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var signed = []llm.Opaque{{Dialect: "messages", Provider: "a", Model: "m", Kind: "signature", Value: "sig"}}

func answer() *llm.Answer {
	return &llm.Answer{Choices: []llm.Choice{{Parts: []llm.Part{
		{Kind: llm.Thinking, Text: llm.Raw(`"hm\n"`), State: signed},
		{Kind: llm.Text, Text: llm.Raw(`"I look."`)},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "c1", Name: "f"}},
		{Kind: llm.ToolCall, Call: &llm.Call{ID: "c2", Name: "f"}, State: []llm.Opaque{{Dialect: "gemini", Kind: "thought_signature", Value: "ts"}}},
	}}}}
}

// history is the second turn of a client that keeps only what its dialect has.
func history(parts ...llm.Part) *llm.Request {
	parts = append(parts, llm.Part{Kind: llm.Text, Text: llm.Raw(`"I look."`)},
		llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "c1", Name: "f"}}, llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: "c2", Name: "f"}})
	r := &llm.Request{Messages: []llm.Message{{Role: llm.User}, {Role: llm.Assistant, Parts: parts}, {Role: llm.ToolRole}}}
	r.Has.Add(llm.FToolCall)
	return r
}

func restored(t *testing.T, m *recall.Memory) {
	t.Helper()
	r := history(llm.Part{Kind: llm.Thinking, Text: llm.Raw(`"shortened"`)})
	m.Restore("team", r)
	if diff := cmp.Diff(answer().Choices[0].Parts, r.Messages[1].Parts); diff != "" || !r.Has.Has(llm.FThinkingState) {
		t.Error(diff)
	}
}

func TestStateThatAClientDroppedComesBackWithItsToolCalls(t *testing.T) {
	m := recall.New(1 << 20)
	m.Keep("team", answer())
	restored(t, m)
}

func TestStateOfAStreamComesBackLikewise(t *testing.T) {
	m := recall.New(1 << 20)
	s := m.Stream()
	llm.Replay(answer(), func(e *llm.Event) {
		if e.Kind == llm.Delta && e.What == llm.Thinking { // in pieces
			half := *e
			half.Text = llm.Raw(`"h"`)
			s.See(&half)
			half.Text = llm.Raw(`"m\n"`)
			s.See(&half)
			return
		}
		s.See(e)
	})
	s.Keep("team")
	restored(t, m)
}

func TestNothingIsPutWhereItDoesNotBelong(t *testing.T) {
	m := recall.New(1 << 20)
	m.Keep("team", answer())
	kept := llm.Part{Kind: llm.Thinking, Text: llm.Raw(`"hm"`), State: []llm.Opaque{{Value: "own"}}}
	for name, c := range map[string]struct {
		workspace string
		request   *llm.Request
	}{
		"another workspace":      {"other", history()},
		"a client that keeps it": {"team", history(kept)},
	} {
		want := len(c.request.Messages[1].Parts)
		m.Restore(c.workspace, c.request)
		if len(c.request.Messages[1].Parts) != want || c.request.Has.Has(llm.FThinkingState) {
			t.Errorf("%s: something was put in", name)
		}
	}
}

func TestAnIDThatComesTwiceLeadsNowhere(t *testing.T) {
	m := recall.New(1 << 20)
	m.Keep("team", answer())
	m.Keep("team", answer()) // the same answer, once more
	restored(t, m)
	other := answer()
	other.Choices[0].Parts[0].Text = llm.Raw(`"what somebody else was thinking"`)
	m.Keep("team", other)
	m.Keep("team", answer())
	r := history()
	m.Restore("team", r)
	if len(r.Messages[1].Parts) != 3 {
		t.Errorf("reasoning of one of two conversations was put in: %s", r.Messages[1].Parts[0].Text)
	}
}

func TestAnIDOfAnotherToolIsAnother(t *testing.T) {
	m := recall.New(1 << 20)
	m.Keep("team", answer())
	r := history()
	r.Messages[1].Parts[1].Call.Name = "g"
	m.Restore("team", r)
	if len(r.Messages[1].Parts) != 3 {
		t.Error("a turn of another tool was put in")
	}
}

func TestATurnThatIsToldInSeveralMessagesThinksOnce(t *testing.T) {
	m := recall.New(1 << 20)
	m.Keep("team", answer())
	r := history()
	calls := r.Messages[1].Parts
	r.Messages = []llm.Message{{Role: llm.Assistant, Parts: calls[:2]}, {Role: llm.Assistant, Parts: calls[2:]}}
	m.Restore("team", r)
	want := answer().Choices[0].Parts
	if diff := cmp.Diff([]llm.Message{{Role: llm.Assistant, Parts: want[:3]}, {Role: llm.Assistant, Parts: want[3:]}}, r.Messages); diff != "" {
		t.Error(diff)
	}
}

func TestTurnsWithoutStateAndHugeOnesAreNotKept(t *testing.T) {
	m := recall.New(1 << 20)
	a := answer()
	a.Choices[0].Parts[0].State, a.Choices[0].Parts[3].State = nil, nil
	m.Keep("team", a)
	b := answer()
	b.Choices[0].Parts[0].Text = llm.Raw(`"` + strings.Repeat("x", 300<<10) + `"`)
	m.Keep("team", b)
	r := history()
	m.Restore("team", r)
	if len(r.Messages[1].Parts) != 3 {
		t.Error("a turn was kept that should not have been")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := recall.New(64 << 10)
	for i := range 1000 {
		a := answer()
		a.Choices[0].Parts[2].Call.ID = strings.Repeat("x", i%50) + string(rune('a'+i%26)) + "-" + strings.Repeat("y", i/50)
		a.Choices[0].Parts[0].Text = llm.Raw(`"` + strings.Repeat("x", 1000) + `"`)
		m.Keep("team", a)
	}
	if n := m.Bytes(); n > 80<<10 {
		t.Errorf("%d bytes are held", n)
	}
}
