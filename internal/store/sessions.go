package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// SessionQuery chooses calls that belong together.
type SessionQuery struct {
	Trace              bool   // by trace_id instead of session
	Gateway, Workspace string // "" = every one
	User, KeyID        string // of their calls alone
	ID                 string // this one alone
	MinCost            gateway.USD
	Errors             bool     // those alone in which something failed
	Within             []string // workspaces; nil = every one
	From, To           time.Time
	Cursor             string // where the page before ended
	Limit              int    // of a page: 0 = 50, at most 500
}

// Session are calls that belong together: a conversation, or the run of an agent.
type Session struct {
	ID, Workspace string
	First, Last   time.Time // when the first and the last call began
	Calls, Errors int64
	Input, Output int64 // tokens, as far as known
	Cost          gateway.USD
	LatencyMS     int64    // of all its calls together
	Models        []string // provider/model, in order
	newest        string   // the id of its last call
}

// SessionPage is one page of a list, the latest first.
type SessionPage struct {
	Sessions []Session
	Next     string // the cursor of the next page, "" at the end
}

// Sessions gives a page. Of each session it tells the calls in the time asked for.
func (s *Store) Sessions(ctx context.Context, q SessionQuery) (SessionPage, error) {
	column, c := q.conditions()
	having, err := q.having()
	if err != nil {
		return SessionPage{}, err
	}
	args := append(slices.Clip(c.args), having.args...)
	size := pageSize(q.Limit)
	all, err := every(ctx, s, "SELECT "+column+`, workspace, max(id), min(time), max(time), CAST(sum(count) AS BIGINT),
		CAST(`+failedCalls+` AS BIGINT),
		CAST(coalesce(sum(input_tokens), 0) AS BIGINT), CAST(coalesce(sum(output_tokens), 0) AS BIGINT), CAST(coalesce(sum(cost_nusd), 0) AS BIGINT), CAST(coalesce(sum(latency_ms), 0) AS BIGINT)
		FROM entries`+c.where()+" GROUP BY "+column+", workspace"+strings.Replace(having.where(), " WHERE ", " HAVING ", 1)+" ORDER BY max(id) DESC LIMIT ?", scanSession, append(args, size+1)...)
	page := SessionPage{Sessions: all}
	if err == nil && len(all) > size {
		page.Sessions, page.Next = all[:size], toCursor(all[size-1].newest)
	}
	if err == nil {
		err = s.sessionModels(ctx, column, c, page.Sessions)
	}
	return page, s.failed("sessions", err)
}

const failedCalls = "sum(CASE WHEN status >= 400 OR error_code IS NOT NULL THEN count ELSE 0 END)"

// having are the conditions that the sums of a session must meet.
func (q *SessionQuery) having() (c conditions, err error) {
	if q.Cursor != "" {
		last, err := fromCursor(q.Cursor)
		if err != nil {
			return c, err
		}
		c.add("max(id) < ?", last)
	}
	if q.MinCost > 0 {
		c.add("sum(cost_nusd) >= ?", int64(q.MinCost))
	}
	if q.Errors {
		c.add(failedCalls + " > 0")
	}
	return c, nil
}

func (q *SessionQuery) conditions() (column string, c conditions) {
	if column = "session"; q.Trace {
		column = "trace_id"
	}
	c.add(column + " IS NOT NULL")
	for _, f := range []textFilter{{"gateway", &q.Gateway}, {"workspace", &q.Workspace}, {"user", &q.User}, {"key_id", &q.KeyID}, {column, &q.ID}} {
		if *f.value != "" {
			c.equal(f.name, *f.value)
		}
	}
	c.in("workspace", q.Within)
	c.within(q.From, q.To)
	return column, c
}

func scanSession(rows *sql.Rows) (Session, error) {
	var one Session
	var workspace sql.NullString
	var first, last, cost int64
	err := rows.Scan(&one.ID, &workspace, &one.newest, &first, &last, &one.Calls, &one.Errors, &one.Input, &one.Output, &cost, &one.LatencyMS)
	one.Workspace, one.First, one.Last, one.Cost = workspace.String, time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC(), gateway.USD(cost)
	return one, err
}

// sessionModels finds which models the sessions of a page used.
func (s *Store) sessionModels(ctx context.Context, column string, c conditions, page []Session) error {
	if len(page) == 0 {
		return nil
	}
	places, ids := map[string]int{}, []string{}
	for i := range page {
		page[i].Models = []string{}
		places[page[i].ID+"\x00"+page[i].Workspace] = i
		ids = append(ids, page[i].ID)
	}
	c.in(column, ids)
	c.add("provider IS NOT NULL")
	return s.query(ctx, "SELECT DISTINCT "+column+", coalesce(workspace, ''), provider, coalesce(model, '') FROM entries"+c.where()+" ORDER BY provider, coalesce(model, '')", c.args, func(rows *sql.Rows) error {
		var id, workspace, provider, model string
		if err := rows.Scan(&id, &workspace, &provider, &model); err != nil {
			return err
		}
		if i, ok := places[id+"\x00"+workspace]; ok {
			page[i].Models = append(page[i].Models, provider+"/"+strings.TrimPrefix(model, "models/"))
		}
		return nil
	})
}
