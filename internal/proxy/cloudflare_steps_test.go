package proxy_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// aStep writes a step of the universal endpoint.
func aStep(provider, endpoint, query, more string) string {
	return fmt.Sprintf(`{"provider":%q,"endpoint":%q,"query":%s%s}`, provider, endpoint, query, more)
}

const (
	openaiQuery    = `{ "model":"gpt-4o-mini", "messages":[{"role":"user","content":"é😀"}] }`
	anthropicQuery = `{"model":"claude-x","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`
)

func TestTheFirstStepThatIsAnsweredIsTheAnswer(t *testing.T) {
	first := aStep("openai", "chat/completions", openaiQuery, "")
	second := aStep("anthropic", "v1/messages", anthropicQuery, `,"headers":{"anthropic-version":"2023-06-01","x-n":1}`)
	third := aStep("google-ai-studio", "v1beta/models/g:generateContent?alt=json", `{"contents":[]}`, "")
	for name, c := range map[string]struct {
		script func(c *testup.Call)
		steps  []string
		tried  []string // what the vendor saw
		status int
		step   string
		faults []string // of the attempts; "" = success
		holds  string
	}{
		"the first":                {vendorWould, []string{first, second}, []string{"/v1/chat/completions"}, 200, "0", []string{""}, `"choices"`},
		"one alone":                {vendorWould, []string{second}, []string{"/v1/messages"}, 200, "0", []string{""}, `"msg_1"`},
		"after a failure":          {failsAt("chat", 500), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"upstream", ""}, `"msg_1"`},
		"after a limit":            {failsAt("chat", 429), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"rate_limited", ""}, `"msg_1"`},
		"after a wrong request":    {failsAt("chat", 400), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"caller", ""}, `"msg_1"`},
		"after a wrong credential": {failsAt("chat", 401), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"credential", ""}, `"msg_1"`},
		"after a cut":              {cutsAt("chat"), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"upstream", ""}, `"msg_1"`},
		"the third":                {failsAt("m", 503), []string{first, second, third}, []string{"/v1/chat/completions", "/v1/messages", "/v1beta/models/g:generateContent?alt=json"}, 200, "2", []string{"upstream", "upstream", ""}, `"candidates"`},
		"after one unknown":        {vendorWould, []string{aStep("nobody", "x", "{}", ""), second}, []string{"/v1/messages"}, 200, "1", []string{""}, `"msg_1"`},
		"compat":                   {failsAt("chat", 500), []string{first, aStep("compat", "chat/completions", `{"model":"anthropic/claude-x","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "")}, []string{"/v1/chat/completions", "/v1/messages"}, 200, "1", []string{"upstream", ""}, `"choices"`},
		"a route":                  {vendorWould, []string{aStep("compat", "/chat/completions", `{"model":"dynamic/support","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "")}, []string{"/v1/messages"}, 200, "0", []string{""}, `"choices"`},
		"none":                     {failsAt("", 500), []string{first, second}, []string{"/v1/chat/completions", "/v1/messages"}, 502, "1", []string{"upstream", "upstream"}, `"type":"error"`},
		"none, the caller's fault": {failsAt("", 400), []string{second, first}, []string{"/v1/messages", "/v1/chat/completions"}, 400, "1", []string{"caller", "caller"}, `{"error":{"message":"down"}}`},
	} {
		g, u := fromCloudflare(t, c.script, "routes: { support: { steps: [ { use: anthropic/claude-x } ] } }\n")
		sent := "[" + strings.Join(c.steps, " ,\n") + "]"
		resp, b := g.Post("/v1/a/default", sent)
		var tried []string
		for _, call := range u.Calls() {
			tried = append(tried, call.URI)
		}
		if resp.StatusCode != c.status || !slices.Equal(tried, c.tried) || resp.Header.Get("cf-aig-step") != c.step || !strings.Contains(string(b), c.holds) {
			t.Errorf("%s: %d step %s, tried %v: %s", name, resp.StatusCode, resp.Header.Get("cf-aig-step"), tried, b)
		}
		e := g.Entry(resp.Header.Get("cf-aig-log-id"))
		var faults []string
		for _, a := range e.Attempts {
			faults = append(faults, a.Fault)
		}
		if !slices.Equal(faults, c.faults) || e.Status != c.status {
			t.Errorf("%s: the entry says %d %q", name, e.Status, faults)
		}
		var shown struct{ Bodies json.RawMessage }
		g.AdminGet("/api/v1/entries/"+e.ID, &shown)
		if !strings.Contains(string(shown.Bodies), `\"provider\"`) {
			t.Errorf("%s: the entry does not show what was sent: %s", name, shown.Bodies)
		}
	}
}

// failsAt answers paths that hold a word with an error.
func failsAt(word string, status int) func(*testup.Call) {
	return func(c *testup.Call) {
		if path, _, _ := strings.Cut(c.URI, "?"); strings.Contains(path, word) && !strings.Contains(path, "models") {
			c.JSON(status, `{"error":{"message":"down"}}`)
			return
		}
		vendorWould(c)
	}
}

// cutsAt closes the connection on paths that hold a word, in the middle of the answer.
func cutsAt(word string) func(*testup.Call) {
	return func(c *testup.Call) {
		if !strings.Contains(c.URI, word) {
			vendorWould(c)
			return
		}
		c.Raw(func(_ net.Conn, rw *bufio.ReadWriter) {
			fmt.Fprintf(rw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"id\":")
			_ = rw.Flush()
		})
	}
}

func TestAStepReachesTheVendorAsItStandsThere(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "gateways: { default: {}, own: { credentials: caller } }\n")
	for name, c := range map[string]struct {
		gateway, more string
		key           string
	}{
		"plain":                         {"default", "", vendorKey},
		"a credential that may not":     {"default", `,"headers":{"Authorization":"Bearer sk-mine"}`, vendorKey},
		"a credential of one's own":     {"own", `,"headers":{"authorization":"Bearer sk-mine"}`, "sk-mine"},
		"in the old way":                {"own", `,"authorization":"Bearer sk-mine"`, "sk-mine"},
		"the header over the old way":   {"own", `,"authorization":"Bearer sk-old","headers":{"authorization":"Bearer sk-mine"}`, "sk-mine"},
		"none of one's own":             {"own", `,"headers":{}`, vendorKey},
		"null is nothing":               {"own", `,"headers":null,"config":null`, vendorKey},
		"with a length that is no more": {"own", `,"headers":{"content-length":"1","content-type":"application/json"}`, vendorKey},
	} {
		body := "[" + aStep("openai", "v1/chat/completions", openaiQuery, c.more) + "]"
		r := with(g, "POST", "/v1/a/"+c.gateway, body, "cf-aig-metadata", `{"a":1}`, "x-of-the-call", "1")
		r.Header.Set("cf-aig-authorization", r.Header.Get("Authorization"))
		r.Header.Del("Authorization")
		resp, b := g.Do(r)
		last := u.Last()
		if resp.StatusCode != 200 || string(last.Body) != openaiQuery || last.Header.Get("Authorization") != "Bearer "+c.key {
			t.Errorf("%s: %d %s; the vendor saw %v %s", name, resp.StatusCode, b, last.Header, last.Body)
		}
		if last.Header.Get("X-Of-The-Call") != "" || last.Header.Get("Cf-Aig-Metadata") != "" || last.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: the vendor saw %v", name, last.Header)
		}
	}
}

func TestAStepsOwnSettingsGoOverTheCalls(t *testing.T) {
	g, u := fromCloudflare(t, func(c *testup.Call) {
		if strings.Contains(c.URI, "chat") {
			<-c.Gone()
			return
		}
		vendorWould(c)
	}, "")
	for name, c := range map[string]struct{ more, call string }{
		"a header":             {`,"headers":{"cf-aig-request-timeout":"1500"}`, "60000"},
		"a header, a number":   {`,"headers":{"cf-aig-request-timeout":1500}`, "60000"},
		"config":               {`,"config":{"requestTimeout":1500,"maxAttempts":1,"retryDelay":1,"backoff":"linear"}`, "60000"},
		"a header over config": {`,"config":{"requestTimeout":60000},"headers":{"cf-aig-request-timeout":"1500"}`, "60000"},
		"the call's own":       {``, "1500"},
	} {
		began := time.Now()
		body := "[" + aStep("openai", "chat/completions", openaiQuery, c.more) + "," + aStep("anthropic", "v1/messages", anthropicQuery, `,"headers":{"cf-aig-metadata":"{\"step\":2}","cf-aig-request-timeout":60000}`) + "]"
		resp, b := g.Do(with(g, "POST", "/v1/a/default", body, "cf-aig-request-timeout", c.call, "cf-aig-metadata", `{"step":0}`))
		if resp.StatusCode != 200 || resp.Header.Get("cf-aig-step") != "1" || time.Since(began) > 50*time.Second {
			t.Errorf("%s: %d step %s after %v: %s", name, resp.StatusCode, resp.Header.Get("cf-aig-step"), time.Since(began), b)
		}
		if e := g.Entry(resp.Header.Get("cf-aig-log-id")); string(e.Metadata) != `{"step":2}` || len(e.Attempts) != 2 || e.Attempts[0].Fault != "timeout" {
			t.Errorf("%s: the entry says %s, %+v", name, e.Metadata, e.Attempts)
		}
	}
	if n := len(u.Calls()); n != 10 {
		t.Errorf("%d calls", n)
	}
}

func TestWhatIsWrongInAStepIsNamedAndNothingIsSent(t *testing.T) {
	g, u := fromCloudflare(t, vendorWould, "")
	for name, c := range map[string]struct{ step, holds string }{
		"an unknown member":      {`{"provider":"openai","endpoint":"x","query":{},"model":"m"}`, "'model'"},
		"no provider":            {`{"endpoint":"x","query":{}}`, "'provider'"},
		"an empty provider":      {`{"provider":"","endpoint":"x","query":{}}`, "'provider'"},
		"no endpoint":            {`{"provider":"openai","query":{}}`, "'endpoint'"},
		"an endpoint of lines":   {`{"provider":"openai","endpoint":"x\r\ny","query":{}}`, "'endpoint'"},
		"no query":               {`{"provider":"openai","endpoint":"x"}`, "'query'"},
		"headers in a list":      {`{"provider":"openai","endpoint":"x","query":{},"headers":[]}`, "'headers'"},
		"a header in a list":     {`{"provider":"openai","endpoint":"x","query":{},"headers":{"a":["b"]}}`, "'headers.a'"},
		"a header of lines":      {`{"provider":"openai","endpoint":"x","query":{},"headers":{"a":"b\r\nc: d"}}`, "'headers.a'"},
		"a header with a space":  {`{"provider":"openai","endpoint":"x","query":{},"headers":{"a b":"c"}}`, "'headers.a b'"},
		"the key in a step":      {`{"provider":"openai","endpoint":"x","query":{},"headers":{"cf-aig-authorization":"Bearer x"}}`, "'headers.Cf-Aig-Authorization'"},
		"a host":                 {`{"provider":"openai","endpoint":"x","query":{},"headers":{"host":"x"}}`, "'headers.Host'"},
		"an unknown setting":     {`{"provider":"openai","endpoint":"x","query":{},"config":{"retries":1}}`, "'config.retries'"},
		"a provider given twice": {`{"provider":"openai","provider":"groq","endpoint":"x","query":{}}`, "provider"},
		"no object":              {`"x"`, "JSON"},
	} {
		resp, b := g.Post("/v1/a/default", "["+aStep("openai", "chat/completions", openaiQuery, "")+","+c.step+"]")
		if resp.StatusCode != 400 || cloudflareError(b) != 400 || !strings.Contains(string(b), "Step 1: ") || !strings.Contains(string(b), c.holds) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
	resp, b := g.Post("/v1/a/default", "["+strings.Repeat(`{"provider":"openai","endpoint":"x","query":{}},`, 20)+`{"provider":"openai","endpoint":"x","query":{}}]`)
	if resp.StatusCode != 400 || !strings.Contains(string(b), "20 steps") {
		t.Errorf("21 steps: %d %s", resp.StatusCode, b)
	}
	for name, c := range map[string]struct {
		step, code string
		status     int
	}{
		"a setting, malformed": {aStep("openai", "chat/completions", openaiQuery, `,"config":{"maxAttempts":9}`), "invalid_request", 400},
		"a setting, forbidden": {aStep("openai", "chat/completions", openaiQuery, `,"headers":{"cf-aig-collect-log":false}`), "forbidden", 403},
		"a batch":              {aStep("openai", "batches", `{}`, ""), "unsupported_operation", 400},
		"a query that is none": {aStep("openai", "chat/completions", `"x"`, ""), "invalid_request", 400},
	} {
		resp, b := g.Post("/v1/a/default", c.step)
		if resp.StatusCode != c.status || resp.Header.Get("sluice-error") != c.code {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
	if n := len(u.Calls()); n != 0 {
		t.Errorf("%d calls reached the vendor", n)
	}
}

func TestACallOfManyStepsCountsOnce(t *testing.T) {
	g, u := fromCloudflare(t, failsAt("chat", 500), "gateways: { default: { limits: [ { per: key, requests: 3/1h, name: hourly }, { per: key, cost: 1.00/1h, name: money } ] } }\n")
	body := "[" + aStep("openai", "chat/completions", openaiQuery[:len(openaiQuery)-1]+`,"max_tokens":10}`, "") + "," + aStep("anthropic", "v1/messages", strings.Replace(anthropicQuery, "claude-x", "claude-sonnet-4-5", 1), "") + "]"
	for i := range 5 {
		resp, b := g.Post("/v1/a/default", body)
		want := 200
		if i >= 3 {
			want = 429
		}
		if resp.StatusCode != want {
			t.Fatalf("call %d: %d %s", i, resp.StatusCode, b)
		}
		e := g.Entry(resp.Header.Get("cf-aig-log-id"))
		if want == 200 && (len(e.Attempts) != 2 || !e.Cost.Known || e.Cost.USD == 0 || resp.Header.Get("x-ratelimit-remaining-requests") != fmt.Sprint(2-i)) {
			t.Errorf("call %d: %d attempts, cost %v, left %s", i, len(e.Attempts), e.Cost, resp.Header.Get("x-ratelimit-remaining-requests"))
		}
	}
	if n := len(u.Calls()); n != 6 {
		t.Errorf("%d calls reached the vendor", n)
	}
}

func TestAStreamThatFailsBeforeItsFirstContentGoesOnToTheNextStep(t *testing.T) {
	g, _ := fromCloudflare(t, func(c *testup.Call) {
		if strings.Contains(c.URI, "chat") {
			c.Stream(nil, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n", "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n")
			return
		}
		c.Stream(nil, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"claude-x\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n",
			"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
			"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
			"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
	}, "")
	stream := func(s string) string { return s[:strings.LastIndexByte(s, '}')] + `,"stream":true}` }
	resp, b := g.Post("/v1/a/default", "["+aStep("openai", "chat/completions", stream(openaiQuery), "")+","+aStep("anthropic", "v1/messages", stream(anthropicQuery), "")+"]")
	if resp.StatusCode != 200 || resp.Header.Get("cf-aig-step") != "1" || !strings.HasPrefix(string(b), "event: message_start") || strings.Contains(string(b), "overloaded") {
		t.Errorf("%d step %s: %s", resp.StatusCode, resp.Header.Get("cf-aig-step"), b)
	}
	if e := g.Entry(resp.Header.Get("cf-aig-log-id")); len(e.Attempts) != 2 || e.Attempts[0].Fault == "" || e.Attempts[1].Fault != "" || e.Provider != "anthropic" || !e.Stream {
		t.Errorf("the entry says %+v", e.Attempts)
	}
	resp, b = g.Post("/v1/a/default", "["+aStep("nobody", "v1/messages", anthropicQuery, "")+","+aStep("openai", "chat/completions", stream(openaiQuery), "")+"]")
	if resp.Header.Get("cf-aig-step") != "1" || !strings.Contains(string(b), "overloaded") {
		t.Errorf("the last one: %d step %s: %s", resp.StatusCode, resp.Header.Get("cf-aig-step"), b)
	}
}

func TestNoStepThatAsksForNoStreamAnswersWhereOneHasBegun(t *testing.T) {
	wait := make(chan struct{}, 1)
	g, u := fromCloudflare(t, func(c *testup.Call) {
		if !strings.Contains(string(c.Body), `"stream":true`) {
			c.JSON(500, `{"error":{"message":"down"}}`)
			return
		}
		c.Stream(func(i int) {
			if i == 1 {
				<-wait
			}
		}, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n", "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n")
	}, "gateways: { default: { commit_after: 20ms } }\n")
	plain, stream := aStep("openai", "chat/completions", openaiQuery, ""), aStep("openai", "chat/completions", openaiQuery[:len(openaiQuery)-1]+`,"stream":true}`, "")
	resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", "/v1/a/default", []byte("["+plain+","+stream+","+plain+"]")))
	wait <- struct{}{} // the head is out
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("cf-aig-step") != "1" || resp.Header.Get("cf-aig-log-id") == "" || !strings.Contains(string(b), "overloaded") || !strings.HasPrefix(string(b), ":") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, b)
	}
	if e := g.Entry(resp.Header.Get("cf-aig-log-id")); len(e.Attempts) != 2 || e.Attempts[1].Fault == "" || e.ErrorCode == "" {
		t.Errorf("the entry says %s, %+v", e.ErrorCode, e.Attempts)
	}
	if n := len(u.Calls()); n != 2 {
		t.Errorf("%d calls reached the vendor", n)
	}
}

func TestStepsAreStillTriedWhenTheHeadOfAStreamIsOut(t *testing.T) {
	g, u := fromCloudflare(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), "gpt-slow") {
			c.Stream(nil, role)
			<-time.After(150 * time.Millisecond)
			return
		}
		c.Stream(nil, role, hello, stopped, done)
	}, "gateways: { default: { commit_after: 20ms } }\n")
	slow, quick := aStep("openai", "chat/completions", `{"model":"gpt-slow","stream":true,"messages":[]}`, ""), aStep("openai", "chat/completions", `{"model":"gpt-quick","stream":true,"messages":[]}`, "")
	resp, b := g.Post("/v1/a/default", "["+slow+","+quick+"]")
	if resp.StatusCode != 200 || !strings.HasPrefix(string(b), ":") || strings.Count(string(b), "hello") != 1 || strings.Contains(string(b), "error") || len(u.Calls()) != 2 {
		t.Errorf("%d after %d calls: %s", resp.StatusCode, len(u.Calls()), b)
	}
	if e := g.Entry(resp.Header.Get("cf-aig-log-id")); len(e.Attempts) != 2 || e.ErrorCode != "" || e.Status != 200 {
		t.Errorf("the entry says %s, %+v", e.ErrorCode, e.Attempts)
	}
}

func TestAHedgedAnswerOfAStepSaysWhichStepItIs(t *testing.T) {
	g, _ := fromCloudflare(t, func(c *testup.Call) {
		switch {
		case strings.Contains(string(c.Body), "gpt-slow"):
			<-c.Gone()
		case strings.Contains(c.URI, "chat"):
			c.JSON(500, `{"error":{"message":"down"}}`)
		default:
			vendorWould(c)
		}
	}, "routes: { twice: { steps: [ { use: openai/gpt-slow, fallback: [ anthropic/claude-x ], hedge: { after: 20ms } } ] } }\n")
	routed := aStep("compat", "chat/completions", `{"model":"dynamic/twice","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "")
	resp, b := g.Post("/v1/a/default", "["+aStep("openai", "chat/completions", openaiQuery, "")+","+routed+"]")
	if h := resp.Header; resp.StatusCode != 200 || h.Get("cf-aig-step") != "1" || h.Get("cf-aig-provider") != "anthropic" || h.Get("cf-aig-log-id") == "" || !strings.Contains(string(b), `"choices"`) {
		t.Errorf("%d %v %s", resp.StatusCode, h, b)
	}
	if e := g.Entry(resp.Header.Get("cf-aig-log-id")); len(e.Attempts) != 3 || e.Provider != "anthropic" {
		t.Errorf("the entry says %s, %+v", e.Provider, e.Attempts)
	}
}

func TestWhatALimitOfOneStepsRouteRefusesIsNothingToTheNextStep(t *testing.T) {
	g, _ := fromCloudflare(t, vendorWould, "routes: { few: { limits: [ { name: few, per: gateway, requests: 1/1h } ], steps: [ { use: openai/gpt-x } ] } }\n")
	first := aStep("compat", "/chat/completions", `{"model":"dynamic/few","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, "")
	second := aStep("anthropic", "v1/messages", anthropicQuery, `,"headers":{"anthropic-version":"2023-06-01"}`)
	for i, step := range []string{"0", "1", "1"} {
		resp, b := g.Post("/v1/a/default", "["+first+","+second+"]")
		if resp.StatusCode != 200 || resp.Header.Get("cf-aig-step") != step {
			t.Errorf("call %d: %d from step %s: %s", i, resp.StatusCode, resp.Header.Get("cf-aig-step"), b)
		}
	}
}
