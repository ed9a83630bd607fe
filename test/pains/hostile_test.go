package pains_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// strange are values that stand where something else is expected.
var strange = []any{nil, -1.5, "[x", []any{nil, 3, "x"}, object{"a": object{"b": []any{1}}}}

// mutants gives copies of JSON in each of which one value is another, or gone.
func mutants(v any, try func(where string, mutant any)) {
	v = clone(v)
	n := 0
	fn := func(where string, mutant any) {
		if n++; n%thin == 0 {
			try(where, mutant)
		}
	}
	var visit func(where string, v any, set func(any))
	visit = func(where string, here any, set func(any)) {
		for _, s := range strange {
			set(s)
			fn(where+" = "+text(s), v)
		}
		set(here)
		switch here := here.(type) {
		case object:
			for name, m := range here {
				visit(where+"."+name, m, func(x any) { here[name] = x })
				here[name] = m
				delete(here, name)
				fn(where+"."+name+" gone", v)
				here[name] = m
			}
		case []any:
			for i, m := range here {
				visit(fmt.Sprintf("%s[%d]", where, i), m, func(x any) { here[i] = x })
				here[i] = m
			}
		}
	}
	o := v.(object)
	for name, m := range o {
		visit(name, m, func(x any) { o[name] = x })
		o[name] = m
		delete(o, name)
		fn(name+" gone", v)
		o[name] = m
	}
}

// Field pains B 20, A 4.9.57: whatever a caller sends in place of what it should, it gets
// an answer or an error of its own, in its shape; nothing breaks.
func TestWrongRequestsAreTheCallersAndNothingBreaks(t *testing.T) {
	t.Parallel()
	s := start(t)
	next := map[string]*vendor{"chat": messagesVendor, "responses": geminiVendor, "messages": responsesVendor, "gemini": converseVendor, "converse": cohereVendor, "cohere": chatVendor}
	for _, c := range callers {
		v := next[c.name]
		t.Run(c.name+" to "+v.name, func(t *testing.T) {
			s.up.Script(v.says(hello))
			q := ask(v.asked(), "go")
			q.tools, q.think, q.system, q.max = []tool{cityTool}, true, "be brief", 3000
			q.turns = append(q.turns, turn{raw: history(t, c, told), results: results(told)})
			n := 0
			mutants(c.body(q, false), func(where string, mutant any) {
				n++
				resp, raw := s.Post(c.path(q.model, false), text(mutant))
				if resp.StatusCode == 200 || resp.StatusCode >= 400 && resp.StatusCode < 500 && c.message(parse(t, raw)) != "" {
					return
				}
				t.Errorf("%s: %d %s", where, resp.StatusCode, raw)
			})
			if n < 250/thin {
				t.Errorf("only %d requests were tried", n)
			}
		})
	}
}

var careless = regexp.MustCompile(`no JSON|no object|input of a call|usage told|first delta of a call|head of a chunk|no chat.completion|no message|no response|no answer|no role|status failed|an item without id|a thought without`)

// Field pains B 20, B 45, C 17: whatever a vendor sends in place of what it should, the
// caller gets an answer or an error in its own grammar; nothing breaks.
func TestWrongAnswersAreTheVendorsAndNothingBreaks(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, v := range vendors {
		c := callers[(i+2)%len(callers)]
		t.Run(c.name+" to "+v.name, func(t *testing.T) {
			q := ask(v.asked(), "go")
			q.tools, q.think = []tool{cityTool}, true
			mutants(v.whole(v, told), func(where string, mutant any) {
				s.up.Script(func(call *testup.Call) { call.JSON(200, text(mutant)) })
				r := s.do(t, c, q, false)
				checkStrange(t, s, c, r, where)
			})
		})
		t.Run(c.name+" to "+v.name+", streamed", func(t *testing.T) {
			if v.dialect == "converse" {
				return // its frames have sums; the events' payloads are those of the whole answer's kind
			}
			q := ask(v.asked(), "go")
			q.tools, q.think = []tool{cityTool}, true
			all := v.events(v, told)
			for n, e := range all {
				head, data, ok := strings.Cut(strings.TrimRight(e, "\r\n"), "data: ")
				if !ok || data == "[DONE]" || n%2 == 1 {
					continue
				}
				mutants(jsonOf(data), func(where string, mutant any) {
					events := append([]string(nil), all...)
					events[n] = head + "data: " + text(mutant) + "\n\n"
					s.up.Script(func(call *testup.Call) { v.send(call, nil, strings.Join(events, "")) })
					r := s.do(t, c, q, true)
					checkStrange(t, s, c, r, fmt.Sprintf("event %d, %s", n, where))
				})
			}
		})
	}
}

func checkStrange(t *testing.T, s *stand, c *caller, r *reply, where string) {
	t.Helper()
	if r.Header.Get("Sluice-Error") == "internal" || r.StatusCode == 500 {
		t.Fatalf("%s: %d %s\n%s", where, r.StatusCode, r.raw, s.Log)
	}
	if r.said == nil {
		if c.message(parse(t, r.raw)) == "" {
			t.Errorf("%s: %d %s", where, r.StatusCode, r.raw)
		}
		return
	}
	for _, p := range r.said.problems {
		if !careless.MatchString(p) {
			t.Errorf("%s: %s\n%s", where, p, r.raw)
		}
	}
}

// Wire pitfall 28, field pain D 1: a success without an answer in it is none.
func TestASuccessWithoutAnAnswerIsNone(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		for _, body := range []string{"", "{", "null", "[]", `"x"`, "<html><body>Welcome</body></html>", "data: {"} {
			s.up.Script(func(call *testup.Call) { call.Answer(200, "application/json", []byte(body)) })
			ways(t, func(t *testing.T, stream bool) {
				r := s.do(t, c, ask(v.asked(), "go"), stream)
				if r.StatusCode < 500 || r.Header.Get("Sluice-Error") != "upstream_error" || c.message(parse(t, r.raw)) == "" {
					t.Errorf("%q: %d %s", body, r.StatusCode, r.raw)
				}
			})
		}
	})
}

// Field pain A 4.5.31: a vendor that answers whole where a stream was asked for gives its
// caller a proper stream all the same, however its JSON is laid out.
func TestAWholeAnswerWhereAStreamWasAskedForBecomesOne(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(func(call *testup.Call) {
			var b bytes.Buffer
			if err := json.Indent(&b, []byte(text(v.whole(v, told))), "", "  "); err != nil {
				t.Error(err)
			}
			call.JSON(200, b.String())
		})
		q := ask(v.asked(), "go")
		q.think = true
		r := s.must(t, c, q, true)
		want := *told
		if v == chatVendor {
			want.blocks = want.blocks[1:]
		}
		same(t, "said", r.said.outline(), want.outline())
		same(t, "output", r.said.usage.output, 20)
	})
}

// The reverse: who did not ask for a stream gets none.
func TestAStreamThatNobodyAskedForIsNotPassedOn(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(func(call *testup.Call) { v.send(call, nil, v.events(v, hello)...) })
		resp, raw := s.Post(c.path(v.asked(), false), text(c.body(ask(v.asked(), "go"), false)))
		if ct := resp.Header.Get("Content-Type"); ct != "application/json" {
			t.Fatalf("%d, %s: %.300s", resp.StatusCode, ct, raw)
		}
		if resp.StatusCode == 200 {
			same(t, "text", c.whole(t, parse(t, raw)).text(), hello.text())
		} else if resp.StatusCode != 502 || c.message(parse(t, raw)) == "" {
			t.Errorf("%d %s", resp.StatusCode, raw)
		}
	})
}

// Contract §6: what only begins a stream is held, but not for ever: after five seconds of
// silence the caller has its head, and the rest comes as ever (field pain A 4.4.29).
func TestASilentBeginningIsNotHeldForEver(t *testing.T) {
	if testing.Short() {
		t.Skip("takes five seconds")
	}
	t.Parallel()
	s := start(t)
	all := messagesEvents(messagesVendor, hello)
	begin := beforeContent(messagesVendor, hello)
	head := make(chan struct{})
	s.up.Script(func(call *testup.Call) {
		messagesVendor.send(call, nil, begin...)
		select {
		case <-head:
			call.More(all[len(begin):]...)
		case <-time.After(time.Minute):
		}
	})
	began := time.Now()
	resp, err := http.DefaultTransport.RoundTrip(s.request(chatCaller, ask(messagesVendor.asked(), "go"), true))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if took := time.Since(began); took < 3*time.Second || took > 40*time.Second {
		t.Errorf("the head came after %v", took)
	}
	close(head)
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	said := chatStream(raw.Bytes(), &question{})
	same(t, "text", said.text(), hello.text())
	same(t, "problems", len(said.problems), 0)
}

// Field pain A 4.10.60 and the memory of state: two conversations whose vendor gives the
// same ids never get each other's reasoning.
func TestIDsThatAreNotUniqueBringNobodyElsesReasoning(t *testing.T) {
	s := start(t)
	foreign(t, messagesVendor, func(t *testing.T, c *caller) {
		var asked []*question
		var secrets []string
		for _, who := range []string{"ann", "bob"} {
			secret := opaque("state of " + who + " at " + c.name)
			s.up.Script(messagesVendor.says(&said{blocks: []block{{kind: thinking, text: "thoughts of " + who, state: secret}, callOf("functions.get_weather-0", "Lisbon", "")}, usage: hello.usage}))
			q := ask(messagesVendor.asked(), "I am "+who)
			q.tools, q.think = []tool{cityTool}, true
			r := s.must(t, c, q, false)
			q.turns = append(q.turns, turn{raw: clone(c.forget(r.said.raw)), results: results(r.said)})
			asked, secrets = append(asked, q), append(secrets, secret)
		}
		s.up.Script(messagesVendor.says(hello))
		for i, q := range asked {
			s.must(t, c, q, false)
			body := string(s.up.Last().Body)
			if other := secrets[1-i]; strings.Contains(body, other) || strings.Contains(body, "thoughts of "+[]string{"bob", "ann"}[i]) {
				t.Errorf("somebody else's reasoning is sent: %s", body)
			}
		}
	})
}

// Field pains A 4.10.60, B 44: many at once, each gets what is its own.
func TestManyTranslatedCallsAtOnceGetEachTheirOwn(t *testing.T) {
	s := start(t)
	ticket := regexp.MustCompile(`ticket-\d+-`)
	s.up.Script(func(call *testup.Call) {
		mine := ticket.FindString(string(call.Body))
		answer := &said{blocks: []block{{kind: thinking, text: "about " + mine, state: opaque(mine)}, {kind: words, text: strings.Repeat("Here is "+mine+". ", 20)}, {kind: calling, id: "call" + mine, name: "get_weather", args: fmt.Sprintf(`{"city":%q}`, mine)}}, usage: hello.usage}
		for _, v := range vendors {
			if v.name == provider(call) {
				v.says(answer)(call)
			}
		}
	})
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for n := range 20 {
				c, v := callers[(worker+n)%6], vendors[(worker*5+n*7+1)%6]
				mine := fmt.Sprintf("ticket-%d-", worker*1000+n)
				q := ask(v.asked(), "please: "+mine)
				q.tools, q.think = []tool{cityTool}, true
				r := s.do(t, c, q, n%2 == 0)
				if r.said == nil {
					t.Errorf("%s to %s: %d %s", c.name, v.name, r.StatusCode, r.raw)
					continue
				}
				for _, other := range ticket.FindAllString(r.said.text()+r.said.thought()+text(r.said.raw), -1) {
					if other != mine {
						t.Errorf("%s to %s: %s got %s", c.name, v.name, mine, other)
						break
					}
				}
				if calls := r.said.calls(); len(calls) != 1 || !strings.Contains(calls[0].args, mine) {
					t.Errorf("%s to %s: calls %v", c.name, v.name, calls)
				}
			}
		})
	}
	group.Wait()
}
