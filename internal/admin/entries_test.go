package admin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func (g *rig) stored(entries ...*gateway.Entry) {
	g.t.Helper()
	if err := g.store.PutEntries(g.t.Context(), entries); err != nil {
		g.t.Fatal(err)
	}
}

func TestTheListMergesSpoolAndStore(t *testing.T) {
	g := newRig(t, paused)
	for i := range 10 {
		if i%3 != 0 { // 0 3 6 9 are in the store alone, 4 in both
			g.recorder.Append(storetest.Entry(i))
		}
		if i%3 == 0 || i == 4 {
			g.stored(storetest.Entry(i))
		}
	}
	for _, size := range []int{1, 2, 3, 4, 10, 11} {
		var got []string
		next := ""
		for n := 0; n == 0 || next != ""; n++ {
			var p page
			g.get(fmt.Sprintf("/api/v1/entries?limit=%d&cursor=%s", size, next), &p)
			got, next = append(got, p.ids()), p.Next
			if len(p.Data) > size || n > 11 {
				t.Fatalf("page %d of size %d: %v", n, size, got)
			}
		}
		if all := strings.Join(strings.Fields(strings.Join(got, " ")), " "); all != "09 08 07 06 05 04 03 02 01 00" {
			t.Errorf("pages of %d: %s", size, all)
		}
	}
}

func TestAPageStaysWhereItWasWhenEntriesArrive(t *testing.T) {
	g := newRig(t, paused)
	for i := range 4 {
		g.recorder.Append(storetest.Entry(i))
	}
	var first, second page
	g.get("/api/v1/entries?limit=2", &first)
	g.recorder.Append(storetest.Entry(8))
	g.stored(storetest.Entry(9))
	g.get("/api/v1/entries?limit=2&cursor="+first.Next, &second)
	if second.ids() != "01 00" || second.Next != "" {
		t.Fatalf("second page %s, next %q", second.ids(), second.Next)
	}
}

func TestOfAnAggregateTheLargerCountIsShown(t *testing.T) {
	g := newRig(t, paused)
	old, later := storetest.Entry(1), storetest.Entry(1)
	old.Count, later.Count = 3, 7
	g.stored(old)
	g.recorder.Append(later)
	var p page
	g.get("/api/v1/entries", &p)
	if len(p.Data) != 1 || p.Data[0].Count != 7 {
		t.Fatalf("%+v", p.Data)
	}
}

// hostile is an entry with every filtered field set to something of its own.
func hostile(i int) *gateway.Entry {
	e := storetest.Entry(i)
	s := func(name string) string { return fmt.Sprintf("%s-%d\x00\xff", name, i%2) }
	e.Gateway, e.Workspace, e.KeyID, e.Operation = s("g"), s("w"), s("k"), s("o")
	e.ClientDialect, e.Provider, e.Model, e.ModelRequested = s("d"), s("p"), s("m"), s("r")
	e.Route, e.Credential, e.ErrorCode, e.FinishReason = s("ro"), s("c"), s("e"), s("f")
	e.Cache, e.Session, e.User, e.ClientIP, e.TraceID = s("ca"), s("s"), s("u"), s("ip"), s("t")
	score := float64(i % 2)
	e.Feedback, e.Score = s("fb"), &score
	e.Limits = []string{"x", fmt.Sprintf("l-%d\x00", i%2)}
	e.Metadata = json.RawMessage(fmt.Sprintf(`{"b":{"a \"key\"":1},"a \"key\"":"é\u0000 %d","lone":"\ud800 \\\ud800"}`, i%2))
	e.Region, e.ProviderDialect = s("re"), s("pd")
	e.Guards, e.DroppedParams, e.CacheTags, e.CacheKey, e.Endpoint, e.Step = []string{s("gu"), "x"}, []string{s("dp")}, []string{s("ct")}, s("ck"), s("ep"), s("st")
	e.ParentSpanID, e.UserAgent, e.Comment, e.Redacted = s("ps"), "a "+s("ua")+" b", "a "+s("co")+" b", map[string]int{s("rd"): 1}
	e.Attempts = append(e.Attempts, gateway.Attempt{Fault: s("af"), Provider: s("ap"), Model: s("am"), Credential: s("ac")})
	e.Status, e.Stream = 400+100*(i%2), i%2 == 0
	return e
}

func TestEveryFilterMeansTheSameInSpoolAndStore(t *testing.T) {
	inStore, inSpool := newRig(t), newRig(t, paused)
	for i := range 6 {
		e := hostile(i)
		switch i {
		case 1:
			e.Status = 499
		case 2:
			e.ErrorCode = "rate_limited"
		case 3:
			e.QueueMS, e.OverheadUS, e.CallerUS, e.CacheAgeMS, e.Saved = llm.Known(30), llm.Known(30), llm.Known(30), llm.Known(30), gateway.Cost{USD: gateway.Dollar, Known: true}
			e.FirstByteMS, e.Usage.InputTokens, e.Usage.OutputTokens, e.Usage.CacheReadTokens, e.Usage.ReasoningTokens, e.Count = llm.Known(30), llm.Known(30), llm.Known(30), llm.Known(30), llm.Known(30), 30
			e.Attempts = make([]gateway.Attempt, 30)
		case 4:
			e.Cost, e.LatencyMS, e.Usage = gateway.Cost{}, llm.Count{}, llm.Usage{}
		case 5:
			e.Cost, e.LatencyMS = gateway.Cost{USD: 5 * gateway.Dollar, Known: true}, llm.Known(99_999)
		}
		inStore.stored(e)
		inSpool.recorder.Append(e)
	}
	at := func(i int) string { return storetest.Entry(i).Time.Format("2006-01-02T15:04:05.999999Z07:00") }
	values := map[string][]string{
		"status": {"400", "500", "4xx", "5xx", "2xx"}, "stream": {"true", "false"}, "from": {at(0), at(3), at(6)}, "to": {at(0), at(3), at(6)},
		"outcome": {"error", "!error", "cancelled", "refused", "ok"},
		"limits":  {"l-1\x00", "!l-1\x00", "l-0\x00", "none"}, "priced": {"true", "false"}, "metadata.{key}": {"é\x00 1", "!é\x00 1", "é\x00 0", "1"},
		"min_cost": {"0.0001", "4.99", "6"}, "min_latency_ms": {"1", "99999", "100000"}, "min_score": {"0.5", "0", "2"}, "max_score": {"0.5", "-1", "0"}, "max_latency_ms": {"0", "99998", "99999"},
	}
	words := map[string]string{"guards": "gu", "dropped_params": "dp", "cache_tags": "ct", "cache_key": "ck", "endpoint": "ep", "step": "st", "parent_span_id": "ps",
		"user_agent": "ua", "comment": "co", "redacted": "rd", "attempt_fault": "af", "attempt_provider": "ap", "attempt_model": "am", "attempt_credential": "ac"}
	for _, f := range admin.EntryFilters() {
		tries := values[f.Name]
		f.Name = strings.Replace(f.Name, "{key}", `a "key"`, 1)
		if of, is := words[f.Name]; is && tries == nil {
			value := of + "-1\x00\xff"
			tries = []string{value, "!" + value, of + "-0\x00\xff", "!", "x", "nobody"}
		}
		if (strings.HasPrefix(f.Name, "min_") || strings.HasPrefix(f.Name, "max_")) && tries == nil {
			tries = []string{"0", "1", "29", "30", "31", "60", "61"}
		}
		if tries == nil {
			var doc map[string]any
			_ = json.Unmarshal(hostile(1).AppendJSON(nil), &doc)
			tries = []string{doc[f.Name].(string), strings.Replace(doc[f.Name].(string), "1", "0", 1), "nobody"}
		}
		found := 0
		for _, v := range tries {
			var a, b page
			path := "/api/v1/entries?" + url.Values{f.Name: {v}}.Encode()
			inStore.get(path, &a)
			inSpool.get(path, &b)
			if a.ids() != b.ids() {
				t.Errorf("%s=%q: store [%s], spool [%s]", f.Name, v, a.ids(), b.ids())
			}
			found += len(a.Data)
		}
		if found == 0 || found == 6*len(tries) {
			t.Errorf("%s told nothing apart", f.Name)
		}
	}
}

// notFiltered are the members of an entry that no filter of their name, or of a name made of
// it, asks for, and why.
var notFiltered = map[string]string{
	"id": "GET /entries/{id}", "time": "from and to", "last_time": "from and to", "usage": "its tokens", "price": "priced",
	"score": "min_score and max_score", "metadata": "each key", "phases": "queue_ms, overhead_us", "attempts": "its numbers and members",
}

func TestEveryMemberOfAnEntryCanBeAskedFor(t *testing.T) {
	filters := map[string]bool{}
	for _, f := range admin.EntryFilters() {
		filters[f.Name] = true
	}
	for _, member := range gateway.EntryFields() {
		number := strings.TrimSuffix(member, "_usd")
		if why := notFiltered[member]; why == "" && !filters[member] && !(filters["min_"+number] && filters["max_"+number]) {
			t.Errorf("nobody can ask for calls by %s", member)
		}
	}
}

func TestWithoutTheStoreTheSpoolIsListedAndSaysSo(t *testing.T) {
	g := newRig(t, unmigrated)
	g.recorder.Append(storetest.Entry(3))
	var p page
	g.get("/api/v1/entries", &p)
	if p.ids() != "03" || !p.Partial || p.Warning == "" {
		t.Fatalf("%+v", p)
	}
	g.answered(g.do("GET", "/api/v1/entries/"+storetest.ID(3), ""), http.StatusOK, nil)
	g.fails(g.do("GET", "/api/v1/entries/"+storetest.ID(4), ""), http.StatusServiceUnavailable, "store_away")
	g.fails(g.do("DELETE", "/api/v1/entries?status=200", ""), http.StatusServiceUnavailable, "store_away")
}

func TestAnEntryIsRenderedInTheContractsBytes(t *testing.T) {
	g := newRig(t)
	e := storetest.Entry(0)
	e.User = "<&>\u2028"
	g.stored(e)
	w := g.do("GET", "/api/v1/entries", "")
	if !strings.Contains(w.Body.String(), string(e.AppendJSON(nil))) {
		t.Fatalf("not in %s", w.Body)
	}
}

func TestAnEntryComesWithItsBodies(t *testing.T) {
	for name, opts := range map[string][]option{"store": nil, "spool": {paused}} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, opts...)
			e := storetest.Entry(0)
			binary := []byte{0xff, 0xd8, 0, 1}
			e.Bodies = &gateway.Bodies{
				Request:  gateway.Body{ContentType: "application/json", Bytes: []byte("{\"a\":\"é"), Size: 900, Truncated: true},
				Answer:   gateway.Body{ContentType: "image/jpeg", Bytes: binary, Size: 4},
				Attempts: []gateway.Sent{{Attempt: 0, Request: &gateway.Body{ContentType: "text/plain", Bytes: []byte("cut \xe2\x82"), Size: 99, Truncated: true}, DumpNote: "no answer"}},
			}
			if opts == nil {
				g.stored(e)
			} else {
				g.recorder.Append(e)
			}
			var d admin.EntryDetail
			g.get("/api/v1/entries/"+e.ID, &d)
			b := d.Bodies
			if d.ID != e.ID || b == nil || b.Request.Content != "{\"a\":\"é" || b.Request.Encoding != "text" || !b.Request.Truncated || b.Request.Size != 900 {
				t.Fatalf("%+v", b)
			}
			if raw, _ := base64.StdEncoding.DecodeString(b.Answer.Content); b.Answer.Encoding != "base64" || string(raw) != string(binary) {
				t.Fatalf("answer %+v", b.Answer)
			}
			if a := b.Attempts[0]; a.Request.Content != "cut " || a.Request.Encoding != "text" || a.Answer != nil || a.Note != "no answer" {
				t.Fatalf("attempt %+v", a)
			}
		})
	}
}

func TestAnEntryWithoutBodiesSaysNull(t *testing.T) {
	g := newRig(t)
	g.stored(storetest.Entry(0))
	if w := g.do("GET", "/api/v1/entries/"+storetest.ID(0), ""); !strings.Contains(w.Body.String(), `"bodies":null`) {
		t.Fatal(w.Body)
	}
	g.fails(g.do("GET", "/api/v1/entries/nobody", ""), http.StatusNotFound, "not_found")
}

func TestADeletedEntryIsGoneEvenIfItWasStillInTheSpool(t *testing.T) {
	g := newRig(t)
	g.recorder.Append(storetest.Entry(0))
	g.recorder.Append(storetest.Entry(1))
	g.answered(g.do("DELETE", "/api/v1/entries/"+storetest.ID(0), ""), http.StatusOK, nil)
	if err := g.recorder.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var p page
	g.get("/api/v1/entries", &p)
	if p.ids() != "01" {
		t.Fatal(p.ids())
	}
	g.fails(g.do("DELETE", "/api/v1/entries/"+storetest.ID(0), ""), http.StatusNotFound, "not_found")
}

func TestDeletingNeedsAFilterThatChooses(t *testing.T) {
	g := newRig(t)
	g.stored(storetest.Entry(0), storetest.Entry(1), storetest.Entry(2))
	for _, q := range []string{"", "?", "?min_cost=0", "?model=", "?min_latency_ms=0", "?from=0001-01-01T00:00:00Z"} {
		g.fails(g.do("DELETE", "/api/v1/entries"+q, ""), http.StatusBadRequest, "invalid_request")
	}
	var d admin.Deleted
	g.answered(g.do("DELETE", "/api/v1/entries?model=m-1", ""), http.StatusOK, &d)
	var p page
	g.get("/api/v1/entries", &p)
	if d.Deleted != 1 || d.Warning != "" || p.ids() != "02 00" {
		t.Fatalf("%+v, left %s", d, p.ids())
	}
}

func TestQueriesAreCheckedAndSayWhatIsWrong(t *testing.T) {
	g := newRig(t)
	for query, field := range map[string]string{
		"modle=x": "modle", "status=many": "status", "stream=perhaps": "stream", "from=yesterday": "from", "min_cost=1e3": "min_cost",
		"limit=0": "limit", "limit=501": "limit", "limit=x": "limit", "cursor=%21": "cursor", "model=a&model=b": "model", "model=": "model",
		"user=" + strings.Repeat("x", 1025): "user", "%zz": "", "cursor=A": "cursor",
	} {
		f := g.fails(g.do("GET", "/api/v1/entries?"+query, ""), http.StatusBadRequest, "invalid_request")
		if f.Error.Details.Field != field {
			t.Errorf("%s: field %q, want %q (%s)", query, f.Error.Details.Field, field, f.Error.Message)
		}
	}
	f := g.fails(g.do("GET", "/api/v1/entries?modle=x", ""), http.StatusBadRequest, "invalid_request")
	if f.Error.Details.Suggestion != "model" {
		t.Errorf("suggestion %q", f.Error.Details.Suggestion)
	}
}

func TestAFullSpoolIsReadInShortPagesWithoutLosingAnything(t *testing.T) {
	hurried := func(c *admin.Config) { // every look at the clock is three seconds later
		now := c.Clock()
		c.Clock = func() time.Time { now = now.Add(3 * time.Second); return now }
	}
	g := newRig(t, paused, with(hurried))
	var some []*gateway.Entry
	for i := range 1000 {
		if i%7 == 0 {
			some = append(some, storetest.Entry(i))
		} else {
			g.recorder.Append(storetest.Entry(i))
		}
	}
	g.stored(some...)
	seen, pages, last := 0, 0, "g"
	for next := ""; pages == 0 || next != ""; pages++ {
		var p page
		g.get("/api/v1/entries?key_id=key_3&limit=500&cursor="+next, &p)
		for _, e := range p.Data {
			if e.ID >= last {
				t.Fatalf("%s after %s", e.ID, last)
			}
			last = e.ID
		}
		seen, next = seen+len(p.Data), p.Next
	}
	if seen != 100 || pages < 3 {
		t.Fatalf("%d entries on %d pages", seen, pages)
	}
}

// hasty is a store whose lists end when they have looked at a few entries.
type hasty struct{ *store.Store }

const hastyStep = 3

func (h hasty) ListEntries(ctx context.Context, q store.EntryQuery) (store.EntryPage, error) {
	looked, err := h.Store.ListEntries(ctx, store.EntryQuery{Cursor: q.Cursor, Limit: hastyStep})
	page := store.EntryPage{Next: looked.Next}
	for _, e := range looked.Entries {
		if e.Workspace == q.Workspace || q.Workspace == "" {
			page.Entries = append(page.Entries, e)
		}
	}
	return page, err
}

func TestAPageThatEndsEarlySaysHowFarWasLooked(t *testing.T) {
	g := newRig(t, paused, with(func(c *admin.Config) { c.Store = hasty{c.Store.(*store.Store)} }))
	for i := range 20 {
		e := storetest.Entry(i)
		e.Workspace = gateway.DefaultWorkspace
		if i%7 == 2 {
			e.Workspace = "rare"
		}
		if i > 17 { // the newest wait in the spool
			g.recorder.Append(e)
			continue
		}
		g.stored(e)
	}
	var got []string
	short := 0
	for next := ""; ; {
		var p struct {
			page
			Until *time.Time `json:"searched_to"`
		}
		g.get("/api/v1/entries?limit=2&workspace=rare&cursor="+next, &p)
		got = append(got, strings.Fields(p.ids())...)
		if full := len(p.Data) == 2; p.Next != "" && full != (p.Until == nil) {
			t.Errorf("a page of %d says %v", len(p.Data), p.Until)
		}
		if p.Until != nil {
			short++
			if last, err := base64.RawURLEncoding.DecodeString(p.Next); err != nil || !p.Until.Equal(store.TimeOf(string(last), time.Time{})) {
				t.Errorf("looked to %v, goes on at %s", p.Until, last)
			}
		}
		if next = p.Next; next == "" {
			break
		}
	}
	if strings.Join(got, " ") != "10 09 02" || short < 4 {
		t.Errorf("%v in pages of which %d ended early", got, short)
	}
}
