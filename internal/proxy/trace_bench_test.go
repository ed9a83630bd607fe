//go:build unix

package proxy_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sluice-gateway/sluice/internal/catalog"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/telemetry/otlp"
)

// tracing is nothing but an exporter of spans.
type tracing struct {
	nothing
	*otlp.Exporter
}

func (o tracing) Observe(seen *proxy.Observation) { o.Exporter.Observe(seen) }

// bareTraced is a proxy that makes spans of a part of the calls and sends them.
func bareTraced(b testing.TB, up string, ratio float64) *proxy.Proxy {
	d := otlp.Destination{Name: "bench", Endpoint: collector(b), Gzip: true, Timeout: 10 * time.Second, Queue: 1 << 16, Traces: true}
	e, err := otlp.New(otlp.Options{
		Destinations: []otlp.Destination{d}, Version: "bench", Every: time.Minute, MaxContent: func(string) int { return 0 },
		Vendor: func(name string) otlp.Vendor { return otlp.Vendor{Name: name, Address: "127.0.0.1", Port: 80} }, Log: slog.New(slog.DiscardHandler),
	}, prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	e.Run(prometheus.NewRegistry())
	b.Cleanup(func() { e.Close(b.Context()) })
	gw := &catalog.Gateway{Name: "default", Keyed: true, Log: catalog.LogPolicy{Bodies: catalog.BodiesMetadata}, Traces: &catalog.Traces{Ratio: ratio, Follow: true, Errors: true}}
	return bareSeen(b, vendor.Spec, up+"/v1", 1, nil, gw, tracing{Exporter: e})
}

// collector takes spans and looks at nothing.
func collector(b testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go swallow(c)
		}
	}()
	return "http://" + l.Addr().String()
}

func swallow(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

// BenchmarkWhatTracesAdd tells what spans of every tenth call cost those who call; what
// sending them costs is told by BenchmarkSpansAreSent of otlp.
func BenchmarkWhatTracesAdd(b *testing.B) {
	benchmarkAdded(b,
		func(up string) *proxy.Proxy { return bare(b, up) },
		func(up string) *proxy.Proxy { return bareTraced(b, up, 0.1) })
}
