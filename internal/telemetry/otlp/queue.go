package otlp

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// maxBatch is how much one request holds at most.
	maxBatch = 512
	// enough ends a batch before: gRPC's servers take 4 MiB unless told otherwise
	// (https://pkg.go.dev/google.golang.org/grpc#MaxRecvMsgSize).
	enough = 3 << 20
	// batchWait is how long something waits for more.
	batchWait = time.Second
	// maxWaiting bounds the memory of what waits for one destination.
	maxWaiting = 32 << 20
)

// sender sends a batch. An error means that nothing of it, or a part, arrived.
type sender[T any] interface {
	Send(ctx context.Context, batch []T) error
	End(ctx context.Context)
}

// queue is what waits for one destination.
type queue[T any] struct {
	room     int
	standing *standing
	to       sender[T]
	ctx      context.Context // of what is being sent
	cancel   context.CancelFunc
	closing  chan struct{}
	some     chan struct{} // gets one when something waits, and one when there is a batch

	mu    sync.Mutex
	items []item[T]
	size  int // of items
	bytes int // the same with what is being sent
}

type item[T any] struct {
	value T
	size  int
}

func newQueue[T any](room int, s *standing, to sender[T]) *queue[T] {
	ctx, cancel := context.WithCancel(context.Background())
	return &queue[T]{room: room, standing: s, to: to, ctx: ctx, cancel: cancel, closing: make(chan struct{}), some: make(chan struct{}, 2)}
}

// takes reports whether put would take something small now, which need not be made otherwise;
// that it does not is counted as dropped.
func (q *queue[T]) takes(matters bool) bool {
	q.mu.Lock()
	ok := q.fits(0, matters)
	q.mu.Unlock()
	if !ok {
		q.standing.full()
	}
	return ok
}

// fits reports whether there is room. The last eighth of it is for what matters: failures. mu
// is held.
func (q *queue[T]) fits(size int, matters bool) bool {
	room, bytes := q.room, maxWaiting
	if !matters {
		room, bytes = room-room/8, bytes-bytes/8
	}
	return len(q.items) < room && q.bytes+size <= bytes
}

// put adds something, or drops it and counts it. It never waits for a destination.
func (q *queue[T]) put(v T, size int, matters bool) {
	q.mu.Lock()
	if !q.fits(size, matters) {
		q.mu.Unlock()
		q.standing.full()
		return
	}
	full := q.full()
	q.items = append(q.items, item[T]{v, size})
	q.size, q.bytes = q.size+size, q.bytes+size
	tell := len(q.items) == 1 || !full && q.full()
	q.mu.Unlock()
	if tell {
		select {
		case q.some <- struct{}{}:
		default: // the goroutine has two to look at
		}
	}
}

// full reports whether what waits is a batch. mu is held.
func (q *queue[T]) full() bool {
	return len(q.items) >= min(maxBatch, max(q.room/2, 1)) || q.size >= enough
}

// run sends until close.
func (q *queue[T]) run() {
	defer q.to.End(q.ctx)
	defer q.cancel()
	batch := make([]T, 0, maxBatch)
	for open := true; open; {
		open = q.gather()
		for more := true; more || !open; {
			var size int
			if batch, size = q.take(batch[:0]); len(batch) == 0 {
				break
			}
			q.flush(batch)
			clear(batch)
			more = q.sent(size)
		}
	}
}

// gather waits until there is a batch, or until something has waited for more. It reports
// whether the queue is open.
func (q *queue[T]) gather() (open bool) {
	var waited <-chan time.Time
	for {
		q.mu.Lock()
		full, some := q.full(), len(q.items) > 0
		q.mu.Unlock()
		if full {
			return !q.closed()
		}
		if some && waited == nil {
			timer := time.NewTimer(batchWait)
			defer timer.Stop()
			waited = timer.C
		}
		select {
		case <-q.some:
		case <-waited:
			return true
		case <-q.closing:
			return false
		}
	}
}

func (q *queue[T]) closed() bool {
	select {
	case <-q.closing:
		return true
	default:
		return false
	}
}

// take moves what is sent at once into batch; nothing when nothing waits.
func (q *queue[T]) take(batch []T) (all []T, size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(batch) < min(len(q.items), maxBatch) && size < enough {
		next := &q.items[len(batch)]
		batch, size = append(batch, next.value), size+next.size
	}
	q.items = slices.Delete(q.items, 0, len(batch))
	q.size -= size
	return batch, size
}

// sent gives back the room of a batch, and reports whether there is another one already.
func (q *queue[T]) sent(size int) (more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= size
	return q.full()
}

// flush sends a batch, in halves where it is more than the destination takes at once.
func (q *queue[T]) flush(batch []T) {
	err := q.to.Send(q.ctx, batch)
	switch half := len(batch) / 2; {
	case err == nil || !tooLarge(err):
		q.standing.sent(len(batch), err)
	case half > 0:
		q.flush(batch[:half])
		q.flush(batch[half:])
	default:
		q.standing.partly(1, 1, "it is larger than what is taken at once; telemetry.traces.max_content makes it smaller: "+cut(err.Error()))
	}
}

// close ends run when what waits is sent, or when ctx ends.
func (q *queue[T]) close(ctx context.Context) {
	close(q.closing)
	context.AfterFunc(ctx, q.cancel)
}
