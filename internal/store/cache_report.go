package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// What only figures of the cache are added up by.
const (
	ByRoute Dimension = "route" // that was asked for
	// ByTag counts a call with several tags at each of them. The MostTags with the most
	// calls stand by themselves.
	ByTag Dimension = "tag"
	// ByAge adds up by how old the answer was that the cache had, in bands: see Ages.
	ByAge Dimension = "age"
)

// MostTags is how many tags have rows of their own; all others together have one.
const MostTags = 100

// CacheDimensions lists what figures of the cache are added up by.
func CacheDimensions() []Dimension {
	return []Dimension{ByGateway, ByModel, ByProvider, ByKey, ByWorkspace, ByRoute, ByTag, ByAge, ByDay}
}

// CacheQuery asks what the cache did for the entries that match every field that is set,
// one row for each combination of the values of By; nothing in By is one row in all.
type CacheQuery struct {
	By []Dimension

	Workspace, KeyID, Gateway, Provider, Model, Route, Tag string

	Within   []string  // workspaces; nil = every one
	From, To time.Time // From ≤ time < To; zero = without end

	Limit int // of rows: 0 = all
}

// CacheRow is what the cache did for some calls. The numbers are exact sums of the
// entries, but for SavedMS.
type CacheRow struct {
	Values []string // in the order of By: "" = none; a day as 2006-01-02
	Rest   bool     // the tag, which is "", stands for all that have no row of their own
	Calls  int64    // all of them, with and without a cache

	Hits, Stale, Coalesced, Semantic int64 // that the cache served, by its words
	Misses, Bypassed                 int64

	Saved gateway.USD // by what was served
	// SavedMS is an estimate: how much longer calls of the same provider, model and
	// operation took in the same time that the cache did not serve, in the mean.
	SavedMS int64
	Untimed int64 // of what was served: calls with nothing to compare with
}

// Served are the calls that the cache answered.
func (r *CacheRow) Served() int64 { return r.Hits + r.Stale + r.Coalesced + r.Semantic }

// Ratio is the share of what was looked up that was served; 0 when nothing was.
func (r *CacheRow) Ratio() float64 {
	if all := r.Served() + r.Misses; all > 0 {
		return float64(r.Served()) / float64(all)
	}
	return 0
}

// CacheReport gives the rows, the latest day and what saved most first.
func (s *Store) CacheReport(ctx context.Context, q CacheQuery) ([]CacheRow, error) {
	query, args, err := q.sql(&s.engine)
	if err != nil {
		return nil, err
	}
	var found []CacheRow
	err = s.query(ctx, query, args, func(rows *sql.Rows) error {
		row := CacheRow{}
		var ms float64
		err := scanSums(rows, q.By, &row.Values, &row.Saved, &row.Calls, &row.Hits, &row.Stale, &row.Coalesced, &row.Semantic, &row.Misses, &row.Bypassed, &ms, &row.Untimed)
		row.SavedMS = int64(math.Round(ms))
		row.readTag(q.By)
		found = append(found, row)
		return err
	})
	return found, s.failed("cache report", err)
}

// servedWords are the words of entries that the cache answered, for IN.
const servedWords = "('hit', 'stale', 'coalesced', 'semantic')"

// sql renders the query. usual are the calls that the cache did not serve, by what makes
// them comparable.
func (q *CacheQuery) sql(e *engine) (string, []any, error) {
	terms, order, err := groups(q.By, CacheDimensions(), "figures of the cache")
	if err != nil {
		return "", nil, err
	}
	usual := q.conditions(e)
	usual.add("cache = 'miss' AND status < 400 AND latency_ms IS NOT NULL")
	with := "usual AS (SELECT provider AS usual_provider, model AS usual_model, operation AS usual_operation, CAST(SUM(latency_ms) AS DOUBLE PRECISION) / COUNT(*) AS usual_ms FROM entries" +
		usual.where() + " GROUP BY provider, model, operation)"
	from, args := " FROM entries LEFT JOIN usual ON usual_provider = provider AND usual_model = model AND usual_operation = operation", usual.args
	if slices.Contains(q.By, ByTag) {
		tags, more := q.tags(e)
		with, args = with+", "+tags, append(args, more...)
		from += " LEFT JOIN tagged ON tagged_id = entries.id"
	}
	c := q.conditions(e)
	text := "WITH " + with + " SELECT " + strings.Join(append(terms, cacheSums()...), ", ") + from + c.where()
	if len(terms) > 0 {
		text += " GROUP BY " + numbersTo(len(terms)) + " ORDER BY " + order
	}
	args = append(args, c.args...)
	if q.Limit > 0 {
		text += " LIMIT ?"
		args = append(args, q.Limit)
	}
	return text, args, nil
}

// cacheSums are what is added up, in the order in which CacheReport reads it.
func cacheSums() []string {
	sums := []string{sum("saved_nusd"), sum("count")}
	for _, word := range []string{"hit", "stale", "coalesced", "semantic", "miss", "bypass"} {
		sums = append(sums, sum("CASE WHEN cache = '"+word+"' THEN count END"))
	}
	return append(sums, "CAST(COALESCE(SUM(CASE WHEN cache IN "+servedWords+" THEN usual_ms - latency_ms END), 0) AS DOUBLE PRECISION)",
		sum("CASE WHEN cache IN "+servedWords+" AND (usual_ms IS NULL OR latency_ms IS NULL) THEN count END"))
}

// sum is an exact sum in both engines.
func sum(of string) string { return "CAST(COALESCE(SUM(" + of + "), 0) AS BIGINT)" }

func (q *CacheQuery) conditions(e *engine) conditions {
	var c conditions
	if q.Tag != "" {
		c.add("EXISTS (SELECT 1 FROM "+e.eachText("cache_tags", "tags")+" WHERE tags.value = ?)", clean(q.Tag))
	}
	c.texts("workspace", q.Workspace, "key_id", q.KeyID, "gateway", q.Gateway, "provider", q.Provider, "model", q.Model, "route", q.Route)
	c.in("workspace", q.Within)
	c.within(q.From, q.To)
	return c
}

// groups gives the column of each dimension, and the order of rows: the latest day, then
// the largest of the sum behind them first. Both are by number, which both engines take.
func groups(by, known []Dimension, what string) (terms []string, order string, err error) {
	for i, d := range by {
		switch {
		case !slices.Contains(known, d):
			return nil, "", fmt.Errorf("%w: %s cannot be added up by %q", ErrBadFilter, what, d)
		case d == ByDay:
			terms = append(terms, "time / 86400000000")
			order += fmt.Sprintf("%d DESC, ", i+1)
		case d == ByKey:
			terms = append(terms, "COALESCE(key_id, '')")
		case d == ByTag:
			terms = append(terms, "CASE WHEN tagged_id IS NULL THEN '' WHEN tag IS NULL THEN '"+restOfTags+"' ELSE '"+ownTag+"' || tag END")
		case d == ByAge:
			terms = append(terms, ageTerm())
		default:
			terms = append(terms, `COALESCE("`+string(d)+`", '')`)
		}
	}
	return terms, order + fmt.Sprintf("%d DESC, ", len(by)+1) + numbersTo(len(terms)), nil
}

// scanSums reads the values of the dimensions and what stands behind them.
func scanSums(rows *sql.Rows, by []Dimension, values *[]string, sums ...any) error {
	*values = make([]string, len(by))
	var day int64
	dest := make([]any, 0, len(by)+len(sums))
	for i, d := range by {
		if d == ByDay {
			dest = append(dest, &day)
		} else {
			dest = append(dest, &(*values)[i])
		}
	}
	err := rows.Scan(append(dest, sums...)...)
	for i, d := range by {
		if d == ByDay {
			(*values)[i] = time.Unix(day*86400, 0).UTC().Format(time.DateOnly)
		}
	}
	return err
}
