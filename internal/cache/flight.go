package cache

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Flights are the upstream calls under way that others may share. The zero value is ready.
type Flights struct {
	mu sync.Mutex
	by map[Key]*Flight
}

// Join gives the flight of a key. Who is told to lead must bring the answer and End the
// flight whatever happens; everybody must Leave it.
func (fs *Flights) Join(key Key) (f *Flight, lead bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f := fs.by[key]; f != nil {
		f.mu.Lock()
		f.readers++
		f.mu.Unlock()
		return f, false
	}
	if fs.by == nil {
		fs.by = map[Key]*Flight{}
	}
	f = &Flight{of: fs, key: key, readers: 1}
	fs.by[key] = f
	return f, true
}

// Open gives how many flights are under way.
func (fs *Flights) Open() int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return len(fs.by)
}

// ErrNoAnswer says that a flight ended before it had an answer: who followed has seen
// nothing, and can still call by itself.
var ErrNoAnswer = errors.New("the call that was shared brought no answer")

// ErrCut says that the answer broke off.
var ErrCut = errors.New("the answer that was shared broke off")

// Flight is one upstream call and its answer as it comes. One leads it; any number read.
type Flight struct {
	of  *Flights
	key Key

	mu      sync.Mutex
	changed chan struct{} // closed when there is more to know; nil = nobody waits
	head    *Answer       // without body; nil = not yet
	body    []byte        // grows; what was read of it stays as it is
	ended   bool
	err     error // of the end
	readers int   // who have joined and not left, the leader among them
	alone   func()
	cost    gateway.Cost
	took    time.Duration
}

// Publish lets followers read: the answer is good as far as can be told. body is what came
// so far; it is the flight's from now on, with the room behind it. Only the first call
// counts.
func (f *Flight) Publish(head *Answer, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.head != nil || f.ended {
		return
	}
	f.head, f.body = head, body
	f.tell()
}

// Append adds what came. It copies p.
func (f *Flight) Append(p []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.head == nil || f.ended {
		return
	}
	f.body = append(f.body, p...)
	f.tell()
}

// End ends the flight: err = nil says that the answer is complete. It takes no new
// followers. Only the first call counts.
func (f *Flight) End(err error) {
	f.of.mu.Lock()
	if f.of.by[f.key] == f {
		delete(f.of.by, f.key)
	}
	f.of.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	f.ended, f.err = true, err
	if f.err == nil && f.head == nil {
		f.err = ErrNoAnswer
	}
	f.tell()
}

// tell wakes who waits.
func (f *Flight) tell() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// more gives what tell closes next. The lock is held.
func (f *Flight) more() <-chan struct{} {
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// Leave takes one reader, or the leader's caller, out. Nobody joins a flight that all
// have left.
func (f *Flight) Leave() {
	f.of.mu.Lock()
	f.mu.Lock()
	f.readers--
	alone := f.alone
	if f.readers > 0 {
		alone = nil
	} else if f.of.by[f.key] == f {
		delete(f.of.by, f.key)
	}
	f.mu.Unlock()
	f.of.mu.Unlock()
	if alone != nil {
		alone()
	}
}

// WhenAlone says what happens when all have left. It is called at once when that is so.
func (f *Flight) WhenAlone(do func()) {
	f.mu.Lock()
	f.alone = do
	now := f.readers <= 0
	f.mu.Unlock()
	if now {
		do()
	}
}

// Readers gives how many have joined and not left, the leader's caller among them.
func (f *Flight) Readers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers
}

// Pay says what the answer cost and how long its call took, before it Ends.
func (f *Flight) Pay(cost gateway.Cost, took time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cost, f.took = cost, took
}

// Paid gives what Pay said; unknown before that.
func (f *Flight) Paid() (gateway.Cost, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cost, f.took
}

// Body gives what came so far. It stays as it is, and nothing is appended to it; its
// capacity is true, so that who keeps it knows what that takes.
func (f *Flight) Body() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.body
}

// Head waits for the answer to begin. An error means that there is none: ErrNoAnswer, the
// leader's own fault behind it, or that the context ended.
func (f *Flight) Head(ctx context.Context) (*Answer, error) {
	for {
		f.mu.Lock()
		head, ended, err := f.head, f.ended, f.err
		if head != nil || ended {
			f.mu.Unlock()
			if head != nil {
				return head, nil
			}
			return nil, errors.Join(ErrNoAnswer, err)
		}
		changed := f.more()
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Next gives what came behind an offset, and waits while nothing has. The bytes stay as
// they are. io.EOF is the proper end.
func (f *Flight) Next(ctx context.Context, at int) ([]byte, error) {
	for {
		f.mu.Lock()
		body, ended, err := f.body, f.ended, f.err
		if at < len(body) || ended {
			f.mu.Unlock()
			switch {
			case at < len(body):
				return body[at:len(body):len(body)], nil
			case err == nil:
				return nil, io.EOF
			}
			return nil, errors.Join(ErrCut, err)
		}
		changed := f.more()
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
