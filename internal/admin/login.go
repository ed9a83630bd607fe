package admin

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// authenticate lets the admin token alone pass. An address that sends wrong tokens is
// slowed down: after ten of them it has one try a second, and what comes between is not
// even compared.
func (a *api) authenticate(w http.ResponseWriter, r *http.Request) error {
	token, ok := bearer(r.Header)
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer realm="sluice admin"`)
		return &apiError{Status: http.StatusUnauthorized, Code: codeUnauthenticated, Message: "the admin token is needed: Authorization: Bearer <admin token>"}
	}
	address, now := clientOf(r), a.Clock()
	if wait := a.guesses.wait(address, now); wait > 0 {
		seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		w.Header().Set("Retry-After", seconds)
		return &apiError{Status: http.StatusTooManyRequests, Code: codeRateLimited, Message: "too many wrong tokens from this address; try again in " + seconds + " s"}
	}
	if a.Verify(token) {
		return nil
	}
	a.guesses.wrong(address, now)
	w.Header().Set("WWW-Authenticate", `Bearer realm="sluice admin", error="invalid_token"`)
	return &apiError{Status: http.StatusUnauthorized, Code: codeUnauthenticated, Message: "this is not the admin token"}
}

// bearer gives the one bearer token of a request.
func bearer(h http.Header) (string, bool) {
	v := h["Authorization"]
	if len(v) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(v[0], " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "bearer") && token != ""
}

// clientOf gives the address that is slowed down: of IPv6 the /64 that one site has.
func clientOf(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

const (
	freeGuesses  = 10
	guessEvery   = time.Second
	maxAddresses = 4096
)

// throttle counts wrong tokens by address: each address has freeGuesses, and gets one
// back every guessEvery. Its memory is bounded: addresses beyond maxAddresses share one count.
type throttle struct {
	mu   sync.Mutex
	full map[netip.Prefix]time.Time // when the address has all its guesses again
}

func newThrottle() *throttle { return &throttle{full: map[netip.Prefix]time.Time{}} }

// wait says how long the address must wait for its next try.
func (t *throttle) wait(address netip.Prefix, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	full, ok := t.full[address]
	if !ok && len(t.full) >= maxAddresses {
		full = t.full[netip.Prefix{}]
	}
	if full.IsZero() {
		return 0
	}
	return max(0, full.Sub(now)-(freeGuesses-1)*guessEvery)
}

// wrong counts one wrong token.
func (t *throttle) wrong(address netip.Prefix, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.full[address]; !ok && len(t.full) >= maxAddresses {
		t.forget(now)
		if len(t.full) >= maxAddresses {
			address = netip.Prefix{}
		}
	}
	full := t.full[address]
	if full.Before(now) {
		full = now
	}
	t.full[address] = full.Add(guessEvery)
}

// forget drops the addresses that have all their guesses again.
func (t *throttle) forget(now time.Time) {
	for address, full := range t.full {
		if !full.After(now) {
			delete(t.full, address)
		}
	}
}
