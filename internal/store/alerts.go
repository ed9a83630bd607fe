package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectAlerts = `SELECT id, rule, counter, rule_values, workspace, period, threshold, payload, created, next_try, tries, delivered, reached, last_error, state, severity, preceding, muted, channels FROM alerts`

// RaiseAlert puts an alert into the outbox and says whether it is new: a counter has one
// a period and threshold.
func (s *Store) RaiseAlert(ctx context.Context, a gateway.Alert) (fresh bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		fresh, err = s.raiseAlert(ctx, tx, &a)
		return err
	})
	return fresh, s.failed("raise alert", err)
}

func (s *Store) raiseAlert(ctx context.Context, tx *sql.Tx, a *gateway.Alert) (fresh bool, err error) {
	names, err := list(a.Channels)
	if err != nil {
		return false, err
	}
	n, err := s.exec(ctx, tx, `INSERT INTO alerts (id, rule, counter, rule_values, workspace, period, threshold, payload, created, next_try, tries, delivered, last_error, state, severity, preceding, muted, channels)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		clean(a.ID), clean(a.Rule), clean(a.Counter), clean(a.Values), clean(a.Workspace), clean(a.Period), int64(a.Threshold), clean(string(a.Payload)),
		micros(a.Created), micros(a.NextTry), int64(a.Tries), microsOrNull(a.Delivered), clean(a.LastError),
		clean(a.State), clean(a.Severity), clean(a.Preceding), bit(a.Muted), names)
	return n > 0, err
}

// DueAlerts gives undelivered alerts whose next try has come, the longest waiting first,
// and takes each for lease: no other node gets it before. Who gets one says AlertDelivered
// or AlertFailed; who dies before leaves it to whoever asks after the lease.
func (s *Store) DueAlerts(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]gateway.Alert, error) {
	due, err := every(ctx, s, selectAlerts+" WHERE delivered IS NULL AND next_try <= ? ORDER BY next_try, id LIMIT ?", scanAlert, micros(now), pageSize(limit))
	if err != nil || len(due) == 0 {
		return nil, s.failed("due alerts", err)
	}
	var mine []gateway.Alert
	err = s.tx(ctx, func(tx *sql.Tx) error {
		for _, a := range due {
			n, err := s.exec(ctx, tx, "UPDATE alerts SET next_try = ? WHERE id = ? AND next_try = ? AND delivered IS NULL",
				micros(now.Add(lease)), clean(a.ID), micros(a.NextTry))
			if err != nil {
				return err
			}
			if n > 0 {
				mine = append(mine, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.failed("due alerts", err)
	}
	return mine, nil
}

// AlertReached notes the names of all channels that have the alert already.
func (s *Store) AlertReached(ctx context.Context, id string, channels []string) error {
	names, err := list(channels)
	if err != nil {
		return s.failed("alert "+id, err)
	}
	return s.changeAlert(ctx, id, "reached = ?", names)
}

// AlertDelivered takes an alert out of what is due.
func (s *Store) AlertDelivered(ctx context.Context, id string, at time.Time) error {
	return s.changeAlert(ctx, id, "delivered = ?, last_error = ''", micros(at))
}

// Alert gives one alert, or ErrNotFound.
func (s *Store) Alert(ctx context.Context, id string) (gateway.Alert, error) {
	a, err := single(ctx, s, selectAlerts+" WHERE id = ?", scanAlert, clean(id))
	return a, s.failed("alert "+id, err)
}

// RetryAlert makes an undelivered alert due; one that was delivered stays so.
func (s *Store) RetryAlert(ctx context.Context, id string, at time.Time) error {
	return s.failed("retry alert "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE alerts SET next_try = ? WHERE id = ? AND delivered IS NULL", micros(at), clean(id))
		if err != nil || n > 0 {
			return err
		}
		return s.needRow(ctx, tx, "alerts", id)
	}))
}

// AlertFailed notes a failed try, the reason for people to see, and when the next one is.
func (s *Store) AlertFailed(ctx context.Context, id, reason string, next time.Time) error {
	return s.changeAlert(ctx, id, "tries = tries + 1, last_error = ?, next_try = ?", clean(reason), micros(next))
}

// AlertPostponed notes why an alert is not tried before a time, which counts as no try.
func (s *Store) AlertPostponed(ctx context.Context, id, reason string, next time.Time) error {
	return s.changeAlert(ctx, id, "last_error = ?, next_try = ?", clean(reason), micros(next))
}

// AlertMuted ends an alert that nobody is told of.
func (s *Store) AlertMuted(ctx context.Context, id string, at time.Time) error {
	return s.changeAlert(ctx, id, "muted = 1, delivered = ?, last_error = ''", micros(at))
}

func (s *Store) changeAlert(ctx context.Context, id, change string, args ...any) error {
	return s.failed("alert "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE alerts SET "+change+" WHERE id = ?", append(args, clean(id))...)
		return noRow(n, err)
	}))
}

// AlertQuery chooses alerts: those that match every field that is set.
type AlertQuery struct {
	Workspace string
	Within    []string // workspaces; nil = every one
	Rule      string
	Delivered *bool // nil = both
	State     string
	From, To  time.Time // From ≤ created < To; zero = no bound
	Limit     int       // of a page: 0 = 50, at most 500
	Cursor    string    // where the page before ended, "" = the newest
}

// AlertPage is one page of a list.
type AlertPage struct {
	Alerts []gateway.Alert // newest first
	Next   string          // the cursor of the next page, "" at the end
}

// Alerts gives a page, newest first.
func (s *Store) Alerts(ctx context.Context, q AlertQuery) (page AlertPage, err error) {
	l := lister[gateway.Alert]{query: selectAlerts, cursor: q.Cursor, limit: q.Limit, scan: scanAlert,
		last: func(a *gateway.Alert) (time.Time, string) { return a.Created, a.ID }}
	l.where.texts("workspace", q.Workspace, "rule", q.Rule, "state", q.State)
	if !q.From.IsZero() {
		l.where.add("created >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		l.where.add("created < ?", micros(q.To))
	}
	l.where.in("workspace", q.Within)
	l.where.null("delivered", q.Delivered)
	page.Alerts, page.Next, err = l.page(ctx, s)
	return page, s.failed("alerts", err)
}

// DeleteAlerts deletes what was delivered before a time, and what was raised before it and
// given up, and says how many. It must lie further back than any budget's period, else an
// alert could be raised twice.
func (s *Store) DeleteAlerts(ctx context.Context, before time.Time) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, "DELETE FROM alerts WHERE delivered < ? OR delivered IS NULL AND created < ? AND next_try > ?", micros(before), micros(before), micros(before.AddDate(100, 0, 0)))
		return err
	})
	return n, s.failed("delete alerts", err)
}

func scanAlert(rows *sql.Rows) (a gateway.Alert, err error) {
	var created, next int64
	var delivered *int64
	var muted int64
	var payload, reached, channels []byte
	err = rows.Scan(&a.ID, &a.Rule, &a.Counter, &a.Values, &a.Workspace, &a.Period, &a.Threshold, &payload, &created, &next, &a.Tries, &delivered, &reached, &a.LastError,
		&a.State, &a.Severity, &a.Preceding, &muted, &channels)
	if err != nil {
		return a, err
	}
	a.Payload, a.Muted = payload, muted != 0
	a.Created, a.NextTry, a.Delivered = fromMicros(created), fromMicros(next), fromNull(delivered)
	if err := json.Unmarshal(channels, &a.Channels); err != nil {
		return a, err
	}
	if len(a.Channels) == 0 {
		a.Channels = nil
	}
	return a, json.Unmarshal(reached, &a.Reached)
}
