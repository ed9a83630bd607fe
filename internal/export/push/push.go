// Package push sends to HTTP receivers: bounded, without redirects, and with errors that
// tell nothing of addresses and keys. What an answer means for rows is its receiver's
// business, but for what all have in common.
package push

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/netfault"
)

const (
	dialTime = 10 * time.Second
	maxHead  = 64 << 10
	maxBody  = 8 << 20 // that is read of an answer
	zipAbove = 1 << 10
)

// Client sends to one receiver. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	header http.Header
	zip    bool

	// Sign, where it is set, may change a request before it is sent.
	Sign func(r *http.Request, body []byte) error
}

// New makes a client that sends these headers with every request; gzip says that bodies
// are compressed.
func New(conf *tls.Config, header http.Header, gzip bool) *Client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext,
		TLSClientConfig: conf, TLSHandshakeTimeout: dialTime, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: maxHead, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2,
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{http: &http.Client{Transport: transport, CheckRedirect: stay}, header: header.Clone(), zip: gzip}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // up to 8 MiB
}

// Do sends a body. The error is an *export.Away.
func (c *Client) Do(ctx context.Context, method, url string, header http.Header, body []byte) (*Answer, error) {
	zipped := c.zip && len(body) > zipAbove
	if zipped {
		body = compress(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, export.Failed("its URL is none")
	}
	for _, h := range []http.Header{c.header, header} {
		for name, values := range h {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	r.Header.Set("User-Agent", "sluice")
	if zipped {
		r.Header.Set("Content-Encoding", "gzip")
	}
	if c.Sign != nil {
		if err := c.Sign(r, body); err != nil {
			return nil, err
		}
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, export.Failed("%s", netfault.Reason(err))
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, export.Failed("its answer was cut off: %s", netfault.Reason(err))
	}
	return &Answer{resp.StatusCode, resp.Header, text}, nil
}

// compress cannot fail: it writes to memory.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// Err says what an answer means in general: 2xx is well; 400, 413 and 422 refuse the rows
// as they are; anything else may be different later.
func (a *Answer) Err() error {
	switch {
	case a.Status/100 == 2:
		return nil
	case a.Status == http.StatusBadRequest, a.Status == http.StatusRequestEntityTooLarge, a.Status == http.StatusUnprocessableEntity:
		return &export.Refused{Reason: "it answered " + strconv.Itoa(a.Status)}
	case a.Status/100 == 3:
		return export.Failed("it answered %d; redirects are not followed", a.Status)
	}
	away := export.Failed("it answered %d", a.Status)
	away.Wait = a.Wait()
	return away
}

// Wait is how long the receiver asks to be left alone, 0 = it does not.
func (a *Answer) Wait() time.Duration {
	return netfault.RetryAfter(a.Header.Get("Retry-After"), time.Now())
}
