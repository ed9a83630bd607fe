package webhook_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// take is a receiver that checks all that the documents promise.
func take(r *exporttest.Receiver, w http.ResponseWriter, q *http.Request, body []byte) {
	seconds, _, _ := strings.Cut(strings.TrimPrefix(q.Header.Get("Sluice-Signature"), "t="), ",")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || q.Header.Get("Sluice-Signature") != webhook.Sign("shared", time.Unix(n, 0), body) {
		r.Errorf("the signature is %q", q.Header.Get("Sluice-Signature"))
	}
	if q.Method != "POST" || q.Header.Get("Content-Type") != "application/json" || q.Header.Get("X-Team") != "search" || q.Header.Get("Sluice-Export") != "out" {
		r.Errorf("%s with %v", q.Method, q.Header)
	}
	var said struct {
		Export  string
		Entries []json.RawMessage
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Export != "out" || len(said.Entries) == 0 {
		r.Errorf("%s: %v", body, err)
	}
	rows := exporttest.Rows(said.Entries)
	if exporttest.AnyRefused(r.Judge(rows)) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.Keep(false, rows...)
}

func TestASink(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
		r := exporttest.NewReceiver(t, take)
		c := webhook.Config{URL: r.URL, Export: "out", Secret: "shared", Header: http.Header{"X-Team": {"search"}}}
		return r.Place(func() (export.Sink, error) { return webhook.New(c), nil }, false)
	}})
}

// The value was made with Python's hmac: receivers can be written from the documents alone.
func TestTheSignatureIsTheDocumentedOne(t *testing.T) {
	const want = "t=1700000000,v1=8fe400a4d7d97fe5517b7b8d84c07a253654d1bf408323b8b0f24f6cc87644c7"
	if got := webhook.Sign("shared", time.Unix(1_700_000_000, 0), []byte(`{}`)); got != want {
		t.Errorf("%s", got)
	}
}
