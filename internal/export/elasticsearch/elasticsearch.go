// Package elasticsearch sends entries to Elasticsearch or OpenSearch by their bulk API.
// Ids of entries are ids of documents, so that one that is sent again replaces itself.
package elasticsearch

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// Config says where to.
type Config struct {
	URL, Index     string
	APIKey         string // "" = none
	User, Password string // "" = none
	Header         http.Header
	TLS            *tls.Config
}

// Sink sends to an index or a data stream.
type Sink struct {
	url   string
	index string
	http  *push.Client
	verb  string // index, or create for data streams
}

// New makes a sink.
func New(c Config) *Sink {
	h := c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/x-ndjson")
	switch {
	case c.APIKey != "":
		h.Set("Authorization", "ApiKey "+c.APIKey)
	case c.User != "":
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Password)))
	}
	return &Sink{strings.TrimRight(c.URL, "/") + "/_bulk?filter_path=errors,items.*.status,items.*.error", c.Index, push.New(c.TLS, h, true), "index"}
}

// target is the line before a document
// (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk).
type target struct {
	Index string `json:"_index"`
	ID    string `json:"_id"`
}

// Send implements export.Sink.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	var body []byte
	for _, r := range rows {
		head, err := json.Marshal(map[string]target{s.verb: {s.index, r.ID}})
		if err != nil {
			return export.Failed("an entry's id is no JSON")
		}
		body = append(append(body, head...), '\n')
		body = append(append(body, `{"@timestamp":"`...), r.Time.UTC().Format(time.RFC3339Nano)...)
		body = append(append(append(body, `",`...), r.JSON[1:]...), '\n')
	}
	a, err := s.http.Do(ctx, http.MethodPost, s.url, nil, body)
	if err != nil {
		return err
	}
	switch {
	case a.Status == http.StatusRequestEntityTooLarge:
		return a.Err()
	case a.Status != http.StatusOK: // not one of the rows
		return &export.Away{Reason: "it answered " + strconv.Itoa(a.Status), Wait: a.Wait()}
	}
	return s.read(a.Body, len(rows))
}

// item is what became of one document.
type item struct {
	Status int `json:"status"`
	Error  struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	} `json:"error"`
}

func (s *Sink) read(body []byte, rows int) error {
	var said struct {
		Errors bool              `json:"errors"`
		Items  []map[string]item `json:"items"`
	}
	if err := json.Unmarshal(body, &said); err != nil || len(said.Items) != rows {
		return export.Failed("it answered 200, but not as the bulk API does")
	}
	p := &export.Partial{Refused: map[int]string{}}
	for i, one := range said.Items {
		for _, it := range one {
			s.judge(p, i, &it)
		}
	}
	return p.OrNil()
}

// judge notes what became of one document. A conflict says that it is there already.
func (s *Sink) judge(p *export.Partial, i int, it *item) {
	switch reason := told(it); {
	case it.Status/100 == 2, it.Status == http.StatusConflict:
	case strings.Contains(it.Error.Reason, "op_type of create"): // the index is a data stream
		s.verb = "create"
		p.Again, p.Reason = append(p.Again, i), "it is a data stream; they are created"
	case it.Status == http.StatusBadRequest, it.Status == http.StatusRequestEntityTooLarge:
		p.Refused[i] = reason
	default:
		p.Again, p.Reason = append(p.Again, i), reason
	}
}

// told gives its words, without the part in which it repeats what was said.
func told(it *item) string {
	reason, _, _ := strings.Cut(it.Error.Reason, " Preview of field's value")
	return "it answered " + strconv.Itoa(it.Status) + " (" + it.Error.Type + ": " + strings.TrimRight(reason, ". ") + ")"
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
