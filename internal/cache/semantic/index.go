package semantic

import (
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
)

// Options bound an Index.
type Options struct {
	Entries int              // prompts in all; 0 = 100,000
	Bytes   int64            // of their vectors and texts; 0 = 256 MiB
	Guard   *Guard           // nil = NewGuard()
	Now     func() time.Time // nil = time.Now
}

// Index is the prompts that were answered, by scope. When it is full the oldest ones go.
// It is safe for concurrent use.
type Index struct {
	o Options

	mu      sync.RWMutex
	shelves map[place]*shelf
	by      map[cache.Key]*entry
	purged  map[string]int64 // the last purge of everything, by workspace
	oldest  *entry
	newest  *entry
	bytes   int64
}

// place is where prompts are compared with each other: vectors of two lengths are of two
// models.
type place struct {
	scope cache.Key
	dims  int
}

// entry is one prompt. The links are in the order in which they came.
type entry struct {
	Record
	at           int // on its shelf
	older, newer *entry
}

// New makes an empty index.
func New(o Options) *Index {
	if o.Entries == 0 {
		o.Entries = 100_000
	}
	if o.Bytes == 0 {
		o.Bytes = 256 << 20
	}
	if o.Guard == nil {
		o.Guard = NewGuard()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Index{o: o, shelves: map[place]*shelf{}, by: map[cache.Key]*entry{}, purged: map[string]int64{}}
}

// Add keeps a prompt, in place of one with the same key. It copies the vector. It reports
// whether the prompt is there now: not when it is too long, past its time, or has a vector
// without a direction.
func (x *Index) Add(scope, key cache.Key, vector []float32, text string, until time.Time) bool {
	return x.Put(Record{Scope: scope, Key: key, Vector: vector, Text: text, Until: until})
}

// Put is Add of a record.
func (x *Index) Put(r Record) bool {
	if len(r.Text) > MaxText || !x.o.Now().Before(r.Until) {
		return false
	}
	if r.Vector = unit(r.Vector); r.Vector == nil {
		return false
	}
	print := sketch(r.Vector)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.dead(&r) {
		return false
	}
	if e := x.by[r.Key]; e != nil {
		x.drop(e)
	}
	x.link(&entry{Record: r}, print)
	for len(x.by) > x.o.Entries || x.bytes > x.o.Bytes {
		x.drop(x.oldest)
	}
	return x.by[r.Key] != nil
}

// link puts an entry on its shelf and at the end of the order.
func (x *Index) link(e *entry, print []uint64) {
	at := place{e.Scope, len(e.Vector)}
	s := x.shelves[at]
	if s == nil {
		s = &shelf{words: len(print)}
		x.shelves[at] = s
	}
	s.add(e, print)
	x.by[e.Key] = e
	x.bytes += e.size()
	if e.older = x.newest; e.older != nil {
		e.older.newer = e
	} else {
		x.oldest = e
	}
	x.newest = e
}

func (x *Index) drop(e *entry) {
	at := place{e.Scope, len(e.Vector)}
	s := x.shelves[at]
	if s.remove(e); len(s.entries) == 0 {
		delete(x.shelves, at)
	}
	delete(x.by, e.Key)
	x.bytes -= e.size()
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		x.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		x.newest = e.older
	}
}

// size is about what an entry takes in memory, its sketch and places in maps included.
func (e *entry) size() int64 { return int64(4*len(e.Vector) + len(e.Text) + 400) }

// Has reports whether a prompt is there.
func (x *Index) Has(key cache.Key) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.by[key] != nil
}

// Remove lets go of a prompt, as of one whose answer is no longer kept.
func (x *Index) Remove(key cache.Key) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if e := x.by[key]; e != nil {
		x.drop(e)
	}
}

// Forget lets go of the prompts that a purge of everything of a workspace names, now and
// when they come later, and gives how many those are that were there.
func (x *Index) Forget(workspace string, purge int64) (gone int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.purged[workspace] = max(x.purged[workspace], purge)
	for e := x.oldest; e != nil; {
		next := e.newer
		if e.dead(workspace, purge) {
			x.drop(e)
			gone++
		}
		e = next
	}
	return gone
}

// dead reports whether a purge names a record.
func (x *Index) dead(r *Record) bool {
	if r.Workspace != "" {
		return r.Purged < x.purged[r.Workspace]
	}
	for _, purge := range x.purged {
		if r.Purged < purge {
			return true
		}
	}
	return false
}

// Sweep lets go of what is past its time and gives how many that were. Nobody finds it
// even before that.
func (x *Index) Sweep() (gone int) {
	now := x.o.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	for e := x.oldest; e != nil; {
		next := e.newer
		if !now.Before(e.Until) {
			x.drop(e)
			gone++
		}
		e = next
	}
	return gone
}

// Size gives how many prompts are kept, and about how many bytes they take.
func (x *Index) Size() (entries int, bytes int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.by), x.bytes
}

// Nearest gives at most k prompts of a scope that are not past their time, the nearest
// first.
func (x *Index) Nearest(scope cache.Key, vector []float32, k int) []Match {
	v := unit(vector)
	if v == nil || k <= 0 {
		return nil
	}
	now := x.o.Now()
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := x.shelves[place{scope, len(v)}]
	if s == nil {
		return nil
	}
	return s.nearest(v, k, now)
}
