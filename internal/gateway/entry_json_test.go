package gateway_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func fullEntry() *gateway.Entry {
	score := 0.25
	at := time.Date(2026, 3, 4, 5, 6, 7, 890123456, time.UTC)
	usage := llm.Usage{
		InputTokens: llm.Known(1200), OutputTokens: llm.Known(88), CacheReadTokens: llm.Known(1000), CacheWriteTokens: llm.Known(0),
		ReasoningTokens: llm.Known(12), AudioInputTokens: llm.Known(3), AudioOutputTokens: llm.Known(4), Images: llm.Known(1),
		Units: map[string]float64{"seconds": 1.5, "searches": 2, "tiny": 1e-9, "huge": 1e30},
	}
	return &gateway.Entry{
		ID: "01957b2e-0000-7000-8000-000000000001", Time: at, Gateway: "default", Workspace: "team \"a\"", KeyID: "key_1", Operation: "chat", Endpoint: "POST /v1/chat/completions",
		ClientDialect: "openai", ProviderDialect: "anthropic", Route: "support", ModelRequested: "support", Provider: "anthropic", Model: "m-1",
		Credential: "a", Region: "eu", Status: 200, ErrorCode: "", FinishReason: "stop", Stream: true, Cache: "miss",
		CacheTags: []string{"docs", "a \"b\""}, CacheAgeMS: llm.Known(90_000), CacheKey: "00ff",
		Attempts: []gateway.Attempt{
			{Provider: "openai", Model: "x", Credential: "b", Status: 500, Fault: "upstream", Span: 0xf067aa0ba902b7, Started: at, ConnectMS: llm.Known(3), FirstByteMS: llm.Known(9), LatencyMS: llm.Known(10), RetryAfterMS: llm.Known(1000), Cost: gateway.Cost{USD: 1, Known: true}},
			{Provider: "anthropic", Model: "m-1", Status: 200, Started: at.Add(time.Second), Usage: usage, Cost: gateway.Cost{USD: 12_300_000, Known: true}},
		},
		Limits: []string{"per key 100/1m"}, Guards: []string{"pii: mask", "<b>"}, DroppedParams: []string{"top_k"},
		Usage: usage, Price: &gateway.Price{Rates: map[string]float64{"output": 15, "input": 3, "cache_read": 0.3}, Tier: ">200000", Source: "catalogue", AsOf: "2026-01-02"},
		Cost: gateway.Cost{USD: 12_300_001, Known: true}, Saved: gateway.Cost{USD: 0, Known: true},
		QueueMS: llm.Known(0), FirstByteMS: llm.Known(120), LatencyMS: llm.Known(900), OverheadUS: llm.Known(85),
		Phases:   []gateway.Phase{{Name: gateway.PhaseCache, FromUS: 31, TookUS: 12}, {Name: gateway.PhaseLimits, FromUS: 44, TookUS: 5}},
		Metadata: json.RawMessage(`{"plan":"free","n":[1,2,{"a":null}]}`), Session: "s\n\t\r\x00\x1f\\", User: "Zoë 🦊 \u2028", ClientIP: "10.1.2.3",
		UserAgent: "sdk/1", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Feedback: "up", Score: &score, Redacted: map[string]int{"email": 2, "card": 1}, Count: 3, LastTime: at.Add(time.Minute),
	}
}

func TestAnEntryComesBackAsItWasWritten(t *testing.T) {
	for name, e := range map[string]*gateway.Entry{"full": fullEntry(), "zero": {}, "refusal": {ID: "x", Status: 429, ErrorCode: "rate_limited", Count: 7, Attempts: []gateway.Attempt{{}}}} {
		t.Run(name, func(t *testing.T) {
			var got gateway.Entry
			if err := json.Unmarshal(e.AppendJSON(nil), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(e, &got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

// The struct tags are the contract's names; the rendering must have them all, in order, at every level.
func TestTheRenderingHasTheNamesOfTheStructTagsInOrder(t *testing.T) {
	doc := fullEntry().AppendJSON(nil)
	check := func(doc []byte, typ reflect.Type) {
		t.Helper()
		var want []string
		for i := range typ.NumField() {
			if tag := typ.Field(i).Tag.Get("json"); tag != "-" {
				want = append(want, tag)
			}
		}
		if diff := cmp.Diff(want, names(t, doc)); diff != "" {
			t.Errorf("%s: %s", typ, diff)
		}
	}
	var parts struct {
		Attempts []json.RawMessage
		Usage    json.RawMessage
		Price    json.RawMessage
		Phases   []json.RawMessage
	}
	if err := json.Unmarshal(doc, &parts); err != nil {
		t.Fatal(err)
	}
	check(doc, reflect.TypeFor[gateway.Entry]())
	check(parts.Attempts[0], reflect.TypeFor[gateway.Attempt]())
	check(parts.Phases[1], reflect.TypeFor[gateway.Phase]())
	check(parts.Usage, reflect.TypeFor[llm.Usage]())
	check(parts.Price, reflect.TypeFor[gateway.Price]())
}

func names(t *testing.T, doc []byte) []string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(doc)))
	var out []string
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, tok.(string))
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestUnknownIsNullAndListsAreNever(t *testing.T) {
	doc := string((&gateway.Entry{}).AppendJSON(nil))
	for _, want := range []string{`"cost_usd":null`, `"input_tokens":null`, `"latency_ms":null`, `"price":null`, `"score":null`, `"time":null`,
		`"attempts":[]`, `"limits":[]`, `"guards":[]`, `"dropped_params":[]`, `"phases":[]`, `"units":{}`, `"metadata":{}`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s is not in %s", want, doc)
		}
	}
}

func TestHostileTextStaysValidJSONOnOneLine(t *testing.T) {
	nan := math.NaN()
	e := &gateway.Entry{ID: "\xff\xfe", User: "a\x80b", Session: "\n", Metadata: json.RawMessage("{\n\"a\":\r\n1}"), Score: &nan,
		Usage: llm.Usage{Units: map[string]float64{"\x00": math.Inf(1)}}}
	doc := e.AppendJSON(nil)
	if !json.Valid(doc) {
		t.Fatalf("invalid: %s", doc)
	}
	if strings.ContainsAny(string(doc), "\n\r\x00") {
		t.Fatalf("a line break or NUL in %q", doc)
	}
	var got gateway.Entry
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	if got.User != "a\ufffdb" {
		t.Fatalf("user %q", got.User)
	}
}

func TestMetadataThatIsNoJSONBecomesText(t *testing.T) {
	for raw, want := range map[string]string{"{\"a\":": `"{\"a\":"`, "\x00": `"\u0000"`, "{\"a\":\"\xff\"}": "{\"a\":\"\ufffd\"}", "null": "null"} {
		doc := (&gateway.Entry{Metadata: json.RawMessage(raw)}).AppendJSON(nil)
		if !json.Valid(doc) || !strings.Contains(string(doc), `"metadata":`+want+",") {
			t.Errorf("%q gave %s", raw, doc)
		}
	}
}

func TestMarshalGivesTheSameRendering(t *testing.T) {
	e := fullEntry()
	e.Guards, e.User = nil, "plain" // what encoding/json would escape again for HTML
	b, err := json.Marshal(*e)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(string(e.AppendJSON(nil)), ">200000", `\u003e200000`)
	if string(b) != want {
		t.Fatalf("got  %s\nwant %s", b, want)
	}
}

func TestRenderingAllocatesNothing(t *testing.T) {
	e, buf := fullEntry(), make([]byte, 0, 8192)
	e.Metadata = nil // json.Valid takes a scanner from a pool, which the race detector empties at will
	if n := testing.AllocsPerRun(100, func() { buf = e.AppendJSON(buf[:0]) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// A byte is looked for among eight at a time; none may hide at any place in a text of any length.
func TestEveryByteIsQuotedWhereverItStands(t *testing.T) {
	for length := 1; length < 26; length++ {
		var texts, want []string
		for at := range length {
			for c := range 256 {
				text := strings.Repeat("~", at) + string([]byte{byte(c)}) + strings.Repeat(" ", length-at-1)
				texts, want = append(texts, text), append(want, strings.ToValidUTF8(text, "\ufffd"))
			}
		}
		var got gateway.Entry
		if err := json.Unmarshal((&gateway.Entry{Guards: texts}).AppendJSON(nil), &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Guards, want) {
			t.Fatal(cmp.Diff(want, got.Guards))
		}
	}
}

func TestTimesAreRFC3339InUTC(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.FixedZone("", 3*3600))
	for _, times := range [][2]time.Time{
		{at, at},
		{at, at.Add(7 * time.Nanosecond)},
		{at, at.Add(110 * time.Millisecond)},
		{at, at.Add(time.Second).UTC()},
		{at, at.AddDate(0, 7, 20)},
		{time.Unix(0, 0), time.Unix(-1, 999_999_999)},
		{time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
		{time.Date(10_000, 1, 1, 0, 0, 0, 5, time.UTC), time.Date(10_000, 1, 1, 0, 0, 0, 6, time.UTC)},
		{time.Date(-1, 1, 1, 0, 0, 0, 5, time.UTC), at},
	} {
		doc := string((&gateway.Entry{Time: times[0], LastTime: times[1]}).AppendJSON(nil))
		first, last := times[0].UTC().Format(time.RFC3339Nano), times[1].UTC().Format(time.RFC3339Nano)
		if !strings.Contains(doc, `"time":"`+first+`",`) || !strings.HasSuffix(doc, `"last_time":"`+last+`"}`) {
			t.Errorf("%v: %s", times, doc)
		}
	}
}

func TestASharedPriceIsRenderedAsBefore(t *testing.T) {
	e := fullEntry()
	want := string(e.AppendJSON(nil))
	e.Price.Share()
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if other := fullEntry().Price; !e.Price.Equal(other) || e.Price.Equal(nil) || e.Price.Equal(&gateway.Price{}) {
		t.Error("it is not equal to itself, or to another")
	}
}

func FuzzQuotedTextMeansWhatEncodingJSONMeans(f *testing.F) {
	f.Add("a\"\\\x00\x7f\xff\u2028é")
	f.Fuzz(func(t *testing.T, s string) {
		var got gateway.Entry
		if err := json.Unmarshal((&gateway.Entry{User: s}).AppendJSON(nil), &got); err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(s)
		var want string
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if got.User != want {
			t.Fatalf("%q, want %q", got.User, want)
		}
	})
}

// usualEntry is what a plain chat call with one attempt leaves.
func usualEntry() *gateway.Entry {
	at := time.Date(2026, 3, 4, 5, 6, 7, 890123456, time.UTC)
	usage := llm.Usage{InputTokens: llm.Known(1200), OutputTokens: llm.Known(321), CacheReadTokens: llm.Known(1000), ReasoningTokens: llm.Known(0)}
	cost := gateway.Cost{USD: 1_234_567, Known: true}
	price := gateway.Price{Rates: map[string]float64{"input": 0.25, "output": 2, "cache_read": 0.025}, Source: "vendor.json", AsOf: "2026-01-02"}
	price.Share()
	return &gateway.Entry{
		ID: "01957b2e-0000-7000-8000-000000000001", Time: at, Gateway: "default", Workspace: "default", KeyID: "key_01hzy3m4n5", Operation: "chat",
		ClientDialect: "chat", ProviderDialect: "chat", ModelRequested: "vendor/model-5-mini", Provider: "vendor", Model: "model-5-mini-2026-01-02",
		Credential: "default", Status: 200, FinishReason: "stop", Cache: "off",
		Attempts: []gateway.Attempt{{Provider: "vendor", Model: "model-5-mini", Credential: "default", Status: 200, Started: at.Add(180 * time.Microsecond),
			FirstByteMS: llm.Known(210), LatencyMS: llm.Known(1850), Usage: usage, Cost: cost}},
		Usage: usage, Price: &price,
		Cost: cost, QueueMS: llm.Known(0), FirstByteMS: llm.Known(211), LatencyMS: llm.Known(1851), OverheadUS: llm.Known(180),
		ClientIP: "203.0.113.7", UserAgent: "OpenAI/Python 2.7.1", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Count: 1, LastTime: at,
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	for name, e := range map[string]*gateway.Entry{"usual": usualEntry(), "full": fullEntry()} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 8192)
			b.ReportAllocs()
			for b.Loop() {
				buf = e.AppendJSON(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}
