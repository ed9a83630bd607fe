package schedule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// setting is where the state is kept in the store.
const setting = "backup.schedule"

// State is how the schedule stands, of all nodes together.
type State struct {
	ID       string        `json:"id"`               // of this store, in the names of its backups
	Since    time.Time     `json:"since"`            // backups have been wanted
	Tried    time.Time     `json:"tried"`            // zero = never
	Made     time.Time     `json:"made"`             // the last one that is whole; zero = never
	Took     time.Duration `json:"took"`             // that one
	Failed   int           `json:"failed,omitempty"` // tries since then
	Failures int64         `json:"failures,omitempty"`
	Error    string        `json:"error,omitempty"` // of the last try
	Warning  string        `json:"warning,omitempty"`
	Node     string        `json:"node,omitempty"`   // that tried last
	Unsure   []File        `json:"unsure,omitempty"` // that may have been put
	Files    []File        `json:"files"`            // that are there, the newest first
}

// Last is the newest backup, nil = there is none.
func (s *State) Last() *File {
	if len(s.Files) == 0 {
		return nil
	}
	return &s.Files[0]
}

// retryWait is how long a schedule waits after a failure at least.
const retryWait = time.Minute

// Due gives when the next backup is made.
func (s *State) Due(w When) time.Time {
	after := s.Made
	if after.IsZero() {
		if after = s.Since; w.Every > 0 {
			after = s.Since.Add(-w.Every) // the first one at once
		}
	}
	due := w.next(after)
	if s.Failed > 0 {
		again := s.Tried.Add(max(min(w.Interval()/4, 15*time.Minute), retryWait))
		if again.After(due) {
			return again
		}
	}
	return due
}

// Overdue reports whether the newest backup is older than two intervals.
func (s *State) Overdue(w When, now time.Time) bool {
	last := s.Made
	if last.IsZero() {
		last = s.Since
	}
	return now.Sub(last) > 2*w.Interval()
}

func (s *Schedule) load(ctx context.Context) (st State, err error) {
	text, err := s.Store.Setting(ctx, setting)
	if errors.Is(err, s.Missing) {
		return st, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &st)
	}
	return st, err
}

// errLost ends the work of a node whose lease is another's now.
var errLost = errors.New("another node makes backups now: this one lost its lease")

// save keeps a state, unless the lease is another's now.
func (s *Schedule) save(ctx context.Context, st *State) error {
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return s.Store.Atomically(ctx, func(ctx context.Context) error {
		if mine, err := s.lease(ctx); err != nil || !mine {
			return cmp.Or(err, errLost)
		}
		return s.Store.PutSetting(ctx, setting, text)
	})
}

// unsureFor is how long a file that is not there may still come: its answer was lost, and
// the place may have been about to take it.
const unsureFor = 24 * time.Hour

// adopt finds out what became of files that were to be put when a run was killed, or lost
// the answer, and gives the newest that is there and whole, nil = there is none.
func (st *State) adopt(ctx context.Context, at Place, sizes map[string]int64, place string, now time.Time) (newest *File, warning, err error) {
	left := st.Unsure[:0:0]
	for i, f := range st.Unsure {
		size, there := sizes[f.Name]
		if f.Place != place || !there {
			if now.Sub(f.Time) < unsureFor {
				left = append(left, f)
			}
			continue
		}
		whole := false
		if size == f.Size {
			if whole, err = at.Holds(ctx, &f); err != nil {
				st.Unsure = append(left, st.Unsure[i:]...)
				return newest, warning, err
			}
		}
		if !whole {
			warning = fmt.Errorf("another file than the one of this store stands under the name %s; it is left alone", f.Name)
			continue
		}
		if st.add(f); newest == nil || f.Time.After(newest.Time) {
			newest = &f
		}
	}
	st.Unsure = left
	return newest, warning, nil
}

func (st *State) add(f File) {
	st.Files = append(st.Files, f)
	slices.SortFunc(st.Files, func(a, b File) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Name, b.Name)) })
}

// prune deletes the oldest backups of a place, so that keep are left that are as they were
// made. What is gone is forgotten; what has changed is told, counts as nothing and stays.
func (st *State) prune(ctx context.Context, at Place, place string, keep int) error {
	sizes, err := at.Sizes(ctx)
	if err != nil {
		return err
	}
	var changed []string
	good := 0
	left := st.Files[:0:0]
	for i, f := range st.Files {
		if f.Place != place {
			left = append(left, f)
			continue
		}
		size, there := sizes[f.Name]
		switch {
		case !there:
			continue
		case size != f.Size:
			changed = append(changed, f.Name)
		case good < keep:
			good++
		default:
			if ctx.Err() != nil {
				st.Files = append(left, st.Files[i:]...)
				return context.Cause(ctx)
			}
			if err := at.Delete(ctx, f.Name); err != nil {
				st.Files = append(left, st.Files[i:]...)
				return err
			}
			continue
		}
		left = append(left, f)
	}
	st.Files = left
	if len(changed) > 0 {
		return fmt.Errorf("no longer as large as when it was made, and not counted: %s", changed[0])
	}
	return nil
}
