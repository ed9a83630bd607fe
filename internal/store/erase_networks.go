package store

import (
	"context"
	"database/sql"
	"net/netip"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxNear bounds the addresses that are looked at to find another caller of a network.
const maxNear = 1000

// EraseNetworks forgets from which networks the keys were used that are a person's own, and
// tells how many that were.
func (s *Store) EraseNetworks(ctx context.Context, p Person) (n int, err error) {
	mine, args := "owner_kind = ? AND owner = ?", []any{string(gateway.OwnedByUser), clean(p.User)}
	if p.Workspace != "" {
		mine, args = mine+" AND workspace = ?", append(args, clean(p.Workspace))
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, "DELETE FROM key_networks WHERE key_id IN (SELECT id FROM keys WHERE "+mine+")", args...)
		return err
	})
	return n, s.failed("erase networks of a user's keys", err)
}

// networksOf reads from which networks entries came, by their keys.
func (s *Store) networksOf(ctx context.Context, tx *sql.Tx, ids []any) (map[keyNetwork]bool, error) {
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT COALESCE(key_id, ''), COALESCE(gateway, ''), COALESCE(workspace, ''), client_ip FROM entries WHERE client_ip <> '' AND id IN ("+marks(len(ids))+")"), ids...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[keyNetwork]bool{}
	for rows.Next() {
		var key, gateway, workspace, ip string
		if err := rows.Scan(&key, &gateway, &workspace, &ip); err != nil {
			return nil, err
		}
		if network := networkOf(ip); network != "" {
			all[keyNetwork{ownerOf(key, gateway, workspace), network}] = true
		}
	}
	return all, rows.Err()
}

// eraseNetworksOf forgets networks that keys were used from by the erased calls alone: those
// from which another call of the key is known stay.
func (s *Store) eraseNetworksOf(ctx context.Context, tx *sql.Tx, of map[keyNetwork]bool) (total int, err error) {
	for n := range of {
		known := 0
		if err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM key_networks WHERE key_id = ? AND network = ?"), n.key, n.network).Scan(&known); err != nil {
			return total, err
		}
		if known == 0 {
			continue
		}
		others, err := s.usedBeside(ctx, tx, n)
		if err != nil {
			return total, err
		}
		if others {
			continue
		}
		gone, err := s.exec(ctx, tx, "DELETE FROM key_networks WHERE key_id = ? AND network = ?", n.key, n.network)
		if total += gone; err != nil {
			return total, err
		}
	}
	return total, nil
}

// usedBeside reports whether entries tell that a key was used from a network.
func (s *Store) usedBeside(ctx context.Context, tx *sql.Tx, n keyNetwork) (bool, error) {
	mine, args := "key_id = ?", []any{n.key}
	if gateway, workspace, without := strings.Cut(n.key, "/"); without {
		mine, args = "COALESCE(key_id, '') = '' AND gateway = ? AND COALESCE(workspace, '') = ?", []any{gateway, workspace}
	}
	from, to := textOf(n.network)
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT DISTINCT client_ip FROM entries WHERE client_ip IS NOT NULL AND client_ip >= ? AND client_ip < ? AND "+mine+" LIMIT ?"), append(append([]any{from, to}, args...), maxNear)...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var ip string
		if err := rows.Scan(&ip); err != nil {
			return false, err
		}
		if networkOf(ip) == n.network {
			return true, nil
		}
	}
	return false, rows.Err()
}

// textOf gives between which texts the addresses of a network lie, perhaps with others: all
// of IPv4's begin alike, of IPv6's the first group does.
func textOf(network string) (from, to string) {
	p, err := netip.ParsePrefix(network)
	if err != nil {
		return "", ""
	}
	text := p.Addr().String()
	if p.Addr().Is4() {
		text = text[:strings.LastIndexByte(text, '.')+1]
	} else {
		text = text[:strings.IndexByte(text, ':')+1]
	}
	return text, text[:len(text)-1] + string(text[len(text)-1]+1)
}
