package cache

// Purged reports whether a purge names such an answer, if it were kept under a key.
func (c *Cache) Purged(a *About, key Key) bool { return c.purges.Dead(a, key) }

// LastPurge gives the number of the last purge that is known, for About.Purged.
func (c *Cache) LastPurge() int64 { return c.purges.Last() }

// Peek gives an answer that memory has and that may be served; nil = there is none.
func (c *Cache) Peek(key Key) *Answer {
	now := c.now()
	a := c.memory.get(&key, now)
	if a == nil || c.dead(&a.About, key, now) {
		return nil
	}
	return a
}
