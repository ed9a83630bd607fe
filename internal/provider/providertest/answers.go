package providertest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// spoken is the dialect of a case: named, else chat where the vendor speaks it, else
// its first, else (no conversations) OpenAI's.
func spoken(t *testing.T, spec *provider.Spec, c *section) *dialect.Dialect {
	if name := c.attrs["dialect"]; name != "" {
		for _, own := range spec.Native {
			if own.Name == dialect.Name(name) {
				return own
			}
		}
		return find(t, dialect.Name(name))
	}
	for _, name := range spec.Speaks {
		if name == dialect.Chat {
			return find(t, name)
		}
	}
	if len(spec.Speaks) > 0 {
		return find(t, spec.Speaks[0])
	}
	return find(t, dialect.OpenAI)
}

func operation(c *section) llm.Operation {
	if op := c.attrs["op"]; op != "" {
		return llm.Operation(op)
	}
	return llm.OpChat
}

// answer lets the dialect read a whole answer.
func answer(t *testing.T, spec *provider.Spec, c *section) {
	m := spoken(t, spec, c).NewMeter(operation(c))
	m.Answer("application/json", c.body)
	compare(t, c, m.Report())
}

// stream lets the dialect read a stream: in one piece, byte by byte, and cut off.
func stream(t *testing.T, spec *provider.Spec, c *section) {
	d := spoken(t, spec, c)
	c.body = wire(d, c.body)
	whole, signs := read(d, c, c.body, len(c.body))
	compare(t, c, whole)
	if !signs.Has(dialect.Content) {
		t.Error("no content was seen")
	}
	if signs.Has(dialect.Failed) || whole.Fault != nil {
		t.Errorf("the stream failed: %v", whole.Fault)
	}
	if !whole.Ended {
		t.Error("the stream has no proper end")
	}
	if extra := c.attrs["usage"] == "extra"; signs.Has(dialect.UsageOnly) != extra {
		t.Errorf("an event for usage alone: %v, want %v", !extra, extra)
	}
	bytewise, again := read(d, c, c.body, 1)
	compare(t, c, bytewise)
	if again != signs {
		t.Errorf("byte by byte the signs are %b, in one piece %b", again, signs)
	}
	cut, _ := read(d, c, c.body[:len(c.body)/3], 7)
	if cut.Ended {
		t.Error("a stream that was cut off counts as ended")
	}
}

// failed lets the dialect read a stream that ends in an error.
func failed(t *testing.T, spec *provider.Spec, c *section) {
	d := spoken(t, spec, c)
	c.body = wire(d, c.body)
	r, signs := read(d, c, c.body, len(c.body))
	if !signs.Has(dialect.Failed) || r.Fault == nil {
		t.Fatal("no failure was seen")
	}
	if r.Fault.Kind.String() != c.attrs["kind"] {
		t.Errorf("kind is %s, want %s (%s)", r.Fault.Kind, c.attrs["kind"], r.Fault.Message)
	}
}

// read feeds a stream in pieces of a size and gives what all events together were.
func read(d *dialect.Dialect, c *section, body []byte, size int) (*dialect.Report, dialect.Sign) {
	m, f := d.NewMeter(operation(c)), framer(d)
	var signs dialect.Sign
	each := func(e *dialect.Event) {
		if !e.Comment && !e.Partial {
			signs |= m.Event(e.Name, e.Data)
		}
	}
	for from := 0; from < len(body); from += size {
		f.Feed(body[from:min(from+size, len(body))], each)
	}
	f.Close(each)
	return m.Report(), signs
}

// compare holds what was read against the section's attributes; what has none is unknown.
func compare(t *testing.T, c *section, r *dialect.Report) {
	t.Helper()
	for name, have := range map[string]llm.Count{
		"input": r.Usage.InputTokens, "output": r.Usage.OutputTokens,
		"cached": r.Usage.CacheReadTokens, "reasoning": r.Usage.ReasoningTokens,
		"written": r.Usage.CacheWriteTokens, "audio": r.Usage.AudioInputTokens,
	} {
		text, asked := c.attrs[name]
		want, _ := strconv.ParseInt(text, 10, 64)
		if asked && have != llm.Known(want) || !asked && have.Or(0) != 0 {
			t.Errorf("%s is %v, want %q", name, have, text)
		}
	}
	for name, text := range c.attrs {
		if unit, ok := strings.CutPrefix(name, "units."); ok {
			if want, _ := strconv.ParseFloat(text, 64); r.Usage.Units[unit] != want {
				t.Errorf("unit %s is %v, want %v", unit, r.Usage.Units[unit], want)
			}
		}
	}
	if want := c.attrs["finish"]; want != "" && r.FinishReason != want {
		t.Errorf("finish reason is %q, want %q", r.FinishReason, want)
	}
}

// failure lets dialect and vendor judge an error.
func failure(t *testing.T, spec *provider.Spec, c *section) {
	status, err := strconv.Atoi(c.attrs["status"])
	if err != nil {
		t.Fatal(err)
	}
	h := c.header()
	f := spoken(t, spec, c).ParseError(status, h, c.body)
	if spec.Classify != nil {
		spec.Classify(f, status, h, c.body)
	}
	if f.Kind.String() != c.attrs["kind"] {
		t.Errorf("kind is %s, want %s (%s)", f.Kind, c.attrs["kind"], f.Message)
	}
	want, _ := time.ParseDuration(c.attrs["wait"])
	if diff := f.RetryAfter - want; diff < -2*time.Second || diff > 2*time.Second {
		t.Errorf("the wait is %s, want %s", f.RetryAfter, want)
	}
	if f.NoRetry != (c.attrs["noretry"] == "true") {
		t.Errorf("no retry is %v", f.NoRetry)
	}
	if f.Message == "" || f.Status < 400 || strings.Contains(f.Message, "SECRET") {
		t.Errorf("the caller is told %d %q", f.Status, f.Message)
	}
}
