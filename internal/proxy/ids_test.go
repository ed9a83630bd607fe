package proxy

import (
	"testing"
	"time"
)

func TestAnIDCannotBeGuessedFromThoseBeforeIt(t *testing.T) {
	var g ids
	g.seed()
	seen, at := map[string]bool{}, time.Now()
	var changes [17]map[byte]bool
	for range 2000 {
		id := g.next(at)
		if tail := id[19:]; seen[tail] {
			t.Fatalf("%s stands there twice", tail)
		} else {
			seen[tail] = true
		}
		for i := range changes {
			if changes[i] == nil {
				changes[i] = map[byte]bool{}
			}
			changes[i][id[19+i]] = true
		}
	}
	for i, digits := range changes {
		want := map[bool]int{true: 4, false: 16}[i == 0] // of the first digit two bits are the variant
		if i != 4 && len(digits) != want {
			t.Errorf("digit %d has %d values", i, len(digits))
		}
	}
}
