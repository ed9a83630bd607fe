package chaos_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// keys are the credentials of the vendors.
var keys = map[string]string{"KEY_A": "vendor-key-aaaaaaaa", "KEY_B": "vendor-key-bbbbbbbb", "KEY_C": "vendor-key-cccccccc"}

// patience are time limits that a test can wait for, and no repeats; resolute is for hosts
// that fail at once, however slow the machine.
const (
	patience = "retries: { max: 0 }, timeouts: { connect: " + wait + ", first_byte: " + wait + ", first_event: " + wait + ", idle: " + wait + " }"
	resolute = "retries: { max: 0 }"
)

// provide writes a provider of each dialect, named prefix-dialect.
func provide(prefix, url, rest string) string {
	var out strings.Builder
	for _, d := range callers {
		fmt.Fprintf(&out, "  %s-%s: { kind: %s, base_url: %s%s, api_key: env:KEY_A, models: { m: {} }, %s }\n", prefix, d, vendors[d].kind, url, vendors[d].base, rest)
	}
	return out.String()
}

// start runs a gateway with the vendors' keys.
func start(t testing.TB, config string) *testgw.Gateway {
	t.Helper()
	return testgw.StartWith(t, testgw.Options{Config: "discover: false\n" + config, Env: keys})
}

// well answers a call with the second vendor's text.
func well(c *testup.Call) { called(c).answer(c, omega) }

// perModel answers calls by scripts that are known by the model that is called.
type perModel struct {
	mu      sync.Mutex
	scripts map[string]func(*testup.Call)
	calls   map[string]int
}

func newPerModel() *perModel {
	return &perModel{scripts: map[string]func(*testup.Call){}, calls: map[string]int{}}
}

var modelID = regexp.MustCompile(`x\d+x`)

// add gives the model under which a script is known.
func (p *perModel) add(script func(*testup.Call)) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("x%dx", len(p.scripts))
	p.scripts[id] = script
	return id
}

func (p *perModel) serve(c *testup.Call) {
	id := modelID.FindString(c.URI)
	if id == "" {
		id = modelID.FindString(string(c.Body))
	}
	p.mu.Lock()
	script := p.scripts[id]
	p.calls[id]++
	p.mu.Unlock()
	if script == nil {
		c.JSON(500, `{"error":{"message":"nobody has written what to do"}}`)
		return
	}
	script(c)
}

func (p *perModel) asked(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[id]
}

// closedPort is an address at which nobody listens, nor will: systems do not give away its
// port.
const closedPort = "127.0.0.1:1"

// mute is the address of a host that takes connections and says nothing.
func mute(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		for _, c := range open {
			c.Close()
		}
	})
	return l.Addr().String()
}

// untrusted is the URL of a host whose certificate nobody has signed.
func untrusted(t testing.TB) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// each runs n jobs, some at a time.
func each(n int, job func(i int)) { eachOf(24, n, job) }

// eachOf runs n jobs, so many at a time.
func eachOf(workers, n int, job func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range workers {
		wg.Go(func() {
			for i := range next {
				job(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// told writes down what an entry says of its attempts.
func told(e *gateway.Entry) string {
	var out []string
	for i := range e.Attempts {
		a := &e.Attempts[i]
		out = append(out, fmt.Sprintf("%s %d %s", a.Provider, a.Status, a.Fault))
	}
	return strings.Join(out, ", ")
}
