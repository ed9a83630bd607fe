package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
)

func put(t testing.TB, s *store.Store, entries ...*gateway.Entry) {
	t.Helper()
	must(t, s.PutEntries(t.Context(), entries))
}

func some(from, to int) []*gateway.Entry {
	var entries []*gateway.Entry
	for i := from; i < to; i++ {
		entries = append(entries, Entry(i))
	}
	return entries
}

// rich has something in every field.
func rich(i int) *gateway.Entry {
	e := Entry(i)
	score := 0.75
	e.Time = e.Time.Add(123456 * time.Nanosecond)
	e.Route, e.Region, e.ErrorCode, e.Session, e.User, e.TraceID, e.Feedback = "support", "eu", "upstream_error", "s1", "Zoë", "4bf9", "up"
	e.Limits, e.Guards, e.DroppedParams = []string{"l"}, []string{"g"}, []string{"d"}
	e.Usage.Units = map[string]float64{"seconds": 1.5}
	e.Saved, e.QueueMS, e.Score = gateway.Cost{USD: 0, Known: true}, llm.Known(0), &score
	e.Metadata = json.RawMessage(`{"plan":"free"}`)
	return e
}

func testEntries(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	t.Run("an entry comes back as it was put", func(t *testing.T) {
		for _, want := range []*gateway.Entry{rich(1), Entry(2), {ID: ID(3), Count: 1}} {
			put(t, s, want)
			if diff := cmp.Diff(want, need(s.Entry(t.Context(), want.ID))(t)); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("an unknown id is ErrNotFound", func(t *testing.T) {
		if _, err := s.Entry(t.Context(), ID(999)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("putting again changes nothing", func(t *testing.T) {
		want := Entry(10)
		put(t, s, want)
		other := rich(10)
		put(t, s, other, Entry(11))
		if diff := cmp.Diff(want, need(s.Entry(t.Context(), want.ID))(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("one id twice in a batch is one entry, the larger count wins", func(t *testing.T) {
		small, large := Entry(20), Entry(20)
		small.Count, large.Count = 2, 5
		put(t, s, small, large, small)
		if e := need(s.Entry(t.Context(), small.ID))(t); e.Count != 5 {
			t.Errorf("count %d", e.Count)
		}
	})
	t.Run("an aggregate grows and never shrinks", func(t *testing.T) { testAggregate(t, s) })
	t.Run("any batch size is stored whole", func(t *testing.T) {
		base := 100_000
		for _, n := range []int{0, 1, 7, 8, 9, 31, 32, 33, 700} {
			put(t, s, some(base, base+n)...)
			for i := base; i < base+n; i++ {
				need(s.Entry(t.Context(), ID(i)))(t)
			}
			base += n
		}
	})
}

func testAggregate(t *testing.T, s *store.Store) {
	refusal := func(count int) *gateway.Entry {
		e := Entry(39) // refused
		e.Count, e.LastTime = count, e.Time.Add(time.Duration(count)*time.Second)
		e.LatencyMS = llm.Known(int64(count))
		return e
	}
	for _, step := range []struct{ put, want int }{{1, 1}, {4, 4}, {2, 4}, {4, 4}, {90, 90}} {
		put(t, s, refusal(step.put))
		if diff := cmp.Diff(refusal(step.want), need(s.Entry(t.Context(), ID(39)))(t)); diff != "" {
			t.Fatalf("after %d: %s", step.put, diff)
		}
	}
	q := store.EntryQuery{ErrorCode: "rate_limited"}
	must(t, q.Set("min_latency_ms", "90"))
	if n := need(s.CountEntries(t.Context(), q))(t); n != 1 {
		t.Errorf("the columns of the aggregate did not follow: %d", n)
	}
}

func ids(entries []*gateway.Entry) []string {
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func idsOf(numbers ...int) []string {
	out := make([]string, 0, len(numbers))
	for _, n := range numbers {
		out = append(out, ID(n))
	}
	return out
}

// distinctNumbers gives each number one of its own; those of entry 0 are unknown.
func distinctNumbers(e *gateway.Entry, i int64) {
	n := llm.Count{N: i * 10, Known: i > 0}
	e.FirstByteMS, e.QueueMS, e.OverheadUS, e.CallerUS, e.CacheAgeMS = n, n, n, n, n
	e.Usage.InputTokens, e.Usage.OutputTokens, e.Usage.CacheReadTokens, e.Usage.ReasoningTokens = n, n, n, n
	e.Saved = gateway.Cost{USD: gateway.USD(i) * gateway.Dollar, Known: i > 0}
	e.Attempts, e.Count = make([]gateway.Attempt, i), int(10*i)
}

// distinctWords gives each word one of its own.
func distinctWords(e *gateway.Entry, n string) {
	e.Limits, e.Guards, e.DroppedParams, e.CacheTags = []string{"x", "limits" + n}, []string{"guards" + n}, []string{"dropped_params" + n}, []string{"x", "cache_tags" + n}
	e.CacheKey, e.Endpoint, e.Step, e.ParentSpanID = "cache_key"+n, "endpoint"+n, "step"+n, "parent_span_id"+n
	e.UserAgent, e.Comment, e.Redacted = "a user_agent"+n+" (\"%_\")", "a comment"+n+"\x00", map[string]int{"x": 1, "redacted" + n: 2}
	for i := range e.Attempts {
		e.Attempts[i].Provider = "x"
	}
	if len(e.Attempts) > 0 {
		e.Attempts[len(e.Attempts)-1] = gateway.Attempt{Fault: "attempt_fault" + n, Provider: "attempt_provider" + n, Model: "attempt_model" + n, Credential: "attempt_credential" + n}
	}
}

// distinctEntries makes entries 0…5 that differ in every field that can be filtered.
func distinctEntries() []*gateway.Entry {
	var entries []*gateway.Entry
	for i := range 6 {
		e := rich(i)
		n := fmt.Sprint(i)
		e.Gateway, e.Workspace, e.KeyID, e.Operation, e.ClientDialect = "g"+n, "w"+n, "k"+n, "o"+n, "c"+n
		e.Provider, e.Model, e.ModelRequested, e.Route, e.Credential = "p"+n, "m"+n, "r"+n, "t"+n, "a"+n
		e.ErrorCode, e.FinishReason, e.Cache, e.Session, e.User, e.ClientIP, e.TraceID = "e"+n, "f"+n, "h"+n, "s"+n, "u"+n, "i"+n, "x"+n
		e.Region, e.ProviderDialect = "l"+n, "d"+n
		e.Status, e.Stream = 200+i*100, i == 3
		e.Cost, e.LatencyMS = gateway.Cost{USD: gateway.USD(i) * gateway.Dollar, Known: true}, llm.Known(int64(i*1000))
		distinctNumbers(e, int64(i))
		distinctWords(e, n)
		entries = append(entries, e)
	}
	return entries
}
