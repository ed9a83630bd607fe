package gateway

import "time"

// CachePurge says which answers must not be served any more: those that have all of what
// it says, whose vendor was asked before the purge was known, and that were stored before
// Time, less Older, where Older is not 0.
type CachePurge struct {
	ID        string        `json:"id"` // prg_…
	Time      time.Time     `json:"time"`
	Key       string        `json:"key"` // in hexadecimal; "" = any, as for all
	Tag       string        `json:"tag"`
	Gateway   string        `json:"gateway"`
	Workspace string        `json:"workspace"`
	Provider  string        `json:"provider"`
	Model     string        `json:"model"`
	Route     string        `json:"route"`
	Older     time.Duration `json:"-"`
	By        string        `json:"by"` // who did it
	// Seq rises from one purge to the next, however clocks stand; the store gives it.
	Seq int64 `json:"-"`
}

// Before is the time before which answers were stored that are purged.
func (p *CachePurge) Before() time.Time { return p.Time.Add(-p.Older) }
