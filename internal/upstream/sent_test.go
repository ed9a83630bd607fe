package upstream_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/upstream"
)

// A body may be given back once it is sent, and not before: a host may answer while it is
// still on its way.
func TestSentTellsThatNothingUsesTheBodyAnyMore(t *testing.T) {
	h := serve(t, func(p *peer) {
		readHead(p)
		p.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
		<-p.over
	}, func(p *peer) {
		r, err := http.ReadRequest(p.in)
		if err != nil {
			return
		}
		p.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
		io.Copy(io.Discard, r.Body)
		p.write("two")
	})
	s, ca := secure(t, true, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "one")
		w.(http.Flusher).Flush()
		if r.Header.Get("X-Reads") == "" {
			<-r.Context().Done()
			return
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "two")
	})
	for name, o := range map[string]upstream.Options{"HTTP/1": {BaseURL: h.url}, "HTTP/2": {BaseURL: s.URL, CAFile: ca, HTTP2: true}} {
		c := newClient(t, o)
		for _, reads := range []string{"", "yes"} {
			body := bytes.Repeat([]byte("x"), 32<<20)
			r := &upstream.Request{Method: "POST", Path: "/", Body: [][]byte{body[:1], body[1:]}}
			if reads != "" {
				r.Header = []upstream.Field{{Name: "X-Reads", Value: reads}}
			}
			ctx, cancel := context.WithCancel(context.Background())
			var resp upstream.Response
			if err := c.Do(ctx, r, &resp); err != nil {
				t.Fatal(name, err)
			}
			if n, err := io.ReadFull(&resp, make([]byte, 3)); n != 3 {
				t.Fatal(name, err)
			}
			if reads == "" {
				if resp.Sent() {
					t.Errorf("%s: a body that nobody reads is sent", name)
				}
				cancel()
			} else if n, err := io.ReadFull(&resp, make([]byte, 3)); n != 3 {
				t.Error(name, err)
			}
			for wait := time.Now().Add(20 * time.Second); reads != "" && !resp.Sent(); <-time.After(time.Millisecond) {
				if time.Now().After(wait) {
					t.Fatalf("%s: a body that has been read is not sent", name)
				}
			}
			resp.Close()
			cancel()
			if !resp.Sent() {
				t.Errorf("%s: a body is used though the exchange is over", name)
			}
		}
	}
}
