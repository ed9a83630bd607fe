package recall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/recall"
)

func TestWhatWasSaidIsKnownInItsOwnWorkspaceOnly(t *testing.T) {
	m := recall.New(1 << 20)
	asked := llm.Raw(`["a"]`)
	m.Remember("team", &llm.Said{ID: "r1", Asked: asked, Answered: llm.Raw(`["b"]`)})
	copy(asked, `xxxxx`) // the caller's memory is its own again
	if s := m.Said("team", "r1"); s == nil || string(s.Asked) != `["a"]` || string(s.Answered) != `["b"]` || s.Cut {
		t.Errorf("kept is %+v", s)
	}
	if s := m.Said("other", "r1"); s != nil {
		t.Errorf("another workspace gets %+v", s)
	}
	if s := m.Said("team", "r2"); s != nil {
		t.Errorf("nobody said %+v", s)
	}
}

func TestAToolCallAndAnAnswerOfTheSameNameAreApart(t *testing.T) {
	m := recall.New(1 << 20)
	m.Remember("team", &llm.Said{ID: "c1", Answered: llm.Raw(`[]`)})
	r := history()
	m.Restore("team", r)
	if len(r.Messages[1].Parts) != 3 || m.Said("team", "c1") == nil {
		t.Error("one is taken for the other")
	}
	m.Keep("team", answer())
	if m.Said("team", "c1") != nil {
		t.Error("a turn is taken for an answer")
	}
}

// TestALongConversationIsCut: its pieces can still be named, and nothing goes on from it.
func TestALongConversationIsCut(t *testing.T) {
	m := recall.New(32 << 20)
	megabyte := llm.Raw(`["` + strings.Repeat("x", 1<<20) + `"]`)
	previous := ""
	for n := range 6 {
		id := fmt.Sprint("r", n)
		m.Remember("team", &llm.Said{ID: id, Previous: previous, Asked: megabyte, Answered: llm.Raw(`["b"]`)})
		s := m.Said("team", id)
		if s == nil || s.Cut != (n > 2) || (len(s.Asked) > 0) == s.Cut || string(s.Answered) != `["b"]` {
			t.Errorf("the conversation of %d MiB is kept as cut=%v with %d bytes", n+1, s.Cut, len(s.Asked))
		}
		previous = id
	}
	m.Remember("team", &llm.Said{ID: "orphan", Previous: "gone", Asked: llm.Raw(`["a"]`), Answered: llm.Raw(`["b"]`)})
	if s := m.Said("team", "orphan"); s == nil || !s.Cut {
		t.Errorf("a conversation whose beginning is gone is kept as %+v", s)
	}
	m.Remember("team", &llm.Said{ID: "huge", Answered: llm.Raw(`["` + strings.Repeat("x", 5<<20) + `"]`)})
	if m.Said("team", "huge") != nil {
		t.Error("an answer larger than the largest conversation is kept")
	}
}

func TestTheMemoryOfAnswersIsBounded(t *testing.T) {
	m := recall.New(1 << 20)
	for n := range 200 {
		m.Remember("team", &llm.Said{ID: fmt.Sprint("r", n), Asked: llm.Raw(`["` + strings.Repeat("x", 20_000) + `"]`)})
	}
	if n := m.Bytes(); n > 5<<18 {
		t.Errorf("%d bytes are held", n)
	}
}

// TestTheLatestAnswersStay, however many have been given and however seldom each is named.
func TestTheLatestAnswersStay(t *testing.T) {
	m := recall.New(1 << 20)
	for n := range 2000 {
		m.Remember("team", &llm.Said{ID: fmt.Sprint("r", n), Asked: llm.Raw(`["` + strings.Repeat("x", 2000) + `"]`)})
		if n >= 100 && m.Said("team", fmt.Sprint("r", n-100)) == nil {
			t.Fatalf("the answer before the last 100 is gone after %d", n)
		}
	}
}

func TestWhatNobodyNamesForLongIsForgotten(t *testing.T) {
	now := time.Unix(1, 0)
	m := recall.NewAt(1<<20, func() time.Time { return now })
	for _, id := range []string{"named", "silent"} {
		m.Remember("team", &llm.Said{ID: id, Asked: llm.Raw(`["a"]`)})
	}
	for range 5 {
		now = now.Add(time.Hour)
		if m.Said("team", "named") == nil {
			t.Error("what is named is forgotten")
		}
	}
	if m.Said("team", "silent") != nil {
		t.Error("what nobody named is still there")
	}
	now = now.Add(10 * time.Hour)
	for n := range 20 {
		m.Remember("team", &llm.Said{ID: fmt.Sprint("later", n)})
	}
	if n := m.Bytes(); n > 20*300 {
		t.Errorf("%d bytes are held of what is forgotten", n)
	}
}
