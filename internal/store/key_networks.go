package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
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

// Forbidden counts calls that were refused with 403, by key those with the most; calls
// that share an entry count as many as they were.
func (s *Store) Forbidden(ctx context.Context, q KeyCountQuery) (map[string]float64, error) {
	c := q.conditions()
	c.add("status = 403")
	key, end := "''", ""
	if q.ByKey {
		key, end = "COALESCE(key_id, '')", " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT "+strconv.Itoa(maxKeyCounts)
	}
	out := map[string]float64{}
	err := s.query(ctx, "SELECT "+key+", CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM entries"+c.where()+end, c.args, func(rows *sql.Rows) error {
		var key string
		var n int64
		err := rows.Scan(&key, &n)
		out[key] = float64(n)
		return err
	})
	return out, s.failed("forbidden", err)
}

const (
	// unseenFor is after which time a network is new again.
	unseenFor = 30 * 24 * time.Hour
	// settled is how long a key must have been known before a network can be new to it.
	settled = 24 * time.Hour
	// noteRows are written by one statement, and noteEach in one transaction.
	noteRows, noteEach = 100, 2000
)

// keyNetwork is a network that a key was used from. Calls without a key are their gateway's
// and workspace's: no id of a key has a slash.
type keyNetwork struct{ key, network string }

func ownerOf(key, gateway, workspace string) string {
	if key == "" {
		return gateway + "/" + workspace
	}
	return key
}

// NewNetworks notes from which networks (/24, or /48 of IPv6) keys were used in a time, and
// counts the calls from those of them that a key was not used from for 30 days. A key that is
// known for less than a day has none. Calls without a key count as those of
// "gateway/workspace".
func (s *Store) NewNetworks(ctx context.Context, q KeyCountQuery) (map[string]float64, error) {
	seen, err := s.networksIn(ctx, &q)
	if err == nil && len(seen) > 0 {
		err = s.noteNetworks(ctx, &q, seen)
	}
	out := map[string]float64{}
	if err != nil || len(seen) == 0 {
		return out, s.failed("new networks", err)
	}
	err = s.query(ctx, `SELECT n.key_id, n.network FROM key_networks n WHERE n.first_seen >= ? AND n.last_seen >= ?
		AND EXISTS (SELECT 1 FROM key_networks o WHERE o.key_id = n.key_id AND o.first_seen < ?)`,
		[]any{micros(q.From), micros(q.From), micros(q.From.Add(-settled))}, func(rows *sql.Rows) error {
			var n keyNetwork
			err := rows.Scan(&n.key, &n.network)
			calls := seen[n] // 0 = none that is asked for
			switch {
			case calls == 0:
			case q.ByKey:
				out[n.key] += float64(calls)
			default:
				out[""] += float64(calls)
			}
			return err
		})
	return mostOf(out), s.failed("new networks", err)
}

// networksIn reads how many calls came from which networks with which keys.
func (s *Store) networksIn(ctx context.Context, q *KeyCountQuery) (map[keyNetwork]int64, error) {
	seen := map[keyNetwork]int64{}
	c := q.conditions()
	c.add("client_ip <> ''") // which redaction and erasure take away
	err := s.query(ctx, "SELECT COALESCE(key_id, ''), COALESCE(gateway, ''), COALESCE(workspace, ''), client_ip, "+sum("count")+" FROM entries"+c.where()+" GROUP BY 1, 2, 3, 4", c.args, func(rows *sql.Rows) error {
		var key, gateway, workspace, ip string
		var calls int64
		if err := rows.Scan(&key, &gateway, &workspace, &ip, &calls); err != nil {
			return err
		}
		if n := networkOf(ip); n != "" {
			seen[keyNetwork{ownerOf(key, gateway, workspace), n}] += calls
		}
		return nil
	})
	return seen, err
}

func (s *Store) noteNetworks(ctx context.Context, q *KeyCountQuery, seen map[keyNetwork]int64) error {
	all := slices.SortedFunc(maps.Keys(seen), func(a, b keyNetwork) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.network, b.network)) })
	for part := range slices.Chunk(all, noteEach) {
		err := s.tx(ctx, func(tx *sql.Tx) error {
			for rows := range slices.Chunk(part, noteRows) {
				args := make([]any, 0, 4*len(rows)+1)
				for _, n := range rows {
					args = append(args, n.key, n.network, micros(q.To), micros(q.To))
				}
				_, err := s.exec(ctx, tx, "INSERT INTO key_networks (key_id, network, first_seen, last_seen) VALUES (?, ?, ?, ?)"+strings.Repeat(", (?, ?, ?, ?)", len(rows)-1)+`
					ON CONFLICT (key_id, network) DO UPDATE SET first_seen = CASE WHEN key_networks.last_seen < ? THEN excluded.first_seen ELSE key_networks.first_seen END, last_seen = excluded.last_seen`,
					append(args, micros(q.From.Add(-unseenFor)))...)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetNetworks deletes networks that keys were used from so long ago that they would be
// new again, at most step, and says how many they were. Since when a key is known stays, as
// a row without a network.
func (s *Store) ForgetNetworks(ctx context.Context, now time.Time, step int) (n int, err error) {
	before := micros(now.Add(-unseenFor))
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := s.exec(ctx, tx, `INSERT INTO key_networks (key_id, network, first_seen, last_seen) SELECT key_id, '', MIN(first_seen), MAX(last_seen) FROM key_networks
			WHERE network <> '' AND last_seen < ? GROUP BY key_id ON CONFLICT (key_id, network) DO NOTHING`, before); err != nil {
			return err
		}
		n, err = s.exec(ctx, tx, `DELETE FROM key_networks WHERE (key_id, network) IN (SELECT key_id, network FROM key_networks WHERE network <> '' AND last_seen < ? LIMIT ?)`, before, steps(step))
		return err
	})
	return n, s.failed("forget networks", err)
}

// mostOf leaves the keys with the largest counts.
func mostOf(counts map[string]float64) map[string]float64 {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for _, key := range keys[min(len(keys), maxKeyCounts):] {
		delete(counts, key)
	}
	return counts
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
