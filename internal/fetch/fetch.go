// Package fetch is the getter of media that callers name by URL: bounded in size, time
// and redirects, and only from addresses that anybody may reach, so that no caller
// looks into the operator's network with it.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Options bound a Fetcher.
type Options struct {
	MaxBytes int64
	// Networks may be reached though they are not public.
	Networks []netip.Prefix
	Timeout  time.Duration // of one fetch; 0 = 20 s
}

// Fetcher gets media. It is safe for concurrent use.
type Fetcher struct {
	client *http.Client
	o      Options
}

const maxRedirects = 3

// New makes a Fetcher. It keeps no connections.
func New(o Options) *Fetcher {
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	f := &Fetcher{o: o}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: f.control}
	f.client = &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 32 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("it redirects too often")
			}
			return allowed(r.URL)
		},
	}
	return f
}

// errPrivate is why an address is not called.
var errPrivate = errors.New("its address is not public")

// control sees the address that a name has led to, after every lookup.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	addr := at.Addr().Unmap()
	for _, n := range f.o.Networks {
		if n.Contains(addr) {
			return nil
		}
	}
	if !Public(addr) {
		return errPrivate
	}
	return nil
}

// special are networks that the standard library's words do not cover
// (https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address is one that anybody may reach.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, n := range special {
		if n.Contains(a) {
			return false
		}
	}
	return true
}

func allowed(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("only http and https URLs are fetched, not %.20q", u.Scheme)
	case u.User != nil:
		return errors.New("it holds a user name")
	case u.Hostname() == "":
		return errors.New("it names no host")
	}
	return nil
}

// Get gives what stands at a URL and its media type as the server says it. The error
// says why there is nothing, in words for the caller, who chose the URL.
func (f *Fetcher) Get(ctx context.Context, address string) (data []byte, mediaType string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", errors.New("it is no URL")
	}
	if err := allowed(u); err != nil {
		return nil, "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", errors.New("it is no URL")
	}
	r.Header.Set("User-Agent", "sluice")
	r.Header.Set("Accept", "*/*")
	resp, err := f.client.Do(r)
	if err != nil {
		return nil, "", plain(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("its server answered %d", resp.StatusCode)
	}
	if resp.ContentLength > f.o.MaxBytes {
		return nil, "", f.tooLarge()
	}
	data, err = io.ReadAll(io.LimitReader(resp.Body, f.o.MaxBytes+1))
	if err != nil {
		return nil, "", plain(err)
	}
	if int64(len(data)) > f.o.MaxBytes {
		return nil, "", f.tooLarge()
	}
	return data, resp.Header.Get("Content-Type"), nil
}

func (f *Fetcher) tooLarge() error { return fmt.Errorf("it is larger than %d bytes", f.o.MaxBytes) }

// plain keeps what an error says about the operator's network out of it.
func plain(err error) error {
	var timeout interface{ Timeout() bool }
	var u *url.Error
	switch {
	case errors.Is(err, errPrivate):
		return errPrivate
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("its server did not answer in time")
	case errors.As(err, &u) && u.Unwrap() != nil && !isNetwork(u.Unwrap()):
		return u.Unwrap()
	}
	return errors.New("its server cannot be reached")
}

func isNetwork(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) || errors.As(err, &dns)
}
