// Package seed makes up the traffic of a company: entries as the gateway would have
// written them, with bodies, over days and weeks. The same Options give the same entries,
// whatever part of them is asked for. It makes no calls and knows no store; what it says
// of vendors, prices and people is fiction that looks like the real thing.
package seed

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Options say what is made.
type Options struct {
	Entries int           `json:"entries"`
	Bodies  int           `json:"bodies"` // how many of them have bodies, evenly spread
	Span    time.Duration `json:"span"`   // over which they spread, ending at End; at least an hour
	End     time.Time     `json:"end"`
	Seed    uint64        `json:"seed"`
}

// Maker makes entries. It is safe for concurrent use.
type Maker struct {
	opt    Options
	cast   cast
	words  words
	rhythm rhythm
	prices []*gateway.Price // of the models; nil = none
}

// New makes a maker.
func New(o Options) *Maker {
	o.Span, o.End = max(o.Span, time.Hour), o.End.UTC().Truncate(time.Microsecond)
	m := &Maker{opt: o, rhythm: newRhythm(o.End.Add(-o.Span), o.End)}
	m.cast, m.words = readCast()
	for i := range m.cast.Models {
		m.prices = append(m.prices, m.cast.Models[i].price())
	}
	return m
}

// Entry gives the entry of a number, 0 to Entries-1, in order of time.
func (m *Maker) Entry(n int) *gateway.Entry {
	r := rand.New(rand.NewPCG(m.opt.Seed, uint64(n)))
	at := m.rhythm.at((float64(n)+r.Float64())/float64(m.opt.Entries), m.opt.End).Truncate(time.Microsecond)
	e := m.call(r, at)
	e.ID = m.id(at, n)
	if m.withBodies(n) {
		m.say(r, e)
	}
	return e
}

// withBodies spreads the bodies evenly over the entries.
func (m *Maker) withBodies(n int) bool {
	return (n+1)*m.opt.Bodies/m.opt.Entries > n*m.opt.Bodies/m.opt.Entries
}

// id is a UUIDv7 that tells the entries of different seeds apart.
// https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
func (m *Maker) id(at time.Time, n int) string {
	h := fmt.Sprintf("%012x", at.UnixMilli())
	return fmt.Sprintf("%s-%s-7%03x-8%03x-%012x", h[:8], h[8:], at.Nanosecond()/1000%1000, m.opt.Seed&0xfff, n)
}

// Workspaces gives the tenants, the default one left out.
func (m *Maker) Workspaces() (all []gateway.Workspace) {
	for _, w := range m.cast.Workspaces {
		if w.ID != gateway.DefaultWorkspace {
			all = append(all, gateway.Workspace{ID: w.ID, Name: w.Name, Created: m.rhythm.from})
		}
	}
	return all
}

// Keys gives the keys that the calls were made with. They have no secrets: hashes must be
// given to them that no secret has.
func (m *Maker) Keys() (all []gateway.Key) {
	for _, k := range m.cast.Keys {
		all = append(all, gateway.Key{ID: k.id, Workspace: k.Workspace, Name: k.Name, Hint: "made up", Created: m.rhythm.from,
			OwnerKind: gateway.OwnedByApplication, Owner: k.Name, Tags: k.Tags})
	}
	return all
}
