//go:build linux

package main

import (
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// runGoproxy serves the yardstick: the standard library's reverse proxy with a tuned
// transport and pooled buffers, which forwards, sets a credential and does nothing else.
func runGoproxy(args []string) error {
	f := flag.NewFlagSet("goproxy", flag.ExitOnError)
	addr := f.String("addr", "127.0.0.1:0", "where to listen")
	up := f.String("up", "", "URL of the upstream")
	if err := f.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*up)
	if err != nil || target.Host == "" {
		return errors.Join(errors.New("goproxy: -up is no URL"), err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header["Authorization"] = []string{"Bearer upstream"}
		},
		Transport: &http.Transport{
			DialContext:  (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			MaxIdleConns: 8192, MaxIdleConnsPerHost: 8192, IdleConnTimeout: 2 * time.Minute, DisableCompression: true,
		},
		FlushInterval: -1,
		BufferPool:    &buffers{sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}},
		ErrorLog:      log.New(io.Discard, "", 0),
	}
	s := &http.Server{Addr: *addr, Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	return s.ListenAndServe()
}

type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte  { return *b.pool.Get().(*[]byte) }
func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
