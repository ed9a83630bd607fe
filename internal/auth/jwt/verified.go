package jwt

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	shards   = 16
	perShard = 512 // of one generation; there are two
)

// verified remembers tokens that were verified, by their SHA-256: at most
// 2 × shards × perShard, of which those go first that were not used lately.
type verified [shards]shard

// shard keeps two generations: when the young is full it becomes the old, and what was
// old is forgotten.
type shard struct {
	mu         sync.RWMutex
	young, old map[[sha256.Size]byte]*known
}

// known is a token that was verified. It is immutable.
type known struct {
	who   *gateway.Principal
	until time.Time
	from  *remote
	set   *keySet
}

// valid reports whether the token counts still, and its key is the issuer's still.
func (k *known) valid(now time.Time) bool {
	return now.Before(k.until) && k.from.current(k.set, now)
}

func (v *verified) get(sum [sha256.Size]byte) *known {
	s := &v[sum[0]%shards]
	s.mu.RLock()
	k := s.young[sum]
	aged := k == nil && s.old[sum] != nil
	s.mu.RUnlock()
	if !aged {
		return k
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k = s.old[sum]; k != nil {
		s.put(sum, k)
	}
	return k
}

func (v *verified) put(sum [sha256.Size]byte, k *known) {
	s := &v[sum[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(sum, k)
}

func (s *shard) put(sum [sha256.Size]byte, k *known) {
	if s.young == nil || len(s.young) >= perShard {
		s.young, s.old = make(map[[sha256.Size]byte]*known), s.young
	}
	s.young[sum] = k
}
