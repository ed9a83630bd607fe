package upstream

import (
	"context"
	"crypto/tls"
	"math/rand/v2"
	"net"
	"time"
)

// wouldBlock is what a read without waiting gives when nothing is there. TLS takes
// it for a passing condition, as it does an expired deadline.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "nothing to read yet" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

var errWouldBlock error = wouldBlock{}

// gate stands between TLS and its socket, so that TLS can be asked for what has
// arrived without waiting for more.
type gate struct {
	net.Conn
	probe  *prober
	noWait bool // only touched by the reading goroutine
}

func (g *gate) Read(p []byte) (int, error) {
	if g.noWait {
		return g.probe.read(p)
	}
	return g.Conn.Read(p)
}

// dial opens a connection, TLS included, within the connect limit.
func (d *direct) dial(ctx context.Context, left time.Duration) (*conn, error) {
	ctx2, cancel := context.WithTimeout(ctx, min(d.times.Connect, left))
	defer cancel()
	c, err := d.open(ctx2)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, d.gone(ctx)
	case ctx2.Err() != nil && left < d.times.Connect:
		return nil, d.timeout(phaseTotal, 0).With(err)
	case ctx2.Err() != nil || isTimeout(err):
		return nil, d.timeout(phaseConnect, 0).With(err)
	}
	return nil, d.unreachable(err)
}

func (d *direct) open(ctx context.Context) (*conn, error) {
	nc, err := d.dialer(ctx, "tcp", d.target.addr)
	if err != nil {
		return nil, err
	}
	c := &conn{owner: d, nc: nc, under: nc, probe: newProber(nc), shard: rand.Uint32()}
	c.onDone = c.interrupt
	if d.target.tls == nil {
		switch nc.(type) {
		case *net.TCPConn, *net.UnixConn:
			c.gathers = true
		}
		return c, nil
	}
	c.gate = &gate{Conn: nc, probe: c.probe}
	secure := tls.Client(c.gate, d.target.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	c.nc = secure
	return c, nil
}

func isTimeout(err error) bool {
	t, ok := err.(net.Error)
	return ok && t.Timeout()
}
