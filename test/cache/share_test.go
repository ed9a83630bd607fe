package cache_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestAThousandEqualStreamsAreOneCallToTheVendor(t *testing.T) {
	var n counter
	const callers = 1000
	var begun atomic.Int64 // callers who have the answer's head
	up := testup.New(t, func(c *testup.Call) {
		n.next()
		c.Stream(func(i int) {
			if i == 2 {
				wait(t, func() bool { return begun.Load() == callers })
			}
		}, chatStream("one two three four five six")...)
	})
	g := start(t, up, "{ ttl: 5m }")
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: callers, MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	bodies := make([][]byte, callers)
	words := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			resp, err := client.Do(g.Request("POST", chat, []byte(ask("one/m", "hello", true))))
			if err != nil {
				t.Error(err)
				return
			}
			begun.Add(1)
			defer resp.Body.Close()
			bodies[i], err = io.ReadAll(resp.Body)
			words[i] = resp.Header.Get("sluice-cache")
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("%d, %v", resp.StatusCode, err)
			}
		})
	}
	wg.Wait()
	count := map[string]int{}
	for i := range bodies {
		count[words[i]]++
		if !bytes.Equal(bodies[i], bodies[0]) {
			t.Fatalf("caller %d got %q, caller 0 %q", i, bodies[i], bodies[0])
		}
	}
	if n.count() != 1 || count["miss"] != 1 || count["coalesced"] != callers-1 {
		t.Errorf("%d calls to the vendor; %v", n.count(), count)
	}
}

// awaitInFlight waits until so many calls are being served, and have asked the cache.
func awaitInFlight(t testing.TB, g *testgw.Gateway, n int) {
	wait(t, func() bool { return inFlight(g) >= n })
	<-time.After(100 * time.Millisecond) // they are counted before they ask it
}

func inFlight(g *testgw.Gateway) (n int) {
	resp, err := http.Get(g.Admin + "/metrics")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "sluice_requests_in_flight "); ok {
			_, _ = fmt.Sscan(v, &n)
		}
	}
	return n
}

func TestALeaderWhoLeavesHarmsNoFollower(t *testing.T) {
	const events = 9
	up := testup.New(t, nil)
	g := start(t, up, "{ ttl: 5m }")
	for at := range events {
		for _, model := range []string{"one/m", "ant/c"} {
			var n counter
			steps, reached := make(chan struct{}), make(chan int, 100)
			says := fmt.Sprint("hello at ", at)
			pieces := chatStream("one two three four")
			if model == "ant/c" {
				pieces = messagesStream("one two three four")
			}
			up.Script(func(c *testup.Call) {
				n.next()
				c.Stream(func(i int) {
					reached <- i
					<-steps
				}, pieces...)
			})
			ctx, leave := context.WithCancel(t.Context())
			lead := g.Request("POST", chat, []byte(ask(model, says, true))).WithContext(ctx)
			var wg sync.WaitGroup
			wg.Go(func() {
				if resp, err := http.DefaultClient.Do(lead); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
			<-reached
			var followers [2]*answer
			for i := range followers {
				wg.Go(func() { followers[i] = call(t, g, chat, ask(model, says, i == 0)) })
			}
			awaitInFlight(t, g, 3)
			for range min(at, len(pieces)) { // so many events go out before the leader leaves
				select {
				case steps <- struct{}{}:
				case <-time.After(time.Minute):
				}
			}
			leave()
			close(steps)
			wg.Wait()
			for i, f := range followers {
				if f.StatusCode != 200 || text(f) != "one two three four" || f.err != nil {
					t.Errorf("%s, left at %d: follower %d got %d %q, %v, %s", model, at, i, f.StatusCode, text(f), f.err, f.body)
				}
			}
			if n.count() != 1 {
				t.Errorf("%s, left at %d: %d calls", model, at, n.count())
			}
			if a := call(t, g, chat, ask(model, says, true)); a.cache() != "hit" {
				t.Errorf("%s, left at %d: the answer was not kept: %s", model, at, a.cache())
			}
		}
	}
}

func TestALeaderWhoFailsDoesNotFailItsFollowers(t *testing.T) {
	var n counter
	const callers = 20
	g := (*testgw.Gateway)(nil)
	up := testup.New(t, func(c *testup.Call) {
		if n.next() == 1 {
			awaitInFlight(t, g, callers)
			c.JSON(500, `{"error":{"message":"no"}}`)
			return
		}
		n.vendor(c)
	})
	g = start(t, up, "{ ttl: 5m }")
	var failed counter
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			if a := call(t, g, chat, ask("one/m", "hello", i%2 == 0)); a.StatusCode != 200 {
				failed.next()
			} else if !strings.HasPrefix(text(a), "answer") {
				t.Errorf("%s", a.body)
			}
		})
	}
	wg.Wait()
	if failed.count() != 1 {
		t.Errorf("%d failed", failed.count())
	}
}

func TestASlowLeaderHoldsNoFollowerUp(t *testing.T) {
	big := strings.Repeat("word ", 400_000) // 2 MB: more than sockets hold
	var n counter
	g := (*testgw.Gateway)(nil)
	up := testup.New(t, func(c *testup.Call) {
		n.next()
		c.Stream(func(i int) {
			if i == 1 {
				awaitInFlight(t, g, 2)
			}
		}, pieces(big)...)
	})
	g = start(t, up, "{ ttl: 5m, max_entry: 64MiB }")
	slow, err := http.DefaultClient.Do(g.Request("POST", chat, []byte(ask("one/m", "hello", true))))
	if err == nil {
		defer slow.Body.Close() // and reads nothing
	}
	var first sync.WaitGroup
	var a *answer
	first.Go(func() { a = call(t, g, chat, ask("one/m", "hello", true)) })
	first.Wait()
	if a.StatusCode != 200 || text(a) != big || a.cache() != "coalesced" {
		t.Errorf("%d %s, %d bytes", a.StatusCode, a.cache(), len(a.body))
	}
	if err == nil {
		b, err := io.ReadAll(slow.Body)
		if got := text(&answer{Response: slow, body: b}); err != nil || got != big {
			t.Errorf("the leader got %d bytes, %v", len(got), err)
		}
	}
	if n.count() != 1 {
		t.Errorf("%d calls", n.count())
	}
}

// pieces is a stream of a long text in pieces of 8 KB.
func pieces(text string) (out []string) {
	all := chatStream("x")
	out = append(out, all[0])
	for len(text) > 0 {
		n := min(len(text), 8<<10)
		out = append(out, chatStream(strings.ReplaceAll(text[:n], " ", "_"))[1])
		out[len(out)-1] = strings.ReplaceAll(out[len(out)-1], "_", " ")
		text = text[n:]
	}
	return append(out, all[2:]...)
}

func TestACallThatNobodyWaitsForAnyMoreEnds(t *testing.T) {
	gone := make(chan struct{})
	g := (*testgw.Gateway)(nil)
	up := testup.New(t, func(c *testup.Call) {
		c.Stream(nil, chatStream("one two")[:2]...)
		<-c.Gone()
		close(gone)
	})
	g = start(t, up, "{ ttl: 5m }")
	var wg sync.WaitGroup
	ctx, leave := context.WithCancel(t.Context())
	for range 3 {
		wg.Go(func() {
			resp, err := http.DefaultClient.Do(g.Request("POST", chat, []byte(ask("one/m", "hello", true))).WithContext(ctx))
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	awaitInFlight(t, g, 3)
	leave()
	select {
	case <-gone:
	case <-time.After(time.Minute):
		t.Error("the vendor's call goes on though all have left")
	}
	wg.Wait()
}
