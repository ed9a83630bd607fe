package admin

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// CallSessionPage is one page of sessions.
type CallSessionPage struct {
	Data []CallSession `json:"data"`
	Next string        `json:"next"`
}

// CallSession are calls that belong together. Calls that are on their way to the store are
// counted a moment later.
type CallSession struct {
	ID           string      `json:"id" doc:"The session or trace, as its calls name it."`
	Workspace    string      `json:"workspace"`
	First        time.Time   `json:"first" doc:"When its first call of this time began."`
	Last         time.Time   `json:"last" doc:"When its last one began."`
	Calls        int64       `json:"calls"`
	Errors       int64       `json:"errors"`
	InputTokens  int64       `json:"input_tokens" doc:"As far as known."`
	OutputTokens int64       `json:"output_tokens"`
	Cost         gateway.USD `json:"cost_usd" doc:"Of the calls whose cost is known."`
	LatencyMS    int64       `json:"latency_ms" doc:"Of its calls together."`
	Models       []string    `json:"models" doc:"That answered."`
}

var sessionFilters = []Param{
	{"by", "session, or trace: calls of one W3C trace. session unless given."},
	{"from", "Calls from this time on (RFC 3339); 24 hours before the end unless given."},
	{"to", "Calls before this time (RFC 3339); now unless given."},
	{"gateway", "Calls of this gateway."},
	{"workspace", "Calls of this workspace."},
	{"user", "Calls of this end user."},
	{"key_id", "Calls of this key."},
	{"id", "This session or trace alone: of all times, unless from says otherwise."},
	{"min_cost", "Those whose calls cost at least so many dollars together."},
	{"errors", "true: those alone in which a call failed."},
}

func (a *api) listSessions(c *call) (CallSessionPage, error) {
	out := CallSessionPage{Data: []CallSession{}}
	limit, cursor, err := c.page()
	if err != nil {
		return out, err
	}
	q := store.SessionQuery{Within: c.within(), Limit: limit, Cursor: cursor, Gateway: c.query.Get("gateway"), Workspace: c.query.Get("workspace"),
		User: c.query.Get("user"), KeyID: c.query.Get("key_id"), ID: c.query.Get("id")}
	if text := c.query.Get("min_cost"); text != "" {
		if q.MinCost, err = gateway.ParseUSD(text); err != nil {
			return out, invalid("min_cost", err.Error())
		}
	}
	failed, err := c.boolean("errors")
	if err != nil {
		return out, err
	}
	q.Errors = failed != nil && *failed
	switch by := c.query.Get("by"); by {
	case "", "session":
	case "trace":
		q.Trace = true
	default:
		return out, invalid("by", "by is session or trace")
	}
	if q.ID == "" || c.query.Get("from")+c.query.Get("to") != "" {
		if q.From, q.To, err = a.sessionTime(c); err != nil {
			return out, err
		}
	}
	page, err := a.Store.Sessions(c.ctx(), q)
	for _, s := range page.Sessions {
		out.Data = append(out.Data, CallSession{
			ID: s.ID, Workspace: s.Workspace, First: s.First, Last: s.Last, Calls: s.Calls, Errors: s.Errors,
			InputTokens: s.Input, OutputTokens: s.Output, Cost: s.Cost, LatencyMS: s.LatencyMS, Models: s.Models,
		})
	}
	out.Next = page.Next
	return out, err
}

// sessionTime reads the period of the list.
func (a *api) sessionTime(c *call) (from, to time.Time, err error) {
	var of Compared
	if err := a.period(c, &of); err != nil {
		return from, to, err
	}
	return of.From, of.To, nil
}
