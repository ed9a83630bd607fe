package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// lateErasures are the erasures of the last weeks: by them an entry is known that was
// recorded before its user was erased and comes to the store after that, from the spool of
// a node that was away.
type lateErasures struct {
	mu     sync.Mutex
	read   time.Time // when list was
	newest time.Time // no entry that is younger is late
	runs   bool      // one of them is not finished, and will be soon
	list   []gateway.Erasure
}

const (
	// lateFor is for how long after an erasure entries may come from a spool.
	lateFor = 92 * 24 * time.Hour
	// lateEvery is how often erasures are looked for: less than it takes until a node that
	// does not reach the store is not waited for.
	lateEvery = 10 * time.Second
)

// pastEntries are the steps of an erasure that does not look for entries any more.
var pastEntries = []string{"ledger", "search", "files", "nodes"}

// forget lets erasures be looked for at once: there is one that list does not know.
func (l *lateErasures) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = time.Time{}
}

// eraseLate takes the users who were erased meanwhile out of entries that come late.
func (s *Store) eraseLate(ctx context.Context, entries []*gateway.Entry) error {
	list, newest, err := s.recentErasures(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.User == "" || !e.Time.Before(newest) {
			continue
		}
		for i := range list {
			if x := &list[i]; e.Time.Before(x.Created) && (x.Workspace == "" || x.Workspace == e.Workspace) && x.UserHash == gateway.HashUser(x.ID, e.User) {
				anonymise(e)
				break
			}
		}
	}
	return nil
}

func (s *Store) recentErasures(ctx context.Context) ([]gateway.Erasure, time.Time, error) {
	l := &s.late
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.runs && now.Sub(l.read) < lateEvery {
		return l.list, l.newest, nil
	}
	list, err := every(ctx, s, selectErasures+" WHERE created > ?", scanErasure, micros(now.Add(-lateFor)))
	if err != nil {
		return nil, time.Time{}, err
	}
	l.read, l.list, l.newest, l.runs = now, nil, time.Time{}, false
	for i := range list {
		x := &list[i]
		l.runs = l.runs || x.Finished == nil
		if x.Finished == nil && !slices.Contains(pastEntries, x.Step) {
			continue // the job itself finds the entries, and has to
		}
		if l.list = append(l.list, *x); x.Created.After(l.newest) {
			l.newest = x.Created
		}
	}
	return l.list, l.newest, nil
}

// anonymise leaves of an entry what says nothing of who made the call.
func anonymise(e *gateway.Entry) {
	for i := range e.Settlements {
		e.Settlements[i].Values = replaceWhole(e.Settlements[i].Values, "user="+e.User, "user="+erased, valueEnds)
	}
	if name, err := json.Marshal(e.User); err == nil {
		for i := range e.Objects {
			hold := strings.ReplaceAll(e.Objects[i].Hold, `"user":`+string(name), `"user":"`+erased+`"`)
			e.Objects[i].Hold = replaceWhole(hold, "user="+string(name[1:len(name)-1]), "user="+erased, valueEnds) // of the claims
		}
	}
	e.User, e.Session, e.ClientIP, e.UserAgent, e.TraceID, e.ParentSpanID, e.Comment = "", "", "", "", "", "", ""
	e.Metadata, e.CacheTags, e.CacheKey, e.Bodies = nil, nil, "", nil
}
