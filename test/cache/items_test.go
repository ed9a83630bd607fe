package cache_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// embedder is a vendor of vectors that are told by their texts alone. It answers in the
// words of OpenAI, Cohere and Gemini, spread over lines as these do.
type embedder struct {
	mu    sync.Mutex
	calls [][]string // what each call asked for, as it stood there
	paths []string
	fail  int    // the status of what comes next; 0 = none
	model string // that it says it is

	refuses string // requests that hold it fail
}

func (e *embedder) answer(c *testup.Call) {
	var asked struct {
		Input, Texts, Requests json.RawMessage
		Encoding               string `json:"encoding_format"`
		Dimensions             int
	}
	_ = json.Unmarshal(c.Body, &asked)
	texts := rawList(slices.Concat(asked.Input, asked.Texts, asked.Requests))
	e.mu.Lock()
	e.calls, e.paths = append(e.calls, texts), append(e.paths, c.URI)
	fail, model := e.fail, e.model
	e.mu.Unlock()
	switch {
	case e.refuses != "" && bytes.Contains(c.Body, []byte(e.refuses)):
		c.JSON(500, `{"error":{"message":"no"}}`)
	case fail != 0:
		c.JSON(fail, `{"error":{"message":"no"}}`)
	case asked.Texts != nil:
		c.JSON(200, cohereAnswer(texts))
	case asked.Requests != nil:
		c.JSON(200, geminiAnswer(texts))
	default:
		c.JSON(200, openaiAnswer(model, asked.Encoding == "base64", texts))
	}
}

// rawList gives the elements of a list, or the only one.
func rawList(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) > 0 && list[0][0] != '"' && list[0][0] != '[' && list[0][0] != '{' {
		return []string{string(raw)}
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = string(list[i])
	}
	return out
}

// numbersOf is a text's vector, as it stands in answers.
func numbersOf(text string) []string {
	sum := 0
	for _, b := range []byte(text) {
		sum = sum*31%9973 + int(b)
	}
	return []string{fmt.Sprintf("-0.%04d", sum), "1e-05", fmt.Sprintf("%d.50", sum%7)}
}

// tokensOf is what the vendor counts for a text: texts of one length have as many.
func tokensOf(texts []string) (n int) {
	for _, t := range texts {
		n += len(t)
	}
	return n
}

func openaiAnswer(model string, packed bool, texts []string) string {
	var b strings.Builder
	b.WriteString("{\n  \"object\": \"list\",\n  \"data\": [")
	for i, text := range texts {
		vector := "[\n        " + strings.Join(numbersOf(text), ",\n        ") + "\n      ]"
		if packed {
			vector = `"` + base64.StdEncoding.EncodeToString([]byte(strings.Join(numbersOf(text), ""))[:12]) + `"`
		}
		fmt.Fprintf(&b, "%s\n    {\n      \"object\": \"embedding\",\n      \"index\": %d,\n      \"embedding\": %s\n    }", comma(i), i, vector)
	}
	n := tokensOf(texts)
	fmt.Fprintf(&b, "\n  ],\n  \"model\": %q,\n  \"usage\": {\n    \"prompt_tokens\": %d,\n    \"total_tokens\": %d\n  }\n}\n", model, n, n)
	return b.String()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func cohereAnswer(texts []string) string {
	var vectors []string
	for _, t := range texts {
		vectors = append(vectors, "["+strings.Join(numbersOf(t), ",")+"]")
	}
	all := strings.Join(vectors, ",")
	return fmt.Sprintf(`{"id":"c1","texts":[%s],"embeddings":{"float":[%s],"int8":null},"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":%d}},"response_type":"embeddings_by_type"}`, strings.Join(texts, ","), all, tokensOf(texts))
}

func geminiAnswer(texts []string) string {
	var vectors []string
	for _, t := range texts {
		vectors = append(vectors, "\n    {\n      \"values\": [\n        "+strings.Join(numbersOf(t), ",\n        ")+"\n      ]\n    }")
	}
	return fmt.Sprintf("{\n  \"embeddings\": [%s\n  ],\n  \"usageMetadata\": {\n    \"promptTokenCount\": %d\n  }\n}\n", strings.Join(vectors, ","), tokensOf(texts))
}

// asked gives what the vendor was asked for since the last time.
func (e *embedder) asked() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, c := range e.calls {
		out = append(out, strings.Join(c, " "))
	}
	e.calls = nil
	return strings.Join(out, " | ")
}

func (e *embedder) set(fail int, model string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail, e.model = fail, model
}

func embeddingWorld(t testing.TB, e *embedder, cache string) *testgw.Gateway {
	t.Helper()
	return embeddingsOf(t, testup.New(t, e.answer), e, cache)
}

func embeddingsOf(t testing.TB, up *testup.Upstream, e *embedder, cache string) *testgw.Gateway {
	t.Helper()
	e.model = "m"
	const price = "models: { m: { price: { input: 1 } }, n: {} }, retries: { max: 0 }"
	return testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`discover: false
providers:
  one: { kind: openai-compatible, base_url: "%s/v1", api_key: env:K, %s }
  coh: { kind: cohere, base_url: "%s", api_key: env:K, %s }
  gem: { kind: gemini, base_url: "%s", api_key: env:K, %s }
%s`, up.URL, price, up.URL, price, up.URL, price, cache),
		Env: map[string]string{"K": vendorKey},
	})
}

const embeds = "/v1/embeddings"

// list is a request for the vectors of some elements, as they stand in JSON.
func list(more string, elements ...string) string {
	return `{"model":"one/m",` + more + `"input":[` + strings.Join(elements, ", ") + `], "user":"u"}`
}

// vectors wants an answer to be what the vendor would have said for all elements.
func vectors(t testing.TB, a *answer, word, want string) {
	t.Helper()
	if a.StatusCode != http.StatusOK || a.cache() != word || string(a.body) != want {
		t.Errorf("%d, %s and not %s:\n%s\nand not\n%s", a.StatusCode, a.cache(), word, a.body, want)
	}
}

func TestOnlyElementsThatAreNotKeptAreAskedFor(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	for _, tt := range []struct {
		name, word, asks string
		elements         []string
	}{
		{"nothing is kept", "miss", `"a" "b"`, []string{`"a"`, `"b"`}},
		{"everything is", "hit", ``, []string{`"b"`, `"a"`}},
		{"the last is not", "miss", `"c"`, []string{`"a"`, `"b"`, `"c"`}},
		{"the first and one between are not", "miss", `"d" "e"`, []string{`"d"`, `"a"`, `"e"`, `"b"`}},
		{"one stands there three times", "miss", `"f" "g"`, []string{`"f"`, `"g"`, `"f"`, `"a"`, `"f"`}},
		{"only once is kept what stands there twice", "hit", ``, []string{`"f"`, `"f"`}},
		{"one alone", "hit", ``, []string{`"e"`}},
		{"one alone that is new", "miss", `"h"`, []string{`"h"`}},
		{"beside others", "miss", `"i"`, []string{`"h"`, `"i"`}},
		{"token ids", "miss", `[1,2] [3]`, []string{`[1,2]`, `[3]`}},
		{"one of them and a text", "miss", `"1"`, []string{`[3]`, `"1"`}},
		{"another spelling", "hit", ``, []string{`"\u0061"`, `[1, 2]`, `"h"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := call(t, g, embeds, list("", tt.elements...))
			same := slices.Clone(tt.elements)
			for i, s := range same {
				same[i] = map[string]string{`"\u0061"`: `"a"`, `[1, 2]`: `[1,2]`}[s]
				if same[i] == "" {
					same[i] = s
				}
			}
			vectors(t, a, tt.word, openaiAnswer("m", false, same))
			if asked := e.asked(); asked != tt.asks {
				t.Errorf("it asked for %s and not %s", asked, tt.asks)
			}
		})
	}
	for body, asks := range map[string]string{
		`{"model":"one/m","user":"u","input":"a"}`: "", `{"model":"one/m","user":"u","input":[1,2]}`: "", `{"input":["b"],"model":"one/m","user":"u"}`: "",
		`{"model":"one/m","input":["a","b"]}`: `"a" "b"`, // another user
	} {
		if a := call(t, g, embeds, body); a.StatusCode != 200 || e.asked() != asks {
			t.Errorf("%s: %s", body, a.body)
		}
	}
}

func TestWhatIsSentToTheVendorIsTheRequestWithFewerElements(t *testing.T) {
	e := &embedder{}
	up := testup.New(t, e.answer)
	e.model = "m"
	g := startWith(t, up, keeps)
	call(t, g, embeds, `{"model":"one/m","input":["b","d"],"x":[ 1.0, {"y":"ü"} ]}`)
	call(t, g, embeds, "{ \"x\":[ 1.0, {\"y\":\"ü\"} ],\n\"model\" : \"one/m\", \"input\" : [ \"a\" ,\"b\", \"c\", \"d\" ,\"e\" ] }")
	want := "{ \"x\":[ 1.0, {\"y\":\"ü\"} ],\n\"model\" : \"m\", \"input\" : [ \"a\" ,\"c\", \"e\" ] }"
	if got := string(up.Last().Body); got != want {
		t.Errorf("%s\nand not\n%s", got, want)
	}
}

func TestCostsAndTokensOfAListAddUp(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	ask := func(elements ...string) (gateway.Entry, string) {
		a := call(t, g, embeds, list("", elements...))
		return g.Entry(a.id()), a.Header.Get("sluice-cost-usd")
	}
	first, _ := ask(`"aaaa"`, `"bbbb"`, `"cccc"`)
	some, told := ask(`"aaaa"`, `"dddd"`, `"bbbb"`, `"dddd"`)
	all, _ := ask(`"dddd"`, `"aaaa"`)
	const one = 6 * 1000 // tokens, at a millionth each, in billionths
	for _, tt := range []struct {
		name        string
		e           gateway.Entry
		cost, saved gateway.USD
		tokens      int64
		attempts    int
	}{
		{"first", first, 3 * one, 0, 18, 1}, {"some", some, one, 3 * one, 6, 1}, {"all", all, 0, 2 * one, 12, 0},
	} {
		if tt.e.Cost.USD != tt.cost || tt.e.Saved.USD != tt.saved || tt.e.Usage.InputTokens.N != tt.tokens || len(tt.e.Attempts) != tt.attempts {
			t.Errorf("%s: cost %v, saved %v, %d tokens, %d attempts", tt.name, tt.e.Cost, tt.e.Saved, tt.e.Usage.InputTokens.N, len(tt.e.Attempts))
		}
	}
	if told != "0.000006" || some.Cache != "miss" || all.Cache != "hit" {
		t.Errorf("%s, %s, %s", told, some.Cache, all.Cache)
	}
}

func TestTheFormOfVectorsCounts(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	forms := []string{"", `"encoding_format":"base64",`, `"dimensions":2,`, `"encoding_format":"float",`, `"dimensions":3,`}
	for _, word := range []string{"miss", "hit"} {
		for _, f := range forms {
			vectors(t, call(t, g, embeds, list(f, `"a"`, `"b"`)), word, openaiAnswer("m", strings.Contains(f, "base64"), []string{`"a"`, `"b"`}))
		}
	}
	vectors(t, call(t, g, embeds, list(forms[1], `"c"`, `"b"`)), "miss", openaiAnswer("m", true, []string{`"c"`, `"b"`}))
}

func TestElementsOfAListThatAreReadTogetherAreNotToldApart(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	late := `"late_chunking":true,`
	call(t, g, embeds, list(late, `"a"`, `"b"`))
	if a := call(t, g, embeds, list(late, `"a"`, `"c"`)); a.cache() != "miss" || e.asked() != `"a" "b" | "a" "c"` {
		t.Errorf("%s", a.cache())
	}
	if a := call(t, g, embeds, list(late, `"a"`, `"b"`)); a.cache() != "hit" {
		t.Errorf("the same list: %s", a.cache())
	}
	if a := call(t, g, embeds, list(`"late_chunking":false,`, `"a"`, `"b"`)); a.cache() != "miss" {
		t.Errorf("read apart: %s", a.cache())
	}
}

func TestAListIsTakenApartInEveryDialect(t *testing.T) {
	gemini := func(texts ...string) string {
		var all []string
		for _, s := range texts {
			all = append(all, `{"model":"models/gem/m","content":{"parts":[{"text":`+s+`}]}}`)
		}
		return `{"requests":[` + strings.Join(all, ",") + `]}`
	}
	cohere := func(model string) func(...string) string {
		return func(texts ...string) string {
			return `{"model":"` + model + `","input_type":"search_query","embedding_types":["float"],"texts":[` + strings.Join(texts, ",") + `]}`
		}
	}
	openai := func(model string) func(...string) string {
		return func(texts ...string) string {
			return `{"model":"` + model + `","input":[` + strings.Join(texts, ",") + `]}`
		}
	}
	for _, tt := range []struct {
		name, path string
		ask        func(...string) string
	}{
		{"cohere", "/v2/embed", cohere("coh/m")},
		{"gemini", "/v1beta/models/gem/m:batchEmbedContents", gemini},
		{"openai to cohere", embeds, openai("coh/m")},
		{"openai to gemini", embeds, openai("gem/m")},
		{"cohere to openai", "/v2/embed", cohere("one/m")},
		{"gemini to openai", "/v1beta/models/one/m:batchEmbedContents", gemini},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[bool]*answer{}
			for _, cached := range []bool{false, true} {
				e := &embedder{}
				more := ""
				if cached {
					more = keeps
				}
				g := embeddingWorld(t, e, more)
				call(t, g, tt.path, tt.ask(`"b"`, `"d"`))
				e.asked()
				want[cached] = call(t, g, tt.path, tt.ask(`"a"`, `"b"`, `"a"`, `"c"`, `"d"`))
				asked := e.asked()
				if n := strings.Count(asked, " ") + 1; asked == "" || cached && n != 2 || !cached && n != 5 {
					t.Errorf("cached %v: it asked for %s", cached, asked)
				}
				if !cached {
					continue
				}
				if again := call(t, g, tt.path, tt.ask(`"a"`, `"b"`, `"a"`, `"c"`, `"d"`)); again.cache() != "hit" || plainID(again) != plainID(want[true]) {
					t.Errorf("%s: %s and not %s", again.cache(), again.body, want[true].body)
				}
				if one := call(t, g, tt.path, tt.ask(`"c"`)); one.cache() != "hit" || one.StatusCode != 200 {
					t.Errorf("one alone: %s %s", one.cache(), one.body)
				}
			}
			if a, b := plainID(want[false]), plainID(want[true]); a != b || want[true].StatusCode != 200 {
				t.Errorf("%d %s\nand not\n%s", want[true].StatusCode, b, a)
			}
		})
	}
}

// plainID gives an answer without the id of its call.
func plainID(a *answer) string { return strings.ReplaceAll(string(a.body), a.id(), "ID") }

func TestAFailureForWhatIsNotKeptIsTheCallersAndKeepsNothing(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	call(t, g, embeds, list("", `"a"`, `"b"`))
	e.set(400, "m")
	if a := call(t, g, embeds, list("", `"a"`, `"c"`)); a.StatusCode != 400 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := call(t, g, embeds, list("", `"a"`, `"b"`)); a.cache() != "hit" {
		t.Errorf("what is kept: %s", a.cache())
	}
	e.set(0, "m")
	e.asked()
	vectors(t, call(t, g, embeds, list("", `"a"`, `"c"`)), "miss", openaiAnswer("m", false, []string{`"a"`, `"c"`}))
	if asked := e.asked(); asked != `"c"` {
		t.Errorf("it asked for %s", asked)
	}
}

func TestVectorsOfTwoModelsNeverStandInOneAnswer(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	call(t, g, embeds, list("", `"a"`, `"b"`))
	e.set(0, "m-2")
	e.asked()
	vectors(t, call(t, g, embeds, list("", `"a"`, `"c"`)), "miss", openaiAnswer("m-2", false, []string{`"a"`, `"c"`}))
	if asked := e.asked(); asked != `"c" | "a" "c"` {
		t.Errorf("it asked for %s", asked)
	}
	vectors(t, call(t, g, embeds, list("", `"a"`, `"c"`, `"b"`)), "miss", openaiAnswer("m-2", false, []string{`"a"`, `"c"`, `"b"`}))
	if asked := e.asked(); asked != `"b"` {
		t.Errorf("it asked for %s: what is of the older model must be asked for again", asked)
	}
}

func TestWhatTakesTheFirstTargetsPlaceIsAskedForTheWholeList(t *testing.T) {
	e := &embedder{refuses: `"model":"m","input":["c"]`}
	g := embeddingWorld(t, e, keeps+"routes: { r: { steps: [ { use: one/m, fallback: [ one/n ] } ] } }\n")
	ask := func(texts string) *answer { return call(t, g, embeds, `{"model":"r","input":[`+texts+`]}`) }
	ask(`"a","b"`)
	e.asked()
	a := ask(`"a","c"`)
	vectors(t, a, "miss", openaiAnswer("m", false, []string{`"a"`, `"c"`}))
	if asked := e.asked(); asked != `"c" | "a" "c"` || a.Header.Get("sluice-model") != "n" {
		t.Errorf("%s was asked for %s", a.Header.Get("sluice-model"), asked)
	}
	if entry := g.Entry(a.id()); entry.Saved.USD != 0 {
		t.Errorf("it saved %v", entry.Saved)
	}
	ask(`"b","a"`)
	if asked := e.asked(); asked != "" {
		t.Errorf("what the first target said is not found: %s", asked)
	}
}

func TestWhatCallersAskOfTheCacheHoldsForElements(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	do := func(asks, word string, elements []string, header ...string) {
		t.Helper()
		a := call(t, g, embeds, list("", elements...), header...)
		if asked := e.asked(); asked != asks || a.cache() != word {
			t.Errorf("%s: it asked for %s and not %s: %s, %.100s", header, asked, asks, a.cache(), a.body)
		}
	}
	ab, abc := []string{`"a"`, `"b"`}, []string{`"a"`, `"b"`, `"c"`}
	do(`"a" "b"`, "bypass", ab, "sluice-cache", "no-store")
	do(`"a" "b"`, "miss", ab)
	do(`"a" "b" "c"`, "bypass", abc, "sluice-cache", "no-cache")
	do(``, "hit", abc, "sluice-cache", "only-if-cached")
	do(``, "hit", abc, "sluice-cache", "max-age=60")
	do(`"a" "b" "c"`, "bypass", abc, "sluice-cache", "max-age=0")
	do(`"a" "b" "c"`, "miss", abc, "sluice-cache-key", "mine")
	if a := call(t, g, embeds, list("", `"a"`, `"z"`), "sluice-cache", "only-if-cached"); a.StatusCode != 504 || e.asked() != "" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestElementsThatArePurgedAreAskedForAgain(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 5m, tags: [t] } } }\n")
	call(t, g, embeds, list("", `"a"`, `"b"`))
	if status := g.AdminPost("/api/v1/cache/purge", `{"tag":"t"}`, nil); status >= 300 {
		t.Fatalf("%d", status)
	}
	e.asked()
	call(t, g, embeds, list("", `"a"`, `"c"`))
	if asked := e.asked(); asked != `"a" "c"` {
		t.Errorf("it asked for %s", asked)
	}
}

func TestOnlyWhatIsAskedForCountsAgainstLimits(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, "gateways: { default: { cache: { ttl: 5m }, limits: [ { name: l, tokens: 22000/1h } ] } }\n")
	long := func(c string) string { return `"` + strings.Repeat(c, 5000) + `"` }
	for i, elements := range [][]string{{long("a")}, {long("a"), long("b")}, {long("b"), long("a"), long("c")}, {long("a"), long("b"), long("c"), long("c")}} {
		if a := call(t, g, embeds, list("", elements...)); a.StatusCode != 200 {
			t.Errorf("call %d: %d %s", i, a.StatusCode, a.body)
		}
	}
	if a := call(t, g, embeds, list("", long("d"), long("e"), long("f"))); a.StatusCode != 429 {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestAnyListIsAnsweredAsIfTheVendorHadBeenAskedForIt(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	random := rand.New(rand.NewPCG(1, 2))
	kept := map[string]bool{}
	lists := 1000
	if raceEnabled {
		lists = 100 // it takes ten times as long
	}
	for i := range lists {
		elements := make([]string, 1+random.IntN(12))
		var asks []string
		for n := range elements {
			elements[n] = fmt.Sprintf(`"%03d"`, random.IntN(40+i))
			if !kept[elements[n]] && !slices.Contains(asks, elements[n]) {
				asks = append(asks, elements[n])
			}
		}
		word := "hit"
		if len(asks) > 0 {
			word = "miss"
		}
		vectors(t, call(t, g, embeds, list("", elements...)), word, openaiAnswer("m", false, elements))
		if asked := e.asked(); asked != strings.Join(asks, " ") {
			t.Errorf("call %d: it asked for %s and not %s", i, asked, strings.Join(asks, " "))
		}
		for _, s := range asks {
			kept[s] = true
		}
		if t.Failed() {
			return
		}
	}
}

func TestALongListIsTakenApart(t *testing.T) {
	e := &embedder{}
	g := embeddingWorld(t, e, keeps)
	elements := make([]string, 2048)
	for i := range elements {
		elements[i] = fmt.Sprintf(`"%05d"`, i)
	}
	vectors(t, call(t, g, embeds, list("", elements...)), "miss", openaiAnswer("m", false, elements))
	e.asked()
	slices.Reverse(elements)
	elements[7] = `"98765"`
	vectors(t, call(t, g, embeds, list("", elements...)), "miss", openaiAnswer("m", false, elements))
	if asked := e.asked(); asked != `"98765"` {
		t.Errorf("it asked for %.200s", asked)
	}
	vectors(t, call(t, g, embeds, list("", elements...)), "hit", openaiAnswer("m", false, elements))
}

func TestRecordedVectorsAreKeptOneByOneAsTheyCame(t *testing.T) {
	var body []byte
	up := testup.New(t, func(c *testup.Call) { c.Answer(200, "application/json", body) })
	g := testgw.StartWith(t, testgw.Options{
		Config: fmt.Sprintf(`discover: false
providers:
  one: { kind: openai-compatible, base_url: "%s/v1", api_key: env:K }
  coh: { kind: cohere, base_url: "%s", api_key: env:K }
  gem: { kind: gemini, base_url: "%s", api_key: env:K }
%s`, up.URL, up.URL, up.URL, keeps),
		Env: map[string]string{"K": vendorKey},
	})
	var table dialecttest.Table
	for n, c := range dialecttest.Corpus(t, "embeddings", "embed") {
		path, ask, count := recordedList(c.Body, n)
		if c.Status != 200 || count < 2 {
			continue
		}
		body = c.Body
		first := call(t, g, path, ask(false))
		body = nil
		again, back := call(t, g, path, ask(false)), call(t, g, path, ask(true))
		why := ""
		switch {
		case first.cache() != "miss" || !bytes.Equal(first.body, c.Body):
			why = "the answer is not the vendor's"
		case again.cache() != "hit" || !sameVectors(again.body, c.Body):
			why = fmt.Sprintf("%s, kept it is another: %s", again.cache(), tail(again.body))
		case back.cache() != "hit" || len(dense(back.body)) != len(dense(again.body)):
			why = fmt.Sprintf("%s, the other way round it is another: %s", back.cache(), tail(back.body))
		}
		table.Add(c, why)
	}
	table.Report(t)
}

// dense gives JSON without the white space between its parts; numbers stay as they are.
func dense(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// sameVectors compares two answers: the vectors by their text, all else by what it means.
func sameVectors(a, b []byte) bool {
	var both [2]map[string]any
	var raw [2]struct{ Data, Embeddings json.RawMessage }
	for i, text := range [][]byte{dense(a), dense(b)} {
		if json.Unmarshal(text, &both[i]) != nil || json.Unmarshal(text, &raw[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(both[0], both[1]) && reflect.DeepEqual(raw[0], raw[1])
}

func tail(text []byte) string { return string(text[max(0, len(text)-500):]) }

// recordedList makes a request of which a recorded answer may be the answer, or the same
// the other way round, and says of how many elements; 0 when there is none.
func recordedList(recorded []byte, n int) (path string, ask func(back bool) string, count int) {
	var o struct {
		Data, Predictions []json.RawMessage
		Embeddings        json.RawMessage
		Texts             []json.RawMessage
	}
	if json.Unmarshal(recorded, &o) != nil {
		return "", nil, 0
	}
	var kinds map[string][]json.RawMessage
	var gemini []struct{ Values json.RawMessage }
	form := ""
	switch {
	case len(o.Data) > 0:
		path, count, form = embeds, len(o.Data), `{"model":"one/m","input":[%s]}`
	case json.Unmarshal(o.Embeddings, &kinds) == nil:
		for _, list := range kinds {
			count = max(count, len(list))
		}
		path, form = "/v2/embed", `{"model":"coh/m","input_type":"search_query","embedding_types":["float"],"texts":[%s]}`
	case json.Unmarshal(o.Embeddings, &gemini) == nil && len(gemini) > 0 && gemini[0].Values != nil:
		path, count, form = "/v1beta/models/gem/m:batchEmbedContents", len(gemini), `{"requests":[%s]}`
	}
	return path, func(back bool) string {
		texts := make([]string, count)
		for i := range texts {
			texts[i] = fmt.Sprintf(`"recording %d, text %d"`, n, i)
			if strings.Contains(form, "requests") {
				texts[i] = `{"content":{"parts":[{"text":` + texts[i] + `}]}}`
			}
		}
		if back {
			slices.Reverse(texts)
		}
		return fmt.Sprintf(form, strings.Join(texts, ","))
	}, count
}
