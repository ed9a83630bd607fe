package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/sluice-gateway/sluice/internal/analytics"
)

// readRollups hands over the roll-ups that answer a query. What it hands over is valid
// until each returns. For totals alone, spans do not matter and sketches are left out.
func (s *Store) readRollups(ctx context.Context, g *gathering, totals bool, each func(*summand) error) error {
	row := newRollupReader(g, !totals && g.query.Sketches != [analytics.Sketches]bool{})
	edges := g.edges
	if totals {
		edges = []int64{edges[0], edges[len(edges)-1]}
	}
	for _, segment := range analytics.Segments(edges, g.built) {
		c := g.conditions(segment, s.name)
		err := s.query(ctx, "SELECT "+strings.Join(row.columns, ", ")+" FROM rollups"+c.where(), c.args, func(rows *sql.Rows) error {
			if err := row.scan(rows); err != nil {
				return err
			}
			return each(&row.summand)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *gathering) conditions(segment analytics.Segment, engine string) conditions {
	var c conditions
	c.add("kind = ?", g.kind.String())
	c.add("id >= ?", analytics.IDBefore(segment.Grain, segment.From))
	c.add("id < ?", analytics.IDBefore(segment.Grain, segment.To))
	c.in("workspace", g.query.Within)
	for _, f := range g.query.Where {
		place := g.place(f.Dimension)
		text := textColumns[place]
		if g.kind.Splits(f.Dimension) {
			text = targetParts[engine][f.Dimension]
		}
		c.add(text+" = ?", clean(f.Value))
		if f.Value == "" { // the rest has no value either
			c.add("rest & ? = 0", restBits[place])
		}
	}
	return c
}

// place gives where rows of the kind tell a dimension: an index of textColumns.
func (g *gathering) place(d analytics.Dimension) int {
	switch d {
	case analytics.ByWorkspace:
		return 0
	case analytics.ByGateway:
		return 1
	}
	return 2 + g.kind.Place(d)
}

// textColumns are the columns that tell dimensions, and restBits the bits that say that
// they stand for others.
var (
	textColumns = [...]string{"workspace", "gateway", "value", "value2"}
	restBits    = [...]int64{0, 0, analytics.RestFirst, analytics.RestSecond}
)

// targetParts give the parts of ByTarget, as analytics.TargetPart does.
var targetParts = map[string]map[analytics.Dimension]string{
	"sqlite": {
		analytics.ByProvider: "substr(value2, 1, max(instr(value2, '/') - 1, 0))",
		analytics.ByModel:    "substr(value2, instr(value2, '/') + 1)",
	},
	"postgres": {
		analytics.ByProvider: "split_part(value2, '/', 1)",
		analytics.ByModel:    "substr(value2, strpos(value2, '/') + 1)",
	},
}

// rollupReader reads one row after the other into its summand. Only what is needed is read.
type rollupReader struct {
	summand
	places  []int                 // of By
	split   []analytics.Dimension // of By, where it is a part of a text; else ""
	columns []string
	dest    []any

	texts             [2]sql.RawBytes
	bits              int64
	numbers, sketches sql.RawBytes
}

func newRollupReader(g *gathering, sketched bool) *rollupReader {
	r := &rollupReader{columns: []string{"time", "rest", "numbers"}}
	r.dest = []any{&r.time, &r.bits, &r.numbers}
	for i, d := range g.query.By {
		r.places = append(r.places, g.place(d))
		if !g.kind.Splits(d) {
			r.split = append(r.split, "")
		} else {
			r.split = append(r.split, d)
		}
		r.columns, r.dest = append(r.columns, textColumns[r.places[i]]), append(r.dest, &r.texts[i])
	}
	if sketched {
		r.columns, r.dest = append(r.columns, "sketches"), append(r.dest, &r.sketches)
	}
	return r
}

func (r *rollupReader) scan(rows *sql.Rows) error {
	if err := rows.Scan(r.dest...); err != nil {
		return err
	}
	r.rest = false
	for _, place := range r.places {
		r.rest = r.rest || r.bits&restBits[place] != 0
	}
	for i, text := range r.texts[:len(r.places)] {
		switch {
		case r.rest:
			r.values[i] = ""
		case r.split[i] != "":
			r.values[i] = analytics.TargetPart(string(text), r.split[i])
		case r.values[i] != string(text):
			r.values[i] = string(text)
		}
	}
	r.summand.numbers, r.summand.sketches = r.numbers, r.sketches
	return nil
}
