package doctor

import (
	"context"
	"net"
	"time"
)

const slowName = time.Second

// Resolver looks names up; *net.Resolver does.
type Resolver interface {
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
}

// Names looks whether a host's name is found, and soon.
func Names(r Resolver, host string) Check {
	return Check{Name: "dns", Object: host, Run: func(ctx context.Context) []Finding {
		mend := "See /etc/resolv.conf and whether the name servers in it answer; a dead one in front costs seconds. In a container, see its DNS settings; in Kubernetes, ndots and the cluster's DNS."
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		began := time.Now()
		found, err := r.LookupIPAddr(ctx, host)
		switch d := time.Since(began); {
		case err != nil && ctx.Err() != nil:
			return problem(mend, "the name was not found within %s: no name server answers", took(d))
		case err != nil:
			return problem("See whether the host is spelt right in base_url. "+mend, "the name is not found: %v", err)
		case d > slowName:
			return warning(mend, "looking the name up took %s, which every new connection waits for", took(d))
		default:
			return well("%d addresses in %s", len(found), took(d))
		}
	}}
}

// Dialer opens connections; *net.Dialer does.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

const dialTime = 3 * time.Second

// IPv6 looks whether a host that has addresses of both kinds is reached by both: where IPv6
// is broken, connections are slow to begin, or fail.
func IPv6(r Resolver, d Dialer, host, port string) Check {
	return Check{Name: "ipv6", Object: host, Run: func(ctx context.Context) []Finding {
		addresses, err := r.LookupIPAddr(ctx, host)
		if err != nil {
			return skipped("the name is not found")
		}
		var four, six string
		for _, a := range addresses {
			if a.IP.To4() != nil {
				four = a.IP.String()
			} else {
				six = a.IP.String()
			}
		}
		if six == "" {
			return skipped("it has no IPv6 address")
		}
		bySix := dial(ctx, d, six, port)
		switch {
		case bySix == nil:
			return well("it is reached by IPv6")
		case four == "" || dial(ctx, d, four, port) != nil:
			return skipped("it is reached by neither IPv4 nor IPv6")
		}
		return warning("Mend this machine's IPv6 route, or switch IPv6 off for it: it has no way out.", "it is reached by IPv4, and not by IPv6 (%v)", bySix)
	}}
}

func dial(ctx context.Context, d Dialer, ip, port string) error {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(ip, port))
	if err == nil {
		conn.Close()
	}
	return err
}
