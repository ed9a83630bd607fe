package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/front"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// ears are the two listeners. They are opened before anything else, so that a taken
// port is the first thing to be told.
type ears struct {
	data, admin       net.Listener
	dataTLS, adminTLS *certificate // nil = plain
}

func listen(cfg *config.Config) (*ears, error) {
	var e ears
	var err error
	if e.dataTLS, err = loadCertificate(cfg.Server.TLS.TLS, cfg.Server.TLS.ClientCA); err != nil {
		return nil, fmt.Errorf("server.tls: %w", err)
	}
	if e.adminTLS, err = loadCertificate(cfg.Admin.TLS, ""); err != nil {
		return nil, fmt.Errorf("admin.tls: %w", err)
	}
	if e.data, err = net.Listen("tcp", cfg.Server.Listen); err != nil {
		return nil, fmt.Errorf("data plane: %w (choose another address with --listen)", err)
	}
	if e.admin, err = net.Listen("tcp", cfg.Admin.Listen); err != nil {
		e.data.Close()
		return nil, fmt.Errorf("admin API: %w (choose another address with --admin-listen)", err)
	}
	return &e, nil
}

func (e *ears) close() {
	e.data.Close()
	e.admin.Close()
}

// server makes the server of one listener, with every time and size bounded. HTTP/1 is
// front's; HTTP/2 is left to net/http.
func (p *process) server(ctx context.Context, s *config.Server, h http.Handler, cert *certificate, connections int) *front.Server {
	return &front.Server{
		Handler: h, TLSConfig: cert.config(), Log: p.log,
		ReadHeaderTimeout: s.ReadHeaderTimeout, IdleTimeout: s.IdleTimeout, HandshakeTimeout: s.HandshakeTimeout,
		WriteIdle: s.WriteIdleTimeout, MaxHeaderBytes: int(s.MaxHeader), MaxConns: connections,
		HTTP2: &http.Server{
			ReadHeaderTimeout: s.ReadHeaderTimeout, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: int(s.MaxHeader),
			HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 250, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
			BaseContext: func(net.Listener) context.Context { return ctx },
			ErrorLog:    slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
		},
	}
}

// serve answers until ctx ends or a listener fails, then lets running calls end.
func (p *process) serve(ctx context.Context, cfg *config.Config, e *ears) error {
	calls, cut := context.WithCancelCause(context.Background())
	defer cut(nil)
	data := p.server(calls, &cfg.Server, p.proxy, e.dataTLS, cfg.Server.MaxConnections)
	handler, end := p.adminHandler()
	defer end()
	admin := p.server(calls, &cfg.Server, proxy.BoundBodies(handler), e.adminTLS, adminConnections)
	failed := make(chan error, 2)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		failed <- run(data, e.data)
	})
	wg.Go(func() { failed <- run(admin, e.admin) })
	p.log.Info("serving", "data", e.data.Addr().String(), "admin", e.admin.Addr().String(), "version", p.opt.Version, "ready_ms", time.Since(p.began).Milliseconds())
	if p.opt.Listening != nil {
		p.opt.Listening(e.data.Addr(), e.admin.Addr())
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	p.shutdown(data, admin, cut)
	return err
}

func run(s *front.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// adminConnections bounds the admin listener's connections.
const adminConnections = 1000

// cutWait is how long calls that are cut may take to tell their callers.
const cutWait = 2 * time.Second

// shutdown stops accepting, waits for running calls up to the grace period, then cuts
// what is left, each with an error in its caller's dialect. Their records are kept
// either way.
func (p *process) shutdown(data, admin *front.Server, cut context.CancelCauseFunc) {
	p.stopping.Store(true)
	grace := p.config.Load().Server.ShutdownGrace
	p.log.Info("shutting down", "in_flight", p.proxy.InFlight(), "grace", grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := data.Shutdown(ctx); err != nil {
		p.log.Warn("calls are cut at the end of the grace period", "in_flight", p.proxy.InFlight())
		p.proxy.End()
		cut(proxy.ErrShutdown)
		data.Cancel()
		p.proxy.Wait(cutWait)
		data.Close()
		p.proxy.Wait(cutWait)
	}
	soon, stop := context.WithTimeout(context.Background(), cutWait)
	defer stop()
	if admin.Shutdown(soon) != nil {
		_ = admin.Close()
	}
}
