package otlp

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// httpClient gives what sends spans over HTTP. OpenTelemetry's library packs as small as it
// can, which is a third of what spans cost; this packs as fast as it can.
func (d *Destination) httpClient(t *tls.Config) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = t
	c := &http.Client{Transport: transport, Timeout: d.Timeout}
	if d.Gzip {
		c.Transport = packing{transport}
	}
	return c
}

// packing packs the bodies of requests.
type packing struct{ *http.Transport }

var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that there is
	return w
}}

// RoundTrip implements http.RoundTripper.
func (p packing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return p.Transport.RoundTrip(r)
	}
	var packed bytes.Buffer // not used again: who sends it may do so for longer than the request lasts
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(&packed)
	_, err := io.Copy(z, r.Body)
	if err = errors.Join(err, z.Close(), r.Body.Close()); err != nil {
		return nil, err
	}
	sent := r.Clone(r.Context())
	sent.Header.Set("Content-Encoding", "gzip")
	sent.ContentLength, sent.Body = int64(packed.Len()), io.NopCloser(bytes.NewReader(packed.Bytes()))
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return p.Transport.RoundTrip(sent)
}
