package seed_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seed"
)

var month = seed.Options{Entries: 20_000, Bodies: 2_000, Span: 28 * 24 * time.Hour, End: time.Date(2026, 11, 22, 12, 40, 0, 0, time.UTC), Seed: 7}

func TestTheSameOptionsGiveTheSameEntries(t *testing.T) {
	a, b := seed.New(month), seed.New(month)
	other := month
	other.Seed = 8
	c := seed.New(other)
	differ := false
	for _, n := range []int{19_999, 0, 55, 11} {
		x, y, z := a.Entry(n), b.Entry(n), c.Entry(n)
		if string(x.AppendJSON(nil)) != string(y.AppendJSON(nil)) || (x.Bodies == nil) != (y.Bodies == nil) {
			t.Errorf("entry %d differs", n)
		}
		if x.ID == z.ID {
			t.Errorf("entry %d of another seed has the same id", n)
		}
		differ = differ || x.Model != z.Model || x.KeyID != z.KeyID
	}
	if !differ {
		t.Error("another seed gives the same calls")
	}
}

// What pages and measurements need must be there: a value of each kind, and rhythms.
func TestTheTrafficLooksLikeThatOfACompany(t *testing.T) {
	m := seed.New(month)
	seen := map[string]int{}
	codes := fault.Codes()
	last, busy, quiet, bodies := "", 0, 0, 0
	for n := range month.Entries {
		e := m.Entry(n)
		if e.ID <= last {
			t.Fatalf("entry %d is not after the one before: %s, %s", n, last, e.ID)
		}
		last = e.ID
		if at := e.Time; at.Before(month.End.Add(-month.Span)) || at.After(month.End) {
			t.Fatalf("entry %d is of %v", n, at)
		}
		if row, ok := codes[fault.Code(e.ErrorCode)]; e.ErrorCode != "" && (!ok || row.Status != e.Status) {
			t.Fatalf("code %q with status %d", e.ErrorCode, e.Status)
		}
		for _, word := range []string{"ws " + e.Workspace, "gw " + e.Gateway, "cache " + e.Cache, "op " + e.Operation, "dialect " + e.ClientDialect} {
			seen[word]++
		}
		for what, is := range map[string]bool{"failed": e.ErrorCode != "", "blocked": len(e.Limits) > 0, "several": len(e.Attempts) > 1, "unpriced": !e.Cost.Known, "saved": e.Saved.Known,
			"route": e.Route != "", "session": e.Session != "", "user": e.User != "", "trace": e.TraceID != "", "score": e.Score != nil, "queued": e.QueueMS.N > 0, "stream": e.Stream} {
			if is {
				seen[what]++
			}
		}
		if e.Bodies != nil {
			bodies++
		}
		switch h := e.Time.Hour(); {
		case h >= 9 && h < 17:
			busy++
		case h < 8:
			quiet++
		}
	}
	for _, want := range []string{"ws support", "ws legal", "ws ", "gw lab", "cache hit", "cache semantic", "cache stale", "cache coalesced", "cache miss", "cache off", "op chat", "op embeddings", "op images", "op rerank",
		"dialect chat", "dialect messages", "dialect responses", "dialect gemini", "failed", "blocked", "several", "unpriced", "saved", "route", "session", "user", "trace", "score", "queued", "stream"} {
		if seen[want] == 0 {
			t.Errorf("there is no %q in %v", want, seen)
		}
	}
	if busy < 3*quiet || bodies != month.Bodies {
		t.Errorf("%d calls by day, %d by night; %d bodies", busy, quiet, bodies)
	}
}

func TestWhatWasSaidIsInTheDialectOfTheCaller(t *testing.T) {
	all := month
	all.Entries, all.Bodies = 600, 600
	m := seed.New(all)
	seen := map[string]bool{}
	for n := range all.Entries {
		e := m.Entry(n)
		request, answer := e.Bodies.Request, e.Bodies.Answer
		if !json.Valid(request.Bytes) || request.Size != int64(len(request.Bytes)) {
			t.Fatalf("%s", request.Bytes)
		}
		if answer.ContentType != "text/event-stream" {
			if !json.Valid(answer.Bytes) {
				t.Fatalf("%s", answer.Bytes)
			}
		} else {
			checkEvents(t, e, string(answer.Bytes))
		}
		for word, text := range map[string]string{"tool": "query", "image": "iVBOR", "thought": `"thought":true`, "thinking": "thinking_delta", "reasoning": "reasoning_content", "foreign": "订单"} {
			seen[word] = seen[word] || strings.Contains(string(request.Bytes)+string(answer.Bytes), text)
		}
	}
	for word, there := range seen {
		if !there {
			t.Errorf("nobody said anything with %s", word)
		}
	}
}

func checkEvents(t *testing.T, e *gateway.Entry, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok && data != "[DONE]" && !json.Valid([]byte(data)) {
			t.Fatalf("%s: %s", e.ClientDialect, line)
		}
	}
}
