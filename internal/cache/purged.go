package cache

// Purged reports whether a purge names such an answer, if it were kept under a key.
func (c *Cache) Purged(a *About, key Key) bool { return c.purges.Dead(a, key) }
