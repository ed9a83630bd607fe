package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/alert"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// hook is a server that keeps what it gets, and answers by a script.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	ids    []string
}

func newHook(t *testing.T, answer http.HandlerFunc) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		h.mu.Lock()
		h.bodies, h.ids = append(h.bodies, string(body)), append(h.ids, r.Header.Get("sluice-alert-id"))
		h.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) got() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bodies
}

const secretPath = "/services/T000/MARKER-4f1d"

func TestAnAlertGoesToAllChannelsOnce(t *testing.T) {
	web, slack := newHook(t, nil), newHook(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	o := newOffice(t, catalog.Channel{Name: "web", Webhook: web.URL + secretPath}, catalog.Channel{Name: "slack", Slack: slack.URL + secretPath})
	a, stop := o.start()
	b, _ := o.start() // another node
	s := standing(800)
	s.Values = "user=<!channel> & co"
	a.Note(s)
	b.Note(s)
	eventually(t, "both thresholds are delivered", o.delivered(2))
	stop()
	if w, s := len(web.got()), len(slack.got()); w != 2 || s != 2 {
		t.Fatalf("the webhook got %d, slack %d", w, s)
	}
	for _, one := range o.alerts() {
		if !strings.Contains(strings.Join(web.got(), "\n"), string(one.Payload)) || !strings.Contains(strings.Join(web.ids, " "), one.ID) {
			t.Errorf("%s did not get there: %v %v", one.Payload, web.got(), web.ids)
		}
		if diff := cmp.Diff([]string{"slack", "web"}, sorted(one.Reached)); diff != "" || one.Tries != 0 || one.LastError != "" {
			t.Errorf("%s %+v", diff, one)
		}
	}
	var m struct {
		Text   string
		Blocks []map[string]any
	}
	if err := json.Unmarshal([]byte(slack.got()[0]), &m); err != nil || len(m.Blocks) < 2 {
		t.Fatal(err, slack.got()[0])
	}
	for _, want := range []string{"Budget month has reached", "user=&lt;!channel&gt; &amp; co", "$8 of $10 (80.0 %)", "https://sluice.example.com"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("slack's text lacks %q: %s", want, m.Text)
		}
	}
	if strings.Contains(o.log.String(), "MARKER") {
		t.Error("the log holds a channel's address")
	}
}

func sorted(list []string) []string {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	out := []string{}
	for _, s := range []string{"bad", "good", "mail", "slack", "web"} {
		if set[s] {
			out = append(out, s)
		}
	}
	return out
}

func TestAGatewayWithoutChannelsHasItsAlertsShownAlone(t *testing.T) {
	o := newOffice(t)
	a, _ := o.start()
	s := standing(510)
	s.Gateway = "gone"
	a.Note(s)
	eventually(t, "it is out of the outbox", o.delivered(1))
}

func TestWhyAChannelFailedIsShownWithoutItsAddress(t *testing.T) {
	var followed atomic.Int64
	other := newHook(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	answers := func(status int, header ...string) string {
		return newHook(t, func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			io.WriteString(w, strings.Repeat("MARKER", 100_000)) // more than is read
		}).URL
	}
	secure := httptest.NewTLSServer(nil)
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	for name, c := range map[string]struct{ url, want string }{
		"an error":                   {answers(500), "bad: it answered 500"},
		"gone":                       {answers(404), "bad: it answered 404"},
		"a redirect":                 {answers(307, "Location", other.URL), "bad: it answered 307; redirects are not followed"},
		"too many":                   {answers(429, "Retry-After", "7"), "bad: it answered 429"},
		"nobody there":               {"http://127.0.0.1:1", "bad: it cannot be reached: connection refused"},
		"no such name":               {"http://sluice-test.invalid", "bad: its host name cannot be resolved"},
		"a certificate of strangers": {secure.URL, "bad: its certificate is not trusted, or not for its name"},
		"no TLS":                     {strings.Replace(other.URL, "http:", "https:", 1), "bad: the connection failed"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, catalog.Channel{Name: "bad", Webhook: c.url + secretPath})
			a, _ := o.start()
			a.Note(standing(510))
			eventually(t, "the failure is written down", func() bool { return len(o.alerts()) == 1 && o.alerts()[0].Tries == 1 })
			one := o.alerts()[0]
			if one.LastError != c.want {
				t.Errorf("%q, want %q", one.LastError, c.want)
			}
			if strings.Contains(o.log.String()+one.LastError, "MARKER") || !strings.Contains(o.log.String(), c.want) {
				t.Errorf("the log: %s", o.log)
			}
		})
	}
	if followed.Load() > 0 {
		t.Error("a redirect was followed")
	}
}

// lines are the net inside a bubble of time: by host, a script.
type lines map[string]func(*http.Request) (*http.Response, error)

func (l lines) RoundTrip(r *http.Request) (*http.Response, error) { return l[r.URL.Host](r) }

func status(code int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("ok"))}
}

// calls notes when a host was called, and answers with the codes in turn, the last for
// ever.
type calls struct {
	mu sync.Mutex
	at []time.Time
}

func (c *calls) answer(codes ...int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.at = append(c.at, time.Now())
		return status(codes[min(len(c.at), len(codes))-1]), nil
	}
}

func (c *calls) times() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

var twoChannels = []catalog.Channel{{Name: "bad", Webhook: "http://bad.example"}, {Name: "good", Slack: "http://good.example"}}

func TestAChannelThatWorkedGetsNothingAgainWhenAnotherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels...)
		var bad, good calls
		o.Transport = lines{"bad.example": bad.answer(500, 502, 500, 500, 204), "good.example": good.answer(200)}
		a, stop := o.start()
		a.Note(standing(510))
		time.Sleep(15 * time.Second)
		if one := o.alerts()[0]; one.Delivered != nil || sorted(one.Reached)[0] != "good" || one.LastError == "" {
			t.Errorf("%+v", one)
		}
		stop()
		o.start() // what worked is known after a restart
		time.Sleep(10 * time.Minute)
		if b, g := len(bad.times()), len(good.times()); b != 5 || g != 1 {
			t.Errorf("bad was called %d times, good %d", b, g)
		}
		if one := o.alerts()[0]; one.Delivered == nil || one.Tries != 4 || one.LastError != "" {
			t.Errorf("%+v", one)
		}
	})
}

// patient is an outbox that answers when something is due, so that months pass quickly.
type patient struct {
	alert.Store
	o *office
}

func (p patient) DueAlerts(_ context.Context, _ time.Time, lease time.Duration, limit int) ([]gateway.Alert, error) {
	time.Sleep(time.Second) // what is being sent has been answered then, and is written down
	if all := p.o.alerts(); len(all) > 0 {
		time.Sleep(min(time.Until(all[0].NextTry), 40*24*time.Hour))
	}
	return p.Store.DueAlerts(context.Background(), time.Now(), lease, limit)
}

func TestTriesComeRarerAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels[0])
		var bad calls
		o.Transport = lines{"bad.example": bad.answer(500)}
		o.Options.Store = patient{o.store, o}
		a, _ := o.start()
		a.Note(standing(510))
		began := time.Now()
		time.Sleep(60 * 24 * time.Hour)
		at := bad.times()
		first, day, month := at[1].Sub(at[0]), 0, 0
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap > 24*time.Hour+2*poll {
				t.Errorf("a wait of %v", gap)
			}
			if at[i].Sub(began) < 24*time.Hour {
				day++
			} else {
				month++
			}
		}
		if first < 5*time.Second || first > 10*time.Second+poll || day < 25 || day > 60 || month < 28 || month > 62 {
			t.Errorf("first wait %v, %d on the first day, %d after", first, day, month)
		}
		if last := at[len(at)-1].Sub(began); last > 32*24*time.Hour {
			t.Errorf("still tried after %v", last)
		}
		if one := o.alerts()[0]; one.Delivered != nil || one.NextTry.Year() != 9999 {
			t.Errorf("%+v", one)
		}
	})
}

// poll is how often the outbox is looked into.
const poll = 5 * time.Second

func TestAChannelThatAsksForAPauseGetsIt(t *testing.T) {
	for name, header := range map[string]string{"seconds": "600", "a date": time.Date(2000, 1, 1, 0, 10, 0, 0, time.UTC).Format(http.TimeFormat)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, twoChannels...)
				var bad, good calls
				began := time.Now() // midnight of 2000
				answer := bad.answer(200)
				o.Transport = lines{"good.example": good.answer(200), "bad.example": func(r *http.Request) (*http.Response, error) {
					resp, err := answer(r)
					if len(bad.times()) == 1 {
						return status(429, "Retry-After", header), nil
					}
					return resp, err
				}}
				a, _ := o.start()
				a.Note(standing(510))
				time.Sleep(time.Minute)
				a.Note(standing(810)) // a second alert: its channel rests
				time.Sleep(14 * time.Minute)
				at := bad.times()
				if len(at) != 3 || at[1].Sub(began) < 10*time.Minute || at[1].Sub(began) > 12*time.Minute {
					t.Errorf("called at %v", at)
				}
				if len(good.times()) != 2 || good.times()[1].Sub(began) > 2*time.Minute {
					t.Errorf("the other was called at %v", good.times())
				}
				if !o.delivered(2)() {
					t.Error("not delivered")
				}
			})
		})
	}
}

func TestASlowChannelIsGivenUpAndDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels...)
		var good calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		began := time.Now()
		a, _ := o.start()
		a.Note(standing(510))
		time.Sleep(20 * time.Second)
		if at := good.times(); len(at) != 1 || at[0].Sub(began) > time.Second {
			t.Errorf("the other was called at %v", at)
		}
		if one := o.alerts()[0]; one.LastError != "bad: it did not answer in time" {
			t.Errorf("%+v", one)
		}
	})
}

// dead is the store of a process that was killed: it hears nothing more.
type dead struct {
	alert.Store
	killed atomic.Bool
}

var errKilled = errors.New("killed")

func (d *dead) AlertReached(ctx context.Context, id string, channels []string) error {
	if d.killed.Load() {
		return errKilled
	}
	return d.Store.AlertReached(ctx, id, channels)
}

func (d *dead) AlertDelivered(ctx context.Context, id string, at time.Time) error {
	if d.killed.Load() {
		return errKilled
	}
	return d.Store.AlertDelivered(ctx, id, at)
}

func (d *dead) AlertFailed(ctx context.Context, id, reason string, next time.Time) error {
	if d.killed.Load() {
		return errKilled
	}
	return d.Store.AlertFailed(ctx, id, reason, next)
}

func TestWhatAKilledProcessWasSendingIsDeliveredByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels...)
		one := &dead{Store: o.store}
		o.Options.Store = one
		var good, bad calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		a, stop := o.start()
		a.Note(standing(510))
		time.Sleep(time.Second)
		one.killed.Store(true) // good has it, bad is being sent to
		stop()

		o.Options.Store, o.Transport = o.store, lines{"good.example": good.answer(200), "bad.example": bad.answer(200)}
		o.start()
		time.Sleep(time.Minute)
		if len(bad.times()) > 0 {
			t.Error("sent while the first may still be at it")
		}
		time.Sleep(2 * time.Minute)
		if b, g := len(bad.times()), len(good.times()); b != 1 || g != 1 || !o.delivered(1)() {
			t.Errorf("bad was called %d times, good %d: %+v", b, g, o.alerts())
		}
	})
}

func TestAStoppedProcessLeavesWhatItWasSendingToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels...)
		var good, bad calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		a, stop := o.start()
		a.Note(standing(510))
		time.Sleep(time.Second)
		stop()
		o.Transport = lines{"good.example": good.answer(200), "bad.example": bad.answer(200)}
		o.start()
		synctest.Wait()
		if b, g := len(bad.times()), len(good.times()); b != 1 || g != 1 {
			t.Errorf("bad was called %d times, good %d", b, g)
		}
	})
}

func TestOneProcessSendsNothingTwiceWhileTheStoreCannotBeToldOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, twoChannels...)
		deaf := &dead{Store: o.store}
		deaf.killed.Store(true)
		o.Options.Store = deaf
		var good, bad calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": bad.answer(200)}
		a, _ := o.start()
		a.Note(standing(510))
		time.Sleep(10 * time.Minute)
		deaf.killed.Store(false)
		time.Sleep(10 * time.Minute)
		if b, g := len(bad.times()), len(good.times()); b != 1 || g != 1 || !o.delivered(1)() {
			t.Errorf("bad was called %d times, good %d: %+v", b, g, o.alerts())
		}
	})
}

func TestChannelsAreThoseOfTheConfigurationAsItIsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		var good, bad calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": bad.answer(500)}
		var now atomic.Pointer[[]catalog.Channel]
		before, after := twoChannels[:1], twoChannels[1:]
		now.Store(&before)
		o.Channels = func(string) []catalog.Channel { return *now.Load() }
		a, _ := o.start()
		a.Note(standing(510))
		time.Sleep(time.Second)
		now.Store(&after)
		time.Sleep(time.Minute)
		if b, g := len(bad.times()), len(good.times()); b != 1 || g != 1 || !o.delivered(1)() {
			t.Errorf("the old was called %d times, the new %d", b, g)
		}
	})
}

func TestManyAlertsAreDeliveredWithoutRepeats(t *testing.T) {
	const counters = 60
	h := newHook(t, nil)
	o := newOffice(t, catalog.Channel{Name: "web", Webhook: h.URL})
	a, _ := o.start()
	b, _ := o.start()
	for i := range counters {
		s := standing(510)
		s.Counter = [16]byte{byte(i), 9}
		a.Note(s)
		b.Note(s)
	}
	eventually(t, "all are delivered", o.delivered(counters))
	seen := map[string]int{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range h.ids {
		seen[id]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if len(seen) != counters {
		t.Errorf("%d alerts came", len(seen))
	}
}

func TestAnAlertNobodyCanReadStopsNoOther(t *testing.T) {
	h := newHook(t, nil)
	o := newOffice(t, catalog.Channel{Name: "web", Webhook: h.URL})
	if _, err := o.store.RaiseAlert(t.Context(), gateway.Alert{ID: "alt_x", Counter: "c", Payload: []byte("no JSON"), Created: time.Now(), NextTry: time.Now()}); err != nil {
		t.Fatal(err)
	}
	a, _ := o.start()
	a.Note(standing(510))
	eventually(t, "the other is delivered", o.delivered(1))
}

func TestAlertsOfLongAgoAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		for id, days := range map[string]int{"alt_old": 401, "alt_new": 399} {
			at := time.Now().AddDate(0, 0, -days)
			if _, err := o.store.RaiseAlert(t.Context(), gateway.Alert{ID: id, Counter: id, Payload: []byte("{}"), Created: at, NextTry: at, Delivered: &at}); err != nil {
				t.Fatal(err)
			}
		}
		o.start()
		synctest.Wait()
		if all := o.alerts(); len(all) != 1 || all[0].ID != "alt_new" {
			t.Errorf("%v", all)
		}
	})
}
