package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	fetchTimeout = 5 * time.Second // of discovery and keys together
	maxDocument  = 1 << 20         // of either
	maxRedirects = 3
)

// Keyring fetches and keeps the keys of issuers for all that verify by them. It owns the
// fetches under way; Close ends them.
type Keyring struct {
	client http.Client
	log    *slog.Logger
	live   context.Context
	end    context.CancelFunc

	mu      sync.Mutex
	remotes map[[2]string]*remote // by issuer and URL of the keys
	flights sync.WaitGroup
}

// NewKeyring makes an empty one. transport is nil for one of its own, which obeys the
// proxy settings of the environment.
func NewKeyring(transport http.RoundTripper, log *slog.Logger) *Keyring {
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	}
	live, end := context.WithCancel(context.Background())
	r := &Keyring{log: log, live: live, end: end, remotes: map[[2]string]*remote{}}
	r.client = http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: checkRedirect}
	return r
}

// Close ends what is under way. Tokens whose key is known are verified still.
func (r *Keyring) Close() {
	r.mu.Lock()
	r.end()
	r.mu.Unlock()
	r.flights.Wait()
	r.client.CloseIdleConnections()
}

// spawn runs a fetch, unless the ring is closed.
func (r *Keyring) spawn(fetch func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live.Err() != nil {
		return false
	}
	r.flights.Go(fetch)
	return true
}

func (r *Keyring) remote(issuer, jwks string) *remote {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := [2]string{issuer, jwks}
	if r.remotes[id] == nil {
		r.remotes[id] = &remote{ring: r, issuer: issuer, jwks: jwks}
	}
	return r.remotes[id]
}

// checkRedirect never leaves https, and goes only so far.
func checkRedirect(to *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("it redirects more than %d times", maxRedirects)
	}
	return noDowngrade(via[0].URL.Scheme, to.URL.Scheme)
}

func noDowngrade(from, to string) error {
	if to != "https" && to != from {
		return fmt.Errorf("it leads from %s to %s", from, to)
	}
	return nil
}

// fetchKeys gets an issuer's keys, by discovery where their URL is not configured.
func (r *Keyring) fetchKeys(issuer, jwks string) (*keySet, error) {
	ctx, cancel := context.WithTimeout(r.live, fetchTimeout)
	defer cancel()
	if jwks == "" {
		var err error
		if jwks, err = r.discover(ctx, issuer); err != nil {
			return nil, err
		}
	}
	data, err := r.get(ctx, jwks)
	if err != nil {
		return nil, err
	}
	return parseKeys(data)
}

// discover asks the issuer where its keys are (OpenID Connect Discovery, 4).
func (r *Keyring) discover(ctx context.Context, issuer string) (string, error) {
	data, err := r.get(ctx, strings.TrimRight(issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var doc struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return "", errors.New("the discovery document is no JSON object")
	}
	if doc.Issuer != issuer { // 4.3: they must be the same, exactly
		return "", fmt.Errorf("the discovery document is of the issuer %q; configure exactly that name, if it is meant", doc.Issuer)
	}
	from, _, _ := strings.Cut(issuer, ":")
	to, _, _ := strings.Cut(doc.JWKS, ":")
	if to != "https" && to != "http" {
		return "", errors.New("the discovery document names no URL of keys")
	}
	return doc.JWKS, noDowngrade(from, to)
}

func (r *Keyring) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err == nil && len(data) > maxDocument {
		err = fmt.Errorf("%s answers more than %d bytes", address, maxDocument)
	}
	return data, err
}
