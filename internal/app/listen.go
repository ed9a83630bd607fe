package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// writeIdle is how long a client may take nothing of what is written to it.
const writeIdle = 5 * time.Minute

// ears are the two listeners. They are opened before anything else, so that a taken
// port is the first thing to be told.
type ears struct {
	data, admin net.Listener
	dataTLS     *tls.Config
	adminTLS    *tls.Config
}

func listen(cfg *config.Config) (*ears, error) {
	var e ears
	var err error
	if e.dataTLS, err = certificate(cfg.Server.TLS); err != nil {
		return nil, fmt.Errorf("server.tls: %w", err)
	}
	if e.adminTLS, err = certificate(cfg.Admin.TLS); err != nil {
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

func certificate(c config.TLS) (*tls.Config, error) {
	if !c.Enabled() {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// guarded makes every accepted connection a proxy.Conn.
type guarded struct{ net.Listener }

func (g guarded) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return proxy.NewConn(c, writeIdle), nil
}

// server makes one HTTP server with every time and size bounded.
func (p *process) server(s *config.Server, h http.Handler, tlsConfig *tls.Config) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: h, TLSConfig: tlsConfig, Protocols: protocols,
		ReadHeaderTimeout: s.ReadHeaderTimeout, IdleTimeout: s.IdleTimeout, MaxHeaderBytes: int(s.MaxHeader),
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 250, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		ConnContext: proxy.ConnContext,
		ErrorLog:    slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

// serve answers until ctx ends or a listener fails, then lets running calls end.
func (p *process) serve(ctx context.Context, cfg *config.Config, e *ears) error {
	data := p.server(&cfg.Server, p.proxy, e.dataTLS)
	admin := p.server(&cfg.Server, p.adminHandler(), e.adminTLS)
	failed := make(chan error, 2)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { failed <- run(data, guarded{netutil.LimitListener(e.data, cfg.Server.MaxConnections)}) })
	wg.Go(func() { failed <- run(admin, guarded{netutil.LimitListener(e.admin, 1000)}) })
	p.log.Info("serving", "data", e.data.Addr().String(), "admin", e.admin.Addr().String(), "version", p.opt.Version, "ready_ms", time.Since(p.started).Milliseconds())
	if p.opt.Listening != nil {
		p.opt.Listening(e.data.Addr(), e.admin.Addr())
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	p.shutdown(data, admin)
	return err
}

func run(s *http.Server, l net.Listener) error {
	var err error
	if s.TLSConfig != nil {
		err = s.ServeTLS(l, "", "")
	} else {
		err = s.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown stops accepting, waits for running calls up to the grace period, then cuts
// what is left. Their records are kept either way.
func (p *process) shutdown(data, admin *http.Server) {
	p.stopping.Store(true)
	grace := p.config.Load().Server.ShutdownGrace
	p.log.Info("shutting down", "in_flight", p.proxy.InFlight(), "grace", grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := data.Shutdown(ctx); err != nil {
		p.log.Warn("calls were cut at the end of the grace period", "in_flight", p.proxy.InFlight())
		data.Close()
		p.proxy.Wait(2 * time.Second)
	}
	_ = admin.Close()
}
