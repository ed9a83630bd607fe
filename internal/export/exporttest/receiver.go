package exporttest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/export"
)

// Receiver is an HTTP server in the place of a vendor's, that can be away, refuse rows or
// take some of them.
type Receiver struct {
	URL string

	t    *testing.T
	mu   sync.Mutex
	away bool
	bad  []string
	busy bool
	got  []Got
}

// NewReceiver starts a server. take reads the rows of a request, complains by Errorf about
// anything that the vendor would not take, and answers after it has asked Judge.
func NewReceiver(t *testing.T, take func(r *Receiver, w http.ResponseWriter, q *http.Request, body []byte)) *Receiver {
	r := &Receiver{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err == nil && q.Header.Get("Content-Encoding") == "gzip" {
			body, err = unzip(body)
		}
		if err != nil {
			t.Errorf("the body: %v", err)
		}
		r.mu.Lock()
		away := r.away
		r.mu.Unlock()
		if away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		take(r, w, q, body)
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func unzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Errorf fails the test.
func (r *Receiver) Errorf(format string, args ...any) { r.t.Errorf(format, args...) }

// Verdict is what a receiver says of a row.
type Verdict int

// The verdicts.
const (
	Take Verdict = iota
	Refuse
	Later
)

// Judge decides about each row, without taking any.
func (r *Receiver) Judge(rows []Got) []Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Verdict, len(rows))
	for i, g := range rows {
		switch {
		case slices.Contains(r.bad, g.ID):
			out[i] = Refuse
		case r.busy && len(rows) > 1 && i%2 == 1:
			out[i] = Later
		}
	}
	if slices.Contains(out, Later) {
		r.busy = false
	}
	return out
}

// Keep takes rows. Replace says that one with the same id goes.
func (r *Receiver) Keep(replace bool, rows ...Got) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range rows {
		if i := slices.IndexFunc(r.got, func(h Got) bool { return h.ID == g.ID }); replace && i >= 0 {
			r.got[i] = g
			continue
		}
		r.got = append(r.got, g)
	}
}

// Place gives the place that the receiver is; some says that it can take some rows of a
// batch.
func (r *Receiver) Place(open func() (export.Sink, error), some bool) *Place {
	p := &Place{
		Open: open,
		Read: func(*testing.T) []Got { r.mu.Lock(); defer r.mu.Unlock(); return slices.Clone(r.got) },
		Away: func(away bool) { r.mu.Lock(); defer r.mu.Unlock(); r.away = away },
		Refuse: func(ids ...string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.bad = ids
		},
	}
	if some {
		p.Busy = func() { r.mu.Lock(); defer r.mu.Unlock(); r.busy = true }
	}
	return p
}

// AnyRefused reports whether a row is refused.
func AnyRefused(all []Verdict) bool { return slices.Contains(all, Refuse) }

// Rows reads the ids of entries.
func Rows(docs []json.RawMessage) []Got {
	out := make([]Got, len(docs))
	for i, d := range docs {
		var head struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(d, &head) // what is wrong with it, the comparison tells
		out[i] = Got{head.ID, d}
	}
	return out
}
