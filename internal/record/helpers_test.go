package record_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/record"
)

// memStore keeps entries as the contract of record.Store asks.
type memStore struct {
	mu      sync.Mutex
	entries map[string]*gateway.Entry
	puts    int
	largest int
	changed int // entries put again with other content
	fail    func(entries []*gateway.Entry) error
	before  func(ctx context.Context)
}

func newStore() *memStore { return &memStore{entries: make(map[string]*gateway.Entry)} }

func (s *memStore) PutEntries(ctx context.Context, entries []*gateway.Entry) error {
	if s.before != nil {
		s.before(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.puts++
	s.largest = max(s.largest, len(entries))
	if s.fail != nil {
		if err := s.fail(entries); err != nil {
			return err
		}
	}
	for _, e := range entries {
		have := s.entries[e.ID]
		if have != nil && have.Count == e.Count && string(have.AppendJSON(nil)) != string(e.AppendJSON(nil)) {
			s.changed++
		}
		if have == nil || e.Count > have.Count {
			s.entries[e.ID] = e
		}
	}
	return nil
}

func (s *memStore) set(fail func([]*gateway.Entry) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

func (s *memStore) get(id string) *gateway.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries[id]
}

func (s *memStore) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

func (s *memStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}

var errAway = errors.New("connection refused")

func away([]*gateway.Entry) error { return errAway }

// uuid makes UUIDv7-shaped ids that grow with n.
func uuid(n int) string {
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", 0x01930000+n>>32, 0xabcd, n)
}

func entry(n int) *gateway.Entry {
	at := time.Date(2026, 11, 21, 20, 0, 0, n%1e9, time.UTC)
	usage := llm.Usage{InputTokens: llm.Known(1200), OutputTokens: llm.Known(321), CacheReadTokens: llm.Known(1000)}
	return &gateway.Entry{
		ID: uuid(n), Time: at, Gateway: "default", Workspace: "default", KeyID: "key_01", Operation: "chat",
		ClientDialect: "one", ProviderDialect: "one", ModelRequested: "vendor/model-5-mini", Provider: "vendor", Model: "model-5-mini",
		Credential: "default", Status: 200, FinishReason: "stop", Stream: true, Cache: "off",
		Attempts: []gateway.Attempt{{Provider: "vendor", Model: "model-5-mini", Credential: "default", Status: 200, Started: at,
			FirstByteMS: llm.Known(210), LatencyMS: llm.Known(1850), Usage: usage, Cost: gateway.Cost{USD: 1234567, Known: true}}},
		Usage: usage, Cost: gateway.Cost{USD: 1234567, Known: true}, QueueMS: llm.Known(0), FirstByteMS: llm.Known(211),
		LatencyMS: llm.Known(1851), OverheadUS: llm.Known(180), ClientIP: "203.0.113.7", UserAgent: "client/1.2",
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Count: 1, LastTime: at,
	}
}

func withBodies(e *gateway.Entry, size int) *gateway.Entry {
	text := []byte(strings.Repeat("x", size))
	e.Bodies = &gateway.Bodies{
		Request: gateway.Body{ContentType: "application/json", Bytes: text, Size: int64(size)},
		Answer:  gateway.Body{ContentType: "text/event-stream", Bytes: text, Size: int64(size) + 9, Truncated: true},
	}
	return e
}

// logs collects log lines.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

func (l *logs) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t testing.TB, opt record.Options) *record.Recorder {
	t.Helper()
	if opt.Logger == nil {
		opt.Logger = quiet()
	}
	r, err := record.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeNow(t, r) })
	return r
}

// closeNow closes without waiting for the store.
func closeNow(t testing.TB, r *record.Recorder) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
}

// advance lets the fake clock of a synctest bubble run, until all have done their work.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func flush(t testing.TB, r *record.Recorder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func pendingIDs(r *record.Recorder) (ids []string) {
	r.Pending(func(e *gateway.Entry) bool {
		ids = append(ids, e.ID)
		return true
	})
	return ids
}

func contextEnded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 0)
}
