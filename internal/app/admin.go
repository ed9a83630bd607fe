package app

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
)

// adminToken is the verifier in force; none verifies nothing.
type adminToken struct {
	v atomic.Pointer[auth.AdminToken]
}

func (t *adminToken) set(v auth.AdminToken) { t.v.Store(&v) }

// Verify reports whether a token is the admin's.
func (t *adminToken) Verify(token string) bool {
	v := t.v.Load()
	return v != nil && v.Verify(token)
}

// keySource gives the store's keys as the follower wants them. Where workspaces' calls may
// be served is in force before the keys are.
type keySource struct{ p *process }

func (s keySource) KeysVersion(ctx context.Context) (int64, error) {
	return s.p.store.KeysVersion(ctx)
}

func (s keySource) AllKeys(ctx context.Context) ([]*gateway.Key, error) {
	if err := s.p.readRegions(ctx); err != nil {
		return nil, err
	}
	keys, err := s.p.store.AllKeys(ctx)
	out := make([]*gateway.Key, len(keys))
	for i := range keys {
		out[i] = &keys[i]
	}
	return out, err
}

// recorder is the recorder as the proxy wants it.
type recorder struct{ *record.Recorder }

// Redactor gives a function that takes secrets out of what is kept.
func (recorder) Redactor(exact []string) func([]byte) []byte { return record.NewRedactor(exact).Redact }

// Finder gives a function that tells where secrets stand.
func (recorder) Finder(exact []string) func([]byte, func(from, to int)) {
	return record.NewRedactor(exact).Find
}

// baseURL is how this machine reaches a listener.
func baseURL(addr string, tls bool) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	scheme := "http://"
	if tls {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}
