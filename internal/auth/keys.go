package auth

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Keys is the set of keys known to this process: an immutable index behind one atomic
// pointer. It is safe for concurrent use; the zero value knows no key.
type Keys struct {
	index atomic.Pointer[index]
	named named
}

// index finds callers in one step; what can be computed of a key is computed here, once.
type index struct {
	known     int
	byHash    map[gateway.KeyHash]*gateway.Principal // also by the secret before the last rotation
	bySubject map[string]*gateway.Principal          // of keys that are not revoked
}

// Swap replaces the whole set. The keys must not be changed afterwards.
func (k *Keys) Swap(keys []*gateway.Key) {
	x := &index{known: len(keys), byHash: make(map[gateway.KeyHash]*gateway.Principal, len(keys)), bySubject: map[string]*gateway.Principal{}}
	all := make([]gateway.Principal, len(keys))
	for i, key := range keys {
		all[i] = principal(key)
		x.add(&all[i])
	}
	k.index.Store(x)
}

func principal(k *gateway.Key) gateway.Principal {
	return gateway.Principal{Workspace: k.Workspace, Key: k, Metadata: k.Metadata, Networks: networks(k.Networks)}
}

// networks parses those of a key. One that cannot be read admits nobody, so that a key
// that should be bound to networks never is free of them.
func networks(texts []string) []netip.Prefix {
	if len(texts) == 0 {
		return nil
	}
	out := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		if p, err := ParseNetwork(text); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// add makes a caller findable. Where two claim the same, a current secret goes before an
// old one, and an older key before a younger, so that nobody takes over what is another's.
func (x *index) add(who *gateway.Principal) {
	key := who.Key
	x.byHash[key.Hash] = who
	if key.OldUntil != nil && key.OldHash != (gateway.KeyHash{}) {
		if other := x.byHash[key.OldHash]; other == nil || other.Key.Hash != key.OldHash {
			x.byHash[key.OldHash] = who
		}
	}
	if key.Subject != "" && key.Revoked == nil {
		subject := Subject(key.Subject)
		if other := x.bySubject[subject]; other == nil || key.Created.Before(other.Key.Created) {
			x.bySubject[subject] = who
		}
	}
}

// Len gives the number of keys known.
func (k *Keys) Len() int {
	if x := k.index.Load(); x != nil {
		return x.known
	}
	return 0
}

// NextExpiry is when the next of the keys that may be used now ends; zero = none does.
func (k *Keys) NextExpiry(now time.Time) (next time.Time) {
	x := k.index.Load()
	if x == nil {
		return next
	}
	for _, who := range x.byHash {
		if end := who.Key.Expires; end != nil && who.Key.Usable(now) && (next.IsZero() || end.Before(next)) {
			next = *end
		}
	}
	return next
}

// Find gives the key with this secret if it may be used now, else nil. A secret that was
// rotated counts until its grace ends. Only the secret's SHA-256 is looked up, so that
// timing tells nothing about stored keys.
func (k *Keys) Find(secret string, now time.Time) *gateway.Key {
	if who := k.find(secret, now); who != nil {
		return who.Key
	}
	return nil
}

func (k *Keys) find(secret string, now time.Time) *gateway.Principal {
	x := k.index.Load()
	if x == nil {
		return nil
	}
	hash := hashOf(secret)
	who := x.byHash[hash]
	if who == nil || !who.Key.Usable(now) {
		return nil
	}
	if hash != who.Key.Hash && (who.Key.OldUntil == nil || !now.Before(*who.Key.OldUntil)) {
		return nil
	}
	return who
}

// BySubject gives the key of a client certificate's subject, in the spelling of Subject,
// if it may be used now, else nil.
func (k *Keys) BySubject(subject string, now time.Time) *gateway.Key {
	if who := k.bySubject(subject, now); who != nil {
		return who.Key
	}
	return nil
}

func (k *Keys) bySubject(subject string, now time.Time) *gateway.Principal {
	x := k.index.Load()
	if x == nil {
		return nil
	}
	who := x.bySubject[subject]
	if who == nil || !who.Key.Usable(now) {
		return nil
	}
	return who
}

// ours reports whether a secret is or, behind another scheme, ends in a key of this
// gateway, valid or not: such a secret must never reach a vendor.
func (k *Keys) ours(secret string) bool {
	if strings.Contains(secret, SecretPrefix) {
		return true
	}
	x := k.index.Load()
	if x == nil {
		return false
	}
	last := secret[strings.LastIndexByte(secret, ' ')+1:]
	return x.byHash[hashOf(secret)] != nil || x.byHash[hashOf(last)] != nil
}
