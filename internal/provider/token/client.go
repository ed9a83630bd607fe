package token

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// Client makes the client by which a provider's tokens are fetched: through the same
// proxy and with the same roots as its calls. It keeps no connection, since tokens are
// fetched once an hour.
func Client(p *provider.Provider) (*http.Client, error) {
	t, err := Transport(p)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, Timeout: fetchTimeout, CheckRedirect: stay}, nil
}

// Transport is the transport of Client.
func Transport(p *provider.Provider) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:               proxyOf(p.ProxyURL),
		DialContext:         (&net.Dialer{Timeout: p.Timeouts.Filled().Connect}).DialContext,
		TLSHandshakeTimeout: p.Timeouts.Filled().Connect,
		DisableKeepAlives:   true,
	}
	if p.CAFile != "" {
		pem, err := os.ReadFile(p.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file cannot be read: %w", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file %s holds no PEM certificate", p.CAFile)
		}
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return t, nil
}

// stay follows no redirect: a credential goes where it was meant to go.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// proxyOf leaves the machine's own metadata service alone: no proxy reaches it.
func proxyOf(raw string) func(*http.Request) (*url.URL, error) {
	choose := http.ProxyFromEnvironment
	switch {
	case raw == "none":
		return nil
	case raw != "":
		choose = func(*http.Request) (*url.URL, error) { return url.Parse(raw) }
	}
	return func(r *http.Request) (*url.URL, error) {
		if local(r.URL.Hostname()) {
			return nil, nil
		}
		return choose(r)
	}
}

// uniqueLocal is where clouds have the IPv6 address of their metadata service.
var uniqueLocal = netip.MustParsePrefix("fd00::/8")

func local(host string) bool {
	if host == "localhost" || host == "metadata.google.internal" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsLinkLocalUnicast() || uniqueLocal.Contains(ip))
}
