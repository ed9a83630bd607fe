// Package splunk sends entries to Splunk's HTTP Event Collector, and waits for the
// indexers where acknowledgement is on.
package splunk

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// Config says where to.
type Config struct {
	URL    string // of the collector, without /services/…
	Token  string
	Index  string // "" = the token's
	Ack    bool   // wait until the indexers have the events
	Header http.Header
	TLS    *tls.Config

	Poll time.Duration // between questions for acknowledgements; 0 = a second
}

// Sink sends to a collector.
type Sink struct {
	c       Config
	http    *push.Client
	channel string
}

// New makes a sink.
func New(c Config) *Sink {
	h := c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Authorization", "Splunk "+c.Token)
	h.Set("Content-Type", "application/json")
	s := &Sink{c: c, channel: uuid.NewString()}
	if c.Ack {
		h.Set("X-Splunk-Request-Channel", s.channel)
	}
	if s.c.Poll == 0 {
		s.c.Poll = time.Second
	}
	s.c.URL = strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/services/collector")
	s.http = push.New(c.TLS, h, true)
	return s
}

// event is what the collector takes
// (https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector).
type event struct {
	Time       json.Number       `json:"time"` // seconds
	Source     string            `json:"source"`
	SourceType string            `json:"sourcetype"`
	Index      string            `json:"index,omitempty"`
	Event      json.RawMessage   `json:"event"`
	Fields     map[string]string `json:"fields"`
}

// Send implements export.Sink.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	var body []byte
	for _, r := range rows {
		at := strconv.FormatFloat(float64(r.Time.UnixMicro())/1e6, 'f', 6, 64)
		one, err := json.Marshal(event{json.Number(at), "sluice", "sluice:entry", s.c.Index, r.JSON, map[string]string{"sluice_id": r.ID}})
		if err != nil {
			return export.Failed("an entry is no JSON")
		}
		body = append(append(body, one...), '\n')
	}
	a, err := s.http.Do(ctx, http.MethodPost, s.c.URL+"/services/collector/event", nil, body)
	if err != nil {
		return err
	}
	ack, err := read(a)
	if err != nil || !s.c.Ack {
		return err
	}
	if ack == nil {
		return export.Failed("it gives no acknowledgement; is it on for the token?")
	}
	return s.await(ctx, *ack)
}

// read tells what an answer means
// (https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector).
func read(a *push.Answer) (ack *int64, err error) {
	var said struct {
		Text string `json:"text"`
		Code *int   `json:"code"`
		Ack  *int64 `json:"ackId"`
	}
	_ = json.Unmarshal(a.Body, &said) // what is no JSON says nothing
	if a.Status == http.StatusOK {
		if said.Code == nil || *said.Code != 0 {
			return nil, export.Failed("it answered 200, but not as a collector does")
		}
		return said.Ack, nil
	}
	reason := "it answered " + strconv.Itoa(a.Status)
	if said.Code != nil {
		reason += " (code " + strconv.Itoa(*said.Code) + ", " + said.Text + ")"
	}
	if a.Status == http.StatusRequestEntityTooLarge || a.Status == http.StatusBadRequest && said.Code != nil && ofRows(*said.Code) {
		return nil, &export.Refused{Reason: reason}
	}
	return nil, &export.Away{Reason: reason, Wait: a.Wait()}
}

// ofRows reports whether a code speaks of the events: no data, bad data, no event, empty event, bad fields.
func ofRows(code int) bool {
	return code == 5 || code == 6 || code == 12 || code == 13 || code == 15
}

// await asks until the indexers have what an acknowledgement stands for
// (https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck).
func (s *Sink) await(ctx context.Context, ack int64) error {
	id := strconv.FormatInt(ack, 10)
	tick := time.NewTicker(s.c.Poll)
	defer tick.Stop()
	for {
		a, err := s.http.Do(ctx, http.MethodPost, s.c.URL+"/services/collector/ack?channel="+s.channel, nil, []byte(`{"acks":[`+id+`]}`))
		if err != nil {
			return err
		}
		if err := a.Err(); err != nil {
			return export.Failed("it does not tell of acknowledgements: it answered %d", a.Status)
		}
		var said struct {
			Acks map[string]bool `json:"acks"`
		}
		if err := json.Unmarshal(a.Body, &said); err != nil {
			return export.Failed("what it tells of acknowledgements is no JSON")
		}
		if said.Acks[id] {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return export.Failed("its indexers did not acknowledge in time")
		}
	}
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
