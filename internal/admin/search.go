package admin

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/said"
	"github.com/sluice-gateway/sluice/internal/store"
)

// SearchStore finds entries by what was said in them.
type SearchStore interface {
	SearchEntries(ctx context.Context, q store.EntryQuery, words said.Query) (store.EntryPage, error)
	SearchState(ctx context.Context) (store.SearchState, error)
}

// SearchInfo says how far the index of what was said is behind.
type SearchInfo struct {
	Until time.Time `json:"indexed_until" doc:"What was said in calls that began before can be found."`
	Lag   float64   `json:"lag_s" doc:"Seconds that the oldest of what is not yet indexed has been waiting; 0 = nothing waits."`
}

// searchParam is what lists of entries take beside the filters.
var searchParam = []Param{{"search", `Calls in whose bodies all of this was said: words, "words in a row", begin*, and -word for what must not be there. Bodies that are kept under a key (log.encrypt of a gateway) are not searched.`}}

func below(id string) func(*gateway.Entry) bool {
	return func(e *gateway.Entry) bool { return e.ID < id }
}

// search lists entries by what was said in them. Those in the spool are not there yet.
func (a *api) search(ctx context.Context, text string, q store.EntryQuery, within []string, before string) (EntryPage, error) {
	words, err := said.Parse(text)
	if err != nil {
		return EntryPage{}, invalid("search", "search cannot be read: "+err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	if before != "" {
		q.Cursor = toCursor(before)
	}
	state, err := a.Store.SearchState(ctx)
	if errors.Is(err, store.ErrNoSearch) {
		return EntryPage{}, invalid("search", "nothing can be searched for here: storage.search is off")
	}
	if err != nil {
		return EntryPage{}, err
	}
	page := EntryPage{Data: union(nil, nil), Search: &SearchInfo{Until: state.Until, Lag: math.Round(state.Lag.Seconds()*1000) / 1000}}
	end := "" // down to which id every workspace was looked through
	for _, some := range each(q, within) {
		found, err := a.Store.SearchEntries(ctx, some, words)
		if err != nil {
			return EntryPage{}, err
		}
		page.Data = union(page.Data, found.Entries)
		if end, err = lowest(end, found.Next); err != nil {
			return EntryPage{}, err
		}
	}
	if end != "" { // what lies below may not be complete
		page.Data = slices.DeleteFunc(page.Data, below(end))
		if page.Next = toCursor(end); len(page.Data) < q.Limit {
			page.short(end, a.Clock())
		}
	}
	if len(page.Data) > q.Limit {
		page.Data = page.Data[:q.Limit]
		page.Next = toCursor(page.Data[q.Limit-1].ID)
	}
	return page, nil
}
