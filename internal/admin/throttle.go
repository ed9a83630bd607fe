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

// slowDown is the answer to who guesses too often.
func slowDown(w http.ResponseWriter, wait time.Duration, why string) error {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	w.Header().Set("Retry-After", seconds)
	return &apiError{Status: http.StatusTooManyRequests, Code: codeRateLimited, Message: why + "; try again in " + seconds + " s"}
}

const (
	freeGuesses = 10
	guessEvery  = time.Second
	maxGuessers = 4096
)

// throttle counts wrong guesses by guesser, an address or account: each has freeGuesses,
// and gets one back every guessEvery. Its memory is bounded: those beyond maxGuessers
// share one count, that of the zero value.
type throttle[K comparable] struct {
	mu   sync.Mutex
	full map[K]time.Time // when the guesser has all its guesses again
}

func newThrottle[K comparable]() *throttle[K] { return &throttle[K]{full: map[K]time.Time{}} }

// wait says how long the guesser must wait for its next try.
func (t *throttle[K]) wait(who K, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.left(who, now)
}

func (t *throttle[K]) left(who K, now time.Time) time.Duration {
	full, ok := t.full[who]
	if !ok && len(t.full) >= maxGuessers {
		var others K
		full = t.full[others]
	}
	if full.IsZero() {
		return 0
	}
	return max(0, full.Sub(now)-(freeGuesses-1)*guessEvery)
}

// wrong counts one wrong guess.
func (t *throttle[K]) wrong(who K, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(who, now)
}

func (t *throttle[K]) count(who K, now time.Time) {
	if _, ok := t.full[who]; !ok && len(t.full) >= maxGuessers {
		t.forget(now)
		if len(t.full) >= maxGuessers {
			var others K
			who = others
		}
	}
	full := t.full[who]
	if full.Before(now) {
		full = now
	}
	t.full[who] = full.Add(guessEvery)
}

// take counts a guess before it is known to be wrong, so that many at once are no more
// than ten either; when it must wait, nothing is counted. right gives one back.
func (t *throttle[K]) take(who K, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait = t.left(who, now); wait == 0 {
		t.count(who, now)
	}
	return wait
}

// right gives the guess back that take has counted.
func (t *throttle[K]) right(who K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if full, ok := t.full[who]; ok {
		t.full[who] = full.Add(-guessEvery)
	}
}

// forget drops the guessers that have all their guesses again.
func (t *throttle[K]) forget(now time.Time) {
	for who, full := range t.full {
		if !full.After(now) {
			delete(t.full, who)
		}
	}
}
