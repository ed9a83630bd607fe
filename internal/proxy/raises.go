package proxy

import "github.com/sluice-gateway/sluice/internal/limit"

// SetRaises replaces the raises of budgets, by the id of their rule.
func (p *Proxy) SetRaises(all map[string][]limit.Raise) {
	if len(all) == 0 {
		p.raises.Store(nil)
		return
	}
	p.raises.Store(&all)
}

// raised gives by how much a counter is larger now; nil when no budget is raised.
func (x *exchange) raised() func(rule string, counter limit.ID) int64 {
	all := x.p.raises.Load()
	if all == nil {
		return nil
	}
	return func(rule string, counter limit.ID) (more int64) {
		for _, r := range (*all)[rule] {
			if (r.Every || r.Counter == counter) && x.began.Before(r.Until) {
				more += r.Amount
			}
		}
		return more
	}
}
