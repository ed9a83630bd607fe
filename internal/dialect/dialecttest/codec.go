package dialecttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// CodecOptions are what a dialect's own requests need to come back as they went.
type CodecOptions struct {
	// Target gives a target that takes all that a request holds; nil = the vendor's own.
	Target func(request string) dialect.Target
}

// RunCodec runs the suite of translation on d: its examples are true, its own requests
// and answers come back as they went and in the same bytes each time, streams are read
// alike however they are cut, a cut is never an end, garbage does no harm, and what it
// writes keeps to the vendor's grammar. Exchanges stand in testdata/*.txt, requests in
// testdata/codec/*.json of the working directory.
func RunCodec(t *testing.T, d *dialect.Dialect, o CodecOptions) {
	if o.Target == nil {
		o.Target = func(string) dialect.Target { return dialect.Target{Provider: "p", Model: "m"} }
	}
	s := codecSuite{d, o}
	t.Run("examples show their features", s.examples)
	t.Run("requests come back as they went", s.requests)
	t.Run("answers come back as they went", s.answers)
	t.Run("streams are read alike however they come", s.streams)
	t.Run("a cut is never an end", s.cuts)
	t.Run("garbage does no harm", s.garbage)
	t.Run("streams keep to the grammar", s.grammar)
}

type codecSuite struct {
	d *dialect.Dialect
	o CodecOptions
}

// CodecCall is a call as the suite makes it for a caller of a dialect.
func CodecCall(name dialect.Name) *dialect.Call {
	c := &dialect.Call{
		ID: "0198c0de-0000-7000-8000-000000000001", Provider: "p", Model: "m", Asked: "m", Time: time.Unix(1700000000, 0),
		Request: &llm.Request{Dialect: string(name), Model: "m", Stream: true},
	}
	c.Request.Set(llm.FStreamUsage, llm.Raw("true"))
	return c
}

func (s codecSuite) examples(t *testing.T) {
	for _, f := range s.d.Fields {
		if f.Example == "" {
			continue
		}
		if !json.Valid([]byte(f.Example)) {
			t.Errorf("%s: the example is no JSON: %s", f.Path, f.Example)
			continue
		}
		r, err := s.d.Codec.ParseRequest([]byte(f.Example))
		switch {
		case err != nil:
			t.Errorf("%s: %v", f.Path, err)
		case f.Feature != 0 && !r.Has.Has(f.Feature):
			t.Errorf("%s: the example has no %q", f.Path, f.Feature)
		case f.Refuse && len(r.Refuse) == 0:
			t.Errorf("%s: it is not refused", f.Path)
		}
	}
	for _, f := range s.d.AnswerFields {
		if f.Example == "" {
			continue
		}
		if _, err := s.d.Codec.ParseAnswer([]byte(f.Example), CodecCall(s.d.Name)); err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}

// wholeRequests are the examples, and the requests of the folder.
func (s codecSuite) wholeRequests(t *testing.T) (all []string) {
	for _, f := range s.d.Fields {
		if f.Example != "" && !slices.Contains(all, f.Example) {
			all = append(all, f.Example)
		}
	}
	paths, err := filepath.Glob(filepath.Join("testdata", "codec", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

func (s codecSuite) requests(t *testing.T) {
	for _, text := range s.wholeRequests(t) {
		if why := s.roundTrip(text); why != "" {
			t.Errorf("%s\n%s", why, text)
		}
	}
}

// roundTrip reads a request, writes it for its own dialect, and reads that.
func (s codecSuite) roundTrip(text string) string {
	first, err := s.d.Codec.ParseRequest([]byte(text))
	if err != nil {
		return err.Error()
	}
	to := s.o.Target(text)
	to.Stream = first.Stream
	if to.Model == "m" && first.Model != "" {
		to.Model = first.Model
	}
	before := fmt.Sprintf("%+v", *first)
	w, err := s.d.Codec.FormatRequest([]byte("before"), first, &to)
	if err != nil {
		return err.Error()
	}
	body, ok := bytes.CutPrefix(w.Body, []byte("before"))
	if !ok {
		body = w.Body
	}
	if !json.Valid(body) {
		return "no JSON: " + string(body)
	}
	if fmt.Sprintf("%+v", *first) != before {
		return "the request was changed"
	}
	if again, err := s.d.Codec.FormatRequest(nil, first, &to); err != nil || !bytes.Equal(again.Body, body) {
		return fmt.Sprintf("written twice it differs: %s and %s", body, again.Body)
	}
	second, err := s.d.Codec.ParseRequest(body)
	if err != nil {
		return err.Error() + ": " + string(body)
	}
	if why := sameRequest(first, second, body); why != "" {
		return why
	}
	if again, err := s.d.Codec.FormatRequest(nil, second, &to); err != nil || !bytes.Equal(again.Body, body) {
		return fmt.Sprintf("read and written again it differs: %s and %s", body, again.Body)
	}
	return ""
}

func sameRequest(a, b *llm.Request, body []byte) string {
	one, two := plainRequest(a), plainRequest(b)
	if reflect.DeepEqual(one, two) {
		return ""
	}
	return fmt.Sprintf("became %s\n%+v\n%+v", body, one, two)
}

// plainRequest is a request without what may differ: the order of what was not known,
// the wish for usage, which is made anyway, and how what is understood was written.
func plainRequest(r *llm.Request) llm.Request {
	c := *r
	c.Model = ""
	c.Unnamed = slices.Sorted(slices.Values(r.Unnamed))
	c.Own = slices.SortedFunc(slices.Values(r.Own), func(a, b llm.Member) int { return strings.Compare(a.Name, b.Name) })
	c.Has = r.Has.Without(llm.Of(llm.FStreamUsage))
	c.Messages = slices.Clone(r.Messages)
	for i := range c.Messages {
		parts := slices.Clone(c.Messages[i].Parts)
		for n := range parts {
			if parts[n].Kind != llm.Vendor {
				parts[n].Raw = nil
			}
		}
		c.Messages[i].Parts = parts
	}
	c.Settings = nil
	for _, s := range r.Settings {
		if s.Feature != llm.FStreamUsage {
			c.Settings = append(c.Settings, s)
		}
	}
	return c
}

func (s codecSuite) answers(t *testing.T) {
	c := CodecCall(s.d.Name)
	var bodies []string
	for _, f := range s.d.AnswerFields {
		if f.Example != "" && !slices.Contains(bodies, f.Example) {
			bodies = append(bodies, f.Example)
		}
	}
	for _, x := range loadExchanges(t) {
		if x.op() == llm.OpChat && x.sections["answer"] != "" {
			bodies = append(bodies, x.sections["answer"])
		}
	}
	for _, body := range bodies {
		a, err := s.d.Codec.ParseAnswer([]byte(body), c)
		if err != nil {
			continue // an error in a successful answer
		}
		written := s.d.Codec.FormatAnswer(nil, a, c)
		if again := s.d.Codec.FormatAnswer(nil, a, c); !bytes.Equal(timeless(again), timeless(written)) {
			t.Errorf("written twice it differs: %s and %s", written, again)
		}
		b, err := s.d.Codec.ParseAnswer(written, c)
		if err != nil {
			if a.Blocked == "" { // some dialects tell it as a failure
				t.Errorf("%v: %s became %s", err, body, written)
			}
			continue
		}
		if one, two := s.sketch(a), s.sketch(b); one != two {
			t.Errorf("%s\nbecame %s\n%s\n%s", body, written, one, two)
		}
	}
}

// sketch writes down of an answer what the dialect has words for.
func (s codecSuite) sketch(a *llm.Answer) string {
	c := *a
	c.Choices = slices.Clone(a.Choices)
	for i := range c.Choices {
		choice := &c.Choices[i]
		if s.d.AnswerCarries[llm.AStopText].Fate == dialect.Dropped {
			choice.StopText = nil
		}
		if s.d.AnswerCarries[llm.AVendorPart].Fate == dialect.Dropped {
			choice.Parts = slices.DeleteFunc(slices.Clone(choice.Parts), func(p llm.Part) bool { return p.Kind == llm.Vendor })
		}
	}
	return Sketch(&c)
}

func (s codecSuite) garbage(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pieces := []string{"{", "}", "[", "]", `"`, ":", ",", "null", "0", `\`, "{}", "[]", `""`, `{"type":7}`, "[DONE]", "\x00\xff", "data: ", "\n\n", "true", "1e999"}
	for _, f := range s.d.Fields { // whole requests, damaged
		for range 3 {
			s.survives(t, damaged(r, f.Example))
		}
	}
	for range 300 {
		var b []byte
		for range r.IntN(12) {
			b = append(b, pieces[r.IntN(len(pieces))]...)
		}
		s.survives(t, b)
	}
}

func damaged(r *rand.Rand, text string) []byte {
	b := []byte(text)
	for range 1 + r.IntN(3) {
		if len(b) > 0 {
			b[r.IntN(len(b))] = `{}[]":,\a0 `[r.IntN(11)]
		}
	}
	return b
}

// survives reads garbage in every way; errors are *fault.Fault.
func (s codecSuite) survives(t *testing.T, b []byte) {
	t.Helper()
	c := CodecCall(s.d.Name)
	request, err := s.d.Codec.ParseRequest(b)
	if request == nil {
		checkFault(t, err, b)
	}
	answer, err := s.d.Codec.ParseAnswer(b, c)
	if answer == nil {
		checkFault(t, err, b)
	}
	p := s.d.Codec.NewStreamParser(c)
	events := p.Parse(nil, nil, b)
	events = p.Parse(events, b, b)
	events = p.End(events)
	if n := len(events); n == 0 || events[n-1].Kind != llm.Fail && events[n-1].Kind != llm.End {
		t.Errorf("the last event of %q is neither a failure nor an end", b)
	}
}

func checkFault(t *testing.T, err error, b []byte) {
	t.Helper()
	if _, ok := err.(*fault.Fault); !ok {
		t.Errorf("%q gives the error %v", b, err)
	}
}

// latency is how long a call took, which moves on between two writings of an answer.
var latency = regexp.MustCompile(`"latencyMs":\d+`)

func timeless(answer []byte) []byte { return latency.ReplaceAll(answer, nil) }
