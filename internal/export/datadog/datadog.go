// Package datadog sends entries to Datadog as logs.
package datadog

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// What one request may hold
// (https://docs.datadoghq.com/api/latest/logs/#send-logs).
const (
	MaxRows  = 1000
	MaxBytes = 4_000_000 // of 5 MB, since entries are wrapped
)

// Config says where to.
type Config struct {
	URL    string // "" = that of the site
	Site   string
	APIKey string
	Header http.Header
	TLS    *tls.Config
}

// Sink sends to Datadog's intake.
type Sink struct {
	url  string
	http *push.Client
}

// New makes a sink.
func New(c Config) *Sink {
	h := c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("DD-API-KEY", c.APIKey)
	h.Set("Content-Type", "application/json")
	base := strings.TrimRight(c.URL, "/")
	if base == "" {
		base = "https://http-intake.logs." + c.Site
	}
	return &Sink{base + "/api/v2/logs", push.New(c.TLS, h, true)}
}

// log is one item. What Datadog gives a meaning to stands outside of the entry
// (https://docs.datadoghq.com/logs/log_configuration/attributes_naming_convention/).
type log struct {
	Source    string          `json:"ddsource"`
	Service   string          `json:"service"`
	Timestamp string          `json:"timestamp"`
	Status    string          `json:"status"`
	Message   string          `json:"message"`
	ID        string          `json:"sluice_id"`
	Entry     json.RawMessage `json:"sluice"`
}

// Send implements export.Sink.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	logs := make([]log, len(rows))
	for i, r := range rows {
		logs[i] = newLog(&r)
	}
	body, err := json.Marshal(logs)
	if err != nil {
		return export.Failed("an entry is no JSON")
	}
	a, err := s.http.Do(ctx, http.MethodPost, s.url, nil, body)
	if err != nil {
		return err
	}
	return a.Err()
}

func newLog(r *export.Row) log {
	var e struct {
		Operation string `json:"operation"`
		Provider  string `json:"provider"`
		Model     string `json:"model"`
		Status    int    `json:"status"`
	}
	_ = json.Unmarshal(r.JSON, &e) // what the export leaves out is not there
	level := "info"
	switch {
	case e.Status >= 500:
		level = "error"
	case e.Status >= 400:
		level = "warn"
	}
	words := []string{"call", e.Operation, e.Provider, e.Model}
	if e.Status > 0 {
		words = append(words, strconv.Itoa(e.Status))
	}
	message := strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	return log{"sluice", "sluice", r.Time.UTC().Format(time.RFC3339Nano), level, message, r.ID, r.JSON}
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
