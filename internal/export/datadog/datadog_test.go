package datadog_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/datadog"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func take(r *exporttest.Receiver, w http.ResponseWriter, q *http.Request, body []byte) {
	if q.URL.Path != "/api/v2/logs" || q.Header.Get("Dd-Api-Key") != "the-key" || q.Header.Get("Content-Type") != "application/json" {
		r.Errorf("%s with %v", q.URL, q.Header)
	}
	var logs []struct {
		Source    string          `json:"ddsource"`
		Service   string          `json:"service"`
		Status    string          `json:"status"`
		Message   string          `json:"message"`
		Timestamp time.Time       `json:"timestamp"`
		ID        string          `json:"sluice_id"`
		Entry     json.RawMessage `json:"sluice"`
	}
	if err := json.Unmarshal(body, &logs); err != nil || len(logs) > 1000 || len(body) > 5_000_000 {
		r.Errorf("%d logs: %v", len(logs), err)
	}
	var rows []exporttest.Got
	for _, l := range logs {
		if l.Source != "sluice" || l.Service != "sluice" || l.Timestamp.IsZero() || !strings.HasPrefix(l.Message, "call chat") || l.Status != "info" && l.Status != "warn" {
			r.Errorf("%+v", l)
		}
		rows = append(rows, exporttest.Got{ID: l.ID, Doc: l.Entry})
	}
	if exporttest.AnyRefused(r.Judge(rows)) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Keep(false, rows...)
	w.WriteHeader(http.StatusAccepted)
}

func TestASink(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
		r := exporttest.NewReceiver(t, take)
		return r.Place(func() (export.Sink, error) { return datadog.New(datadog.Config{URL: r.URL, APIKey: "the-key"}), nil }, false)
	}})
}
