package otlp

import (
	"context"
	"sync/atomic"
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
	in       chan item[T]
	waiting  atomic.Int64 // bytes
	standing *standing
	to       sender[T]
	ctx      context.Context // of what is being sent
	cancel   context.CancelFunc
	closing  chan struct{}
}

type item[T any] struct {
	value T
	size  int
}

func newQueue[T any](room int, s *standing, to sender[T]) *queue[T] {
	ctx, cancel := context.WithCancel(context.Background())
	return &queue[T]{in: make(chan item[T], room), standing: s, to: to, ctx: ctx, cancel: cancel, closing: make(chan struct{})}
}

// put adds something, or drops it and counts it. It never blocks. The last eighth of the
// room is for what matters: failures.
func (q *queue[T]) put(v T, size int, matters bool) {
	room, bytes := cap(q.in), int64(maxWaiting)
	if !matters {
		room, bytes = room-room/8, bytes-bytes/8
	}
	if q.waiting.Add(int64(size)) <= bytes && len(q.in) < room {
		select {
		case q.in <- item[T]{v, size}:
			return
		default:
		}
	}
	q.waiting.Add(int64(-size))
	q.standing.full()
}

// run sends until close.
func (q *queue[T]) run() {
	defer q.to.End(q.ctx)
	defer q.cancel()
	batch := make([]T, 0, maxBatch)
	for {
		var size int
		select {
		case one := <-q.in:
			batch, size = append(batch, one.value), one.size
		case <-q.closing:
			q.rest(batch)
			return
		}
		wait := time.NewTimer(batchWait)
		for full := false; !full && len(batch) < maxBatch && size < enough; {
			select {
			case one := <-q.in:
				batch, size = append(batch, one.value), size+one.size
			case <-wait.C:
				full = true
			case <-q.closing:
				full = true
			}
		}
		wait.Stop()
		q.flush(batch)
		q.waiting.Add(int64(-size))
		clear(batch)
		batch = batch[:0]
	}
}

// rest sends what is left.
func (q *queue[T]) rest(batch []T) {
	size := 0
	for {
		select {
		case one := <-q.in:
			batch, size = append(batch, one.value), size+one.size
			if len(batch) == maxBatch || size >= enough {
				q.flush(batch)
				batch, size = batch[:0], 0
			}
		default:
			if len(batch) > 0 {
				q.flush(batch)
			}
			return
		}
	}
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
