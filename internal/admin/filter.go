package admin

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/analytics"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// textFilter asks that a field of an entry equals a text.
type textFilter struct {
	Param
	want func(*store.EntryQuery) string
	have func(*gateway.Entry) string
}

func textFilters() []textFilter {
	type q = store.EntryQuery
	type e = gateway.Entry
	return []textFilter{
		{Param{"gateway", "Gateway that was called."}, func(q *q) string { return q.Gateway }, func(e *e) string { return e.Gateway }},
		{Param{"workspace", "Workspace of the key."}, func(q *q) string { return q.Workspace }, func(e *e) string { return e.Workspace }},
		{Param{"key_id", "Id of the key."}, func(q *q) string { return q.KeyID }, func(e *e) string { return e.KeyID }},
		{Param{"operation", "Operation: chat, embeddings, …"}, func(q *q) string { return q.Operation }, func(e *e) string { return e.Operation }},
		{Param{"client_dialect", "Dialect of the caller."}, func(q *q) string { return q.ClientDialect }, func(e *e) string { return e.ClientDialect }},
		{Param{"provider", "Provider that answered."}, func(q *q) string { return q.Provider }, func(e *e) string { return e.Provider }},
		{Param{"model", "The vendor's id of the model that answered."}, func(q *q) string { return q.Model }, func(e *e) string { return e.Model }},
		{Param{"model_requested", "The model as the caller wrote it."}, func(q *q) string { return q.ModelRequested }, func(e *e) string { return e.ModelRequested }},
		{Param{"route", "Name of the route."}, func(q *q) string { return q.Route }, func(e *e) string { return e.Route }},
		{Param{"credential", "Name of the provider's credential."}, func(q *q) string { return q.Credential }, func(e *e) string { return e.Credential }},
		{Param{"error_code", "Code of the error."}, func(q *q) string { return q.ErrorCode }, func(e *e) string { return e.ErrorCode }},
		{Param{"finish_reason", "Why the answer ended."}, func(q *q) string { return q.FinishReason }, func(e *e) string { return e.FinishReason }},
		{Param{"cache", "What the cache did: hit, miss, …"}, func(q *q) string { return q.Cache }, func(e *e) string { return e.Cache }},
		{Param{"session", "Session of the caller."}, func(q *q) string { return q.Session }, func(e *e) string { return e.Session }},
		{Param{"user", "End user of the caller."}, func(q *q) string { return q.User }, func(e *e) string { return e.User }},
		{Param{"client_ip", "Address of the caller."}, func(q *q) string { return q.ClientIP }, func(e *e) string { return e.ClientIP }},
		{Param{"trace_id", "W3C trace id."}, func(q *q) string { return q.TraceID }, func(e *e) string { return e.TraceID }},
		{Param{"region", "Region of the target that answered."}, func(q *q) string { return q.Region }, func(e *e) string { return e.Region }},
		{Param{"provider_dialect", "Dialect towards the vendor."}, func(q *q) string { return q.ProviderDialect }, func(e *e) string { return e.ProviderDialect }},
		{Param{"feedback", "up or down."}, func(q *q) string { return q.Feedback }, func(e *e) string { return e.Feedback }},
	}
}

// EntryFilters lists the filters of entries, named like their fields. A text with ! before
// it asks for all others, and ! alone for calls that have any.
func EntryFilters() []Param {
	var params []Param
	for _, f := range textFilters() {
		f.Doc += " With ! before it: all but these."
		params = append(params, f.Param)
	}
	for _, w := range store.Words() {
		params = append(params, Param{w.Name, w.Doc + " With ! before it: all but these."})
	}
	for _, n := range store.Numbers() {
		params = append(params, Param{"min_" + n.Name, "At least so many " + n.Doc + "."}, Param{"max_" + n.Name, "At most so many " + n.Doc + "."})
	}
	return append(params,
		Param{"status", "HTTP status that the caller saw: 429, or a class such as 4xx; !4xx is any other."},
		Param{"outcome", "ok, error, refused (by a limit or budget) or cancelled (the caller left), as figures count them; !ok is any other."},
		Param{metadataParam, "Value of this key of the metadata: a text as it is, another value as JSON. With ! before it: all but these."},
		Param{"stream", "true: streams only; false: others only."},
		Param{"priced", "true: calls whose cost is known; false: others only."},
		Param{"from", "Calls from this time on (RFC 3339)."},
		Param{"to", "Calls before this time (RFC 3339)."},
		Param{"min_score", "Calls whose score is at least this."},
		Param{"max_score", "Calls whose score is at most this."},
	)
}

// metadataParam is the filter of each key of the metadata.
const metadataParam = analytics.MetadataPrefix + keyPlace

// entryQuery reads the filters of a query string.
func entryQuery(values url.Values) (store.EntryQuery, error) {
	var q store.EntryQuery
	filters := EntryFilters()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !hasParam(filters, name) {
			continue
		}
		if err := q.Set(name, values.Get(name)); err != nil {
			return q, invalid(name, strings.TrimPrefix(err.Error(), store.ErrBadFilter.Error()+": "))
		}
	}
	return q, nil
}

// each gives a query for every workspace of within that it asks for; within nil = the
// query itself.
func each(q store.EntryQuery, within []string) []store.EntryQuery {
	if within == nil {
		return []store.EntryQuery{q}
	}
	var all []store.EntryQuery
	for _, id := range within {
		text, excludes := store.Unwanted(asStored(q.Workspace))
		if q.Workspace == "" || (text == id) != excludes {
			one := q
			one.Workspace = id
			all = append(all, one)
		}
	}
	return all
}

// matcher decides in memory what the store's SQL decides: whether an entry is chosen.
type matcher struct {
	query  store.EntryQuery
	within []string     // workspaces; nil = every one
	texts  []textFilter // those that are set
}

func newMatcher(q store.EntryQuery, within []string) *matcher {
	m := &matcher{query: q, within: within}
	for _, f := range textFilters() {
		if f.want(&q) != "" {
			m.texts = append(m.texts, f)
		}
	}
	return m
}

func (m *matcher) match(e *gateway.Entry) bool {
	if m.within != nil && !slices.Contains(m.within, e.Workspace) {
		return false
	}
	for _, f := range m.texts {
		text, excludes := store.Unwanted(asStored(f.want(&m.query)))
		if (asStored(f.have(e)) == text) != !excludes {
			return false
		}
	}
	q := &m.query
	if word, excludes := store.Unwanted(q.Outcome); word != "" && (analytics.OutcomeOf(e) == word) == excludes {
		return false
	}
	if !m.inBounds(e) || !m.inDocument(e) {
		return false
	}
	switch at := e.Time.UnixMicro(); {
	case q.Status != 0 && (e.Status != q.Status) != q.StatusNot,
		q.StatusClass != 0 && (e.Status/100 != q.StatusClass) != q.StatusNot,
		q.Stream != nil && e.Stream != *q.Stream,
		!q.From.IsZero() && at < q.From.UnixMicro(),
		!q.To.IsZero() && at >= q.To.UnixMicro(),
		q.Priced != nil && e.Cost.Known != *q.Priced,
		q.MinScore != nil && (e.Score == nil || *e.Score < *q.MinScore),
		q.MaxScore != nil && (e.Score == nil || *e.Score > *q.MaxScore):
		return false
	}
	return true
}

func (m *matcher) inBounds(e *gateway.Entry) bool {
	for i := range m.query.Bounds {
		if !m.query.Bounds[i].Match(e) {
			return false
		}
	}
	return true
}

// inDocument matches what stands in no column of the store.
func (m *matcher) inDocument(e *gateway.Entry) bool {
	for _, f := range m.query.Metadata {
		have := analytics.ValuesOf(e, analytics.Dimension(analytics.MetadataPrefix+f.Key))[0]
		if text, excludes := store.Unwanted(asStored(f.Value)); (asStored(have) == text) == excludes {
			return false
		}
	}
	for i := range m.query.Words {
		if !m.query.Words[i].Match(e) {
			return false
		}
	}
	return true
}

// asStored gives text in the form in which stores keep it.
func asStored(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
