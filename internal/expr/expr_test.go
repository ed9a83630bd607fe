package expr_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
)

// late counts what is asked of it.
type late struct {
	metadata map[string]any
	asked    map[string]int
}

func (l *late) Metadata() map[string]any { l.asked["metadata"]++; return l.metadata }
func (l *late) InputTokens() int64       { l.asked["tokens.input"]++; return 1200 }
func (l *late) Budget() (float64, float64) {
	l.asked["budget"]++
	return 0.85, 12.5
}

func call() (*expr.Vars, *late) {
	l := &late{asked: map[string]int{}}
	if err := json.Unmarshal([]byte(`{"plan": "free", "live": true, "age": 17, "ratio": 0.5, "tags": ["a", "b"], "deep": {"er": {"x": "y"}}, "none": null}`), &l.metadata); err != nil {
		panic(err)
	}
	return &expr.Vars{
		Operation: "chat", Model: "acme/large", Provider: "acme", Route: "support", Gateway: "default", Workspace: "blue",
		Key:  expr.Key{ID: "key_1", Name: "ci-runner", Owner: "ann", Tags: []string{"premium", "eu"}},
		User: "bob@example.com", IP: "10.1.2.3", Stream: true,
		Header: http.Header{"X-App": {"search", "second"}, "Authorization": {"Bearer secret"}},
		Now:    time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC), Late: l,
		Body: body{l}, Healthy: func(target string) bool { l.asked["healthy"]++; return target != "acme/small" },
	}, l
}

// body counts what is asked of it too.
type body struct{ *late }

func (b body) Shape() expr.Shape {
	b.asked["request"]++
	return expr.Shape{Turns: 4, Tools: 2, Images: 1, MaxOutput: 500, JSON: true}
}
func (b body) Difficulty() float64 { b.asked["difficulty"]++; return 0.75 }
func (b body) Intent() string      { b.asked["intent"]++; return "legal" }

func TestConditions(t *testing.T) {
	for text, want := range map[string]bool{
		`operation == "chat"`: true, `model.startsWith("acme/")`: true, `provider == "acme" && route == "support"`: true,
		`gateway == "default"`: true, `workspace in ["blue", "red"]`: true, `key.id == "key_1"`: true, `key.name.matches("^ci-")`: true,
		`key.owner == "ann"`: true, `"premium" in key.tags`: true, `"us" in key.tags`: false, `key.tags.exists(t, t == "eu")`: true,
		`user.endsWith("@example.com")`: true, `ip == "10.1.2.3"`: true, `stream`: true, `!stream`: false,
		`header["x-app"] == "search"`: true, `"x-app" in header`: true, `"X-App" in header`: false, `header.exists(h, h == "x-app")`: true, `size(header) == 1`: true,
		`metadata.plan == "free"`: true, `"free" == metadata.plan`: true, `metadata.plan != "free"`: false, `metadata["plan"] == "free"`: true,
		`metadata.live`: true, `metadata.live == true`: true, `metadata.age < 18`: true, `18 > metadata.age`: true, `metadata.age >= 17`: true, `metadata.age == 17`: true,
		`metadata.ratio <= 0.5`: true, `"a" in metadata.tags`: true, `metadata.deep.er.x == "y"`: true, `metadata.none == null`: true,
		`tokens.input > 1000`: true, `tokens.input > 1000.5`: true, `budget.share > 0.8`: true, `budget.left < 20`: true, `budget.left < 12.5`: false,
		`now.getHours("UTC") == 12`: true, `now > timestamp("2026-01-01T00:00:00Z")`: true, `now.getDayOfWeek() == 1`: true,
		`intent == "legal"`: true, `difficulty > 0.5`: true, `difficulty > 1`: false, `request.turns > 3 && request.tools == 2`: true, `request.images > 0`: true, `request.json`: true, `request.max_output <= 500`: true,
		`healthy["acme/large"]`: true, `healthy["acme/small"]`: false, `!healthy["acme/small"]`: true, `healthy["acme/small"] == false`: true, `healthy["no/such"]`: true, `"no/such" in healthy`: true,
		`healthy.acme`: true, `size(healthy) == 0`: true, `healthy.exists(t, true)`: false, `["acme/small", "acme/large"].filter(t, healthy[t]) == ["acme/large"]`: true, `healthy[model]`: true,
		`true`: true, `false`: false,
	} {
		v, _ := call()
		if got := condition(t, text, v); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestWhatIsMissingIsFalseAndEmpty(t *testing.T) {
	for text, want := range map[string]bool{
		`metadata.no == "x"`: false, `"x" == metadata.no`: false, `metadata.no != "x"`: true, `"x" != metadata.no`: true,
		`metadata.no == ""`: true, `"" == metadata.no`: true, `metadata.no == false`: true, `metadata.no == true`: false, `metadata.no == null`: true, `metadata.no == []`: true, `metadata.no == {}`: true,
		`metadata.no == 0`: false, `metadata.no < 1`: false, `metadata.no >= 1`: false, `1 > metadata.no`: false, `1 <= metadata.no`: false,
		`metadata.no`: false, `!metadata.no`: true, `metadata.no && true`: false, `true && metadata.no`: false, `metadata.no || stream`: true,
		`!(metadata.no && true)`: true, `metadata.no ? false : true`: true, `(stream ? metadata.no : metadata.plan) == ""`: true,
		`metadata.no.deeper == "x"`: false, `metadata.plan.deeper == "x"`: false, `metadata.deep.er.no == ""`: true, `metadata["no"] == ""`: true,
		`"a" in metadata.no`: false, `size(metadata.no) == 0`: true, `metadata.no.startsWith("x")`: false, `metadata.no.matches("x")`: false, `metadata.no.exists(x, true)`: false, `metadata.no.all(x, false)`: true,
		`has(metadata.no)`: false, `!has(metadata.no)`: true, `has(metadata.plan)`: true, `has(metadata.no.deeper)`: false, `has(metadata.no.deeper) || stream`: true, `"no" in metadata`: false,
		`metadata.no == metadata.neither`: true, `metadata.no == metadata.plan`: false, `metadata.tags[7] == ""`: true,
		`header["x-no"] == ""`: true, `header["x-no"] != "y"`: true, `header["x-no"].startsWith("y")`: false, `header.authorization == ""`: true, `"authorization" in header`: false,
		`metadata.no.endsWith("")`: true, `user.contains(metadata.no)`: true, `metadata.no.contains("x")`: false,
		`metadata[header["x-app"]] == ""`: true, `string(metadata.no) == ""`: true,
	} {
		v, _ := call()
		if got := condition(t, text, v); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestWhatIsNotKnownIsZero(t *testing.T) {
	for text, want := range map[string]bool{
		`user == ""`: true, `key.id == ""`: true, `size(key.tags) == 0`: true, `"x" in key.tags`: false, `tokens.input == 0`: true, `budget.share == 0.0`: true, `metadata.plan == "free"`: false,
		`size(metadata) == 0`: true, `size(header) == 0`: true, `header["x-app"] == ""`: true, `stream`: false,
		`intent == ""`: true, `difficulty == 0.0`: true, `request.turns == 0 && request.tools == 0 && request.images == 0 && request.max_output == 0`: true, `request.json`: false, `healthy["acme/small"]`: true,
	} {
		if got := condition(t, text, &expr.Vars{}); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func condition(t *testing.T, text string, v *expr.Vars) bool {
	t.Helper()
	p, err := expr.Compile(text, expr.Bool)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return false
	}
	got, err := p.Bool(v)
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return got
}

func TestAConditionThatCannotBeDecidedIsFalseAndSaysWhy(t *testing.T) {
	for text, part := range map[string]string{
		`metadata.plan > 5`:       "no such overload",
		`metadata.plan`:           "not true or false",
		`tokens.input / 0 > 1`:    "division by zero",
		`metadata.plan && stream`: "no such overload",
	} {
		p, err := expr.Compile(text, expr.Bool)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		v, _ := call()
		if got, err := p.Bool(v); got || err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s is %v: %v", text, got, err)
		}
	}
}

func TestValuesAreTexts(t *testing.T) {
	for text, want := range map[string]string{
		`metadata.plan`: "free", `metadata.plan + "/" + user`: "free/bob@example.com", `metadata.age`: "17", `tokens.input`: "1200", `budget.share`: "0.85",
		`stream`: "true", `metadata.no`: "", `metadata.none`: "", `header["x-app"]`: "search", `header["x-no"]`: "", `stream ? "s" : "w"`: "s",
		`has(metadata.plan) ? metadata.plan : "none"`: "free", `has(metadata.no) ? metadata.no : "none"`: "none", `7u`: "7",
	} {
		p, err := expr.Compile(text, expr.Text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		v, _ := call()
		if got, err := p.Text(v); got != want || err != nil {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
	p, _ := expr.Compile(`metadata.tags`, expr.Text)
	v, _ := call()
	if got, err := p.Text(v); got != "" || err == nil {
		t.Errorf("a list is %q, %v", got, err)
	}
}

func TestATextThatIsWrongIsExplained(t *testing.T) {
	all := "there are operation, model, provider, route, gateway, workspace, key.id, "
	for _, c := range []struct {
		text string
		kind expr.Kind
		want string
	}{
		{`metdata.plan == "x"`, expr.Bool, `column 1: unknown name "metdata"; did you mean "metadata"?`},
		{`stream && key.nam == "x"`, expr.Bool, `column 14: unknown name "key.nam"; did you mean "key.name"?`},
		{`budget.shre > 1`, expr.Bool, `column 7: unknown name "budget.shre"; did you mean "budget.share"?`},
		{`zebra == "x"`, expr.Bool, `column 1: unknown name "zebra"; ` + all},
		{`metadata.plan = "x"`, expr.Bool, `column 15: write == to compare`},
		{`stream and stream`, expr.Bool, `column 8: write && for and, || for or, ! for not`},
		{`header.x-app == "x"`, expr.Bool, `a name with a hyphen stands in brackets: header["x-app"]`},
		{`user == 5`, expr.Bool, `column 6: found no matching overload for '_==_' applied to '(string, int)'`},
		{`user ==`, expr.Bool, `column 8: `},
		{"stream &&\n  usr == \"x\"", expr.Bool, `line 2, column 3: unknown name "usr"; did you mean "user"?`},
		{``, expr.Bool, `column 1: `},
		{`user`, expr.Bool, `a condition is true or false, this is a text; compare it with something`},
		{`tokens.input`, expr.Bool, `a condition is true or false, this is a number`},
		{`key.tags`, expr.Text, `expected a text, a number or a truth to count by, this is a list`},
		{`now`, expr.Text, `expected a text, a number or a truth to count by, this is a time`},
		{`user.matches(metadata.pattern)`, expr.Bool, `the pattern of matches must stand there itself`},
		{`user.matches("(")`, expr.Bool, `error parsing regexp`},
		{strings.Repeat("stream || ", 500) + "stream", expr.Bool, `is longer than 4096 characters`},
		{strings.Repeat("(", 1000) + "stream" + strings.Repeat(")", 1000), expr.Bool, ``},
	} {
		p, err := expr.Compile(c.text, c.kind)
		if err == nil || p != nil {
			t.Errorf("%.40s compiles", c.text)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s: got %q, want %q", c.text, err, c.want)
		}
	}
}

func TestOnlyWhatIsMentionedIsAskedFor(t *testing.T) {
	for text, want := range map[string][]string{
		`stream && key.id == "x"`:                                 {"key.id", "stream"},
		`metadata.plan == "free"`:                                 {"metadata"},
		`budget.share > 0.5 && user == "x" && budget.share < 2.0`: {"budget.share", "user"},
		`healthy["a/b"] && difficulty > 0.1`:                      {"difficulty", "healthy"},
		`request.turns > 0 || request.json`:                       {"request.json", "request.turns"},
		`intent == "x"`:                                           {"intent"},
		`true`:                                                    nil,
	} {
		p, err := expr.Compile(text, expr.Bool)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p.Names(), want) {
			t.Errorf("%s mentions %v", text, p.Names())
		}
		v, l := call()
		if _, err := p.Bool(v); err != nil {
			t.Error(err)
		}
		for name := range l.asked {
			if !strings.Contains(text, name) {
				t.Errorf("%s asks for %s", text, name)
			}
		}
		if p.Uses("metadata", "tokens.input") != strings.Contains(text, "metadata") {
			t.Errorf("%s: Uses", text)
		}
	}
}

func TestALoopThatNeverEndsIsStopped(t *testing.T) {
	list := make([]any, 3000)
	for i := range list {
		list[i] = float64(i)
	}
	v, l := call()
	l.metadata = map[string]any{"l": list}
	p, err := expr.Compile(`metadata.l.all(a, metadata.l.all(b, metadata.l.exists(c, c == a)))`, expr.Bool)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if ok, err := p.Bool(v); ok || err == nil || !strings.Contains(err.Error(), "cost") {
		t.Errorf("%v %v", ok, err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestManyMayEvaluateAtOnce(t *testing.T) {
	p, err := expr.Compile(`metadata.plan == "free" && header["x-app"] == "search" && metadata.tags.exists(t, t == "b")`, expr.Bool)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 8 {
		go func() {
			for range 200 {
				v, _ := call()
				if ok, err := p.Bool(v); !ok || err != nil {
					done <- fmt.Errorf("%v %w", ok, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// FuzzCompile holds: any text is refused with one line or runs without a panic.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`metadata.plan == "free"`, `header["x-app"].startsWith("y") || !metadata.a.b`, `metadata.l.exists(x, x > 1 ? x : metadata.y)`, `size(metadata.no + "x") < 3`, "stream &&\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []expr.Kind{expr.Bool, expr.Text} {
			p, err := expr.Compile(text, kind)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r") {
					t.Errorf("%q is no line", err)
				}
				continue
			}
			v, _ := call()
			for _, v := range []*expr.Vars{v, {}} {
				_, err1 := p.Bool(v)
				_, err2 := p.Text(v)
				for _, err := range []error{err1, err2} {
					if err != nil && strings.Contains(err.Error(), "internal error") {
						t.Errorf("%s panics: %v", text, err)
					}
				}
			}
		}
	})
}

func BenchmarkMetadata(b *testing.B) { bench(b, `metadata.plan == "free"`) }
func BenchmarkMissing(b *testing.B)  { bench(b, `metadata.no == "free"`) }
func BenchmarkHeader(b *testing.B)   { bench(b, `header["x-app"] == "search"`) }
func BenchmarkBudget(b *testing.B)   { bench(b, `budget.share > 0.8`) }
func BenchmarkTags(b *testing.B)     { bench(b, `"premium" in key.tags && operation == "chat"`) }
func BenchmarkLoop(b *testing.B)     { bench(b, `metadata.tags.exists(t, t == "b")`) }

func bench(b *testing.B, text string) {
	p, err := expr.Compile(text, expr.Bool)
	if err != nil {
		b.Fatal(err)
	}
	v, _ := call()
	v.Late = quiet{v.Late.(*late).metadata}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Bool(v); err != nil {
			b.Fatal(err)
		}
	}
}

type quiet struct{ m map[string]any }

func (q quiet) Metadata() map[string]any    { return q.m }
func (quiet) InputTokens() int64            { return 1 }
func (quiet) Budget() (share, left float64) { return 0.9, 1 }
