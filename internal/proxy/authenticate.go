package proxy

import (
	"errors"
	"net/http"
	"net/netip"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// authenticate says who is calling, and whether from where.
func (x *exchange) authenticate() (err error) {
	x.ip = clientAddress(x.r, &x.view.Proxies)
	if !x.gw.Networks.Admits(x.ip) {
		f := fault.Newf(fault.Forbidden, "The gateway '%s' may not be used from your address.", x.gw.Name)
		f.NoRetry = true
		return f
	}
	if x.who == nil { // else it is known already
		if x.who, err = x.identify(); err != nil {
			return err
		}
	}
	return auth.From(x.who, x.ip)
}

// identify tries what the gateway takes: keys, tokens, certificates. Where nobody needs
// any, a credential that can only be meant for the gateway still has to be valid.
func (x *exchange) identify() (*gateway.Principal, error) {
	issuers := x.view.issuers[x.gw.Name]
	shown := auth.ShowsKey(x.r.Header, x.r.URL.RawQuery)
	if x.gw.Open && !shown {
		return x.p.anonymous, nil
	}
	var refused error
	if x.gw.Keyed || x.gw.Open {
		who, err := x.p.keys.Caller(x.r.Header, x.r.URL.RawQuery, x.began)
		if err == nil {
			return who, nil
		}
		refused = err
	}
	if issuers != nil {
		who, err := issuers.Caller(x.r.Context(), x.r.Header, x.began)
		if err == nil {
			return who, nil
		}
		if errors.Is(err, jwt.ErrAway) { // whatever else was refused: the caller is not at fault
			refused = err
		}
	}
	if x.gw.Certified && !shown {
		if who, err := x.p.keys.Certificate(x.r.TLS, x.began); err == nil {
			return who, nil
		}
	}
	if refused == nil {
		refused = auth.Unauthenticated()
	}
	return nil, refused
}

// presented gives the credential that the caller brought for a vendor, "" when there is
// none: nothing by which it is known here is ever sent on.
func (x *exchange) presented() string {
	if issuers := x.view.issuers[x.gw.Name]; issuers != nil {
		return x.p.keys.Presented(x.r.Header, x.r.URL.RawQuery, issuers.Ours)
	}
	return x.p.keys.Presented(x.r.Header, x.r.URL.RawQuery)
}

// clientAddress is the caller's address, behind trusted proxies too.
func clientAddress(r *http.Request, p *catalog.Proxies) netip.Addr {
	if len(p.Trusted) == 0 {
		a, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil {
			return auth.ClientIP(r.RemoteAddr, nil, nil)
		}
		return a.Addr().Unmap().WithZone("")
	}
	return auth.ClientIP(r.RemoteAddr, http.Header{p.Header: r.Header[p.Header]}, p.Trusted)
}

// compileIssuers makes the sets of issuers of all gateways that take tokens.
func (v *view) compileIssuers(ring *jwt.Keyring) error {
	v.issuers = map[string]*jwt.Issuers{}
	for name, g := range v.Gateways {
		if len(g.Issuers) == 0 {
			continue
		}
		configs := make([]jwt.Config, len(g.Issuers))
		for i, c := range g.Issuers {
			configs[i] = jwt.Config{
				Issuer: c.Issuer, Audiences: c.Audience, Algorithms: c.Algorithms, JWKS: c.JWKS, Leeway: c.Leeway, Workspace: c.Workspace,
				Claims: jwt.Claims{Workspace: c.Claims.Workspace, User: c.Claims.User, Role: c.Claims.Role, Metadata: c.Claims.Metadata},
			}
		}
		set, err := ring.Issuers(configs...)
		if err != nil {
			return err
		}
		v.issuers[name] = set
	}
	return nil
}
