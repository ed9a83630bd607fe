package intent

import "time"

// circuit says whether it is worth asking: after some failures in a row nobody asks for a
// while, which grows with each further one, and then one does.
type circuit struct {
	failures int
	until    time.Time // nobody asks before
}

const (
	tolerated = 3 // failures in a row
	firstRest = time.Second
	maxRest   = time.Minute
)

// allows reports whether to ask now. Where the rest is over it does so to one only.
func (c *circuit) allows(now time.Time) bool {
	if c.failures < tolerated {
		return true
	}
	if now.Before(c.until) {
		return false
	}
	c.until = now.Add(c.rest())
	return true
}

func (c *circuit) fail(now time.Time) {
	c.failures++
	c.until = now.Add(c.rest())
}

func (c *circuit) succeed() { c.failures = 0 }

func (c *circuit) rest() time.Duration {
	return min(firstRest<<min(max(c.failures-tolerated, 0), 10), maxRest)
}
