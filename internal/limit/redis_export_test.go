package limit

import "strings"

// SetClock lets the scripts read the time from a key (microseconds since 1970) instead of
// the server's clock. It has to be called before the engine is used.
func (r *Redis) SetClock(key string) {
	const server, set = "redis.call('TIME')", "{0, redis.call('GET', '%')}"
	if !strings.Contains(commonLua, server) {
		panic("the scripts do not read the server's clock as expected")
	}
	r.scripts = newScripts(strings.Replace(commonLua, server, strings.Replace(set, "%", key, 1), 1))
}

// Away reports whether the engine decides without the server.
func (r *Redis) Away() bool { return r.circuit.away.Load() }

// Kept is how many settlements wait for the server.
func (r *Redis) Kept() int {
	r.circuit.mu.Lock()
	defer r.circuit.mu.Unlock()
	return len(r.circuit.kept)
}
