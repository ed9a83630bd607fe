package admin

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// EntryPage is one page of a list of entries.
type EntryPage struct {
	Data    []*gateway.Entry `json:"data"`
	Next    string           `json:"next"`
	Partial bool             `json:"partial,omitempty" doc:"The store could not be asked: only entries still in the spool are here."`
	Warning string           `json:"warning,omitempty" doc:"What is missing, for people."`
	Search  *SearchInfo      `json:"search,omitempty" doc:"How far what can be searched is behind; only where search is given."`
	// Until is set on pages that ended before they were full.
	Until *time.Time `json:"searched_to,omitempty" doc:"Few calls match, and looking for more took long: every call that began later was looked at, and next goes on from here. The page may be empty."`
}

// short ends a page that is not full at the id where looking for more stopped.
func (p *EntryPage) short(floor string, now time.Time) {
	until := store.TimeOf(floor, now).UTC()
	p.Next, p.Until = toCursor(floor), &until
}

const (
	// listTime is how long the store may take for a page, and awayTime while it is known
	// to be away.
	listTime = 20 * time.Second
	awayTime = time.Second
	// spoolTime is how long a page may read the spool, which after a long outage holds
	// more than fits in memory; then the page ends early and the next one goes on.
	spoolTime = 2 * time.Second
)

// merged lists what is in the spool and what is in the store as one list, newest first,
// each entry once. before is the id where the page before ended, "" = none.
func (a *api) merged(ctx context.Context, q store.EntryQuery, within []string, before string) (EntryPage, error) {
	// The spool goes first: what leaves it meanwhile is found in the store.
	waiting, floor := a.pending(ctx, q, within, before, q.Limit+1)
	stored, end, err := a.stored(ctx, q, within, before)
	page := EntryPage{}
	if err != nil {
		if ctx.Err() != nil || !store.Away(err) {
			return page, err
		}
		page.Partial, page.Warning = true, "the store cannot be reached just now; this list holds only the entries that wait in the spool"
	}
	all := union(a.ratedOnes(ctx, waiting), stored)
	floor = max(floor, end)
	more := floor != ""
	if more { // below the floor not everything was read, so nothing belongs here yet
		all = slices.DeleteFunc(all, below(floor))
	}
	if len(all) > q.Limit {
		all, more = all[:q.Limit], true
	}
	page.Data = all
	switch {
	case more && len(all) == q.Limit:
		page.Next = toCursor(all[len(all)-1].ID)
	case more: // which goes on where reading stopped
		page.short(floor, a.Clock())
	}
	return page, nil
}

// pending gives up to limit matching entries of the spool. When reading took too long,
// floor is the last id that was looked at.
func (a *api) pending(ctx context.Context, q store.EntryQuery, within []string, before string, limit int) (found []*gateway.Entry, floor string) {
	m, end, seen := newMatcher(q, within), a.Clock().Add(spoolTime), 0
	a.Spool.PendingBefore(before, func(e *gateway.Entry) bool {
		if m.match(e) {
			found = append(found, e)
		}
		if seen++; seen%256 == 0 && (ctx.Err() != nil || a.Clock().After(end)) {
			floor = e.ID
		}
		return len(found) < limit && floor == ""
	})
	return found, floor
}

// stored gives the entries of the store, those of several workspaces merged: each of
// them is found by an index of its own. Where there may be more, end is the id down to
// which all were read.
func (a *api) stored(ctx context.Context, q store.EntryQuery, within []string, before string) (all []*gateway.Entry, end string, err error) {
	limit := listTime
	if a.Spool.Stats().StoreAway {
		limit = awayTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	q.Cursor = ""
	if before != "" {
		q.Cursor = toCursor(before)
	}
	for _, some := range each(q, within) {
		page, err := a.Store.ListEntries(ctx, some)
		if err != nil {
			return nil, "", err
		}
		all = union(all, page.Entries)
		if end, err = lowest(end, page.Next); err != nil {
			return nil, "", err
		}
	}
	return all, end, nil
}

// lowest gives down to which id several pages are all complete; next is the cursor of one
// of them, "" = it is at its end.
func lowest(end, next string) (string, error) {
	if next == "" {
		return end, nil
	}
	last, err := fromCursor(next)
	return max(end, last), err
}

// union merges two lists by id, newest first; of one id, the state that counts more calls
// stays.
func union(a, b []*gateway.Entry) []*gateway.Entry {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y *gateway.Entry) int {
		return cmp.Or(strings.Compare(y.ID, x.ID), cmp.Compare(y.Count, x.Count))
	})
	all = slices.CompactFunc(all, func(x, y *gateway.Entry) bool { return x.ID == y.ID })
	if all == nil {
		all = []*gateway.Entry{}
	}
	return all
}

// A cursor of entries names the last id of a page, as the store's own do.
func toCursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func fromCursor(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) > 200 {
		return "", store.ErrBadCursor
	}
	return string(b), nil
}
