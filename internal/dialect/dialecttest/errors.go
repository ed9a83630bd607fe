package dialecttest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const (
	message   = "what happened, \"why\" <and> what to do – \u2028\n"
	shown     = "what happened, \"why\" <and> what to do –" // white space at the end is nothing to compare
	requestID = "0197-test"
)

func checkErrors(t *testing.T, d *dialect.Dialect) {
	for code := range fault.Codes() {
		status, body := d.FormatError(fault.New(code, message).Field("a.b"), requestID)
		if status < 400 || status > 599 {
			t.Errorf("%s: status %d", code, status)
		}
		if !json.Valid(body) {
			t.Errorf("%s: no JSON: %s", code, body)
		}
		if got := d.ParseError(status, http.Header{"Content-Type": {"application/json"}}, body); got.Message != shown {
			t.Errorf("%s: the message came back as %q", code, got.Message)
		}
	}
}

func checkStreamErrors(t *testing.T, d *dialect.Dialect) {
	for code := range fault.Codes() {
		framed := d.FormatStreamError(fault.New(code, message), requestID)
		m := d.NewMeter(llm.OpChat)
		failed := 0
		f := NewFramer(d)
		f.Feed(framed, func(e *dialect.Event) {
			if !e.Comment && m.Event(e.Name, e.Data).Has(dialect.Failed) {
				failed++
			}
		})
		f.Close(func(e *dialect.Event) { t.Errorf("%s: the last event is not closed: %q", code, e.Raw) })
		if failed != 1 {
			t.Errorf("%s: %d of its events are errors: %q", code, failed, framed)
			continue
		}
		if got := m.Report().Fault; got == nil || got.Message != shown {
			t.Errorf("%s: the message came back as %+v", code, got)
		}
	}
}

func checkKeepAlive(t *testing.T, d *dialect.Dialect) {
	m := d.NewMeter(llm.OpChat)
	f := NewFramer(d)
	f.Feed(d.KeepAlive, func(e *dialect.Event) {
		if !e.Comment && m.Event(e.Name, e.Data) != 0 {
			t.Errorf("%q means something", d.KeepAlive)
		}
	})
	f.Close(func(*dialect.Event) { t.Errorf("%q is left open", d.KeepAlive) })
}
