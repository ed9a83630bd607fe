package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// asks are the questions to the ledger that are under way: each is asked once, however
// many wait for the answer.
type asks struct {
	mu  sync.Mutex
	now map[question]*answer
}

type question struct {
	id    ID
	start int64
}

type answer struct {
	done chan struct{}
	err  error
}

// learn asks the ledger what a counter has spent since the beginning of its period, and
// tells the counter. No lock of a shard is held meanwhile.
func (m *Memory) learn(ctx context.Context, q question) error {
	for {
		a, mine := m.asks.join(q)
		if mine {
			a.err = m.ask(ctx, q)
			m.asks.leave(q, a)
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if a.err == nil {
			return nil
		}
		left := errors.Is(a.err, context.Canceled) || errors.Is(a.err, context.DeadlineExceeded)
		if mine || !left || ctx.Err() != nil {
			return fmt.Errorf("limit: what a budget has spent: %w", a.err)
		} // who asked has gone: ask oneself
	}
}

// ask asks the ledger, unless another has since the question came up.
func (m *Memory) ask(ctx context.Context, q question) error {
	if m.knows(q) {
		return nil
	}
	spent, err := m.spent(ctx, q.id, time.Unix(0, q.start))
	if err != nil && (ctx.Err() != nil || !m.whole(q)) {
		return err
	}
	if err != nil {
		spent = 0
	}
	m.tell(q, spent)
	return nil
}

// whole reports whether a counter has counted all of its period itself, so that it can do
// without a ledger that is away.
func (m *Memory) whole(q question) bool {
	s := &m.shards[m.shardOf(&q.id)]
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counters[q.id]
	return c != nil && c.whole && c.start == q.start
}

func (m *Memory) knows(q question) bool {
	s := &m.shards[m.shardOf(&q.id)]
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counters[q.id]
	return c != nil && c.asked && c.start == q.start
}

func (s *asks) join(q question) (a *answer, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.now[q]; ok {
		return a, false
	}
	a = &answer{done: make(chan struct{})}
	s.now[q] = a
	return a, true
}

func (s *asks) leave(q question, a *answer) {
	s.mu.Lock()
	delete(s.now, q)
	s.mu.Unlock()
	close(a.done)
}

// tell gives a counter the ledger's sum, or what a snapshot knew to be settled when that
// is more; what was settled since the snapshot comes on top.
func (m *Memory) tell(q question, spent int64) {
	set := uint64(1) << m.shardOf(&q.id)
	m.lock(set)
	defer m.unlock(set)
	c := m.shards[m.shardOf(&q.id)].counters[q.id]
	if c == nil || !c.calendar() || c.start != q.start || c.asked {
		return
	}
	c.asked = true
	c.taken.add(c.end, max(clamp(spent)-c.base, 0), 0)
}
