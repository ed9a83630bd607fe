package splunk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/splunk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is strict about the event format, and acknowledges at the second question.
type collector struct {
	ack   bool
	asked atomic.Int64
}

func (c *collector) take(r *exporttest.Receiver, w http.ResponseWriter, q *http.Request, body []byte) {
	if q.Header.Get("Authorization") != "Splunk the-token" || q.Method != "POST" {
		r.Errorf("%s with %v", q.Method, q.Header)
	}
	if channel := q.Header.Get("X-Splunk-Request-Channel"); (channel != "") != c.ack {
		r.Errorf("the channel is %q", channel)
	}
	if q.URL.Path == "/services/collector/ack" {
		if q.URL.Query().Get("channel") != q.Header.Get("X-Splunk-Request-Channel") || string(body) != `{"acks":[7]}` {
			r.Errorf("%s %s", q.URL, body)
		}
		fmt.Fprintf(w, `{"acks":{"7":%v}}`, c.asked.Add(1)%2 == 0)
		return
	}
	if q.URL.Path != "/services/collector/event" {
		r.Errorf("path %s", q.URL.Path)
	}
	rows := c.events(r, body)
	if exporttest.AnyRefused(r.Judge(rows)) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`)
		return
	}
	r.Keep(false, rows...)
	if c.ack {
		fmt.Fprint(w, `{"text":"Success","code":0,"ackId":7}`)
		return
	}
	fmt.Fprint(w, `{"text":"Success","code":0}`)
}

func (c *collector) events(r *exporttest.Receiver, body []byte) (rows []exporttest.Got) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	for d.More() {
		var e struct {
			Time       float64         `json:"time"`
			Source     string          `json:"source"`
			SourceType string          `json:"sourcetype"`
			Index      string          `json:"index"`
			Event      json.RawMessage `json:"event"`
			Fields     struct {
				ID string `json:"sluice_id"`
			} `json:"fields"`
		}
		if err := d.Decode(&e); err != nil {
			r.Errorf("%s: %v", body, err)
			return nil
		}
		if e.Time < 1e9 || e.Time > 1e10 || e.Source != "sluice" || e.SourceType != "sluice:entry" || e.Index != "llm" || e.Fields.ID == "" {
			r.Errorf("%+v", e)
		}
		rows = append(rows, exporttest.Got{ID: e.Fields.ID, Doc: e.Event})
	}
	return rows
}

func TestASink(t *testing.T) {
	for _, ack := range []bool{false, true} {
		t.Run(fmt.Sprintf("ack %v", ack), func(t *testing.T) {
			exporttest.Run(t, exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
				r := exporttest.NewReceiver(t, (&collector{ack: ack}).take)
				c := splunk.Config{URL: r.URL + "/services/collector", Token: "the-token", Index: "llm", Ack: ack, Poll: time.Millisecond}
				return r.Place(func() (export.Sink, error) { return splunk.New(c), nil }, false)
			}})
		})
	}
}

func TestAWrongTokenOrIndexSetsNothingAside(t *testing.T) {
	for status, body := range map[int]string{403: `{"text":"Invalid token","code":4}`, 400: `{"text":"Incorrect index","code":7}`, 503: `{"text":"Server is busy","code":9}`, 200: `<html>`} {
		r := exporttest.NewReceiver(t, func(_ *exporttest.Receiver, w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		})
		s := splunk.New(splunk.Config{URL: r.URL, Token: "t"})
		err := s.Send(t.Context(), []export.Row{{ID: "1", JSON: []byte(`{"id":"1"}`)}})
		if _, away := err.(*export.Away); !away {
			t.Errorf("%d %s: %v", status, body, err)
		}
		s.Close()
	}
}
