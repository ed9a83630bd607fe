package e2e_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testport"
)

// mood is how a hook answers.
type mood int

const (
	well   mood = iota
	ill         // with 500
	silent      // never, though it has read what was sent
)

// hook is a receiver of a webhook export that fails in all the ways in which one can.
type hook struct {
	URL string

	t    testing.TB
	addr string

	mu      sync.Mutex
	server  *http.Server // nil = it is stopped
	ended   chan struct{}
	mood    mood
	batches [][]string // that it took
	no      int        // batches that it did not take
	stuck   string     // the node whose batch it does not answer
}

func newHook(t testing.TB) *hook {
	h := &hook{t: t, addr: testport.Address(t)}
	h.URL = "http://" + h.addr
	h.start()
	t.Cleanup(h.stop)
	return h
}

// start listens, where it did before.
func (h *hook) start() {
	h.t.Helper()
	l, err := net.Listen("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	server, ended := &http.Server{Handler: h}, make(chan struct{})
	h.server, h.ended = server, ended
	go func() { // ends with stop, which waits
		defer close(ended)
		_ = server.Serve(l)
	}()
}

// stop ends it as a crash does: connections break, answers on their way are lost.
func (h *hook) stop() {
	h.mu.Lock()
	server, ended := h.server, h.ended
	h.server = nil
	h.mu.Unlock()
	if server != nil {
		_ = server.Close()
		<-ended
	}
}

// ServeHTTP implements http.Handler.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var said struct{ Entries []entry }
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // its sender was killed
	}
	if err := json.Unmarshal(body, &said); err != nil || len(said.Entries) == 0 || len(said.Entries) > batchRows {
		h.t.Errorf("a batch of %d: %v\n%s", len(said.Entries), err, tail(string(body), 300))
	}
	ids := make([]string, len(said.Entries))
	for i := range said.Entries {
		ids[i] = said.Entries[i].ID
	}
	switch h.note(ids, r.Header.Get("X-Node")) {
	case ill:
		w.WriteHeader(http.StatusInternalServerError)
	case silent:
		<-r.Context().Done() // the sender gives up, or dies
	}
}

func (h *hook) note(ids []string, node string) mood {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch h.mood {
	case well:
		h.batches = append(h.batches, ids)
	case silent:
		h.stuck = node
		h.no++
	default:
		h.no++
	}
	return h.mood
}

func (h *hook) become(m mood) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mood, h.stuck = m, ""
}

// taken gives the batches that it took.
func (h *hook) taken() [][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.batches
}

// rows is how many rows it took.
func (h *hook) rows() (n int) {
	for _, ids := range h.taken() {
		n += len(ids)
	}
	return n
}

// refused is how many batches it did not take.
func (h *hook) refused() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.no
}

func (h *hook) awaitTaken(rows int) {
	h.t.Helper()
	eventually(h.t, patience, "the receiver has taken entries", func() bool { return h.rows() >= rows })
}

// awaitMore waits for a batch more than it has.
func (h *hook) awaitMore() {
	h.t.Helper()
	h.awaitTaken(h.rows() + 1)
}

// awaitRefused waits until it has refused that many batches more.
func (h *hook) awaitRefused(n int) {
	h.t.Helper()
	n += h.refused()
	eventually(h.t, patience, "the receiver has refused entries", func() bool { return h.refused() >= n })
}

// awaitSilence waits until a node has sent what is not answered, and tells which.
func (h *hook) awaitSilence() (node string) {
	h.t.Helper()
	eventually(h.t, patience, "the receiver leaves a batch without an answer", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		node = h.stuck
		return node != ""
	})
	return node
}
