package store

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// EntryQuery chooses entries: those that match every field that is set. The zero value
// chooses all. A text that begins with ! chooses all but those of the text behind it.
type EntryQuery struct {
	Gateway, Workspace, KeyID, Operation, ClientDialect    string
	Provider, Model, ModelRequested, Route, Credential     string
	ErrorCode, FinishReason, Cache, Session, User, TraceID string
	ClientIP, Feedback, Region, ProviderDialect            string

	Outcome     string // one of analytics.OutcomeWords
	Metadata    []MetadataFilter
	Words       []WordFilter // of texts that stand in no column
	Bounds      []Bound      // of numbers
	Status      int          // exactly this
	StatusClass int          // 4 = all 4xx
	StatusNot   bool         // any but these
	Stream      *bool        // nil = both
	Priced      *bool        // whether the cost is known; nil = both
	From, To    time.Time    // From ≤ time < To
	MinScore    *float64     // nil = any, and none
	MaxScore    *float64

	Limit  int    // of a page: 0 = 50, at most 500
	Cursor string // where the page before ended, "" = the newest
}

// texts lists the filters that ask for equality, by the contract's names, which are the
// columns' too.
func (q *EntryQuery) texts() []textFilter {
	return []textFilter{
		{"gateway", &q.Gateway}, {"workspace", &q.Workspace}, {"key_id", &q.KeyID}, {"operation", &q.Operation},
		{"client_dialect", &q.ClientDialect}, {"provider", &q.Provider}, {"model", &q.Model}, {"model_requested", &q.ModelRequested},
		{"route", &q.Route}, {"credential", &q.Credential}, {"error_code", &q.ErrorCode}, {"finish_reason", &q.FinishReason},
		{"cache", &q.Cache}, {"session", &q.Session}, {"user", &q.User}, {"client_ip", &q.ClientIP}, {"trace_id", &q.TraceID}, {"feedback", &q.Feedback},
		{"region", &q.Region}, {"provider_dialect", &q.ProviderDialect},
	}
}

type textFilter struct {
	name  string
	value *string
}

// Set sets the filter of the contract's name from text, as a query string has it:
// status=429 or 4xx, stream=true, from=2026-01-02T15:04:05Z, min_cost=0.01. An unknown
// name or a value of the wrong form is ErrBadFilter with a message for the user.
func (q *EntryQuery) Set(name, value string) error {
	for _, f := range q.texts() {
		if f.name == name {
			*f.value = value
			return nil
		}
	}
	if key, ok := strings.CutPrefix(name, analytics.MetadataPrefix); ok {
		return badFilter(name, q.setMetadata(key, value))
	}
	if q.setWord(name, value) {
		return nil
	}
	if there, err := q.setBound(name, value); there {
		return badFilter(name, err)
	}
	var err error
	switch name {
	case "status":
		err = q.setStatus(value)
	case "outcome":
		err = q.setOutcome(value)
	case "stream":
		q.Stream, err = parseBool(value)
	case "priced":
		q.Priced, err = parseBool(value)
	case "from":
		q.From, err = time.Parse(time.RFC3339, value)
	case "to":
		q.To, err = time.Parse(time.RFC3339, value)
	case "min_score":
		q.MinScore, err = parseScore(value)
	case "max_score":
		q.MaxScore, err = parseScore(value)
	default:
		return fmt.Errorf("%w: there is no filter %q", ErrBadFilter, name)
	}
	return badFilter(name, err)
}

func badFilter(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", ErrBadFilter, name, err)
}

func parseBool(value string) (*bool, error) {
	b, err := strconv.ParseBool(value)
	return &b, err
}

func parseScore(value string) (*float64, error) {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) {
		return nil, fmt.Errorf("%q is no number", value)
	}
	return &v, nil
}

// Unwanted gives the text that a filter excludes, and whether it excludes one.
func Unwanted(filter string) (text string, excludes bool) { return strings.CutPrefix(filter, "!") }

func (q *EntryQuery) setStatus(value string) error {
	value, q.StatusNot = Unwanted(value)
	digits, class := strings.CutSuffix(value, "xx")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || n <= 0:
		return fmt.Errorf("%q is no status such as 429 and no class such as 4xx", value)
	case class:
		q.StatusClass = n
	default:
		q.Status = n
	}
	return nil
}

// conditions collects the terms of a WHERE and their arguments.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

func (c *conditions) where() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// texts adds column = value for each pair whose value is not empty.
func (c *conditions) texts(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			c.add(`"`+pairs[i]+`" = ?`, clean(pairs[i+1]))
		}
	}
}

// in adds that column is one of the values. nil asks nothing, and no values find nothing.
func (c *conditions) in(column string, values []string) {
	switch {
	case values == nil:
	case len(values) == 0:
		c.add("1 = 0")
	default:
		args := make([]any, len(values))
		for i, v := range values {
			args[i] = clean(v)
		}
		c.add(`"`+column+`" IN (`+marks(len(values))+")", args...)
	}
}

// null asks for rows where a column has a value (true) or none (false); nil asks nothing.
func (c *conditions) null(column string, filled *bool) {
	switch {
	case filled == nil:
	case *filled:
		c.add(column + " IS NOT NULL")
	default:
		c.add(column + " IS NULL")
	}
}

// idSlack is how far the clock reading in an id may be from the entry's time.
const idSlack = time.Minute

// indexed are the filters that have an index, those first whose values are the rarest.
var indexed = [...]string{"trace_id", "session", "user", "client_ip", "error_code", "status", "key_id", "route", "model_requested", "model", "gateway", "workspace"}

// leading gives the filter whose index finds the fewest rows; "" = none.
func (q *EntryQuery) leading() string {
	set := map[string]bool{"status": q.Status != 0 && q.Status != 200 && !q.StatusNot}
	for _, f := range q.texts() {
		_, excludes := Unwanted(*f.value)
		set[f.name] = *f.value != "" && !excludes && !(*f.value == gateway.DefaultWorkspace && (f.name == "workspace" || f.name == "gateway"))
	}
	for _, name := range indexed {
		if set[name] {
			return name
		}
	}
	return ""
}

// sifted says that a filter leaves rows out that the index of leading, or the table where
// that is "", would give: a list has to look through them.
func (q *EntryQuery) sifted(leading string) bool {
	for _, f := range q.texts() {
		if *f.value != "" && f.name != leading {
			return true
		}
	}
	return q.Outcome != "" || len(q.Words)+len(q.Bounds)+len(q.Metadata) > 0 || q.Status != 0 && leading != "status" || q.StatusClass != 0 || q.Stream != nil || q.Priced != nil ||
		q.MinScore != nil || q.MaxScore != nil || !q.From.IsZero() || !q.To.IsZero()
}

// lead is the conditions of the filter of leading alone, and of the ids of the time asked for.
func (q *EntryQuery) lead(leading string) conditions {
	var c conditions
	for _, f := range q.texts() {
		if f.name == leading {
			c.equal(f.name, *f.value)
		}
	}
	if leading == "status" {
		c.add("status = ? AND status <> 200", int64(q.Status))
	}
	c.ids(q.From, q.To)
	return c
}

// conditionsOf translates the query, but for limit and cursor. SQLite does not know which
// values are rare, so it is told which index to use: the one of a column that stands there
// without a + (https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_).
func (s *Store) conditionsOf(q *EntryQuery) conditions {
	by := ""
	if s.name == "sqlite" {
		by = q.leading()
	}
	return s.ledBy(q, by)
}

// ledBy translates the query, but for limit and cursor. One filter alone may use its index;
// "" = any of them.
func (s *Store) ledBy(q *EntryQuery, by string) conditions {
	c := q.led(by)
	s.bounds(&c, q)
	s.inDocument(&c, q)
	s.wordsAsked(&c, q)
	return c
}

// led is ledBy for what stands in columns.
func (q *EntryQuery) led(by string) conditions {
	var c conditions
	for _, f := range q.texts() {
		switch text, excludes := Unwanted(*f.value); {
		case excludes && text == "":
			c.add(`"` + f.name + `" IS NOT NULL`)
		case excludes:
			c.add(`("`+f.name+`" IS NULL OR "`+f.name+`" <> ?)`, clean(text))
		case text == "":
		case by == "" || by == f.name:
			c.equal(f.name, text)
		default:
			c.add(`+"`+f.name+`" = ?`, clean(text))
		}
	}
	q.statusConditions(&c, by)
	q.outcomeCondition(&c)
	if q.Stream != nil {
		c.add("stream = ?", bit(*q.Stream))
	}
	c.within(q.From, q.To)
	c.null("cost_nusd", q.Priced)
	if q.MinScore != nil {
		c.add("score >= ?", *q.MinScore)
	}
	if q.MaxScore != nil {
		c.add("score <= ?", *q.MaxScore)
	}
	return c
}

func (q *EntryQuery) statusConditions(c *conditions, by string) {
	not := ""
	if q.StatusNot {
		not = "NOT "
	}
	switch {
	case q.Status == 0:
	case not != "":
		c.add("NOT status = ?", int64(q.Status))
	case by != "" && by != "status":
		c.add("+status = ?", int64(q.Status))
	case q.Status != 200: // the index leaves that out
		c.add("status = ? AND status <> 200", int64(q.Status))
	default:
		c.add("status = ?", int64(q.Status))
	}
	if q.StatusClass != 0 {
		c.add(not+"(status >= ? AND status < ?)", int64(q.StatusClass)*100, int64(q.StatusClass)*100+100)
	}
}

// within asks for entries of a time, by their ids too, which are the table's order.
func (c *conditions) within(from, to time.Time) {
	c.ids(from, to)
	c.since(from)
	c.before(to)
}

// ids asks for the ids that entries of a time may have.
func (c *conditions) ids(from, to time.Time) {
	if !from.IsZero() {
		c.add("id >= ?", idAt(from.Add(-idSlack)))
	}
	if !to.IsZero() {
		c.add("id < ?", idAt(to.Add(idSlack)))
	}
}

func (c *conditions) since(t time.Time) {
	if !t.IsZero() {
		c.add("time >= ?", t.UnixMicro())
	}
}

func (c *conditions) before(t time.Time) {
	if !t.IsZero() {
		c.add("time < ?", t.UnixMicro())
	}
}

// equal adds column = value. The partial indexes leave "default" out, and a planner uses
// one only when the query says so too.
func (c *conditions) equal(column, value string) {
	term := `"` + column + `" = ?`
	if (column == "gateway" || column == "workspace") && value != gateway.DefaultWorkspace {
		term += " AND " + column + " <> 'default'"
	}
	c.add(term, clean(value))
}

// idAt gives the text below which all UUIDv7 of earlier times sort, and none of later
// ones: 48 bits of milliseconds. https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
func idAt(t time.Time) string {
	h := fmt.Sprintf("%012x", max(t.UnixMilli(), 0))
	return h[:8] + "-" + h[8:]
}
