package store

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// NetworkQuery asks what the calls from each network add up to.
type NetworkQuery struct {
	From, To                time.Time // From ≤ time < To
	Gateway, Workspace, Key string    // "" = every one
	Top                     int       // networks with the most calls; 0 = all
}

// sumsOfNetworks are calls, errors as analytics counts them, tokens and cost.
var sumsOfNetworks = sum("count") + ", " +
	sum("CASE WHEN COALESCE(error_code, '') IN ('rate_limited', 'budget_exceeded') OR status = 499 THEN 0 WHEN status >= 400 OR COALESCE(error_code, '') <> '' THEN count ELSE 0 END") + ", " +
	sum("input_tokens") + ", " + sum("output_tokens") + ", " + sum("cost_nusd")

// Networks adds calls up by their networks (/24, or /48 of IPv6). The entries are read, since
// no roll-ups tell networks apart: a time is to be short. Calls without an address are left
// out.
func (s *Store) Networks(ctx context.Context, q NetworkQuery) (map[string]*analytics.Figures, error) {
	f := KeyCountQuery{From: q.From, To: q.To, Gateway: q.Gateway, Workspace: q.Workspace, Key: q.Key}
	c := f.conditions()
	c.add("client_ip <> ''")
	out := map[string]*analytics.Figures{}
	err := s.query(ctx, "SELECT client_ip, "+sumsOfNetworks+" FROM entries"+c.where()+" GROUP BY 1", c.args, func(rows *sql.Rows) error {
		var ip string
		var n analytics.Numbers
		if err := rows.Scan(&ip, &n[analytics.Requests], &n[analytics.Errors], &n[analytics.InputTokens], &n[analytics.OutputTokens], &n[analytics.Cost]); err != nil {
			return err
		}
		network := networkOf(ip)
		if network == "" {
			return nil
		}
		if out[network] == nil {
			out[network] = new(analytics.Figures)
		}
		out[network].Numbers.Add(&n)
		return nil
	})
	if q.Top > 0 && len(out) > q.Top {
		calls := func(n string) int64 { return out[n].Numbers[analytics.Requests] }
		names := slices.SortedFunc(maps.Keys(out), func(a, b string) int { return cmp.Or(cmp.Compare(calls(b), calls(a)), cmp.Compare(a, b)) })
		for _, name := range names[q.Top:] {
			delete(out, name)
		}
	}
	return out, s.failed("networks", err)
}
