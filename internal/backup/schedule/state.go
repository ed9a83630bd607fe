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
	Since    time.Time     `json:"since"`            // backups have been wanted
	Tried    time.Time     `json:"tried"`            // zero = never
	Made     time.Time     `json:"made"`             // the last one that is whole; zero = never
	Took     time.Duration `json:"took"`             // that one
	Failed   int           `json:"failed,omitempty"` // tries since then
	Failures int64         `json:"failures,omitempty"`
	Error    string        `json:"error,omitempty"` // of the last try
	Warning  string        `json:"warning,omitempty"`
	Node     string        `json:"node,omitempty"` // that tried last
	Making   *File         `json:"making,omitempty"`
	Files    []File        `json:"files"` // that are there, the newest first
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

func (s *Schedule) save(ctx context.Context, st *State) error {
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return s.Store.PutSetting(ctx, setting, text)
}

// adopt notes what a run that was killed had put into its place before it could say so.
func (st *State) adopt(sizes map[string]int64, place string) {
	if m := st.Making; m != nil && m.Place == place && sizes[m.Name] == m.Size {
		st.add(*m)
		st.Made = m.Time
	}
	st.Making = nil
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
