// Package langfuse sends entries to Langfuse as spans, over OTLP/HTTP: a call is a
// generation, named by the conventions for generative AI.
package langfuse

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// Config says where to.
type Config struct {
	URL            string // of Langfuse, without /api/…
	Public, Secret string
	Header         http.Header
	TLS            *tls.Config
	Vendor         func(provider string) string // as OpenTelemetry names it; nil = as the provider is named
}

// Sink sends spans.
type Sink struct {
	url    string
	http   *push.Client
	vendor func(provider string) string
}

// New makes a sink.
func New(c Config) *Sink {
	h := c.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.Public+":"+c.Secret)))
	h.Set("Content-Type", "application/x-protobuf")
	vendor := c.Vendor
	if vendor == nil {
		vendor = func(provider string) string { return provider }
	}
	return &Sink{strings.TrimRight(c.URL, "/") + "/api/public/otel/v1/traces", push.New(c.TLS, h, true), vendor}
}

// Send implements export.Sink. The ids of a span come from the entry's: one that is sent
// again is the same span.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	spans := make([]*tracepb.Span, 0, len(rows))
	for i := range rows {
		span, err := s.spanOf(&rows[i])
		if err != nil {
			return &export.Refused{Reason: "an entry cannot be read: " + err.Error()} // it is found by halves
		}
		spans = append(spans, span)
	}
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: resource(), ScopeSpans: []*tracepb.ScopeSpans{{Scope: scope(), Spans: spans}},
	}}}) // an ExportTraceServiceRequest has the same form
	if err != nil {
		return export.Failed("spans cannot be encoded")
	}
	a, err := s.http.Do(ctx, http.MethodPost, s.url, nil, body)
	if err != nil {
		return err
	}
	if err := a.Err(); err != nil {
		return err
	}
	if rejected(a.Body) > 0 { // it does not tell which
		return &export.Refused{Reason: "it rejected spans"}
	}
	return nil
}

// rejected reads how many spans an ExportTraceServiceResponse says were not taken; those
// must not be sent again
// (https://opentelemetry.io/docs/specs/otlp/#partial-success-1).
func rejected(body []byte) int64 {
	partial := field(body, 1, protowire.BytesType)
	inner, n := protowire.ConsumeBytes(partial)
	if n < 0 {
		return 0
	}
	count, n := protowire.ConsumeVarint(field(inner, 1, protowire.VarintType))
	if n < 0 {
		return 0
	}
	return int64(count)
}

// field gives the value of a field of a message, and what follows; nil = it is not there.
func field(message []byte, number protowire.Number, kind protowire.Type) []byte {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil
		}
		message = message[n:]
		if num == number && typ == kind {
			return message
		}
		if n = protowire.ConsumeFieldValue(num, typ, message); n < 0 {
			return nil
		}
		message = message[n:]
	}
	return nil
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
