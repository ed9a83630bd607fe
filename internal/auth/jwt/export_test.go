package jwt

import (
	"fmt"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// MaxVerified is the most that is remembered.
const MaxVerified = 2 * shards * perShard

// Remember remembers a token that never was.
func (s *Issuers) Remember(n int, who *gateway.Principal) {
	s.verified.put(sumOf(fmt.Sprint(n)), &known{who: who, until: time.Time{}})
}

// Remembered gives how many tokens are remembered.
func (s *Issuers) Remembered() (n int) {
	for i := range s.verified {
		n += len(s.verified[i].young) + len(s.verified[i].old)
	}
	return n
}
