package cohere_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/cohere"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var codec = cohere.Dialect.Codec

// call is what readers and writers of answers know in these tests.
var call = &dialect.Call{ID: "0197a0a0-0000-7000-8000-000000000001", Provider: "cohere", Model: "command-a-03-2025", Asked: "cohere/command-a-03-2025", Time: time.Unix(1_700_000_000, 0)}

func parse(t testing.TB, body string) *llm.Request {
	t.Helper()
	r, err := codec.ParseRequest([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r
}

// format writes a request for a model and gives its text.
func format(t testing.TB, r *llm.Request, to *dialect.Target) (string, dialect.Written) {
	t.Helper()
	w, err := codec.FormatRequest(nil, r, to)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(w.Body) {
		t.Fatalf("no JSON: %s", w.Body)
	}
	return string(w.Body), w
}

// plain is an answer, request or event without spans: what it means, to compare.
func plain(t testing.TB, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func sameJSON(t testing.TB, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%v: %s", err, want)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func text(s string) llm.Raw {
	b, _ := json.Marshal(s)
	return b
}

func said(role llm.Role, s string) llm.Message {
	return llm.Message{Role: role, Parts: []llm.Part{{Kind: llm.Text, Text: text(s)}}}
}

// feed gives the events of a stream that comes in pieces of some size.
func feed(c *dialect.Call, body string, size int) (events []llm.Event) {
	p := codec.NewStreamParser(c)
	take := func(e *dialect.Event) {
		if !e.Comment {
			events = append(events, keep(p.Parse(nil, e.Name, e.Data))...)
		}
	}
	f := dialect.NewSSE(cohere.Dialect.Digest)
	for from := 0; from < len(body); from += size {
		f.Feed([]byte(body[from:min(from+size, len(body))]), take)
	}
	f.Close(take)
	return append(events, keep(p.End(nil))...)
}

// keep copies what events point to, which is valid for a moment only.
func keep(events []llm.Event) []llm.Event {
	for i := range events {
		e := &events[i]
		e.Text, e.Raw = clone(e.Text), clone(e.Raw)
		if e.Usage != nil {
			u := *e.Usage
			e.Usage = &u
		}
		cites := append([]llm.Citation(nil), e.Cites...)
		for k := range cites {
			c := &cites[k]
			c.URL, c.Title, c.Text, c.Raw = clone(c.URL), clone(c.Title), clone(c.Text), clone(c.Raw)
		}
		e.Cites = cites
	}
	return events
}

func clone(r llm.Raw) llm.Raw {
	if r == nil {
		return nil
	}
	return append(llm.Raw{}, r...)
}

// write writes events as a stream.
func write(c *dialect.Call, events ...llm.Event) string {
	f := codec.NewStreamFormatter(c)
	var out []byte
	for i := range events {
		out = f.Format(out, &events[i])
	}
	return string(out)
}

// data gives the data of a stream's events.
func data(stream string) (all []string) {
	for line := range strings.Lines(stream) {
		if v, ok := strings.CutPrefix(line, "data: "); ok {
			all = append(all, strings.TrimSpace(v))
		}
	}
	return all
}

func cohereMeter() dialect.Meter { return cohere.Dialect.NewMeter(llm.OpChat) }
