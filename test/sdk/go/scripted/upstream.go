package scripted

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// Upstream replays exchanges. It stops with its test. It is safe for concurrent use.
type Upstream struct {
	URL string

	t         testing.TB
	exchanges []*Exchange
	corpus    map[string]*Recorded

	mu    sync.Mutex
	calls map[string][]*testup.Call
}

// patience bounds every wait for the other side of a test.
const patience = 10 * time.Second

// New starts an upstream with the exchanges below a folder.
func New(t testing.TB, dir string) *Upstream {
	t.Helper()
	all, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	u := &Upstream{t: t, exchanges: all, corpus: map[string]*Recorded{}, calls: map[string][]*testup.Call{}}
	u.URL = testup.New(t, u.serve).URL
	return u
}

func (u *Upstream) serve(c *testup.Call) {
	if strings.HasPrefix(c.URI, "/script/") {
		u.control(c)
		return
	}
	if r := u.recorded(c); r != nil {
		r.replay(c)
		return
	}
	x := u.choose(c)
	if x == nil {
		u.t.Errorf("the scripted upstream has no exchange for %s %s %.2000s", c.Method, c.URI, c.Body)
		c.JSON(500, `{"error":{"message":"the scripted upstream has no exchange for this"}}`)
		return
	}
	u.mu.Lock()
	u.calls[x.Name] = append(u.calls[x.Name], c)
	u.mu.Unlock()
	u.play(c, x)
}

func (u *Upstream) choose(c *testup.Call) *Exchange {
	var best *Exchange
	top := -1
	for _, x := range u.exchanges {
		if n := x.fits(c); n > top {
			best, top = x, n
		}
	}
	return best
}

func (u *Upstream) play(c *testup.Call, x *Exchange) {
	own := func(text string) string { return strings.ReplaceAll(text, "{{URL}}", u.URL) }
	for _, h := range x.Header {
		c.Set(h[0], own(h[1]))
	}
	if !x.stream() {
		c.Answer(x.Status, x.header("content-type"), []byte(own(x.Body)))
		return
	}
	c.Stream(func(i int) {
		switch {
		case x.Pause > 0 && i == x.Pause:
			wait(c, x.release)
		case x.Hang > 0 && i == x.Hang:
			if wait(c, nil) {
				x.gone <- time.Now()
			}
		}
	}, testup.Events(x.Body)...)
}

// wait waits for a release, and reports whether the caller left instead.
func wait(c *testup.Call, release <-chan struct{}) bool {
	select {
	case <-release:
	case <-c.Gone():
		return true
	case <-time.After(patience):
	}
	return false
}

func (u *Upstream) named(name string) *Exchange {
	u.t.Helper()
	for _, x := range u.exchanges {
		if x.Name == name {
			return x
		}
	}
	u.t.Errorf("there is no exchange %q", name)
	return u.exchanges[0]
}

// Release lets one paused stream of an exchange go on.
func (u *Upstream) Release(name string) { u.named(name).release <- struct{}{} }

// Gone waits until a hanging stream's caller has left, and says when that was noticed.
func (u *Upstream) Gone(name string) time.Time {
	u.t.Helper()
	select {
	case at := <-u.named(name).gone:
		return at
	case <-time.After(patience):
		u.t.Errorf("%s: the upstream never saw its caller leave", name)
		return time.Time{}
	}
}

// Calls gives the requests that an exchange has answered so far.
func (u *Upstream) Calls(name string) []*testup.Call {
	u.named(name)
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]*testup.Call(nil), u.calls[name]...)
}

// Last gives the newest request that an exchange has answered.
func (u *Upstream) Last(name string) *testup.Call {
	u.t.Helper()
	calls := u.Calls(name)
	if len(calls) == 0 {
		u.t.Fatalf("the exchange %q was not asked for", name)
	}
	return calls[len(calls)-1]
}
