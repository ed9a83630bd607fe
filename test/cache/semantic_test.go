package cache_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// alike answers as vendor does, and to embeddings with vectors that are near for texts
// that begin alike: how near stands in the text, as "@0.95".
func (c *counter) alike(call *testup.Call) {
	if !strings.HasSuffix(call.URI, "/embeddings") {
		c.vendor(call)
		return
	}
	var q struct{ Input []string }
	if json.Unmarshal(call.Body, &q) != nil || len(q.Input) != 1 {
		call.JSON(400, `{"error":{"message":"no input"}}`)
		return
	}
	x, y := 1.0, 0.0
	if strings.Contains(q.Input[0], "far") {
		x, y = 0.1, 1
	}
	call.JSON(200, fmt.Sprintf(`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[%v,%v]}],"model":"e","usage":{"prompt_tokens":1000000,"total_tokens":1000000}}`, x, y))
}

const senses = `gateways: { default: { cache: { ttl: 5m, semantic: { model: emb/e, threshold: 0.9%s } } } }
`

func semantics(t *testing.T, more string) (*hold, *testup.Upstream) {
	t.Helper()
	if !strings.Contains(more, "timeout") {
		more += ", timeout: 20s" // for a machine that is busy
	}
	h := &hold{t: t}
	up := testup.New(t, h.n.alike)
	h.Gateway = startWith(t, up, "  emb: { kind: openai-compatible, base_url: \""+up.URL+"/e/v1\", api_key: env:K, retries: { max: 0 }, models: { e: { price: { input: 1, output: 0 } } } }\n"+fmt.Sprintf(senses, more))
	return h, up
}

// the same question in other words, and what only looks like it.
const (
	question = "What is the capital of France?"
	inOther  = "what's the capital of France"
)

func TestARequestThatMeansTheSameIsAnsweredFromTheCache(t *testing.T) {
	h, _ := semantics(t, "")
	first := h.make(asked{path: chat, body: ask("one/m", question, false)})
	if first.cache() != "miss" {
		t.Fatalf("%d %s %s", first.StatusCode, first.cache(), first.body)
	}
	second := h.make(asked{path: chat, body: ask("one/m", inOther, false)})
	e := expect(t, h.Gateway, second, "semantic", "answer 1")
	if e.Cost.USD != 0 || e.Saved != h.Entry(first.id()).Cost || len(e.Attempts) != 0 || !strings.Contains(string(e.Metadata), first.id()) || !strings.Contains(string(e.Metadata), "semantic_score") {
		t.Errorf("cost %v, saved %v, %d attempts, %s", e.Cost, e.Saved, len(e.Attempts), e.Metadata)
	}
	if brought := h.Entry(first.id()); brought.CacheKey != first.Header.Get("sluice-cache-key") || e.CacheKey != brought.CacheKey {
		t.Errorf("the answer was brought under %q and served from %q", brought.CacheKey, e.CacheKey)
	}
	expect(t, h.Gateway, h.make(asked{path: chat, body: ask("one/m", inOther, true)}), "semantic", "answer 1")
	var list struct {
		Data []struct {
			Operation, Model string
			Cost             float64 `json:"cost_usd"`
		}
	}
	wait(t, func() bool {
		h.AdminGet("/api/v1/entries?operation=embeddings", &list)
		return len(list.Data) == 3
	})
	for _, e := range list.Data {
		if e.Model != "e" || e.Cost == 0 {
			t.Errorf("an embedding is not charged: %+v", e)
		}
	}
}

func TestARequestThatOnlyLooksAlikeIsNot(t *testing.T) {
	h, _ := semantics(t, "")
	with := func(more, text string) asked {
		return asked{path: chat, body: strings.Replace(ask("one/m", text, false), "{", "{"+more, 1)}
	}
	talk := func(system, before, text string) asked {
		return asked{path: chat, body: fmt.Sprintf(`{"model":"one/m","messages":[{"role":"system","content":%q},{"role":"user","content":%q},{"role":"assistant","content":"Yes."},{"role":"user","content":%q}]}`, system, before, text)}
	}
	if status := h.AdminPost("/api/v1/workspaces", `{"id":"other","name":"other"}`, nil); status != http.StatusCreated {
		t.Fatal(status)
	}
	foreign := h.key(`{"name":"third","workspace":"other"}`)
	h.make(with("", question))
	h.make(talk("Be kind.", "Hi", question))
	tool := `"tools":[{"type":"function","function":{"name":"a","parameters":{"type":"object"}}}],`
	for name, a := range map[string]asked{
		"another name":          with("", "What is the capital of Spain?"),
		"a number":              with("", "What are the 2 capitals of France?"),
		"a negation":            with("", "What is not the capital of France?"),
		"what is far":           with("", "what's the capital of France, the far one"),
		"a temperature":         with(`"temperature":0.5,`, inOther),
		"a ceiling":             with(`"max_tokens":5,`, inOther),
		"tools":                 with(tool, inOther),
		"a user":                with(`"user":"ann",`, inOther),
		"another model":         {path: chat, body: ask("two/m", inOther, false)},
		"another vendor":        {path: chat, body: ask("ant/c", inOther, false)},
		"another dialect":       {path: "/v1/messages", body: strings.Replace(ask("one/m", inOther, false), "{", `{"max_tokens":9,`, 1)},
		"another workspace":     {chat, ask("one/m", inOther, false), foreign},
		"a system prompt":       {path: chat, body: `{"model":"one/m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"` + inOther + `"}]}`},
		"another system prompt": talk("Be brief.", "Hi", inOther),
		"another conversation":  talk("Be kind.", "Hello", inOther),
	} {
		if got := h.make(a); got.cache() != "miss" {
			t.Errorf("%s: %d %s %s", name, got.StatusCode, got.cache(), got.body)
		}
	}
	if got := h.make(talk("Be kind.", "Hi", inOther)); got.cache() != "semantic" || text(got) != "answer 2" {
		t.Errorf("the same conversation: %s %s", got.cache(), got.body)
	}
}

func TestAReportServesNothingAndTellsWhatWouldHave(t *testing.T) {
	h, _ := semantics(t, ", report: true")
	first := h.make(asked{path: chat, body: ask("one/m", question, false)})
	e := expect(t, h.Gateway, h.make(asked{path: chat, body: ask("one/m", inOther, false)}), "miss", "answer 2")
	if !strings.Contains(string(e.Metadata), `"semantic_report":"`+first.id()) {
		t.Errorf("%s", e.Metadata)
	}
}

func TestAnEmbedderThatIsSlowOrAwayDelaysNoCallForLong(t *testing.T) {
	h, up := semantics(t, ", timeout: 50ms")
	for name, script := range map[string]func(*testup.Call){
		"slow": func(c *testup.Call) { <-c.Gone() },
		"away": func(c *testup.Call) { c.Write("") },
		"sick": func(c *testup.Call) { c.JSON(500, `{"error":{"message":"no"}}`) },
		"odd":  func(c *testup.Call) { c.JSON(200, `{"object":"list","data":[]}`) },
	} {
		up.Script(func(c *testup.Call) {
			if strings.HasSuffix(c.URI, "/embeddings") {
				script(c)
				return
			}
			h.n.vendor(c)
		})
		for i := range 2 {
			if got := h.make(asked{path: chat, body: ask("one/m", fmt.Sprint(name, " question ", i), false)}); got.StatusCode != 200 || got.cache() != "miss" {
				t.Errorf("%s: %d %s %s", name, got.StatusCode, got.cache(), got.body)
			}
		}
		if got := h.make(asked{path: chat, body: ask("one/m", name+" question 0", false)}); got.cache() != "hit" {
			t.Errorf("%s, an equal request: %s", name, got.cache())
		}
	}
}

func TestWhatAFallbackAnsweredServesNoRequestThatIsOnlyAlike(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, func(c *testup.Call) {
		if strings.Contains(string(c.Body), `"model":"first"`) {
			c.JSON(500, `{"error":{"message":"no"}}`)
			return
		}
		h.n.alike(c)
	})
	h.Gateway = startWith(t, up, "  emb: { kind: openai-compatible, base_url: \""+up.URL+"/e/v1\", api_key: env:K, retries: { max: 0 } }\n"+fmt.Sprintf(senses, "")+"routes: { r: [ one/first, two/m ] }\n")
	expect(t, h.Gateway, h.make(asked{path: chat, body: ask("r", question, false)}), "miss", "answer 1")
	up.Script(h.n.alike)
	expect(t, h.Gateway, h.make(asked{path: chat, body: ask("r", inOther, false)}), "miss", "answer 2")
}

func TestPromptsOutliveARestartWithTheAnswersOnDisk(t *testing.T) {
	h := &hold{t: t}
	up := testup.New(t, h.n.alike)
	h.Gateway = startWith(t, up, "  emb: { kind: openai-compatible, base_url: \""+up.URL+"/e/v1\", api_key: env:K, models: { e: {} } }\n"+fmt.Sprintf(senses, ", timeout: 20s")+"cache: { disk: 16MiB }\n")
	h.make(asked{path: chat, body: ask("one/m", question, false)})
	h.again(nil)
	up.Script(func(c *testup.Call) {
		if !strings.HasSuffix(c.URI, "/embeddings") {
			c.JSON(500, `{"error":{"message":"nothing new is said"}}`)
			return
		}
		h.n.alike(c)
	})
	var a *answer
	wait(t, func() bool { // what was known is read in the background
		a = h.make(asked{path: chat, body: ask("one/m", inOther, false)})
		return a.StatusCode == 200
	})
	expect(t, h.Gateway, a, "semantic", "answer 1")
}
