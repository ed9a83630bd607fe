// Package webhook sends batches of entries as JSON to a URL, signed where it has a
// secret.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// Config says where to.
type Config struct {
	URL    string
	Export string // its name, which receivers are told
	Secret string // signs; "" = nothing is signed
	Header http.Header
	TLS    *tls.Config
}

// Sink sends to a URL.
type Sink struct {
	c    Config
	http *push.Client
	now  func() time.Time
}

// New makes a sink.
func New(c Config) *Sink { return &Sink{c, push.New(c.TLS, c.Header, false), time.Now} }

// Send implements export.Sink. The body is {"export": …, "entries": […]}. With a secret,
// Sluice-Signature is t=SECONDS,v1=HEX, the HMAC-SHA256 of the seconds, a point and the
// body.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	body := append(strconv.AppendQuote([]byte(`{"export":`), s.c.Export), `,"entries":[`...)
	for i, r := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, r.JSON...)
	}
	body = append(body, "]}"...)
	header := http.Header{"Content-Type": {"application/json"}, "Sluice-Export": {s.c.Export}, "Sluice-Batch": {rows[0].ID}}
	if s.c.Secret != "" {
		header.Set("Sluice-Signature", Sign(s.c.Secret, s.now(), body))
	}
	a, err := s.http.Do(ctx, http.MethodPost, s.c.URL, header, body)
	if err != nil {
		return err
	}
	return a.Err()
}

// Sign gives the signature of a body that is sent at a time.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(seconds + "."))
	m.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
