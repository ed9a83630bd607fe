package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// How a row's tag is read from the engine: "" = the call has none.
const (
	restOfTags = "+"
	ownTag     = "=" // before the tag
)

// tags renders which calls have which tags: tagged has a row for each tag of a call that is
// one of the most used, and one where it has others, whose tag is NULL.
func (q *CacheQuery) tags(e *engine) (string, []any) {
	c := q.conditions(e)
	each := " FROM (SELECT id AS tagged_id, count AS calls, cache_tags FROM entries" + c.where() + ") AS chosen CROSS JOIN " + e.eachText("cache_tags", "of")
	return "top AS (SELECT of.value AS top_tag" + each + " GROUP BY of.value ORDER BY SUM(calls) DESC, of.value LIMIT ?), " +
		"tagged AS (SELECT DISTINCT tagged_id, top_tag AS tag" + each + " LEFT JOIN top ON top_tag = of.value)", slices.Concat(c.args, []any{MostTags}, c.args)
}

// readTag turns the tag as the engine gave it into the row's.
func (r *CacheRow) readTag(by []Dimension) {
	at := slices.Index(by, ByTag)
	if at < 0 {
		return
	}
	r.Rest = r.Values[at] == restOfTags
	tag, own := strings.CutPrefix(r.Values[at], ownTag)
	if r.Values[at] = ""; own {
		r.Values[at] = tag
	}
}

// Age is one band of ages: what is younger than Below, and not in the band before.
type Age struct {
	Name  string
	Below time.Duration // 0 = without end
}

// Ages lists the bands, the youngest first.
func Ages() []Age {
	const day = 24 * time.Hour
	return []Age{{"1m", time.Minute}, {"10m", 10 * time.Minute}, {"1h", time.Hour}, {"6h", 6 * time.Hour}, {"1d", day}, {"7d", 7 * day}, {"older", 0}}
}

// ageTerm gives the band of an entry's age, "" where it has none.
func ageTerm() string {
	term := "CASE WHEN cache_age_ms IS NULL THEN ''"
	for _, a := range Ages() {
		if a.Below > 0 {
			term += fmt.Sprintf(" WHEN cache_age_ms < %d THEN '%s'", a.Below.Milliseconds(), a.Name)
		} else {
			term += " ELSE '" + a.Name + "' END"
		}
	}
	return term
}
