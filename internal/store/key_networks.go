package store

import (
	"context"
	"database/sql"
	"net/netip"
	"time"
)

// KeyCountQuery asks for counts by key.
type KeyCountQuery struct {
	From, To                time.Time // From ≤ time < To
	ByKey                   bool      // else all together, as ""
	Gateway, Workspace, Key string    // "" = every one
}

func (q *KeyCountQuery) conditions() conditions {
	var c conditions
	for _, f := range [][2]string{{"gateway", q.Gateway}, {"workspace", q.Workspace}, {"key_id", q.Key}} {
		if f[1] != "" {
			c.equal(f[0], f[1])
		}
	}
	c.within(q.From, q.To)
	return c
}

// maxKeyCounts bounds the keys of one answer.
const maxKeyCounts = 50

// Forbidden counts calls that were refused with 403, those with the most first.
func (s *Store) Forbidden(ctx context.Context, q KeyCountQuery) (map[string]float64, error) {
	c := q.conditions()
	c.add("status = 403")
	out := map[string]float64{}
	err := s.query(ctx, "SELECT key_id, count(*) FROM entries"+c.where()+" GROUP BY key_id ORDER BY count(*) DESC LIMIT ?", append(c.args, maxKeyCounts), func(rows *sql.Rows) error {
		return countKey(rows, q.ByKey, out)
	})
	return out, s.failed("forbidden", err)
}

func countKey(rows *sql.Rows, byKey bool, to map[string]float64) error {
	var key string
	var n int64
	err := rows.Scan(&key, &n)
	if !byKey {
		key = ""
	}
	to[key] += float64(n)
	return err
}

const (
	// unseenFor is after which time a network is new again.
	unseenFor = 30 * 24 * time.Hour
	// settled is how long a key must have been known before a network can be new to it.
	settled = 24 * time.Hour
	// maxSeen bounds the keys and addresses that are read at once.
	maxSeen = 5000
)

// NewNetworks notes from which networks (/24, or /48 of IPv6) keys were used in a time,
// and counts those that a key was not used from for 30 days. A key that is known for less
// than a day has none.
func (s *Store) NewNetworks(ctx context.Context, q KeyCountQuery) (map[string]float64, error) {
	type use struct{ key, network string }
	seen := map[use]bool{}
	c := q.conditions()
	c.add("key_id <> ''")
	err := s.query(ctx, "SELECT DISTINCT key_id, client_ip FROM entries"+c.where()+" LIMIT ?", append(c.args, maxSeen), func(rows *sql.Rows) error {
		var key, ip string
		if err := rows.Scan(&key, &ip); err != nil {
			return err
		}
		if n := networkOf(ip); n != "" {
			seen[use{key, n}] = true
		}
		return nil
	})
	if err != nil {
		return nil, s.failed("new networks", err)
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		for u := range seen {
			_, err := s.exec(ctx, tx, `INSERT INTO key_networks (key_id, network, first_seen, last_seen) VALUES (?, ?, ?, ?)
				ON CONFLICT (key_id, network) DO UPDATE SET first_seen = CASE WHEN key_networks.last_seen < ? THEN excluded.first_seen ELSE key_networks.first_seen END, last_seen = excluded.last_seen`,
				u.key, u.network, micros(q.To), micros(q.To), micros(q.From.Add(-unseenFor)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	out := map[string]float64{}
	if err == nil && len(seen) > 0 {
		err = s.query(ctx, `SELECT n.key_id, count(*) FROM key_networks n WHERE n.first_seen >= ? AND n.last_seen >= ?
			AND EXISTS (SELECT 1 FROM key_networks o WHERE o.key_id = n.key_id AND o.first_seen < ?) GROUP BY n.key_id ORDER BY count(*) DESC LIMIT ?`,
			[]any{micros(q.From), micros(q.From), micros(q.From.Add(-settled)), maxKeyCounts}, func(rows *sql.Rows) error { return countKey(rows, q.ByKey, out) })
	}
	return out, s.failed("new networks", err)
}

// networkOf gives the network that an address belongs to, "" for none.
func networkOf(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}
