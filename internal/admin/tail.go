package admin

import (
	"net/http"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

const (
	maxTails  = 16
	tailLimit = time.Hour // then the reader connects again
	keepAlive = 15 * time.Second
	// longestCall bounds how far back the call of a new entry may have begun.
	longestCall = time.Hour

	// New entries wait in the spool for a moment, where looking is cheap; the store also
	// has those of other nodes and those that were missed.
	tailSpool = 40 * time.Millisecond
	tailStore = 6  // every so many looks
	tailCheck = 50 // looks between two looks at the reader's rights
	// tailDepth is how many of the newest entries a look takes in, and seenMax how many
	// are remembered: under more load than that a tail shows a sample.
	tailDepth = 500
	seenMax   = 20 * tailDepth
)

// tail sends each new entry as an event until the reader leaves.
func (a *api) tail(c *call) (any, error) {
	q, err := entryQuery(c.query)
	if err != nil {
		return nil, err
	}
	select {
	case a.tails <- struct{}{}:
		defer func() { <-a.tails }()
	default:
		return nil, &apiError{Status: http.StatusServiceUnavailable, Code: codeUnavailable, Message: "too many tails are open already; close one"}
	}
	since := a.Clock().Add(-time.Second)
	q.Limit = tailDepth
	if oldest := since.Add(-longestCall); q.From.Before(oldest) {
		q.From = oldest
	}
	t := &tailing{api: a, c: c, query: q, within: c.within(), since: since, seen: map[string]int{}}
	c.w.Header().Set("Content-Type", "text/event-stream")
	if c.r.Method == http.MethodHead {
		return nil, nil
	}
	t.look(true) // what is there already is not new
	if t.send(nil) == nil {
		t.run()
	}
	return nil, nil
}

// tailing is one open tail.
type tailing struct {
	*api
	c      *call
	query  store.EntryQuery
	within []string // workspaces; nil = every one
	since  time.Time
	seen   map[string]int // id → count when it was sent
	order  []string       // of seen, oldest first
}

func (t *tailing) run() {
	tick := time.NewTicker(tailSpool)
	defer tick.Stop()
	end := time.After(tailLimit)
	lastSent := time.Now()
	for n := 1; ; n++ {
		select {
		case <-t.c.r.Context().Done():
			return
		case <-end:
			return
		case <-tick.C:
		}
		if n%tailCheck == 0 && !t.allowed() {
			return
		}
		fresh := t.look(n%tailStore == 0)
		if len(fresh) == 0 && time.Since(lastSent) < keepAlive {
			continue
		}
		if t.send(fresh) != nil {
			return // the reader left
		}
		lastSent = time.Now()
	}
}

// allowed looks again at who reads, since a tail outlives changes of rights. A store that
// is away takes none.
func (t *tailing) allowed() bool {
	who, err := t.again(t.c.ctx(), t.c.who)
	if err != nil {
		return store.Away(err)
	}
	if who == nil || who.mayCall(access(t.c.needs)) != nil {
		return false
	}
	t.c.who = who
	t.within = t.c.within()
	return true
}

// look gives the entries that are new since the last look, oldest first.
func (t *tailing) look(storeToo bool) []*gateway.Entry {
	found, _ := t.pending(t.c.ctx(), t.query, t.within, "", tailDepth)
	if storeToo {
		if stored, _, err := t.stored(t.c.ctx(), t.query, t.within, ""); err == nil {
			found = union(found, stored)
		}
	}
	fresh := slices.DeleteFunc(found, func(e *gateway.Entry) bool {
		before, known := t.seen[e.ID]
		t.remember(e)
		return known && before >= e.Count || ended(e).Before(t.since)
	})
	slices.Reverse(fresh)
	return fresh
}

// ended is when the entry's answer ended, or its last call was refused.
func ended(e *gateway.Entry) time.Time {
	end := e.Time.Add(time.Duration(e.LatencyMS.N) * time.Millisecond)
	if e.LastTime.After(end) {
		return e.LastTime
	}
	return end
}

func (t *tailing) remember(e *gateway.Entry) {
	if _, known := t.seen[e.ID]; !known {
		t.order = append(t.order, e.ID)
	}
	t.seen[e.ID] = e.Count
	for len(t.order) > seenMax {
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
}

// send writes entries as events; none is a comment that keeps the connection alive.
func (t *tailing) send(entries []*gateway.Entry) error {
	var b []byte
	for _, e := range entries {
		b = append(append(append(b, "event: entry\nid: "...), e.ID...), "\ndata: "...)
		b = append(e.AppendJSON(b), "\n\n"...)
	}
	if len(entries) == 0 {
		b = append(b, ": waiting\n\n"...)
	}
	if _, err := t.c.w.Write(b); err != nil {
		return err
	}
	return http.NewResponseController(t.c.w).Flush()
}
