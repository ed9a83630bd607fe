package proxy

import "sync/atomic"

// stages are the present shares, in per cent, of canaries' new targets, by the canaries'
// places. The zero value has none.
type stages struct {
	all atomic.Pointer[map[string]float64]
}

// Load gives the share of one; 0 when its schedule has not begun.
func (s *stages) Load(canary string) float64 {
	if all := s.all.Load(); all != nil {
		return (*all)[canary]
	}
	return 0
}

// SetStages makes the shares of all canaries effective. The map is the proxy's own.
func (p *Proxy) SetStages(all map[string]float64) { p.stages.all.Store(&all) }
