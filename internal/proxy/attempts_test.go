package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// provider starts a gateway with one provider, described by what follows its base URL.
func provider(t *testing.T, base, rest string) *testgw.Gateway {
	t.Helper()
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf("providers: { openai: { base_url: %s/v1, %s } }\n", base, rest),
		Env:    map[string]string{"VENDOR_KEY": vendorKey, "KEY_A": "vendor-key-aaaaaaaa", "KEY_B": "vendor-key-bbbbbbbb"},
	})
}

const twoKeys = "credentials: [ { name: a, api_key: env:KEY_A, weight: 3 }, { name: b, api_key: env:KEY_B } ]"

func TestCredentialsServeByTheirWeights(t *testing.T) {
	u := testup.New(t, answerChat)
	g := provider(t, u.URL, twoKeys)
	for range 40 {
		if resp, b := g.Post("/v1/chat/completions", chatBody); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	served := map[string]int{}
	for _, c := range u.Calls() {
		served[c.Header.Get("Authorization")]++
	}
	if a, b := served["Bearer vendor-key-aaaaaaaa"], served["Bearer vendor-key-bbbbbbbb"]; a < 28 || a > 32 || a+b != 40 {
		t.Errorf("served %v", served)
	}
	resp, b := g.Do(with(g, "POST", "/v1/chat/completions", chatBody, "sluice-credential", "b"))
	if resp.StatusCode != 200 || u.Last().Header.Get("Authorization") != "Bearer vendor-key-bbbbbbbb" {
		t.Errorf("asked for b: %d %s", resp.StatusCode, b)
	}
}

func TestARefusedOrLimitedCredentialMakesWayForTheOther(t *testing.T) {
	for status, kind := range map[int]string{401: "credential", 429: "rate_limited"} {
		u := testup.New(t, func(c *testup.Call) {
			if c.Header.Get("Authorization") == "Bearer vendor-key-aaaaaaaa" {
				c.JSON(status, `{"error":{"message":"not with this one"}}`)
				return
			}
			c.JSON(200, chatAnswer)
		})
		g := provider(t, u.URL, twoKeys+", retries: { max: 0 }")
		sawBoth := false
		for range 6 {
			resp, b := g.Post("/v1/chat/completions", chatBody)
			if resp.StatusCode != 200 || string(b) != chatAnswer {
				t.Fatalf("%d: %d %s", status, resp.StatusCode, b)
			}
			if resp.Header.Get("sluice-attempts") != "2" {
				continue
			}
			sawBoth = true
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if len(e.Attempts) != 2 || e.Attempts[0].Credential != "a" || e.Attempts[0].Fault != kind || e.Attempts[0].Status != status || e.Attempts[1].Credential != "b" || e.Attempts[1].Fault != "" || e.Credential != "b" || e.ErrorCode != "" {
				t.Errorf("%d: entry %+v", status, e)
			}
		}
		if !sawBoth {
			t.Errorf("%d: the refused credential was never tried first", status)
		}
		before := len(u.Calls())
		resp, b := g.Do(with(g, "POST", "/v1/chat/completions", chatBody, "sluice-credential", "a"))
		if resp.StatusCode == 200 || len(u.Calls()) != before+1 {
			t.Errorf("%d: a pinned credential was left: %d %s", status, resp.StatusCode, b)
		}
	}
}

func TestAFaultsKindDecidesWhetherTheSameTargetIsTriedAgain(t *testing.T) {
	cut := func(c *testup.Call) {
		c.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"id\"")
	}
	status := func(n int, header ...string) func(*testup.Call) {
		return func(c *testup.Call) {
			for i := 0; i < len(header); i += 2 {
				c.Set(header[i], header[i+1])
			}
			c.JSON(n, `{"error":{"message":"no"}}`)
		}
	}
	const all = "retries: { max: 2, backoff: { first: 1ms, max: 50ms } }"
	for name, c := range map[string]struct {
		script  func(*testup.Call)
		retries string
		calls   int
		code    string
		after   string
	}{
		"500":                           {status(500), all, 3, "upstream_error", ""},
		"503 with a short wait":         {status(503, "retry-after-ms", "5"), all, 3, "upstream_error", ""},
		"429 with a short wait":         {status(429, "retry-after-ms", "5"), all, 3, "upstream_rate_limited", "1"},
		"429 with a wait above the cap": {status(429, "retry-after", "7"), all, 1, "upstream_rate_limited", "7"},
		"a cut answer":                  {cut, all, 3, "upstream_error", ""},
		"400":                           {status(400), all, 1, "upstream_error", ""},
		"404":                           {status(404), all, 1, "upstream_error", ""},
		"401":                           {status(401), all, 1, "upstream_auth", ""},
		"max 0":                         {status(500), "retries: { max: 0 }", 1, "upstream_error", ""},
		"5xx not in the list":           {status(500), "retries: { max: 2, for: [connect, 429], backoff: { first: 1ms, max: 5ms } }", 1, "upstream_error", ""},
		"429 not in the list":           {status(429), "retries: { max: 2, for: [5xx], backoff: { first: 1ms, max: 5ms } }", 1, "upstream_rate_limited", "1"},
	} {
		u := testup.New(t, c.script)
		g := provider(t, u.URL, "api_key: env:VENDOR_KEY, "+c.retries)
		resp, b := g.Post("/v1/chat/completions", chatBody)
		if n := len(u.Calls()); n != c.calls || resp.StatusCode < 400 || resp.Header.Get("sluice-error") != c.code || resp.Header.Get("sluice-attempts") != fmt.Sprint(c.calls) {
			t.Errorf("%s: %d calls, %d %v: %s", name, n, resp.StatusCode, resp.Header, b)
		}
		if got := resp.Header.Get("Retry-After"); c.after != "" && got != c.after {
			t.Errorf("%s: retry-after %q", name, got)
		}
		if wantNo := c.calls > 1 || c.code == "upstream_auth"; (resp.Header.Get("x-should-retry") == "false") != wantNo {
			t.Errorf("%s: x-should-retry %q", name, resp.Header.Get("x-should-retry"))
		}
	}
}

func TestAVendorThatCannotBeReachedIsSaidSo(t *testing.T) {
	g := provider(t, "http://127.0.0.1:1", // nobody listens there
		"api_key: env:VENDOR_KEY, retries: { max: 1, backoff: { first: 1ms } }")
	resp, b := g.Post("/v1/chat/completions", chatBody)
	if resp.StatusCode != 502 || resp.Header.Get("sluice-error") != "upstream_unreachable" || resp.Header.Get("sluice-attempts") != "2" {
		t.Errorf("%d %v: %s", resp.StatusCode, resp.Header, b)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Attempts[0].Fault != "connect" || e.Attempts[0].Status != 0 || e.Cost.Known {
		t.Errorf("entry %+v", e)
	}
}

func TestEachPhaseOfAnAttemptHasItsTime(t *testing.T) {
	const never = "Content-Type: text/event-stream\r\n\r\n"
	hold := func(c *testup.Call) { <-c.Gone() }
	// raw answers with text and then keeps the connection until the gateway closes it.
	raw := func(text string) func(*testup.Call) {
		return func(c *testup.Call) {
			c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
				_, _ = io.WriteString(conn, text)
				_, _ = io.Copy(io.Discard, conn)
			})
		}
	}
	for name, c := range map[string]struct {
		timeouts string
		script   func(*testup.Call)
		stream   bool
		status   int
		says     string
	}{
		"first byte":             {"first_byte: 50ms", hold, false, 504, "timeouts.first_byte"},
		"first byte of a stream": {"first_byte: 50ms", hold, true, 504, "timeouts.first_byte"},
		"first event":            {"first_event: 50ms", raw("HTTP/1.1 200 OK\r\n" + never), true, 200, "timeouts.first_event"},
		"idle in an answer":      {"idle: 50ms", raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"), false, 504, "timeouts.idle"},
		"idle in a stream":       {"idle: 50ms", raw("HTTP/1.1 200 OK\r\n" + never + chatStream[:strings.LastIndex(chatStream, "data: ")]), true, 200, "timeouts.idle"},
		"total":                  {"total: 80ms", hold, false, 504, "timeouts.total"},
	} {
		u := testup.New(t, c.script)
		g := provider(t, u.URL, "api_key: env:VENDOR_KEY, retries: { max: 0 }, timeouts: { "+c.timeouts+" }")
		began := time.Now()
		resp, b := g.Post("/v1/chat/completions", strings.Replace(chatBody, "{", fmt.Sprintf(`{"stream":%v,`, c.stream), 1))
		if took := time.Since(began); took > 30*time.Second || took < 40*time.Millisecond {
			t.Errorf("%s: it took %s", name, took)
		}
		if resp.StatusCode != c.status || !strings.Contains(string(b), c.says) || !strings.Contains(string(b), "upstream_timeout") {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
		e := g.Entry(resp.Header.Get("sluice-request-id"))
		if e.ErrorCode != "upstream_timeout" || len(e.Attempts) != 1 || e.Attempts[0].Fault != "timeout" {
			t.Errorf("%s: entry %s %+v", name, e.ErrorCode, e.Attempts)
		}
	}
}

func TestConnectingHasItsTimeTLSIncluded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := provider(t, "https://"+l.Addr().String(), "api_key: env:VENDOR_KEY, retries: { max: 0 }, timeouts: { connect: 50ms }")
	resp, b := g.Post("/v1/chat/completions", chatBody)
	if resp.StatusCode != 504 || !strings.Contains(string(b), "timeouts.connect") {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
}

func TestTheCallersOwnTimeEndsTheCallRetriesIncluded(t *testing.T) {
	for name, script := range map[string]func(*testup.Call){
		"a vendor that hangs":  func(c *testup.Call) { <-c.Gone() },
		"a vendor that breaks": func(c *testup.Call) { c.Set("retry-after", "5").JSON(503, `{"error":{"message":"later"}}`) },
	} {
		u := testup.New(t, script)
		g := provider(t, u.URL, "api_key: env:VENDOR_KEY, retries: { max: 5, backoff: { first: 40s, max: 40s } }")
		began := time.Now()
		resp, b := g.Do(with(g, "POST", "/v1/chat/completions", chatBody, "sluice-timeout-ms", "1000"))
		least := 990 * time.Millisecond
		if strings.Contains(name, "breaks") {
			least = 0 // there is no time for another attempt, and so nothing to wait for
		}
		if took := time.Since(began); resp.StatusCode < 500 || took > 30*time.Second || took < least || len(u.Calls()) != 1 {
			t.Errorf("%s: %d after %s and %d calls: %s", name, resp.StatusCode, took, len(u.Calls()), b)
		}
	}
	u := testup.New(t, answerChat)
	g := provider(t, u.URL, "api_key: env:VENDOR_KEY")
	if resp, _ := g.Do(with(g, "POST", "/v1/chat/completions", chatBody, "sluice-timeout-ms", "60000")); resp.StatusCode != http.StatusOK {
		t.Errorf("in time: %d", resp.StatusCode)
	}
}
