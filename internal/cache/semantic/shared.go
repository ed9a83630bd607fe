package semantic

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Feed is what nodes tell each other of the prompts that were answered.
type Feed interface {
	// Publish tells a record to all nodes, this one included.
	Publish(ctx context.Context, r Record) error
	// Since gives some of the records behind a cursor, the oldest first, and the cursor
	// behind them. "" is the begin. nil says that there are no more now, and that the next
	// cursor may be asked for later.
	Since(ctx context.Context, cursor string) (records []Record, next string, err error)
	// Forget deletes the records that a purge of everything of a workspace names.
	Forget(ctx context.Context, workspace string, purge int64) error
}

// Shared keeps an Index the same on all nodes. NewShared makes it; what is exported may be
// changed before Run.
type Shared struct {
	*Index
	Feed    Feed                                 // nil = this node is alone
	Every   time.Duration                        // how often the feed is asked: each second
	Timeout time.Duration                        // of one question: a second
	After   func(time.Duration) <-chan time.Time // time.After

	Told    atomic.Int64 // records that went to the feed
	Heard   atomic.Int64 // records that came from it
	Dropped atomic.Int64 // records that the feed was too slow for, or away
	Failed  atomic.Int64 // questions to the feed

	queue chan Record
}

const (
	// queued bounds the records that wait for the feed.
	queued = 1024
	// longest is how long a feed that fails is left alone, at most.
	longest = 30 * time.Second
)

// NewShared makes one over an index; feed nil = this node is alone.
func NewShared(x *Index, feed Feed) *Shared {
	return &Shared{
		Index: x, Feed: feed, Every: time.Second, Timeout: time.Second, After: time.After,
		queue: make(chan Record, queued),
	}
}

// Keep adds a record here at once, and soon on all nodes. It never waits. The vector must
// not be written to any more.
func (s *Shared) Keep(r Record) bool {
	if !s.Put(r) {
		return false
	}
	if s.Feed == nil {
		return true
	}
	select {
	case s.queue <- r:
	default:
		s.Dropped.Add(1)
	}
	return true
}

// Forget lets go of the prompts that a purge of everything of a workspace names, here and in
// the feed.
func (s *Shared) Forget(ctx context.Context, workspace string, purge int64) error {
	s.Index.Forget(workspace, purge)
	if s.Feed == nil {
		return nil
	}
	return s.Feed.Forget(ctx, workspace, purge)
}

// Run tells and hears until the context ends.
func (s *Shared) Run(ctx context.Context) {
	if s.Feed == nil {
		<-ctx.Done()
		return
	}
	var told sync.WaitGroup
	told.Go(func() { s.tell(ctx) })
	defer told.Wait()
	s.follow(ctx)
}

// tell ends the question that it has begun when the context ends, and begins no other.
func (s *Shared) tell(ctx context.Context) {
	for ctx.Err() == nil { // select alone would take by chance what waits
		select {
		case <-ctx.Done():
		case r := <-s.queue:
			s.publish(context.WithoutCancel(ctx), r)
		}
	}
	s.tellRest(ctx)
}

// tellRest tells what waits at the end, for as long as one question may take.
func (s *Shared) tellRest(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
	defer cancel()
	for {
		select {
		case r := <-s.queue:
			s.publish(ctx, r)
		default:
			return
		}
	}
}

// publish tells a record that is still known.
func (s *Shared) publish(ctx context.Context, r Record) {
	if !s.holds(r) {
		return // it was forgotten meanwhile, or there is a younger one
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	if err := s.Feed.Publish(ctx, r); err != nil {
		s.Dropped.Add(1)
		return
	}
	s.Told.Add(1)
}

// follow asks again at once while there is more, and more and more seldom while the feed
// is away.
func (s *Shared) follow(ctx context.Context) {
	cursor, pause := "", s.Every
	for ctx.Err() == nil {
		var more bool
		var err error
		if cursor, more, err = s.hear(ctx, cursor); err != nil {
			s.Failed.Add(1)
			pause = min(2*pause, max(longest, s.Every))
		} else if pause = s.Every; more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.After(pause):
		}
	}
}

// hear takes what the feed has behind a cursor.
func (s *Shared) hear(ctx context.Context, cursor string) (next string, more bool, err error) {
	short, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	records, next, err := s.Feed.Since(short, cursor)
	if err != nil {
		return cursor, false, err
	}
	for _, r := range records {
		if !s.holds(r) && s.Put(r) {
			s.Heard.Add(1)
		}
	}
	return next, records != nil, nil
}

// holds reports whether a record is there already, or a younger one in its place.
func (s *Shared) holds(r Record) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := s.by[r.Key]
	return e != nil && e.Until.UnixMilli() >= r.Until.UnixMilli()
}
