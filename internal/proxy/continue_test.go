package proxy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// tongue is a dialect as a caller and as a vendor's.
type tongue struct {
	name       dialect.Name
	kind       string
	path, body string // with R for the route
}

var spokenTongues = []tongue{
	{dialect.Chat, "openai-compatible", "/v1/chat/completions", `{"model":"R","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}`},
	{dialect.Responses, "openai", "/v1/responses", `{"model":"R","stream":true,"input":"hi"}`},
	{dialect.Messages, "anthropic", "/v1/messages", `{"model":"R","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`},
	{dialect.Gemini, "gemini", "/v1beta/models/R:streamGenerateContent?alt=sse", `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`},
	{dialect.Converse, "bedrock", "/model/R/converse-stream", `{"messages":[{"role":"user","content":[{"text":"hi"}]}]}`},
	{dialect.Cohere, "cohere", "/v2/chat", `{"model":"R","stream":true,"messages":[{"role":"user","content":"hi"}]}`},
}

func (t tongue) dialect() *dialect.Dialect {
	all := app.Dialects()
	return all[slices.IndexFunc(all, func(d *dialect.Dialect) bool { return d.Name == t.name })]
}

func (t tongue) streamType() string {
	if s := t.dialect().StreamType; s != "" {
		return s
	}
	return "text/event-stream"
}

func (t tongue) open(g *testgw.Gateway, route string) (*http.Response, []byte) {
	return g.Do(with(g, "POST", strings.ReplaceAll(t.path, "R", route), strings.ReplaceAll(t.body, "R", route)))
}

// said makes the events of an answer: parts in words of "text:…", "think:…" and "call:…",
// whose pieces stand between bars.
func said(in, out int64, parts ...string) []llm.Event {
	events := []llm.Event{{Kind: llm.Start, ID: "vendor-1", Model: "m"}}
	finish := llm.FinishStop
	for n, part := range parts {
		kind, words, _ := strings.Cut(part, ":")
		e := llm.Event{Part: n, What: map[string]llm.PartKind{"text": llm.Text, "think": llm.Thinking, "call": llm.ToolCall}[kind]}
		add := func(k llm.EventKind, text string) {
			e := e
			if e.Kind = k; text != "" {
				e.Text, _ = json.Marshal(text)
			}
			if k == llm.PartStart && kind == "call" {
				e.CallID, e.CallName, finish = "call_1", "look", llm.FinishTools
			}
			events = append(events, e)
		}
		add(llm.PartStart, "")
		for _, piece := range strings.Split(words, "|") {
			add(llm.Delta, piece)
		}
		add(llm.PartEnd, "")
	}
	return append(events, llm.Event{Kind: llm.Finished, Finish: finish}, llm.Event{Kind: llm.UsageEvent, Usage: &llm.Usage{InputTokens: llm.Known(in), OutputTokens: llm.Known(out)}}, llm.Event{Kind: llm.End})
}

// stream writes events as a vendor of the dialect does, one piece an event.
func (t tongue) stream(events []llm.Event) (pieces []string) {
	d := t.dialect()
	all, _ := dialecttest.FormatEvents(d, dialecttest.CodecCall(t.name), events)
	f := dialecttest.NewFramer(d)
	take := func(e *dialect.Event) { pieces = append(pieces, string(e.Raw)) }
	f.Feed(all, take)
	f.Close(take)
	return pieces
}

// words gives the text of a caller's stream, and what else is in it.
func (t tongue) words(body []byte) (text string, kinds []llm.PartKind, usage llm.Usage) {
	for _, e := range dialecttest.ParseStream(t.dialect(), dialecttest.CodecCall(t.name), body, 1<<20) {
		var s string
		switch {
		case e.Kind == llm.PartStart:
			kinds = append(kinds, e.What)
		case e.Kind == llm.Delta && e.What == llm.Text:
			_ = json.Unmarshal(e.Text, &s)
			text += s
		case e.Kind == llm.UsageEvent:
			usage = *e.Usage
		}
	}
	return text, kinds, usage
}

// cut answers with pieces of a stream, and then the connection breaks.
func (t tongue) cut(pieces []string) func(*testup.Call) {
	return func(c *testup.Call) {
		body := strings.Join(pieces, "")
		head := "HTTP/1.1 200 OK\r\nContent-Type: " + t.streamType() + "\r\nTransfer-Encoding: chunked\r\n\r\n"
		if body != "" {
			head += fmt.Sprintf("%x\r\n%s\r\n", len(body), body)
		}
		c.Write(head)
	}
}

func (t tongue) whole(events []llm.Event) func(*testup.Call) {
	return func(c *testup.Call) { c.StreamAs(t.streamType(), nil, t.stream(events)...) }
}

// duo starts a gateway with two vendors of each dialect, and for each pair of dialects a
// route whose first target's streams go on at the second; timeouts are those of all.
func duo(t *testing.T, timeouts ...string) (*testgw.Gateway, *testup.Upstream, *testup.Upstream) {
	t.Helper()
	a, b := testup.New(t, answerChat), testup.New(t, answerChat)
	config := "providers:\n"
	routes := "routes:\n"
	for _, x := range spokenTongues {
		for who, u := range map[string]*testup.Upstream{"a": a, "b": b} {
			base := u.URL
			if x.kind == "openai-compatible" || x.kind == "openai" {
				base += "/v1"
			}
			config += fmt.Sprintf("  %[1]s-%[2]s: { kind: %[3]s, base_url: %[4]s, region: us-east-1, api_key: env:VENDOR_KEY, speaks: [%[2]s], retries: { max: 0 }, timeouts: { %[5]s }, models: { m: { price: { input: 1, output: 1 } } } }\n", who, x.name, x.kind, base, strings.Join(timeouts, ", "))
		}
		for _, y := range spokenTongues {
			routes += fmt.Sprintf("  %s2%s: { steps: [ { use: a-%s/m, continue_on: b-%s/m } ] }\n", x.name, y.name, x.name, y.name)
		}
	}
	return testgw.StartWith(t, testgw.Options{Config: config + routes, Env: map[string]string{"VENDOR_KEY": vendorKey}}), a, b
}

func TestAStreamThatIsCutAnywhereGoesOnWithAnotherModel(t *testing.T) {
	g, a, b := duo(t)
	for i, caller := range spokenTongues {
		second := spokenTongues[(i+1)%len(spokenTongues)]
		pieces := caller.stream(said(5, 3, "text:one| two| three"))
		went := 0
		for n := range len(pieces) + 1 {
			for _, second := range []tongue{caller, second} {
				a.Script(caller.cut(pieces[:n]))
				b.Script(second.whole(said(7, 2, "text: and| more")))
				before, _, _ := caller.words([]byte(strings.Join(pieces[:n], "")))
				asked := len(b.Calls())
				resp, body := caller.open(g, fmt.Sprintf("%s2%s", caller.name, second.name))
				name := fmt.Sprintf("%s cut after %d of %d, then %s", caller.name, n, len(pieces), second.name)
				if before == "" {
					if resp.StatusCode < 500 || len(b.Calls()) != asked {
						t.Errorf("%s: %d %s", name, resp.StatusCode, body)
					}
					continue
				}
				if err := dialecttest.CheckStream(caller.name, body); err != nil {
					t.Fatalf("%s: %v\n%s", name, err, body)
				}
				text, kinds, usage := caller.words(body)
				e := g.Entry(resp.Header.Get("sluice-request-id"))
				if len(b.Calls()) == asked { // all had been said
					if text != "one two three" || e.Status != 200 || e.ErrorCode != "" || n < len(pieces)-3 {
						t.Errorf("%s: %q, entry %+v", name, text, e)
					}
					continue
				}
				went++
				if text != before+" and more" || len(kinds) > 2 || n < len(pieces)-4 && len(kinds) != 1 { // a text that had ended stays as it is
					t.Errorf("%s: %q of %v\n%s", name, text, kinds, body)
				}
				if last := string(b.Last().Body); !strings.Contains(last, `"`+before+`"`) || !strings.Contains(last, "hi") {
					t.Errorf("%s: the second was asked %s", name, last)
				}
				if resp.Trailer.Get("sluice-continued") != fmt.Sprintf("b-%s/m", second.name) || resp.Trailer.Get("sluice-attempts") != "2" || resp.Trailer.Get("sluice-provider") != "b-"+string(second.name) {
					t.Errorf("%s: trailers %v", name, resp.Trailer)
				}
				if len(e.Attempts) != 2 || e.Attempts[0].Fault == "" || !e.Attempts[1].Continued || e.Attempts[1].Fault != "" || e.Status != 200 || e.ErrorCode != "" || e.Provider != "b-"+string(second.name) {
					t.Fatalf("%s: entry %+v", name, e)
				}
				one, two := e.Attempts[0], e.Attempts[1]
				if sum := one.Cost.USD + two.Cost.USD; e.Cost.USD != sum || !e.Cost.Known || one.Cost.USD == 0 || two.Cost.USD == 0 {
					t.Errorf("%s: cost %v of %v and %v", name, e.Cost, one.Cost, two.Cost)
				}
				if in := one.Usage.InputTokens.N + 7; e.Usage.InputTokens.N != in || usage.InputTokens.N != in {
					t.Errorf("%s: usage %+v, told %+v, of %+v", name, e.Usage, usage, one.Usage)
				}
			}
		}
		if went == 0 {
			t.Errorf("no stream of %s went on", caller.name)
		}
	}
}

func TestWhatAnotherModelCannotGoOnWithFailsAsEver(t *testing.T) {
	g, a, b := duo(t)
	b.Script(spokenTongues[0].whole(said(7, 2, "text: and more")))
	for _, caller := range spokenTongues {
		for _, parts := range [][]string{{"call:{\"a\"|:1}"}, {"text:one", "call:{\"a\"|:1}"}, {"think:hm| hm"}} {
			pieces := caller.stream(said(5, 3, parts...))
			for n := range pieces {
				got, kinds, _ := caller.words([]byte(strings.Join(pieces[:n], "")))
				if len(kinds) == 0 || kinds[len(kinds)-1] == llm.Text && got != "" {
					continue
				}
				a.Script(caller.cut(pieces[:n]))
				asked := len(b.Calls())
				resp, body := caller.open(g, string(caller.name)+"2chat")
				if len(b.Calls()) != asked {
					t.Errorf("%s, %v cut after %d: the second was asked", caller.name, parts, n)
				}
				if resp.StatusCode == 200 && dialecttest.CheckStream(caller.name, body) == nil && n < len(pieces)-2 {
					t.Errorf("%s, %v cut after %d: no error in %s", caller.name, parts, n, body)
				}
			}
		}
	}
	chat := spokenTongues[0]
	a.Script(chat.cut(chat.stream(said(5, 3, "text:{\"one\"|: 2}"))[:3]))
	asked := len(b.Calls())
	_, body := g.Post(chat.path, strings.Replace(strings.ReplaceAll(chat.body, "R", "chat2chat"), `"stream":true`, `"stream":true,"response_format":{"type":"json_object"}`, 1))
	if len(b.Calls()) != asked || !bytes.Contains(body, []byte(`"error"`)) {
		t.Errorf("half a document went on: %s", body)
	}
}

func TestAStreamGoesOnAfterAnErrorAStallAndThoughts(t *testing.T) {
	g, a, b := duo(t, "idle: 1s")
	chat, messages := spokenTongues[0], spokenTongues[2]
	begun := chat.stream(said(5, 3, "think:hm", "text:one| two"))[:4]
	for name, script := range map[string]func(*testup.Call){
		"an error event": streamsOf(append(slices.Clone(begun), failing)...),
		"a stall":        func(c *testup.Call) { c.Stream(nil, begun...); <-c.Gone() },
		"an early end":   streamsOf(begun...),
	} {
		for _, second := range []tongue{chat, messages} {
			a.Script(script)
			b.Script(second.whole(said(7, 2, "think:so", "text: and more", "call:{}")))
			resp, body := chat.open(g, "chat2"+string(second.name))
			if err := dialecttest.CheckStream(chat.name, body); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, body)
			}
			text, kinds, _ := chat.words(body)
			if text != "one two and more" || !slices.Contains(kinds, llm.ToolCall) || resp.Trailer.Get("sluice-continued") == "" {
				t.Errorf("%s: %q of %v: %s", name, text, kinds, body)
			}
		}
	}
}

func TestAStreamThatNobodyGoesOnWithEndsWithAnError(t *testing.T) {
	g, a, b := duo(t)
	for _, caller := range spokenTongues {
		pieces := caller.stream(said(5, 3, "text:one| two| three"))
		a.Script(caller.cut(pieces[:len(pieces)/2]))
		for name, script := range map[string]func(*testup.Call){
			"refused":      func(c *testup.Call) { c.JSON(503, `{"error":{"message":"also later"},"message":"also later"}`) },
			"in one piece": answerChat,
			"cut":          spokenTongues[0].cut(spokenTongues[0].stream(said(1, 1, "text: and| more| so"))[:3]),
		} {
			b.Script(script)
			resp, body := caller.open(g, string(caller.name)+"2chat")
			events := dialecttest.ParseStream(caller.dialect(), dialecttest.CodecCall(caller.name), body, 1<<20)
			if resp.StatusCode != 200 || len(events) == 0 || events[len(events)-1].Kind != llm.Fail {
				t.Errorf("%s, %s: %d %s", caller.name, name, resp.StatusCode, body)
			}
			e := g.Entry(resp.Header.Get("sluice-request-id"))
			if e.Status != 200 || e.ErrorCode == "" || len(e.Attempts) != 2 || e.Cost.USD < e.Attempts[0].Cost.USD || e.Attempts[0].Cost.USD == 0 {
				t.Errorf("%s, %s: entry %+v", caller.name, name, e)
			}
		}
	}
}

func TestAModelIsAskedToGoOnInTheWayThatItUnderstands(t *testing.T) {
	g, a, b := duo(t)
	chat := spokenTongues[0]
	a.Script(chat.cut(chat.stream(said(5, 3, "text:one| two "))[:3]))
	for _, second := range spokenTongues {
		b.Script(second.whole(said(7, 2, "text:and more")))
		resp, _ := g.Post(chat.path, strings.Replace(strings.ReplaceAll(chat.body, "R", "chat2"+string(second.name)), `"stream":true`, `"stream":true,"max_tokens":50`, 1))
		body := string(b.Last().Body)
		prefilled := second.name == dialect.Messages || second.name == dialect.Converse
		if words := strings.Contains(body, "Your answer was cut off."); resp.StatusCode != 200 || words == prefilled {
			t.Errorf("%s was asked %s", second.name, body)
		}
		if prefilled && strings.Contains(body, "two ") || !strings.Contains(body, "one two") || strings.Contains(body, "50") {
			t.Errorf("%s was asked %s", second.name, body)
		}
	}
}

func TestAHedgeGoesOnToo(t *testing.T) {
	chat := spokenTongues[0]
	asked := make(chan struct{}) // closed when the first was asked, for which the second waits
	var first sync.Once
	g, _, _ := routed(t, func(c *testup.Call) {
		hangs := false
		if first.Do(func() { close(asked); hangs = true }); hangs {
			<-c.Gone()
			return
		}
		chat.whole(said(7, 2, "text: and more"))(c)
	}, func(c *testup.Call) {
		<-asked
		chat.cut(chat.stream(said(5, 3, "text:one| two| three"))[:3])(c)
	}, "{ steps: [ { use: one/m, hedge: { after: 10ms, to: two/m }, continue_on: one/m } ] }", "")
	resp, body := chat.open(g, "r")
	if text, _, _ := chat.words(body); text != "one two and more" || dialecttest.CheckStream(chat.name, body) != nil {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Provider != "one" || len(e.Attempts) != 3 || e.Status != 200 || e.ErrorCode != "" || e.Usage.InputTokens.N < 8 {
		t.Errorf("entry %+v", e)
	}
}

func TestAnArrayGoesOnAsOne(t *testing.T) {
	g, a, b := duo(t)
	gemini, chat := spokenTongues[3], spokenTongues[0]
	for name, c := range map[string]struct {
		second func(*testup.Call)
		want   string
	}{"goes on": {chat.whole(said(7, 2, "text: and more")), "one two three and more"}, "does not": {func(c *testup.Call) { c.JSON(503, `{"error":{"message":"later"}}`) }, "one two three"}} {
		a.Script(func(c *testup.Call) {
			piece := func(text string) string {
				return `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"` + text + `"}]}}],"modelVersion":"m","responseId":"x"}`
			}
			c.StreamAs("application/json", nil, "["+piece("one")+"\n", ","+piece(" two")+"\n", ","+piece(" three")+"\n")
		})
		b.Script(c.second)
		resp, body := g.Post("/v1beta/models/gemini2chat:streamGenerateContent", gemini.body)
		var all []struct {
			Candidates []struct {
				Content struct{ Parts []struct{ Text string } }
			}
			Error *struct{ Message string }
		}
		if err := json.Unmarshal(body, &all); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %v %s", name, resp.StatusCode, err, body)
		}
		text := ""
		for _, one := range all {
			for _, c := range one.Candidates {
				for _, p := range c.Content.Parts {
					text += p.Text
				}
			}
		}
		if failed := all[len(all)-1].Error != nil; text != c.want || failed != (name == "does not") {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestLimitsCountAllOfAStreamThatWentOn(t *testing.T) {
	chat := spokenTongues[0]
	g, _, _ := routed(t, chat.cut(chat.stream(said(5, 3, "text:one| two| three"))[:3]), chat.whole(said(7, 2, "text: and more")),
		"{ steps: [ { use: one/m, continue_on: two/m } ] }", "gateways: { default: { limits: [ { name: all, per: key, tokens: 100000/1h }, { name: two, per: key, tokens: 100000/1h, when: provider == 'two' } ] } }")
	resp, _ := chat.open(g, "r")
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	var me struct {
		Limits []struct {
			Name string
			Used int64
		}
	}
	_, b := g.Do(g.Request("GET", "/v1/me", nil))
	if err := json.Unmarshal(b, &me); err != nil || len(me.Limits) == 0 || len(e.Attempts) != 2 {
		t.Fatalf("%v %s %+v", err, b, e)
	}
	for _, l := range me.Limits {
		if want := e.Usage.InputTokens.N + e.Usage.OutputTokens.N; l.Name == "all" && (l.Used != want || want < 9+4) {
			t.Errorf("%d tokens are counted, %d were used", l.Used, want)
		}
	}
}

func TestAStreamThatGoesOnCanBeResumed(t *testing.T) {
	chat := spokenTongues[0]
	g, _, _ := routed(t, chat.cut(chat.stream(said(5, 3, "text:one| two| three"))[:3]), chat.whole(said(7, 2, "text: and more")), "{ steps: [ { use: one/m, continue_on: two/m } ] }", resumes)
	resp := open(t, g, chat.path, strings.ReplaceAll(chat.body, "R", "r"))
	first, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	r, again := rest(t, g, resp.Header.Get("sluice-request-id"), 0)
	if again != string(first) || r.Trailer.Get("sluice-continued") != "two/m" || dialecttest.CheckStream(chat.name, first) != nil {
		t.Errorf("%v %s", r.Trailer, again)
	}
}
