// Package corpus_test sends recorded traffic of real vendors through a whole running
// gateway and compares both sides byte by byte, and its entries with what the vendors
// reported. What is expected is read with encoding/json here, never by the code under test.
package corpus_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// workers is how many recordings are on their way at once.
const workers = 8

// play is one recording and what became of it.
type play struct {
	r     *recording
	h     home
	asks  []*ask
	wrong []string
	calls []*call
}

// call is one request through the gateway that waits for its entry.
type call struct {
	ask    *ask
	how    cutting
	id     string
	want   *reading
	out    outcome
	status int
	resp   *http.Response
	cost   bool // it is known
}

func TestRecordedTrafficPassesUnchangedAndIsAccounted(t *testing.T) {
	table := newTable()
	var plays, later []*play
	homes := map[string]home{}
	for _, r := range load(t) {
		h, why := homeOf(r)
		if why != "" {
			table.leaveOut(r, why)
			continue
		}
		if r.request.Method == http.MethodGet && strings.HasSuffix(r.request.Path, "/responses") {
			table.leaveOut(r, "a WebSocket's handshake, which this version does not relay")
			continue
		}
		p := &play{r: r, h: h, asks: asks(r, &h)}
		if len(p.asks) == 0 {
			table.leaveOut(r, "the root of a host cannot be written as a native path")
			continue
		}
		homes[h.name] = h
		if p.named() {
			later = append(later, p)
		} else {
			plays = append(plays, p)
		}
	}
	s := newStage(t, homes)
	s.all(plays, workers)
	s.all(later, 1) // ids of different vendors may be the same text
	s.checkEntries(t, append(plays, later...))
	for _, p := range append(plays, later...) {
		table.add(p.r, p.unread(), p.shortfall(), p.wrong)
	}
	table.report(t)
	count(t, append(plays, later...))
}

// count prints how often each kind of thing was looked at, and fails when one never was:
// then this test proves less than it says.
func count(t *testing.T, plays []*play) {
	t.Helper()
	seen := map[string]int{}
	for what := range (&call{ask: &ask{}, want: &reading{}}).facts(&recording{}, &home{}) {
		seen[what] = 0
	}
	calls := 0
	for _, p := range plays {
		for _, c := range p.calls {
			calls++
			for what, is := range c.facts(p.r, &p.h) {
				if is {
					seen[what]++
				}
			}
		}
	}
	for what, n := range seen {
		if n == 0 {
			t.Errorf("no call had %s", what)
		}
	}
	t.Logf("%d calls, among them %v", calls, seen)
}

// facts say what a call had to show.
func (c *call) facts(r *recording, h *home) map[string]bool {
	return map[string]bool{
		"usage asked for and hidden again":         c.ask.adds && len(c.out.body) < len(r.body),
		"errors passed on":                         c.out.how == same && r.Status >= 400,
		"errors rendered":                          c.out.how == rendered && r.Status >= 400,
		"errors inside a 200":                      c.out.how == rendered && r.Status < 400,
		"errors inside a stream":                   c.out.code == inStream,
		"cut streams":                              c.out.how == begun,
		"usage compared":                           r.Status < 400 && len(c.want.usage) > 0,
		"costs known":                              c.cost,
		"characters counted":                       c.want.usage["unit:characters"] > 0,
		"deployments that override the body":       c.ask.overrides,
		"uploads gone on with":                     r.query(uploadID) != "",
		"objects kept beside what the kind serves": c.ask.endpoint != nil && !h.serves(c.ask.endpoint),
		"binary event streams":                     r.Framing == "eventstream",
		"streams of JSON lines":                    r.Framing == "ndjson",
		"requests signed":                          h.identity == bySignature,
		"tokens of a service account":              h.identity == byAccount,
		"models written into the vendor's path":    c.ask.arrives != "" && c.ask.arrives != r.request.Path,
	}
}

// named reports whether a request names objects, which must be made first.
func (p *play) named() bool {
	for _, a := range p.asks {
		if len(a.names(p.r)) > 0 {
			return true
		}
	}
	return false
}

// unread says why nothing of the answer can be accounted for; "" = it is.
func (p *play) unread() string {
	for _, a := range p.asks {
		if a.op != passthrough {
			return ""
		}
	}
	for _, path := range []string{p.h.dataPlane(p.r.request.Path), p.h.tail(p.r.request.Path)} {
		e := find(p.r.request.Method, path, func(*endpoint) bool { return true })
		switch {
		case e == nil:
		case slices.Contains(p.h.spec.Operations, llm.Operation(e.op)):
			return "passed on unread, since kind " + p.h.spec.Name + " does not speak the dialect of the path"
		default:
			return "passed on unread, since kind " + p.h.spec.Name + " has no operation " + e.op
		}
	}
	return "passed on unread, since no dialect has the path"
}

// shortfall says what Sluice does not read of an answer that it does read; "" = nothing.
func (p *play) shortfall() string {
	for _, c := range p.calls {
		if c.want.inHead {
			return "counted by the vendor in the answer's head alone, which Sluice does not read: no usage"
		}
	}
	return ""
}

func (p *play) fail(c *call, why string) {
	p.wrong = append(p.wrong, fmt.Sprintf("[%s, %s] %s", c.ask.door, c.how, why))
}

// stage is the gateway between this test as caller and as vendor.
type stage struct {
	gateway   *testgw.Gateway
	vendors   *upstream
	client    *http.Client
	catalogue *account.Catalogue
}

func newStage(t *testing.T, homes map[string]home) *stage {
	t.Helper()
	catalogue, err := account.Load()
	if err != nil {
		t.Fatal(err)
	}
	u := newUpstream(t)
	transport := &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &stage{
		gateway:   testgw.StartWith(t, testgw.Options{Config: config(u.url, homes), Env: map[string]string{"VENDOR_KEY": vendorKey, "VENDOR_ACCOUNT": serviceAccount(t)}}),
		vendors:   u,
		client:    &http.Client{Transport: transport},
		catalogue: catalogue,
	}
}

func (s *stage) all(plays []*play, workers int) {
	next := make(chan *play)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for p := range next {
				s.play(p)
			}
		})
	}
	for _, p := range plays {
		next <- p
	}
	close(next)
	group.Wait()
}

// smallStream is the size up to which an answer may come byte by byte.
const smallStream = 12 << 10

// play sends a recording by every door, its answer cut in different ways.
func (s *stage) play(p *play) {
	for i, a := range p.asks {
		s.call(p, a, cutting((p.r.seed()+uint64(i))%2))
	}
	if p.r.streams() {
		s.call(p, p.asks[0], otherwise)
	}
	if p.r.seed()%8 == 0 && len(p.r.body) <= smallStream {
		s.call(p, p.asks[0], byteByByte)
	}
}

func (s *stage) call(p *play, a *ask, how cutting) {
	c := &call{ask: a, how: how, want: read(p.r, a)}
	for _, o := range a.names(p.r) {
		if err := o.make(s, &p.h); err != nil {
			p.fail(c, err.Error())
			return
		}
	}
	mark := fmt.Sprintf("%s %s %s", p.r.Name, a.door, how)
	reply := recorded(p.r, how.cut(p.r))
	defer s.vendors.expect(mark, reply)()
	req, err := http.NewRequest(p.r.request.Method, s.gateway.URL+a.path, strings.NewReader(string(a.body)))
	if err != nil {
		p.fail(c, err.Error())
		return
	}
	req.Header = a.header.Clone()
	req.Header.Set(marker, mark)
	resp, err := s.client.Do(req)
	if err != nil {
		p.fail(c, err.Error())
		return
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	c.resp, c.status, c.id = resp, resp.StatusCode, resp.Header.Get("sluice-request-id")
	c.out = a.wanted(p.r, &p.h, c.want)
	if why := s.arrived(p, c, &reply.got, body, err); why != "" {
		p.fail(c, why)
		return
	}
	p.calls = append(p.calls, c)
}

func (s *stage) arrived(p *play, c *call, got *arrival, body []byte, err error) string {
	if got.times == 0 {
		return fmt.Sprintf("it did not reach the vendor: status %d, %.300s", c.status, body)
	}
	if err != nil {
		return "reading the answer: " + err.Error()
	}
	if why := c.ask.arrived(p.r, &p.h, got); why != "" {
		return why
	}
	return c.out.answered(p.r, &p.h, c.ask, c.resp, body)
}

func (s *stage) checkEntries(t *testing.T, plays []*play) {
	t.Helper()
	var ids []string
	for _, p := range plays {
		for _, c := range p.calls {
			ids = append(ids, c.id)
		}
	}
	entries := allEntries(t, s.gateway, ids)
	for _, p := range plays {
		for _, c := range p.calls {
			e := entries[c.id]
			why := kept(c.ask, p.r, &p.h, c.want, &c.out, c.status, e)
			if why == "" {
				why = priced(s.catalogue, c.ask, &p.h, c.want, &c.out, e)
			}
			if why == "" {
				why = told(c.resp, e)
			}
			if why != "" {
				p.fail(c, why)
				continue
			}
			c.cost = e.Cost.Known
		}
	}
}
