package elasticsearch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/elasticsearch"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bulk is strict about the form of a request; stream makes it a data stream.
func bulk(stream bool) func(*exporttest.Receiver, http.ResponseWriter, *http.Request, []byte) {
	return func(r *exporttest.Receiver, w http.ResponseWriter, q *http.Request, body []byte) {
		if q.URL.Path != "/_bulk" || q.Header.Get("Content-Type") != "application/x-ndjson" || q.Header.Get("Authorization") != "ApiKey the-key" {
			r.Errorf("%s with %v", q.URL, q.Header)
		}
		rows, verb := parse(r, body)
		var items []string
		for i, v := range r.Judge(rows) {
			code := `"status":201`
			switch {
			case stream && verb == "index":
				code = `"status":400,"error":{"type":"illegal_argument_exception","reason":"only write ops with an op_type of create are allowed in data streams"}`
			case v == exporttest.Refuse:
				code = `"status":400,"error":{"type":"document_parsing_exception","reason":"[1:5] failed to parse field [x] of type [long]. Preview of field's value: 'SECRET'"}`
			case v == exporttest.Later:
				code = `"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue is full"}`
			default:
				r.Keep(true, rows[i])
			}
			items = append(items, fmt.Sprintf(`{%q:{"_index":"entries","_id":%q,%s}}`, verb, rows[i].ID, code))
		}
		fmt.Fprintf(w, `{"took":1,"errors":true,"items":[%s]}`, strings.Join(items, ","))
	}
}

func parse(r *exporttest.Receiver, body []byte) (rows []exporttest.Got, verb string) {
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	for i := 0; i+1 < len(lines); i += 2 {
		var head map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(lines[i], &head); err != nil || len(head) != 1 {
			r.Errorf("%s: %v", lines[i], err)
		}
		if err := json.Unmarshal(lines[i+1], &doc); err != nil {
			r.Errorf("%s: %v", lines[i+1], err)
		}
		var at time.Time
		if err := json.Unmarshal(doc["@timestamp"], &at); err != nil || at.IsZero() {
			r.Errorf("@timestamp %s: %v", doc["@timestamp"], err)
		}
		delete(doc, "@timestamp")
		rest, _ := json.Marshal(doc)
		for v, h := range head {
			if h.Index != "entries" || h.ID == "" {
				r.Errorf("%+v", h)
			}
			verb, rows = v, append(rows, exporttest.Got{ID: h.ID, Doc: rest})
		}
	}
	if len(lines)%2 != 0 || !bytes.HasSuffix(body, []byte("\n")) {
		r.Errorf("%d lines", len(lines))
	}
	return rows, verb
}

func TestASink(t *testing.T) {
	for name, stream := range map[string]bool{"index": false, "data stream": true} {
		t.Run(name, func(t *testing.T) {
			if stream {
				testStream(t)
				return
			}
			exporttest.Run(t, exporttest.Suite{Once: true, New: func(t *testing.T) *exporttest.Place {
				r := exporttest.NewReceiver(t, bulk(false))
				return r.Place(func() (export.Sink, error) { return open(r), nil }, true)
			}})
		})
	}
}

func open(r *exporttest.Receiver) *elasticsearch.Sink {
	return elasticsearch.New(elasticsearch.Config{URL: r.URL + "/", Index: "entries", APIKey: "the-key"})
}

func row() []export.Row {
	return []export.Row{{ID: "1", Time: time.Unix(1_700_000_000, 0), JSON: []byte(`{"id":"1"}`)}}
}

func testStream(t *testing.T) {
	r := exporttest.NewReceiver(t, bulk(true))
	s := open(r)
	defer s.Close()
	if err := s.Send(t.Context(), row()); err == nil {
		t.Error("a data stream took an index operation")
	}
	if err := s.Send(t.Context(), row()); err != nil {
		t.Error(err)
	}
}

func TestItsWordsRepeatNothingThatWasSaid(t *testing.T) {
	r := exporttest.NewReceiver(t, bulk(false))
	p := r.Place(nil, true)
	p.Refuse("1")
	s := open(r)
	defer s.Close()
	part, ok := s.Send(t.Context(), row()).(*export.Partial)
	if !ok || strings.Contains(part.Refused[0], "SECRET") || !strings.Contains(part.Refused[0], "failed to parse field [x] of type [long]") {
		t.Errorf("%+v", part)
	}
}
