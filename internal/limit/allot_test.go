package limit_test

import (
	"context"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// What is content with less gets what is left, whether or not it may refuse.
func TestAClaimThatFitsGetsWhatIsLeft(t *testing.T) {
	win := &gateway.Window{Max: 5, Span: time.Minute}
	for _, c := range []struct {
		name    string
		claim   limit.Claim
		granted int64
	}{
		{"observed", limit.Claim{Observe: true, Want: 10, Min: 1}, 5},
		{"refusing", limit.Claim{Want: 10, Min: 1}, 5},
		{"with room", limit.Claim{Want: 4, Min: 1}, 4},
		{"observed, all or nothing", limit.Claim{Observe: true, Want: 10}, 10},
	} {
		c.claim.Counter, c.claim.Window = counterID(1), win
		v, err := limit.NewMemory(limit.MemoryOptions{}).Reserve(context.Background(), []limit.Claim{c.claim}, time.Minute)
		if err != nil || v.Hold == nil || v.Hold.Granted[0] != c.granted {
			t.Errorf("%s: %+v, %v, want %d", c.name, v.Hold, err, c.granted)
		}
	}
}
