package proxy

import (
	"net/http"
	"sync"
	"time"
)

// commitment sends the head of a stream of which nothing has come for long, and then a
// comment from time to time, so that the caller and what stands between keep waiting
// while targets are still tried. It works beside the request's goroutine and touches the
// answer alone, until end.
type commitment struct {
	w       http.ResponseWriter
	head    [][2]string
	comment []byte // nil = the caller's dialect has none
	every   time.Duration
	bound   time.Duration // of one write; 0 = the connection has a bound of its own

	mu    sync.Mutex
	timer *time.Timer
	sent  bool
	over  bool
}

// commitLater begins to wait, unless the call waits already. Of a hedged call the race does.
func (x *exchange) commitLater() {
	if x.commits != nil || x.hedged || x.story.goesOn() {
		return
	}
	c := &commitment{w: x.w, every: x.commitEvery(), comment: x.dialect.KeepAlive, sent: x.committed}
	if x.r.ProtoMajor != 1 {
		c.bound = x.view.Limits.WriteIdle
	}
	c.head = [][2]string{
		{"Content-Type", x.streamType()}, {"X-Accel-Buffering", "no"},
		{"Sluice-Request-Id", x.id}, {"Sluice-Gateway", x.gw.Name}, {"Sluice-Cache", x.cacheWord()},
	}
	if x.way.Route != "" {
		c.head = append(c.head, [2]string{"Sluice-Route", headerSafe(x.way.Route)})
	}
	x.tellScheme(func(name, value string) { c.head = append(c.head, [2]string{name, value}) })
	x.commits = c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(x.commitAfter(), c.send)
}

// commitAfter is for how long, from now on, nothing of a stream is sent while its targets
// are tried: it counts from when the call began to try them.
func (x *exchange) commitAfter() time.Duration {
	if x.trying.IsZero() {
		x.trying = time.Now()
	}
	return max(x.commitEvery()-time.Since(x.trying), 0)
}

func (x *exchange) commitEvery() time.Duration {
	if d := x.gw.CommitAfter; d > 0 {
		return d
	}
	return commitAfter
}

func (c *commitment) send() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return
	}
	if !c.sent {
		c.sent = true
		for _, f := range c.head {
			c.w.Header().Set(f[0], f[1])
		}
		c.w.WriteHeader(http.StatusOK)
	}
	if c.comment != nil {
		if c.bound > 0 {
			_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(c.bound))
		}
		_, _ = c.w.Write(c.comment) // that the caller left is noticed where its stream is read
	}
	if f, ok := c.w.(http.Flusher); ok {
		f.Flush()
	}
	c.timer.Reset(c.every)
}

// end stops the comments, and reports whether the head is out. A nil commitment has sent
// nothing.
func (c *commitment) end() (sent bool) {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.timer.Stop()
	return c.sent
}

// settle reports whether the head is out; if it is not, it stays so.
func (c *commitment) settle() (sent bool) {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = c.over || !c.sent
	return c.sent
}

// going gives the commitment while it goes on, else nil.
func (c *commitment) going() *commitment {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return nil
	}
	return c
}

// tooLate reports whether the head of a stream is out, so that no answer in one piece can
// follow. If it is not, none goes out by itself any more.
func (x *exchange) tooLate() bool {
	c := x.commits
	if r, ok := x.w.(*runner); ok {
		c = r.race.commits
	}
	sent := c.settle()
	x.commits = x.commits.going()
	return sent || x.committed
}

// endCommitment stops the comments. From here on the answer is the request's own
// goroutine's; its head may be out.
func (x *exchange) endCommitment() {
	c := x.commits
	if c == nil {
		return
	}
	x.commits = nil
	if c.end() {
		x.wrote, x.committed, x.status = true, true, http.StatusOK
		x.begunAs = x.streamType()
	}
}

// tellLate ends, with an error event, a stream of which the caller has nothing but the
// head.
func (x *exchange) tellLate() {
	x.committed = false
	var event []byte
	switch {
	case x.story.goesOn():
		event = x.story.failure(x, x.safe(x.failed))
	case x.asksArray():
		_, event = x.dialect.FormatError(x.safe(x.failed), x.id)
		event = append(append([]byte{'['}, event...), ']')
	case x.dialect.FormatStreamError == nil:
		x.abort = true
		return
	default:
		event = x.dialect.FormatStreamError(x.safe(x.failed), x.id)
	}
	x.answerKept.add(event)
	if x.write(event) == nil {
		x.servedTrailer()
		x.costTrailer()
		x.flush()
	}
}

// servedTrailer says behind a stream what its head could not yet say.
func (x *exchange) servedTrailer() {
	if x.lane == nil {
		return
	}
	h := x.w.Header()
	h[http.TrailerPrefix+"Sluice-Provider"] = []string{x.lane.provider.Name}
	h[http.TrailerPrefix+"Sluice-Model"] = []string{headerSafe(x.target.Model)}
	h[http.TrailerPrefix+"Sluice-Attempts"] = []string{attemptsWord(len(x.attempts))}
}
