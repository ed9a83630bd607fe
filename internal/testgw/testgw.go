// Package testgw runs a whole gateway in the test process: the real wiring, real
// listeners, a real SQLite store and spool in a temporary folder. It is for tests only.
package testgw

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// Key and AdminToken are what every gateway of a test begins with.
const (
	Key        = "sk-sluice-test-0123456789abcdef"
	AdminToken = "sluice-admin-test-0123456789abcdef"
)

// patience ends the wait for what never comes; it says nothing about how fast things are.
const patience = 90 * time.Second

// Gateway is one running gateway. It stops with its test.
type Gateway struct {
	URL   string // of the data plane, without a trailing slash
	Admin string // of the admin listener
	Dir   string // its data directory
	Log   *Buffer

	t    testing.TB
	stop func() error
}

// Options change how a gateway starts.
type Options struct {
	Config string            // sluice.yaml; "" = none
	Env    map[string]string // the process's whole environment beside the key and token
	Dir    string            // "" = a new temporary folder, with a store that has its schema
}

// Start runs a gateway with a configuration.
func Start(t testing.TB, config string) *Gateway { return StartWith(t, Options{Config: config}) }

// StartWith runs a gateway.
func StartWith(t testing.TB, o Options) *Gateway {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
		storetest.Seed(t, filepath.Join(o.Dir, "sluice.db"))
	}
	g := &Gateway{Dir: o.Dir, Log: &Buffer{}, t: t}
	if o.Config != "" {
		g.WriteConfig(o.Config)
	}
	env := map[string]string{"SLUICE_KEY": Key, "SLUICE_ADMIN_TOKEN": AdminToken, "SLUICE_LISTEN": "127.0.0.1:0", "SLUICE_ADMIN_LISTEN": "127.0.0.1:0"}
	for k, v := range o.Env {
		env[k] = v
	}
	type addresses struct{ data, admin net.Addr }
	up := make(chan addresses, 1)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- app.Serve(ctx, app.Options{
			DataDir: o.Dir, Stderr: g.Log, Version: "test",
			Env:       func(name string) (string, bool) { v, ok := env[name]; return v, ok },
			Listening: func(data, admin net.Addr) { up <- addresses{data, admin} },
		})
	}()
	var once sync.Once
	var stopErr error
	g.stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case stopErr = <-done:
			case <-time.After(patience):
				stopErr = fmt.Errorf("the gateway did not stop; its log:\n%s", g.Log)
			}
		})
		return stopErr
	}
	select {
	case a := <-up:
		g.URL, g.Admin = "http://"+a.data.String(), "http://"+a.admin.String()
	case err := <-done:
		cancel()
		t.Fatalf("the gateway did not start: %v\n%s", err, g.Log)
	case <-time.After(patience):
		cancel()
		t.Fatalf("the gateway did not come up\n%s", g.Log)
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Errorf("stopping the gateway: %v", err)
		}
	})
	return g
}

// Stop shuts the gateway down in order and waits for it.
func (g *Gateway) Stop() error { return g.stop() }

// WriteConfig replaces sluice.yaml; a running gateway notices.
func (g *Gateway) WriteConfig(config string) {
	g.t.Helper()
	tmp := filepath.Join(g.Dir, "sluice.yaml.new")
	if err := os.WriteFile(tmp, []byte(config), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(g.Dir, "sluice.yaml")); err != nil {
		g.t.Fatal(err)
	}
}

// Request makes an authenticated request to the data plane.
func (g *Gateway) Request(method, path string, body []byte) *http.Request {
	g.t.Helper()
	r, err := http.NewRequest(method, g.URL+path, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// Do sends a request and reads the whole answer.
func (g *Gateway) Do(r *http.Request) (*http.Response, []byte) {
	g.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		g.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		g.t.Fatalf("%s %s: reading the answer: %v", r.Method, r.URL.Path, err)
	}
	return resp, b
}

// Post sends JSON to the data plane and reads the whole answer.
func (g *Gateway) Post(path, body string) (*http.Response, []byte) {
	g.t.Helper()
	return g.Do(g.Request(http.MethodPost, path, []byte(body)))
}

// AdminGet reads JSON from the admin API into v.
func (g *Gateway) AdminGet(path string, v any) int {
	g.t.Helper()
	r, err := http.NewRequest(http.MethodGet, g.Admin+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+AdminToken)
	resp, b := g.Do(r)
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			g.t.Fatalf("%s: %v\n%s", path, err, b)
		}
	}
	return resp.StatusCode
}

// AdminPost sends JSON to the admin API and reads the answer into v; nil = not wanted.
func (g *Gateway) AdminPost(path, body string, v any) int {
	g.t.Helper()
	r, err := http.NewRequest(http.MethodPost, g.Admin+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+AdminToken)
	r.Header.Set("Content-Type", "application/json")
	resp, b := g.Do(r)
	if v != nil {
		if err := json.Unmarshal(b, v); err != nil {
			g.t.Fatalf("%s: %v\n%s", path, err, b)
		}
	}
	return resp.StatusCode
}

// Entry waits until the entry of a request id can be read, which the contract promises
// within 250 ms of a machine that has time, and gives it.
func (g *Gateway) Entry(id string) gateway.Entry {
	g.t.Helper()
	var e gateway.Entry
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if g.AdminGet("/api/v1/entries/"+id, &e) == http.StatusOK {
			return e
		}
		<-time.After(10 * time.Millisecond)
	}
	g.t.Fatalf("no entry %s; the log:\n%s", id, g.Log)
	return e
}

// Buffer is a log that may be read while it is written.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends to the log.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String gives the log so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Has reports whether the log holds a text.
func (b *Buffer) Has(text string) bool { return strings.Contains(b.String(), text) }
