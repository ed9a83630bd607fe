package dialecttest

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func checkExchanges(t *testing.T, d *dialect.Dialect) {
	for _, x := range loadExchanges(t) {
		t.Run(x.name(), func(t *testing.T) {
			switch {
			case x.sections["stream"] != "":
				checkStream(t, d, x)
			case x.sections["answer"] != "":
				checkAnswer(t, d, x)
			case x.sections["error"] != "":
				checkError(t, d, x)
			default:
				t.Error("there is no answer, stream or error in it")
			}
		})
	}
}

func checkStream(t *testing.T, d *dialect.Dialect, x *exchange) {
	stream := streamOf(d, x.sections["stream"])
	r, signs := readStream(d, x.op(), stream)
	whole := render(t, newReport(r, signs))
	x.compare(t, whole)
	for _, size := range []int{1, 2, 3, 17, 100} {
		r, signs := readStream(d, x.op(), slices.Collect(slices.Chunk(stream, size))...)
		if got := render(t, newReport(r, signs)); string(got) != string(whole) {
			t.Errorf("in pieces of %d:\n got %s\nwant %s", size, got, whole)
		}
	}
	for _, part := range []int{1, 3, 2} {
		if r, _ := readStream(d, x.op(), stream[:len(stream)*part/4]); r == nil {
			t.Errorf("no report of the first %d quarters", part)
		}
	}
	if r, _ := readStream(d, x.op(), stream[:len(stream)/4]); r.Ended {
		t.Error("a stream that is cut after its first quarter has ended properly")
	}
}

// readStream frames pieces of a stream and gives what a meter says of them.
func readStream(d *dialect.Dialect, op llm.Operation, pieces ...[]byte) (*dialect.Report, []dialect.Sign) {
	m := d.NewMeter(op)
	var signs []dialect.Sign
	take := func(e *dialect.Event) {
		if !e.Comment && !e.Partial {
			signs = append(signs, m.Event(e.Name, e.Data))
		}
	}
	f := NewFramer(d)
	for _, p := range pieces {
		p = slices.Clone(p)
		f.Feed(p, take)
		clear(p) // a meter keeps no reference
	}
	f.Close(take)
	return m.Report(), signs
}

func checkAnswer(t *testing.T, d *dialect.Dialect, x *exchange) {
	body := []byte(x.sections["answer"])
	contentType := x.settings["content-type"]
	if contentType == "" {
		contentType = "application/json"
	}
	m := d.NewMeter(x.op())
	m.Answer(contentType, body)
	whole := render(t, newReport(m.Report(), nil))
	x.compare(t, whole)

	digest := jsonscan.NewDigest(d.Digest)
	digest.Write(body)
	m = d.NewMeter(x.op())
	m.Answer(contentType, digest.JSON())
	if got := render(t, newReport(m.Report(), nil)); string(got) != string(whole) {
		t.Errorf("of the digest %s:\n got %s\nwant %s", digest.JSON(), got, whole)
	}
}

func checkError(t *testing.T, d *dialect.Dialect, x *exchange) {
	h := http.Header{}
	for name, value := range x.settings {
		h.Set(name, value)
	}
	f := d.ParseError(x.status(), h, []byte(x.sections["error"]))
	x.compare(t, render(t, report{Fault: newFault(f)}))
}

// checkGarbage feeds every operation's meter with what no vendor would send.
func checkGarbage(t *testing.T, d *dialect.Dialect) {
	r := rand.New(rand.NewPCG(5, 6))
	texts := []string{"", " ", "{", "[", "null", "[]", "{}", `"`, "[DONE", "\x00\xff", `{"type":`, `{"type":7,"error":"","usage":[],"choices":{}}`}
	for _, e := range d.Endpoints {
		m := d.NewMeter(e.Op)
		for _, s := range texts {
			m.Event(nil, []byte(s))
			m.Event([]byte(s), []byte(s))
			m.Answer(s, []byte(s))
			m.Answer("application/json", []byte(s))
		}
		for range 50 {
			b := make([]byte, r.IntN(40))
			for i := range b {
				b[i] = `{}[]":,\ab0 `[r.IntN(12)]
			}
			m.Event(nil, b)
			m.Answer("application/json", b)
			d.ParseError(400+r.IntN(200), http.Header{}, b)
		}
		if m.Report() == nil {
			t.Errorf("%s: no report", e.Op)
		}
	}
}
