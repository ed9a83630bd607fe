package health

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// shardCount times perShard targets are remembered: about 8 MB when all are in full use.
	shardCount = 64
	perShard   = 64
	// maxCredentials is how many credentials of one target are.
	maxCredentials = 4096
)

// shard holds some of the targets. Readers take no lock: a change makes a new table.
type shard struct {
	mu    sync.Mutex // of those who change it
	known atomic.Pointer[[]*target]
}

// lookup finds a target in a table, an open-addressed one of a power of two of places.
func lookup(table []*target, hash uint64, key Target) *target {
	mask := uint64(len(table) - 1)
	for i := hash >> 6; ; i++ {
		t := table[i&mask]
		if t == nil || t.hash == hash && t.key == key {
			return t
		}
	}
}

// arrange makes a table of which at most half the places are taken.
func arrange(all []*target) []*target {
	size := 2
	for size < 2*len(all) {
		size *= 2
	}
	table := make([]*target, size)
	for _, t := range all {
		i := t.hash >> 6
		for table[i&uint64(size-1)] != nil {
			i++
		}
		table[i&uint64(size-1)] = t
	}
	return table
}

func (sh *shard) find(hash uint64, key Target) *target {
	table := sh.known.Load()
	if table == nil {
		return nil
	}
	return lookup(*table, hash, key)
}

// all gives the targets of the shard, in no order.
func (sh *shard) all() (all []*target) {
	if table := sh.known.Load(); table != nil {
		for _, t := range *table {
			if t != nil {
				all = append(all, t)
			}
		}
	}
	return all
}

// need finds a target or takes it in, in the place of another when the shard is full.
// When none can be spared, it stays out of the table and is forgotten when its calls end.
func (sh *shard) need(hash uint64, key Target, now int64) *target {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if t := sh.find(hash, key); t != nil {
		return t
	}
	t := newTarget(hash, key, now)
	all := sh.all()
	if len(all) >= perShard {
		i := leastWorth(all)
		if i < 0 {
			return t
		}
		all[i] = t
	} else {
		all = append(all, t)
	}
	table := arrange(all)
	sh.known.Store(&table)
	return t
}

// leastWorth finds the target to forget: one of which nothing is known before one that
// never worked, before one that does not rest, and among equals the one used longest
// ago. -1 = all are in use.
func leastWorth(all []*target) int {
	at, least, used := -1, 0, int64(0)
	for i, t := range all {
		if t.busy.Load() > 0 {
			continue
		}
		if w, u := t.worth(), t.used.Load(); at < 0 || w < least || w == least && u < used {
			at, least, used = i, w, u
		}
	}
	return at
}

// hash goes by the model alone: how many providers have one of the same name is not for
// callers to choose.
func (b *Board) hash(t Target) uint64 { return maphash.String(b.seed, t.Model) }

func (b *Board) target(key Target) *target {
	h := b.hash(key)
	return b.shards[h%shardCount].find(h, key)
}

// find gives what is known, or nil.
func (b *Board) find(id ID) *standing {
	t := b.target(Target{id.Provider, id.Model})
	if t == nil {
		return nil
	}
	return t.find(id.Credential)
}

// need gives what is known, or begins to know it.
func (b *Board) need(id ID) *standing {
	key := Target{id.Provider, id.Model}
	h := b.hash(key)
	sh := &b.shards[h%shardCount]
	t := sh.find(h, key)
	switch {
	case t != nil:
	case id.size() > maxNameSize:
		t = newTarget(h, key, 0)
	default:
		t = sh.need(h, key, b.now())
	}
	if s := t.find(id.Credential); s != nil {
		return s
	}
	return t.need(id.Credential)
}

func (t *target) find(credential string) *standing {
	all := *t.credentials.Load()
	if len(all) <= 8 {
		for _, s := range all {
			if s.credential == credential {
				return s
			}
		}
		return nil
	}
	i, ok := slices.BinarySearchFunc(all, credential, func(s *standing, name string) int { return strings.Compare(s.credential, name) })
	if !ok {
		return nil
	}
	return all[i]
}

func (t *target) need(credential string) *standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.find(credential); s != nil {
		return s
	}
	s := &standing{target: t, credential: strings.Clone(credential)}
	all := *t.credentials.Load()
	if len(all) < maxCredentials {
		all = append(slices.Clone(all), s)
		slices.SortFunc(all, func(a, b *standing) int { return strings.Compare(a.credential, b.credential) })
		t.credentials.Store(&all)
	}
	return s
}
