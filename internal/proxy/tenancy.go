package proxy

// tenancy is where the calls of workspaces may be served.
type tenancy struct {
	regions map[string][]string
	unknown bool // nobody has said yet
}

// SetRegions makes effective where the calls of workspaces may be served, beside what
// gateways and keys say; a workspace that is not named is not fenced in. The map is the
// proxy's own.
func (p *Proxy) SetRegions(byWorkspace map[string][]string) {
	p.tenancy.Store(&tenancy{regions: byWorkspace})
}

// AwaitRegions lets no target be used until SetRegions has been called.
func (p *Proxy) AwaitRegions() { p.tenancy.Store(&tenancy{unknown: true}) }

// fences gives the policies that a target has to lie within, and false when one of them is
// not known.
func (x *exchange) fences() (all [3][]string, known bool) {
	all[0] = x.gw.Regions
	if k := x.who.Key; k != nil {
		all[1] = k.Regions
	}
	if t := x.p.tenancy.Load(); t != nil {
		if t.unknown {
			return all, false
		}
		all[2] = t.regions[x.who.Workspace]
	}
	return all, true
}
