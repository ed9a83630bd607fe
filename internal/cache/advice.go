package cache

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Advice learns from misses what would have made them hits. The zero value is ready. It
// is safe for concurrent use, and bounded: a few hundred kilobytes a gateway, for so many
// gateways. It keeps no contents: keys are hashes.
type Advice struct {
	mu       sync.Mutex
	gateways map[string]*lessons
}

// maxAdvised bounds the gateways that are advised.
const maxAdvised = 64

// The kinds of hints.
const (
	HintTTL   = "ttl"   // answers are asked for again after their time
	HintForm  = "form"  // requests differ only in form, or in what no vendor needs
	HintSpace = "space" // answers had to go before their time was over
)

// Hint is one thing that could be better.
type Hint struct {
	Kind  string        `json:"kind"`
	Text  string        `json:"text"`             // a sentence for people
	Share float64       `json:"share"`            // of the misses lately that it would have made hits
	TTL   time.Duration `json:"ttl_ns,omitempty"` // of HintTTL: what to set
}

// Miss tells of a call whose answer was not there, or was too old. loose is the key of the
// request without differences of form: white space, case, and members that may be left
// out; the zero key = it is not known.
func (a *Advice) Miss(gatewayName string, key, loose Key, now time.Time) {
	if l := a.of(gatewayName); l != nil {
		l.miss(&key, &loose, now)
	}
}

// Kept tells of an answer that was put into the cache, behind its Miss. A Cache tells it
// itself.
func (a *Advice) Kept(gatewayName string, key Key, ttl time.Duration, now time.Time) {
	if l := a.of(gatewayName); l != nil {
		l.kept(&key, ttl, now)
	}
}

// Advise gives what could be better for a gateway, the most worthwhile first; nil where
// nothing is known to be.
func (a *Advice) Advise(gatewayName string) []Hint {
	a.mu.Lock()
	l := a.gateways[gatewayName]
	a.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.hints()
}

// of gives what is learned of a gateway; nil when there are too many.
func (a *Advice) of(name string) *lessons {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.gateways[name]
	if l == nil && len(a.gateways) < maxAdvised {
		if a.gateways == nil {
			a.gateways = map[string]*lessons{}
		}
		l = new(lessons)
		a.gateways[strings.Clone(name)] = l
	}
	return l
}

// ladder are the times to live that are suggested, and by which distances are counted.
var ladder = [...]time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 30 * 24 * time.Hour,
}

const (
	enough    = 50   // misses before anything is said
	notable   = 0.05 // of them
	covered   = 0.8  // of the expired answers, by the suggested time
	forgetful = 1 << 14
)

// lessons are what is learned of one gateway. Numbers are halved now and then, so that
// they tell of what was lately.
type lessons struct {
	mu      sync.Mutex
	strict  memo
	loose   memo
	misses  int
	formed  int // of them, that were known in another form
	gone    int // that were kept, and not past their time
	expired [len(ladder)]int
}

func (l *lessons) miss(key, loose *Key, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.misses++; l.misses > forgetful {
		l.halve()
	}
	asked := note{id: fingerprint(key)}
	if *loose != (Key{}) {
		asked.other = fingerprint(loose)
	}
	switch s, like := l.strict.find(asked.id), l.loose.find(asked.other); {
	case s != nil && s.kept != 0:
		if age := s.age(now); age < s.ttl() {
			l.gone++
		} else if step := stepOf(age); step < len(ladder) {
			l.expired[step]++
		}
	case like != nil && like.other != asked.id && like.age(now) < like.ttl():
		l.formed++
	}
	l.strict.keep(asked)
}

func (l *lessons) kept(key *Key, ttl time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := note{id: fingerprint(key), kept: uint32(now.Unix()), lasted: uint32(min(ttl/time.Second, 1<<31))}
	if s := l.strict.find(n.id); s != nil && s.other != 0 {
		l.loose.keep(note{id: s.other, other: n.id, kept: n.kept, lasted: n.lasted})
	}
	l.strict.keep(n)
}

func (l *lessons) halve() {
	l.misses /= 2
	l.formed /= 2
	l.gone /= 2
	for i := range l.expired {
		l.expired[i] /= 2
	}
}

// stepOf gives the least step of the ladder that is longer than an age; len(ladder) = none.
func stepOf(age time.Duration) int {
	for i, step := range ladder {
		if age < step {
			return i
		}
	}
	return len(ladder)
}

func (l *lessons) hints() (hints []Hint) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.misses < enough {
		return nil
	}
	expired, ttl, within := l.wantedTTL()
	if share := l.share(within); share >= notable {
		hints = append(hints, Hint{Kind: HintTTL, Share: share, TTL: ttl, Text: fmt.Sprintf(
			"%s of the misses asked for an answer that had expired; ttl: %s would have served %s of all misses", percent(l.share(expired)), short(ttl), percent(share))})
	}
	if share := l.share(l.formed); share >= notable {
		hints = append(hints, Hint{Kind: HintForm, Share: share, Text: fmt.Sprintf(
			"%s of the misses differ from a request that was answered only in white space, case or members that may be left out; see normalize and exclude", percent(share))})
	}
	if share := l.share(l.gone); share >= notable {
		hints = append(hints, Hint{Kind: HintSpace, Share: share, Text: fmt.Sprintf(
			"%s of the misses asked for an answer that was let go of before its time, for want of space, by a purge or by the caller's max-age; see cache.memory and cache.disk", percent(share))})
	}
	slices.SortStableFunc(hints, func(a, b Hint) int { return cmp.Compare(b.Share, a.Share) })
	return hints
}

// wantedTTL gives how many misses were of expired answers, the time to live that most of
// them ask for, and how many of them it would serve.
func (l *lessons) wantedTTL() (expired int, ttl time.Duration, within int) {
	for _, n := range l.expired {
		expired += n
	}
	for i, n := range l.expired {
		within += n
		if ttl = ladder[i]; float64(within) >= covered*float64(expired) {
			break
		}
	}
	return expired, ttl, within
}

func (l *lessons) share(n int) float64 { return float64(n) / float64(max(l.misses, 1)) }

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// short writes a step of the ladder as it is written in a configuration.
func short(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprint(int(d/(24*time.Hour)), "d")
	case d%time.Hour == 0:
		return fmt.Sprint(int(d/time.Hour), "h")
	}
	return fmt.Sprint(int(d/time.Minute), "m")
}

// memo remembers keys for a while: a later one takes the place of an earlier one. It is
// made when it is first needed.
type memo struct{ notes []note }

const memoKeys = 1 << 13

// note is what is remembered of a key: by a strict one the loose one, until its answer is
// kept; by a loose one the strict one.
type note struct {
	id, other    uint64 // 0 = none
	kept, lasted uint32 // in Unix seconds, and seconds; 0 = nothing was kept
}

func (n *note) age(now time.Time) time.Duration {
	return time.Duration(max(now.Unix()-int64(n.kept), 0)) * time.Second
}

func (n *note) ttl() time.Duration { return time.Duration(n.lasted) * time.Second }

func fingerprint(key *Key) uint64 { return binary.LittleEndian.Uint64(key[:]) | 1 }

func (m *memo) find(id uint64) *note {
	if m.notes == nil {
		return nil
	}
	if n := &m.notes[id>>1%memoKeys]; n.id == id && id != 0 {
		return n
	}
	return nil
}

func (m *memo) keep(n note) {
	if m.notes == nil {
		m.notes = make([]note, memoKeys)
	}
	m.notes[n.id>>1%memoKeys] = n
}
