package admin

import (
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
)

const (
	floodTime = time.Hour
	maxFloods = 1024
)

// floodKey is what refusals have in common that are added up. Of who did not prove who he
// is, it is his network alone.
type floodKey struct{ actor, action, code, network string }

// flood adds up refusals: of those within an hour that have the same key the first, the
// tenth, the hundredth and so on are told, each with how many it stands for. Its memory is
// bounded: those beyond maxFloods keys share one count.
type flood struct {
	mu   sync.Mutex
	seen map[floodKey]*burst
}

type burst struct {
	since   time.Time
	n, told int64
	last    audit.Event
}

func newFlood() *flood { return &flood{seen: map[floodKey]*burst{}} }

// take counts a refusal and gives how many are to be told now, 0 = none.
func (f *flood) take(key floodKey, e *audit.Event, now time.Time) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.seen[key]
	if b == nil && len(f.seen) >= maxFloods {
		key = floodKey{}
		b = f.seen[key]
	}
	if b == nil {
		b = &burst{since: now}
		f.seen[key] = b
	}
	b.n++
	b.last = *e
	if !powerOfTen(b.n) {
		return 0
	}
	count := b.n - b.told
	b.told = b.n
	return count
}

func powerOfTen(n int64) bool {
	for n > 9 && n%10 == 0 {
		n /= 10
	}
	return n == 1
}

// over ends the counts whose hour is over, and gives what of them was not told.
func (f *flood) over(now time.Time) (rest []audit.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, b := range f.seen {
		if now.Sub(b.since) < floodTime {
			continue
		}
		if b.n > b.told {
			b.last.Count = b.n - b.told
			rest = append(rest, b.last)
		}
		delete(f.seen, key)
	}
	return rest
}
