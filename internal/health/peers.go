package health

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// News is what one node learnt about a target and tells the others.
type News struct {
	ID      ID
	Rest    time.Duration // from now on; 0 when healed
	Healed  bool          // the rest of this Token is over, because a call succeeded
	Token   uint64        // names the rest
	Why     fault.Kind
	Status  int // the vendor's, 0 = none
	Strikes int // rests in a row
}

// Peers are the other nodes.
type Peers interface {
	// Tell lets the others know, without ever blocking; it may forget when there is too
	// much to tell.
	Tell(News)
	// Listen hands what others tell to hear, one at a time; nil ends that, and when
	// Listen returns no call of the former hear is running.
	Listen(hear func(News))
}

// hear takes in what another node learnt. That a node cannot reach a vendor, or waits
// too long for it, may be that node's own trouble: one call of our own has to find out.
func (b *Board) hear(n News) {
	if n.Healed {
		if s := b.find(n.ID); s != nil {
			b.healedElsewhere(s, n.Token)
		}
		return
	}
	if n.Rest <= 0 || n.Token == 0 {
		return
	}
	s, now := b.need(n.ID), b.now()
	until, by := now+int64(min(n.Rest, longestAsked)), byPeer
	if n.Why == fault.Connect || n.Why == fault.Timeout {
		until, by = now, byRumour
	}
	s.target.mu.Lock()
	defer s.target.mu.Unlock()
	if s.token == n.Token || s.until.Load() >= until {
		return
	}
	s.token, s.why, s.status, s.by = n.Token, n.Why, n.Status, by
	s.strikes, s.last = max(s.strikes, min(n.Strikes, 62)), until-now
	s.rests.Add(1)
	s.until.Store(until)
}

func (b *Board) healedElsewhere(s *standing, token uint64) {
	s.target.mu.Lock()
	defer s.target.mu.Unlock()
	if s.token == token && s.until.Load() != 0 {
		s.heal(b.now())
	}
}
