package proxy_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// A twin that has won has the body; behind its broken stream no step is tried, whose body
// would be a part of what went back.
func TestTheStepBehindAHedgedStreamThatBrokeReadsNoBodyThatWentBack(t *testing.T) {
	g, u := fromCloudflare(t, func(c *testup.Call) {
		switch head := string(c.Body); {
		case strings.Contains(head, "gpt-silent"):
			<-c.Gone()
		case strings.Contains(head, "gpt-cut"):
			c.Stream(nil, role, hello)
			<-time.After(300 * time.Millisecond) // the first target's end is noticed
			c.Raw(func(net.Conn, *bufio.ReadWriter) {})
		case strings.Contains(head, "gpt-down"):
			c.JSON(503, `{"error":{"message":"down"}}`)
		default:
			c.Stream(nil, role, strings.Replace(hello, "hello", " world", 1), stopped, done)
		}
	}, "routes: { twice: { steps: [ { use: openai/gpt-silent, hedge: { after: 10ms, to: openai/gpt-cut }, continue_on: openai/gpt-down } ] } }\n")
	large := func(model string) string {
		return `{"model":"` + model + `","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("What will the weather be like? ", 3<<20/31) + `"}]}`
	}
	eventually(t, func() bool { return spilled(t) == 0 })
	resp, b := g.Post("/v1/a/default", "["+aStep("compat", "chat/completions", large("dynamic/twice"), "")+","+aStep("openai", "chat/completions", large("gpt-quick"), "")+"]")
	e := g.Entry(resp.Header.Get("cf-aig-log-id"))
	if len(u.Calls()) != 3 || !strings.Contains(string(b), "hello") || strings.Contains(string(b), "world") || e.ErrorCode != "upstream_error" {
		t.Errorf("%d calls, the entry says %s: %.300s", len(u.Calls()), e.ErrorCode, b)
	}
}

func TestTheBodyOfAHedgeWhoseFirstTargetFailsGoesBackToo(t *testing.T) {
	long := strings.Repeat("It will rain. ", 8<<20/14)
	whole := `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + long + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`
	asked := make(chan struct{})
	first := func(c *testup.Call) { <-asked; c.JSON(503, `{"error":{"message":"no"}}`) }
	second := func(c *testup.Call) {
		close(asked)
		<-time.After(500 * time.Millisecond) // the first one's failure is known
		c.JSON(200, whole)
	}
	g, _, _ := routed(t, first, second, "{ steps: [ { use: one/m, hedge: { after: 10ms, to: two/m } } ] }", "")
	eventually(t, func() bool { return spilled(t) == 0 })
	_, rest := reluctant(t, g, "/v1/chat/completions", strings.Replace(spillingBody("r"), `"stream":true`, `"max_tokens":9`, 1))
	eventually(t, func() bool { return spilled(t) == 0 })
	rest()
}

// The texts of a parsed request are spans of the body, and take many times its room.
func TestAHedgedTranslatedStreamLetsGoOfTheParsedRequest(t *testing.T) {
	for _, hedge := range []string{"", ", hedge: { after: 1m, to: two/m }"} {
		t.Run("with"+hedge, func(t *testing.T) {
			end := make(chan struct{})
			g, _, _ := routed(t, func(c *testup.Call) { talk(c, end); c.More(hello, stopped, done) }, answerChat, "{ steps: [ { use: one/m"+hedge+" } ] }", "")
			turn := `{"role":"user","content":"What?"},{"role":"assistant","content":"That."},`
			body := []byte(`{"model":"r","stream":true,"max_tokens":9,"messages":[` + strings.Repeat(turn, 6<<20/len(turn)) + `{"role":"user","content":"Why?"}]}`)
			eventually(t, func() bool { return spilled(t) == 0 })
			before := heapNow()
			resp, err := http.DefaultTransport.RoundTrip(with(g, "POST", "/v1/messages", string(body)))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			readTo(t, resp.Body, "hello")
			eventually(t, func() bool { return spilled(t) == 0 })
			if held := heapNow() - before; held > 30<<20 { // testup keeps what it was sent, and with copies
				t.Errorf("a stream whose body of %d MiB went back holds %d MiB", len(body)>>20, held>>20)
			}
			close(end)
		})
	}
}

func TestTheSizeOfABodyIsKeptWhereNothingOfItIs(t *testing.T) {
	for name, size := range map[string]int{"small": 60 << 10, "large": 70 << 10} {
		t.Run(name, func(t *testing.T) {
			g, _, _ := routed(t, answerChat, answerChat, "{ steps: [ { use: one/m } ] }", "gateways: { default: { log: { bodies: full, max_body: 0 } } }\n")
			body := strings.Replace(largeBody("r", size), `"stream":true`, `"max_tokens":9`, 1)
			resp, got := g.Post("/v1/chat/completions", body)
			if resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, got)
			}
			if kept := keptRequest(g, resp.Header.Get("sluice-request-id")); kept.Size != int64(len(body)) || !kept.Truncated {
				t.Errorf("kept %+v of %d bytes", kept, len(body))
			}
		})
	}
}

// What is read already may be all that comes for a long while.
func TestAnAnswerThatOutgrowsWhatIsReadWholeLetsTheBodyGo(t *testing.T) {
	long := strings.Repeat("It will rain. ", 1500<<10/14)
	whole := `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + long + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`
	last := make(chan struct{})
	answer := func(c *testup.Call) {
		c.Raw(func(n net.Conn, _ *bufio.ReadWriter) {
			fmt.Fprintf(n, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
			cut := len(whole) - 10
			fmt.Fprintf(n, "%x\r\n%s\r\n", cut, whole[:cut])
			<-last // the rest takes its time
			fmt.Fprintf(n, "%x\r\n%s\r\n0\r\n\r\n", 10, whole[cut:])
		})
	}
	g, _, _ := routed(t, answer, answerChat, "{ steps: [ { use: one/m } ] }", "")
	eventually(t, func() bool { return spilled(t) == 0 })
	_, rest := reluctant(t, g, "/v1/chat/completions", strings.Replace(spillingBody("r"), `"stream":true`, `"max_tokens":9`, 1))
	eventually(t, func() bool { return spilled(t) == 0 })
	close(last)
	rest()
}

func TestACallWhoseTwinHasWonLetsGoOfItsTranslation(t *testing.T) {
	for name, route := range map[string]string{
		"alone":           "{ steps: [ { use: two/m } ] }",
		"the second wins": "{ steps: [ { use: one/m, hedge: { after: 1500ms, to: two/m } } ] }",
	} {
		t.Run(name, func(t *testing.T) {
			long := strings.Repeat("It will rain. ", 8<<20/14)
			whole := `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + long + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12}}`
			g, _, _ := routed(t, func(c *testup.Call) { <-c.Gone() }, func(c *testup.Call) { c.JSON(200, whole) }, route, "")
			turn := `{"role":"user","content":"What?"},{"role":"assistant","content":"That."},`
			body := `{"model":"r","max_tokens":9,"messages":[` + strings.Repeat(turn, 6<<20/len(turn)) + `{"role":"user","content":"Why?"}]}`
			eventually(t, func() bool { return spilled(t) == 0 })
			before := heapNow()
			_, rest := reluctant(t, g, "/v1/messages", body)
			eventually(t, func() bool { return spilled(t) == 0 })
			eventually(t, func() bool { return heapNow()-before < 110<<20 })
			rest()
		})
	}
}
