package otlp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc/credentials"
)

// Destination is one place that takes OTLP. What it says goes before the environment
// variables of OpenTelemetry's libraries.
type Destination struct {
	Name     string
	Endpoint string // http:// is plain, https:// is TLS; of HTTP without /v1/traces and the like
	GRPC     bool   // else protobuf over HTTP
	Headers  map[string]string
	Gzip     bool
	Timeout  time.Duration // of one sending, with what is tried again
	Queue    int           // 1 or more

	CAFile, CertFile, KeyFile string // "" = the system's, none

	Traces, Metrics, Logs bool
}

// A sending that fails for a reason that may pass is tried again, until its time is over.
const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// tls reads the certificates; nil = plain.
func (d *Destination) tls() (*tls.Config, error) {
	if !strings.HasPrefix(d.Endpoint, "https:") {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if d.CAFile != "" {
		pem, err := os.ReadFile(d.CAFile)
		if err != nil {
			return nil, fmt.Errorf("telemetry.otlp %s: %w", d.Name, err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("telemetry.otlp %s: %s holds no certificate (PEM)", d.Name, d.CAFile)
		}
	}
	if d.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(d.CertFile, d.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("telemetry.otlp %s: cert_file and key_file: %w", d.Name, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// url is where a signal goes.
func (d *Destination) url(signal string) string {
	if d.GRPC {
		return d.Endpoint
	}
	return strings.TrimRight(d.Endpoint, "/") + "/v1/" + signal
}

// traces gives what sends spans; client is for HTTP.
func (d *Destination) traces(ctx context.Context, t *tls.Config, client *http.Client) (c otlptrace.Client, err error) {
	if d.GRPC {
		o := []otlptracegrpc.Option{
			otlptracegrpc.WithEndpointURL(d.url("traces")), otlptracegrpc.WithHeaders(d.Headers), otlptracegrpc.WithTimeout(d.Timeout),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
		}
		if t != nil {
			o = append(o, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(t)))
		}
		if d.Gzip {
			o = append(o, otlptracegrpc.WithCompressor("gzip"))
		}
		c = otlptracegrpc.NewClient(o...)
	} else {
		c = otlptracehttp.NewClient(
			otlptracehttp.WithEndpointURL(d.url("traces")), otlptracehttp.WithHeaders(d.Headers), otlptracehttp.WithTimeout(d.Timeout),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
			otlptracehttp.WithCompression(otlptracehttp.NoCompression), otlptracehttp.WithHTTPClient(client),
		)
	}
	return c, d.wrong(c.Start(ctx))
}

func (d *Destination) metrics(ctx context.Context, t *tls.Config, client *http.Client) (sdkmetric.Exporter, error) {
	if d.GRPC {
		o := []otlpmetricgrpc.Option{
			otlpmetricgrpc.WithEndpointURL(d.url("metrics")), otlpmetricgrpc.WithHeaders(d.Headers), otlpmetricgrpc.WithTimeout(d.Timeout),
			otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
		}
		if t != nil {
			o = append(o, otlpmetricgrpc.WithTLSCredentials(credentials.NewTLS(t)))
		}
		if d.Gzip {
			o = append(o, otlpmetricgrpc.WithCompressor("gzip"))
		}
		x, err := otlpmetricgrpc.New(ctx, o...)
		return x, d.wrong(err)
	}
	o := []otlpmetrichttp.Option{
		otlpmetrichttp.WithEndpointURL(d.url("metrics")), otlpmetrichttp.WithHeaders(d.Headers), otlpmetrichttp.WithTimeout(d.Timeout),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
		otlpmetrichttp.WithCompression(otlpmetrichttp.NoCompression), otlpmetrichttp.WithHTTPClient(client),
	}
	x, err := otlpmetrichttp.New(ctx, o...)
	return x, d.wrong(err)
}

func (d *Destination) logs(ctx context.Context, t *tls.Config, client *http.Client) (sdklog.Exporter, error) {
	if d.GRPC {
		o := []otlploggrpc.Option{
			otlploggrpc.WithEndpointURL(d.url("logs")), otlploggrpc.WithHeaders(d.Headers), otlploggrpc.WithTimeout(d.Timeout),
			otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
		}
		if t != nil {
			o = append(o, otlploggrpc.WithTLSCredentials(credentials.NewTLS(t)))
		}
		if d.Gzip {
			o = append(o, otlploggrpc.WithCompressor("gzip"))
		}
		x, err := otlploggrpc.New(ctx, o...)
		return x, d.wrong(err)
	}
	o := []otlploghttp.Option{
		otlploghttp.WithEndpointURL(d.url("logs")), otlploghttp.WithHeaders(d.Headers), otlploghttp.WithTimeout(d.Timeout),
		otlploghttp.WithRetry(otlploghttp.RetryConfig{Enabled: true, InitialInterval: firstRetry, MaxInterval: lastRetry, MaxElapsedTime: d.Timeout}),
		otlploghttp.WithCompression(otlploghttp.NoCompression), otlploghttp.WithHTTPClient(client),
	}
	x, err := otlploghttp.New(ctx, o...)
	return x, d.wrong(err)
}

// wrong names the destination of an error; nil stays nil.
func (d *Destination) wrong(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(fmt.Errorf("telemetry.otlp %s cannot be used", d.Name), err)
}
