package front

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// lastChance is how long a connection that has not yet sent anything is kept during a
// shutdown: its first request may be on its way.
const lastChance = time.Second

// Shutdown stops accepting, closes idle connections at once, and waits for running
// requests, whose answers say Connection: close. When ctx ends first it gives ctx's
// error, and the rest goes on; Close ends it.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	err := s.stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	var otherErr error
	if other := s.handedOver(); other != nil {
		wg.Go(func() { otherErr = other.shutdown(ctx) })
	}
	emptied := s.hurry()
	select {
	case <-emptied:
	case <-ctx.Done():
		return ctx.Err()
	}
	wg.Wait()
	return errors.Join(err, otherErr)
}

// Close stops accepting and closes every connection. It does not wait for handlers:
// their contexts end.
func (s *Server) Close() error {
	s.init()
	err := s.stop()
	if other := s.handedOver(); other != nil {
		err = errors.Join(err, other.server.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.state.Store(closed)
		c.cut()
	}
	return err
}

// Cancel ends the contexts of all running requests, for handlers to end them properly.
// Those of connections that were handed over end with their server's BaseContext.
func (s *Server) Cancel() {
	s.init()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.mu.Lock()
		if c.ctx != nil {
			c.ctx.cancel()
		}
		c.mu.Unlock()
	}
}

// stop ends the listening, once.
func (s *Server) stop() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Swap(true) {
		return nil
	}
	close(s.quit)
	for l := range s.listeners {
		if e := l.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// hurry ends the waiting of what is idle, and gives a channel that is closed when no
// connection is left.
func (s *Server) hurry() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		none := make(chan struct{})
		close(none)
		return none
	}
	if s.emptied == nil {
		s.emptied = make(chan struct{})
	}
	soon := s.clock() + lastChance
	for c := range s.conns {
		switch {
		case c.state.CompareAndSwap(idle, closed):
			c.hasten(longAgo)
		case c.state.Load() == fresh:
			c.hasten(soon)
		}
	}
	return s.emptied
}

// longAgo is a clock reading that has passed.
const longAgo time.Duration = 1

// hasten bounds the wait for a request's first byte. The connection then ends by
// itself: the good-bye of TLS may take long and must hold up nobody else.
func (c *conn) hasten(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handed {
		return
	}
	c.last, c.armed = by, by
	c.nc.SetReadDeadline(c.s.at(by))
}
