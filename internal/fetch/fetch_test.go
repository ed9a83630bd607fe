package fetch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fetch"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/image", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		fmt.Fprint(w, "bytes")
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("x", 5000)) })
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, strings.Repeat("x", 1000)); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/once", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/image", http.StatusFound) })
	mux.HandleFunc("/inward", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestMediaIsFetchedAndItsTypeTold(t *testing.T) {
	s := server(t)
	f := fetch.New(fetch.Options{MaxBytes: 1000, Networks: loopback})
	for _, path := range []string{"/image", "/once"} {
		data, kind, err := f.Get(context.Background(), s.URL+path)
		if err != nil || string(data) != "bytes" || kind != "image/png" {
			t.Errorf("%s: %q %q %v", path, data, kind, err)
		}
	}
}

func TestWhatMustNotBeFetchedIsRefusedWithTheReason(t *testing.T) {
	s := server(t)
	open := fetch.New(fetch.Options{MaxBytes: 1000, Networks: loopback, Timeout: 2 * time.Second})
	closed := fetch.New(fetch.Options{MaxBytes: 1000})
	cases := []struct {
		f         *fetch.Fetcher
		url, says string
	}{
		{closed, s.URL + "/image", "not public"},
		{closed, strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/image", "not public"},
		{closed, strings.Replace(s.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1) + "/image", "not public"},
		{open, s.URL + "/inward", "not public"},
		{open, s.URL + "/huge", "larger than 1000"},
		{open, s.URL + "/endless", "larger than 1000"},
		{open, s.URL + "/slow", "in time"},
		{open, s.URL + "/loop", "too often"},
		{open, s.URL + "/file", "only http"},
		{open, s.URL + "/none", "answered 404"},
		{open, "file:///etc/passwd", "only http"},
		{open, "gopher://127.0.0.1/", "only http"},
		{open, "http://user:pass@127.0.0.1/", "user name"},
		{open, "http://", "no host"},
		{open, "http://127.0.0.1:1/", "cannot be reached"},
		{open, "%zz", "no URL"},
	}
	for _, c := range cases {
		_, _, err := c.f.Get(context.Background(), c.url)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.url, err)
		}
	}
}

func TestAddressesThatAreNotForEverybodyAreNotPublic(t *testing.T) {
	for _, a := range []string{"0.0.0.0", "10.1.2.3", "127.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1", "192.0.2.1", "198.18.0.1",
		"224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::a00:1", "2001:db8::1", "2002:a00:1::"} {
		if fetch.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"} {
		if !fetch.Public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
}
