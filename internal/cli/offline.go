package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
)

// offline gives a client of an admin API that lives in this process and works on the
// store itself. A gateway that runs on the same store learns of changes by itself.
func offline(ctx context.Context, env *Env, at *place) (c *client, end func() error, err error) {
	cfg, problems, err := app.LoadConfig(at.options(env))
	if err == nil {
		err = badDocument(problems.Err())
	}
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, cfg.Storage.URL.Reveal(), store.RollUp(cfg.Storage.RollupMetadata...))
	if err != nil {
		return nil, nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the store cannot be used: %w", err), s.Close())
	}
	log := slog.New(slog.NewTextHandler(env.Stderr, nil))
	app.UseBodyKeys(s, cfg, log)
	token := auth.NewSecret(auth.AdminPrefix)
	h := admin.New(admin.Config{
		Store: s, Spool: noSpool{}, Verify: auth.NewAdminToken(token).Verify, Local: localUser(), Version: env.Version,
		Log: log,
	})
	return newClient("http://offline", token, inProcess{h}), s.Close, nil
}

// noSpool is the spool of a process that serves no calls.
type noSpool struct{}

func (noSpool) PendingBefore(string, func(*gateway.Entry) bool) {}
func (noSpool) PendingEntry(string) (*gateway.Entry, bool)      { return nil, false }
func (noSpool) Flush(context.Context) error                     { return nil }
func (noSpool) Stats() record.Stats                             { return record.Stats{} }

// inProcess sends requests to a handler without a network.
type inProcess struct{ http.Handler }

// RoundTrip answers once the handler is through.
func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	a := answer{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(&a, r)
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Header: a.header, Body: io.NopCloser(&a.body), Request: r,
	}, nil
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
