package export

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// What is no entry in the store is set aside, and holds nothing else up.
func TestWhatCannotBeReadIsSetAside(t *testing.T) {
	w := newWorker(&Options{Logger: slog.New(slog.DiscardHandler)}, &Spec{Name: "x", Exclude: []string{"user"}})
	for n, doc := range []string{`{"id":"a","time":"never"}`, `{"id":"b","time":"2026-03-01T12:00:00Z","user":`} {
		number := int64(n + 1)
		f, _, err := w.judge(t.Context(), &gateway.Arrival{Number: number, ID: "e", Doc: []byte(doc)})
		if err != nil || f != refused || w.ids[number] != "e" || !strings.Contains(w.why[number], "cannot be read") {
			t.Errorf("%s: fate %d, %q, %v", doc, f, w.why[number], err)
		}
	}
	f, row, err := w.judge(t.Context(), &gateway.Arrival{Number: 3, ID: "c", Doc: []byte(`{"id":"c","time":"2026-03-01T12:00:00Z","user":"ann"}`)})
	if err != nil || f != 0 || string(row.JSON) != `{"id":"c","time":"2026-03-01T12:00:00Z"}` {
		t.Errorf("a good one: fate %d, %s, %v", f, row.JSON, err)
	}
}
