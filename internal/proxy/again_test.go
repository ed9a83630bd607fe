package proxy_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// adminPut sends a change to the admin API.
func adminDo(t *testing.T, g *testgw.Gateway, method, path, body string, v any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.Admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	resp, b := g.Do(r)
	if v != nil && json.Unmarshal(b, v) != nil {
		t.Fatalf("%s", b)
	}
	return resp.StatusCode
}

type refusedAnswer struct {
	Error struct{ Code, Message string }
}

func TestARecordedCallIsMadeAgain(t *testing.T) {
	g, u := start(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"stream":true`) {
			c.Stream(nil, testup.Events(chatStream+usageEvent+doneEvent)...)
			return
		}
		c.JSON(200, `{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}`)
	}, "")
	for name, c := range map[string]struct{ body, ask, sent, model string }{
		"as it was":     {`{"model":"openai/gpt-4o-mini","n" : 1,"messages":[]}`, `{}`, `{"model":"gpt-4o-mini","n" : 1,"messages":[]}`, "openai/gpt-4o-mini"},
		"elsewhere":     {`{"x":{"model":1},"model":"gpt-4o-mini","messages":[]}`, `{"target":"openai/other"}`, `{"x":{"model":1},"model":"other","messages":[]}`, "openai/other"},
		"straight":      {`{"model":"openai/gpt-4o-mini","messages":[]}`, `{"direct":true}`, `{"model":"gpt-4o-mini","messages":[]}`, "gpt-4o-mini"},
		"a stream":      {`{"model":"gpt-4o-mini","stream":true,"messages":[]}`, `{}`, `{"stream_options":{"include_usage":true},"model":"gpt-4o-mini","stream":true,"messages":[]}`, "gpt-4o-mini"},
		"with metadata": {`{"model":"gpt-4o-mini","messages":[]}`, `{}`, `{"model":"gpt-4o-mini","messages":[]}`, "gpt-4o-mini"},
	} {
		t.Run(name, func(t *testing.T) {
			r := g.Request("POST", "/v1/chat/completions", []byte(c.body))
			r.Header.Set("sluice-metadata", `{"team":"a"}`)
			resp, _ := g.Do(r)
			id := resp.Header.Get("sluice-request-id")
			first := g.Entry(id)
			var again admin.Replayed
			if status := adminDo(t, g, "POST", "/api/v1/entries/"+id+"/replay", c.ask, &again); status != 200 {
				t.Fatalf("status %d: %+v", status, again)
			}
			if got := string(u.Last().Body); got != c.sent {
				t.Errorf("the vendor got %s", got)
			}
			e := g.Entry(again.ID)
			if again.Of != id || again.Status != 200 || e.Status != 200 || e.KeyID != "" || e.Workspace != first.Workspace || e.Provider != "openai" || e.Usage.OutputTokens.N != 3 {
				t.Errorf("%+v: entry %+v", again, e)
			}
			if name != "straight" && e.ModelRequested != c.model {
				t.Errorf("asked for %s", e.ModelRequested)
			}
			if want := `{"replay_of":"` + id + `","team":"a"}`; string(e.Metadata) != want {
				t.Errorf("metadata %s", e.Metadata)
			}
		})
	}
}

// Several paths of a dialect may have one operation: the call goes where it went.
func TestACallIsMadeAgainAtItsOwnPath(t *testing.T) {
	g, u := start(t, sayHi, "")
	for _, path := range []string{"/v1/images/edits", "/v1/images/generations", "/v1/responses/compact", "/v1/responses"} {
		resp, _ := g.Post(path, `{"model":"gpt-4o-mini","prompt":"a fox","input":"hi","images":[]}`)
		id := resp.Header.Get("sluice-request-id")
		g.Entry(id)
		before := len(u.Calls())
		var again admin.Replayed
		status := adminDo(t, g, "POST", "/api/v1/entries/"+id+"/replay", `{}`, &again)
		if got := u.Last().URI; status != 200 || len(u.Calls()) != before+1 || got != path {
			t.Errorf("%s: status %d, and the vendor was asked at %s", path, status, got)
		}
	}
}

func TestACallWhoseBodyIsNotThereIsNotMadeAgain(t *testing.T) {
	g, u := start(t, func(c *testup.Call) { c.JSON(200, `{"choices":[]}`) }, "gateways: { default: { log: { max_body: 1KiB } }, quiet: { log: { bodies: metadata } } }\n")
	for name, c := range map[string]struct{ path, body, says string }{
		"cut":      {"/v1/chat/completions", `{"model":"gpt-4o-mini","x":"` + strings.Repeat("x", 5000) + `"}`, "only the beginning"},
		"not kept": {"/gateways/quiet/v1/chat/completions", `{"model":"gpt-4o-mini"}`, "was not kept"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, _ := g.Post(c.path, c.body)
			id := resp.Header.Get("sluice-request-id")
			g.Entry(id)
			before := len(u.Calls())
			var f refusedAnswer
			status := adminDo(t, g, "POST", "/api/v1/entries/"+id+"/replay", `{}`, &f)
			if status != 409 || !strings.Contains(f.Error.Message, c.says) || len(u.Calls()) != before {
				t.Errorf("%d %+v", status, f)
			}
		})
	}
}

func TestCallersSayWhatTheyThinkOfTheirOwnAnswersOnly(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, `{"choices":[]}`) }, "")
	resp, _ := g.Post("/v1/chat/completions", `{"model":"gpt-4o-mini"}`)
	id := resp.Header.Get("sluice-request-id")
	for _, body := range []string{`{"id":"` + id + `","feedback":"up","score":0.5,"comment":"good"}`, `{"id":"` + id + `","feedback":"down","score":2}`} {
		if resp, b := g.Post("/v1/feedback", body); resp.StatusCode != 200 {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	if e := g.Entry(id); e.Feedback != "down" || e.Score == nil || *e.Score != 2 || e.Comment != "" {
		t.Errorf("%+v", e)
	}
	for body, want := range map[string]int{
		`{"id":"` + id + `","feedback":"great"}`: 400, `{"feedback":"up"}`: 400, `{`: 400, `{"id":"01957b2e-0000-7000-8000-000000000001","feedback":"up"}`: 404,
	} {
		if resp, b := g.Post("/v1/feedback", body); resp.StatusCode != want {
			t.Errorf("%s: %d %s", body, resp.StatusCode, b)
		}
	}
	var made struct{ Secret string }
	adminDo(t, g, "POST", "/api/v1/keys", `{"name":"other"}`, &made)
	r := g.Request("POST", "/v1/feedback", []byte(`{"id":"`+id+`","feedback":"up"}`))
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	if resp, _ := g.Do(r); resp.StatusCode != 404 {
		t.Errorf("another key: %d", resp.StatusCode)
	}
	if e := g.Entry(id); e.Feedback != "down" {
		t.Errorf("another key has said %s", e.Feedback)
	}
}

func TestATraceAndASessionAreNamedByTheCaller(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) { c.JSON(200, `{"choices":[]}`) }, "")
	r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"gpt-4o-mini"}`))
	r.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	r.Header.Set("x-session-id", "run 7")
	resp, _ := g.Do(r)
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if e.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || e.ParentSpanID != "00f067aa0ba902b7" || e.Session != "run 7" {
		t.Errorf("%+v", e)
	}
	r = g.Request("POST", "/v1/chat/completions", []byte(`{"model":"gpt-4o-mini"}`))
	r.Header.Set("x-session-id", "run 7")
	r.Header.Set("sluice-metadata", `{"session_id":"chat 1"}`)
	resp, _ = g.Do(r)
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Session != "chat 1" || e.ParentSpanID != "" {
		t.Errorf("%+v", e)
	}
}

func TestTheTimeOfASlowReaderIsTheCallers(t *testing.T) {
	event := "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("x", 60<<10) + "\"},\"finish_reason\":null}]}\n\n"
	last := "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" + doneEvent
	whole := `{"choices":[{"message":{"content":"` + strings.Repeat("x", 24<<20) + `"}}]}`
	for name, body := range map[string]string{"stream": `{"model":"gpt-4o-mini","stream":true}`, "whole": `{"model":"gpt-4o-mini"}`} {
		t.Run(name, func(t *testing.T) {
			g, _ := start(t, func(c *testup.Call) {
				if name == "whole" {
					c.JSON(200, whole)
					return
				}
				c.Stream(nil, strings.Repeat(event, 400)+last) // 24 MB: more than all buffers on the way hold
			}, "")
			r := g.Request("POST", "/v1/chat/completions", []byte(body))
			conn, err := net.Dial("tcp", r.URL.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := r.Write(conn); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			head := make([]byte, 4096)
			n, err := io.ReadAtLeast(conn, head, 512)
			if err != nil {
				t.Fatal(err)
			}
			pause := 4 * time.Second // a busy gateway takes its time to fill what lies between
			<-time.After(pause)      // the caller is slow
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			_, id, _ := strings.Cut(strings.ToLower(string(head[:n])), "sluice-request-id: ")
			e := g.Entry(id[:36])
			took := time.Since(began)
			if us := e.CallerUS.N; us < (pause/2).Microseconds() || us > took.Microseconds() || us > e.OverheadUS.N {
				t.Errorf("%d µs of %v and of %d µs overhead are the caller's", us, took, e.OverheadUS.N)
			}
		})
	}
}
