package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// tail opens a tail and gives its entries; the channel closes with the tail.
func (g *rig) tail(query string) <-chan gateway.Entry {
	g.t.Helper()
	server := httptest.NewServer(g.handler)
	g.t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/entries/tail?"+query, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := server.Client().Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		g.t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	entries := make(chan gateway.Entry, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(entries)
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var e gateway.Entry
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					g.t.Error(err)
				}
				entries <- e
			}
		}
	}()
	g.t.Cleanup(func() { cancel(); <-done; resp.Body.Close() })
	return entries
}

func receive(t *testing.T, entries <-chan gateway.Entry) gateway.Entry {
	t.Helper()
	select {
	case e := <-entries:
		return e
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
	}
	return gateway.Entry{}
}

// at moves an entry to the rig's time.
func (g *rig) at(i int, latency time.Duration) *gateway.Entry {
	e := storetest.Entry(i)
	start := g.now.Add(time.Duration(i)*time.Millisecond - latency)
	e.ID, e.Time, e.LastTime, e.LatencyMS = storetest.IDAt(start, i), start, start, llm.Known(latency.Milliseconds())
	return e
}

func TestATailShowsEachNewEntryOnceHoweverOldItsCall(t *testing.T) {
	for name, opts := range map[string][]option{"running": nil, "spool alone": {paused}} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t, opts...)
			g.recorder.Append(g.at(1, time.Hour+time.Minute)) // ended before the tail, barely
			g.recorder.Append(g.at(2, 0))
			entries := g.tail("")
			g.recorder.Append(g.at(3, 10*time.Minute)) // a long stream that ends now
			if e := receive(t, entries); e.ID != g.at(3, 10*time.Minute).ID {
				t.Fatalf("got %s", e.ID)
			}
			g.recorder.Append(g.at(4, 0))
			if e := receive(t, entries); e.ID != g.at(4, 0).ID {
				t.Fatalf("got %s", e.ID)
			}
		})
	}
}

func TestATailFiltersAndShowsWhatOtherNodesStore(t *testing.T) {
	g := newRig(t)
	entries := g.tail("model=m-2")
	late := g.at(2, 10*time.Minute)
	late.LatencyMS = llm.Known(1) // ended long ago, stored only now
	g.stored(late, g.at(1, 0), g.at(2, 0))
	g.stored(g.at(3, 0), g.at(7, 0))
	if e := receive(t, entries); e.ID != g.at(2, 0).ID {
		t.Fatalf("got %s of %v", e.ID, e.Time)
	}
	if e := receive(t, entries); e.ID != g.at(7, 0).ID {
		t.Fatalf("got %s", e.ID)
	}
}

func TestTailsAreBounded(t *testing.T) {
	g := newRig(t)
	for range 16 {
		g.tail("")
	}
	w := g.do("GET", "/api/v1/entries/tail", "")
	g.fails(w, http.StatusServiceUnavailable, "unavailable")
}

func TestAnEntryCanBeReadAtOnce(t *testing.T) {
	g := newRig(t)
	g.recorder.Append(storetest.Entry(0))
	g.answered(g.do("GET", "/api/v1/entries/"+storetest.ID(0), ""), http.StatusOK, nil)
	var p page
	g.get("/api/v1/entries?status=200", &p)
	if p.ids() != "00" {
		t.Fatal(p.ids())
	}
}
