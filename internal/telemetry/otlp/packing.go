package otlp

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// httpClient gives what sends over HTTP. OpenTelemetry's library packs as small as it can,
// which is a third of what spans cost; this packs as fast as it can. It follows no redirect:
// whoever is there would get what is sent, and the headers with their keys.
func (d *Destination) httpClient(t *tls.Config) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = t
	c := &http.Client{Transport: heard{transport}, Timeout: d.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if d.Gzip {
		c.Transport = packing{heard{transport}}
	}
	return c
}

// heard takes a page for people for what it is: nobody there takes telemetry.
type heard struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (h heard) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.Transport.RoundTrip(r)
	if err != nil || resp.StatusCode/100 != 2 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return resp, err
	}
	_ = resp.Body.Close()
	return nil, fmt.Errorf("it answered %d with a page for people, not as a collector does: is the endpoint right?", resp.StatusCode)
}

// packing packs the bodies of requests.
type packing struct{ heard }

var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that there is
	return w
}}

// RoundTrip implements http.RoundTripper.
func (p packing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return p.heard.RoundTrip(r)
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
	return p.heard.RoundTrip(sent)
}
