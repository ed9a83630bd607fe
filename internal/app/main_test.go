package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// served is one run of app.Serve with what it said.
type served struct {
	out, log *testgw.Buffer
	up       chan [2]net.Addr // data and admin, once it listens
	done     chan error
	stop     context.CancelFunc
}

// serve runs a gateway in a directory with these environment variables only, until it
// ends by itself or the test does.
func serve(t *testing.T, dir string, env map[string]string) *served {
	t.Helper()
	all := map[string]string{"SLUICE_LISTEN": "127.0.0.1:0", "SLUICE_ADMIN_LISTEN": "127.0.0.1:0"}
	for k, v := range env {
		all[k] = v
	}
	s := &served{out: &testgw.Buffer{}, log: &testgw.Buffer{}, up: make(chan [2]net.Addr, 1), done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.done <- app.Serve(ctx, app.Options{
			DataDir: dir, Stdout: s.out, Stderr: s.log, Version: "test",
			Env:       func(name string) (string, bool) { v, ok := all[name]; return v, ok },
			Listening: func(data, admin net.Addr) { s.up <- [2]net.Addr{data, admin} },
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

// listening waits until it serves, and gives the URLs of the data plane and the admin API.
func (s *served) listening(t *testing.T) (data, admin string) {
	t.Helper()
	select {
	case a := <-s.up:
		return "http://" + a[0].String(), "http://" + a[1].String()
	case err := <-s.done:
		t.Fatalf("it did not start: %v\n%s", err, s.log)
	case <-time.After(90 * time.Second):
		t.Fatalf("it did not come up\n%s", s.log)
	}
	return "", ""
}

// ended waits until it ends, by itself or because it was told to.
func (s *served) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(90 * time.Second):
		t.Fatalf("it does not end\n%s", s.log)
		return nil
	}
}

// get gives the status of a GET with a bearer token; 0 = nobody answered.
func get(t *testing.T, url, token string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it never came to be that %s", what)
		}
	}
}
