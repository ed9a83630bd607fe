package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const resumes = "gateways: { default: { controls: [resume] }, strict: {} }"

// numbered are so many pieces of text, with what begins and ends a chat stream.
func numbered(n int) []string {
	out := []string{role}
	for i := range n {
		out = append(out, fmt.Sprintf("data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<%d>\"}}]}\n\n", i))
	}
	return append(out, stopped, usageEvent, done)
}

// open sends a request that asks for a stream which can be resumed, and reads nothing.
func open(t *testing.T, g *testgw.Gateway, path, body string, pairs ...string) *http.Response {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(with(g, "POST", path, body, append(pairs, "sluice-resume", "on")...))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// rest asks for the rest of a stream.
func rest(t *testing.T, g *testgw.Gateway, id string, from int, pairs ...string) (*http.Response, string) {
	t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(with(g, "GET", fmt.Sprintf("/v1/streams/%s?from=%d", id, from), "", pairs...))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%v behind %q", err, b)
	}
	return resp, string(b)
}

func TestACallerWhoseConnectionBrokeGetsTheRestOfItsStream(t *testing.T) {
	for name, c := range map[string]struct {
		path, body string
		stream     []string
		events     int // of the caller's stream
	}{
		"as it came": {"/v1/chat/completions", `{"model":"one/m","stream":true,"stream_options":{"include_usage":true},"messages":[]}`, numbered(6), 10},
		"translated": {"/v1/messages", `{"model":"one/m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`, numbered(6), 11},
	} {
		goOn, left := make(chan bool), make(chan bool)
		g, u, _ := routed(t, func(c2 *testup.Call) {
			c2.Stream(func(i int) {
				if i == 3 {
					<-left
				}
				if i == 5 {
					<-goOn
				}
			}, c.stream...)
		}, good, "one/m", resumes)
		resp := open(t, g, c.path, c.body)
		id := resp.Header.Get("sluice-request-id")
		if resp.StatusCode != 200 || resp.Header.Get("sluice-resume") != "on" {
			t.Fatalf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
		in := bufio.NewReader(resp.Body)
		var got strings.Builder
		for strings.Count(got.String(), "\n\n") < 2 {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			got.WriteString(line)
		}
		resp.Body.Close() // the connection breaks
		close(left)
		followed := make(chan string)
		go func() {
			_, more := rest(t, g, id, 2)
			followed <- more
		}()
		close(goOn)
		more := <-followed
		_, all := rest(t, g, id, 0)
		if got.String()+more != all || strings.Count(all, "\n\n") != c.events || strings.Count(all, "<5>") != 1 || len(u.Calls()) != 1 {
			t.Errorf("%s: %q, then %q; all is %q", name, got.String(), more, all)
		}
		for from := range c.events + 2 {
			r, tail := rest(t, g, id, from)
			if want := strings.Join(testup.Events(all)[min(from, c.events):], ""); r.StatusCode != 200 || tail != want || !strings.HasPrefix(r.Header.Get("content-type"), "text/event-stream") {
				t.Fatalf("%s from %d: %d %q, want %q", name, from, r.StatusCode, tail, want)
			}
			if !strings.Contains(r.Trailer.Get("sluice-usage"), `"input_tokens":9`) || r.Header.Get("sluice-provider") != "one" || r.Header.Get("sluice-model") != "m" {
				t.Errorf("%s: trailers %v of %v", name, r.Trailer, r.Header)
			}
		}
		if e := g.Entry(id); e.Status != 200 || e.ErrorCode != "" || e.Usage.InputTokens.N != 9 || e.Usage.OutputTokens.N != 3 || e.Attempts[0].Fault != "" {
			t.Errorf("%s: entry %+v", name, e)
		}
	}
}

func TestTheRestOfAStreamIsItsOwnersAlone(t *testing.T) {
	g, _ := start(t, streamsOf(numbered(2)...), resumes)
	same, foreign := secondKey(t, g, "default", ""), secondKey(t, g, "other", "")
	resp := open(t, g, "/v1/chat/completions", `{"model":"openai/m","stream":true,"messages":[]}`)
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	id := resp.Header.Get("sluice-request-id")
	for name, c := range map[string]struct {
		path, key string
		status    int
		want      string
	}{
		"its owner":         {"/v1/streams/" + id, testgw.Key, 200, "<1>"},
		"another key":       {"/v1/streams/" + id, same, 404, "not_found"},
		"another workspace": {"/v1/streams/" + id, foreign, 404, "not_found"},
		"another gateway":   {"/gateways/strict/v1/streams/" + id, testgw.Key, 404, "not_found"},
		"nobody":            {"/v1/streams/" + id, "sk-sluice-nobody-000000", 401, ""},
		"unknown":           {"/v1/streams/0190", testgw.Key, 404, "not_found"},
		"malformed":         {"/v1/streams/" + id + "?from=x", testgw.Key, 400, "from"},
		"negative":          {"/v1/streams/" + id + "?from=-1", testgw.Key, 400, "from"},
		"twice":             {"/v1/streams/" + id + "?from=1&from=2", testgw.Key, 400, "from"},
	} {
		r := g.Request("GET", c.path, nil)
		r.Header.Set("Authorization", "Bearer "+c.key)
		if resp, b := g.Do(r); resp.StatusCode != c.status || !strings.Contains(string(b)+resp.Header.Get("sluice-error"), c.want) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, b)
		}
	}
	if resp, b := g.Do(with(g, "GET", "/v1/streams/0190", "", "anthropic-version", "2023-06-01")); resp.StatusCode != 404 || !strings.Contains(string(b), `"type":"error"`) {
		t.Errorf("in another dialect: %d %s", resp.StatusCode, b)
	}
	if resp, b := g.Do(with(g, "POST", "/v1/streams/"+id, "{}")); resp.StatusCode != 405 {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
}

func TestWhatCannotBeResumedSaysSo(t *testing.T) {
	g, _ := start(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"stream":true`) {
			good(c)
			return
		}
		answerChat(c)
	}, resumes)
	for name, c := range map[string]struct {
		path, body, value string
		status            int
		header            string
	}{
		"asked":       {"/v1/chat/completions", `{"model":"openai/m","stream":true,"messages":[]}`, "on", 200, "on"},
		"off":         {"/v1/chat/completions", `{"model":"openai/m","stream":true,"messages":[]}`, "off", 200, ""},
		"no stream":   {"/v1/chat/completions", `{"model":"openai/m","messages":[]}`, "on", 200, ""},
		"malformed":   {"/v1/chat/completions", `{"model":"openai/m","stream":true,"messages":[]}`, "yes", 400, ""},
		"not allowed": {"/gateways/strict/v1/chat/completions", `{"model":"openai/m","stream":true,"messages":[]}`, "on", 403, ""},
	} {
		resp, b := g.Do(with(g, "POST", c.path, c.body, "sluice-resume", c.value))
		if resp.StatusCode != c.status || resp.Header.Get("sluice-resume") != c.header {
			t.Errorf("%s: %d %q %s", name, resp.StatusCode, resp.Header.Get("sluice-resume"), b)
		}
		if got, _ := rest(t, g, resp.Header.Get("sluice-request-id"), 0); (got.StatusCode == 200) != (c.header == "on") {
			t.Errorf("%s: its rest is %d", name, got.StatusCode)
		}
	}
}

func TestASlowReaderDoesNotHoldAResumableStreamBack(t *testing.T) {
	piece := "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("y", 4000) + "\"}}]}\n\n"
	sent := make(chan bool)
	g, _ := start(t, func(c *testup.Call) {
		c.Stream(nil, append(repeated(piece, 5_000), stopped, done)...)
		close(sent)
	}, resumes)
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"model":"openai/m","stream":true,"stream_options":{"include_usage":true}}`
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nSluice-Resume: on\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", testgw.Key, len(body), body)
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	<-sent // though nobody reads
	conn.Close()
	if _, all := rest(t, g, resp.Header.Get("sluice-request-id"), 4_999); !strings.HasPrefix(all, piece) || strings.Count(all, "\n\n") != 3 {
		t.Errorf("the rest is %d bytes", len(all))
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Status != 200 || e.ErrorCode != "" {
		t.Errorf("entry %+v", e)
	}
}

func TestAStreamThatOutgrowsItsTapeGoesOnAsAnyOther(t *testing.T) {
	piece := "data: {\"choices\":[{\"delta\":{\"content\":\"" + strings.Repeat("y", 16_000) + "\"}}]}\n\n"
	g, _ := start(t, func(c *testup.Call) {
		c.Stream(nil, append(repeated(piece, 4_300), stopped, usageEvent, done)...)
	}, resumes)
	resp := open(t, g, "/v1/chat/completions", `{"model":"openai/m","stream":true,"stream_options":{"include_usage":true},"messages":[]}`)
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if want := int64(4_300*len(piece) + len(stopped) + len(usageEvent) + len(done)); err != nil || n != want || n < 64<<20 || resp.Trailer.Get("sluice-usage") == "" {
		t.Fatalf("%d bytes of %d, %v", n, want, err)
	}
	if got, _ := rest(t, g, resp.Header.Get("sluice-request-id"), 0); got.StatusCode != 404 {
		t.Errorf("its rest is %d", got.StatusCode)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Status != 200 || e.ErrorCode != "" {
		t.Errorf("entry %+v", e)
	}
}

func TestAHedgeCanBeResumedAndACutIsTold(t *testing.T) {
	g, _, _ := routed(t, func(c *testup.Call) { <-c.Gone() }, streamsOf(role, hello, failing), "{ steps: [ { use: one/m, hedge: { after: 10ms, to: two/m } } ] }", resumes)
	resp := open(t, g, "/v1/chat/completions", streamBody("r"))
	first, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.Header.Get("sluice-resume") != "on" || !strings.Contains(string(first), "hello") {
		t.Fatalf("%v %v %s", err, resp.Header, first)
	}
	if _, again := rest(t, g, resp.Header.Get("sluice-request-id"), 0); again != string(first) {
		t.Errorf("%q, want %q", again, first)
	}
}

func TestACallerWhoLeavesBeforeTheHeadLeavesNothingBehind(t *testing.T) {
	gone := make(chan bool)
	began := make(chan bool)
	g, _ := start(t, func(c *testup.Call) { close(began); <-c.Gone(); close(gone) }, resumes)
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	body := `{"model":"openai/m","stream":true}`
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nSluice-Resume: on\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", testgw.Key, len(body), body)
	<-began
	conn.Close()
	<-gone
}

func TestAResumableStreamEndsWithTheGateway(t *testing.T) {
	gone := make(chan bool)
	g, _ := start(t, func(c *testup.Call) { c.Stream(nil, role, hello); <-c.Gone(); close(gone) }, resumes+"\nserver: { shutdown_grace: 100ms }")
	resp := open(t, g, "/v1/chat/completions", `{"model":"openai/m","stream":true}`)
	if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if err := g.Stop(); err != nil {
		t.Error(err)
	}
	<-gone
}
