package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
)

const (
	auditColumns = `seq, time, count, actor_kind, actor_id, actor_name, actor_role, action, object_kind, object_id, object_name, workspace,
		ip, user_agent, request_id, outcome, code, changes, prev_hash, hash`
	selectAudit = "SELECT " + auditColumns + " FROM audit"
)

// AppendAudit adds an event to the end of the audit log and gives it as it is stored, with
// number and hashes. Under Atomically it is stored with the rest or not at all. Nodes that
// append at once wait for each other, so it should be the last thing of a transaction.
func (s *Store) AppendAudit(ctx context.Context, e audit.Event) (audit.Event, error) {
	e.Fit()
	err := s.tx(ctx, func(tx *sql.Tx) error {
		seq, hash, err := s.lockAudit(ctx, tx)
		if err != nil {
			return err
		}
		e.Link(seq, hash)
		return s.insertAudit(ctx, tx, &e)
	})
	return e, s.failed("audit", err)
}

// lockAudit lets one transaction at a time add events, and gives the last one.
func (s *Store) lockAudit(ctx context.Context, tx *sql.Tx) (seq int64, hash audit.Hash, err error) {
	n, err := s.exec(ctx, tx, "UPDATE audit_head SET id = id WHERE id = 1")
	if err == nil && n != 1 {
		err = errors.New("the end of the audit log is not known: its row is missing")
	}
	if err != nil {
		return 0, hash, err
	}
	var raw []byte
	err = tx.QueryRowContext(ctx, "SELECT seq, hash FROM audit_head WHERE id = 1").Scan(&seq, &raw)
	copy(hash[:], raw)
	return seq, hash, err
}

func (s *Store) insertAudit(ctx context.Context, tx *sql.Tx, e *audit.Event) error {
	row := []any{
		e.Seq, e.Time.UnixMicro(), e.Count, e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.Role, e.Action, e.Object.Kind, e.Object.ID, e.Object.Name, e.Workspace,
		e.IP, e.UserAgent, e.RequestID, e.Outcome, e.Code, string(e.Changes), e.Prev[:], e.Hash[:],
	}
	if _, err := s.exec(ctx, tx, "INSERT INTO audit ("+auditColumns+") VALUES ("+marks(len(row))+")", row...); err != nil {
		return err
	}
	_, err := s.exec(ctx, tx, "UPDATE audit_head SET seq = ?, hash = ? WHERE id = 1", e.Seq, e.Hash[:])
	return err
}

// AuditHead gives number and hash of the last event, 0 when there is none.
func (s *Store) AuditHead(ctx context.Context) (seq int64, hash audit.Hash, err error) {
	var raw []byte
	err = s.one(ctx, "SELECT seq, hash FROM audit_head WHERE id = 1", nil, &seq, &raw)
	copy(hash[:], raw)
	return seq, hash, s.failed("audit", err)
}

// AuditEvent gives one event, or ErrNotFound.
func (s *Store) AuditEvent(ctx context.Context, seq int64) (audit.Event, error) {
	e, err := single(ctx, s, selectAudit+" WHERE seq = ?", scanAudit, seq)
	return e, s.failed("audit event "+strconv.FormatInt(seq, 10), err)
}

// AuditQuery chooses events: those that match every field that is set.
type AuditQuery struct {
	Who       string   // id or name of the actor
	Action    string   // exactly, or all of a noun: "key."
	Object    string   // id or name
	Kind      string   // of the object
	Workspace string   //
	Within    []string // workspaces; nil = every one
	Outcome   string
	IP        string
	From, To  time.Time // To excluded
	Hash      *audit.Hash
	After     int64  // events behind this one, oldest first; 0 = all, newest first, unless Oldest
	Oldest    bool   // oldest first
	Limit     int    // of a page: 0 = 50, at most 500
	Cursor    string // where the page before ended
}

// AuditPage is one page of the audit log.
type AuditPage struct {
	Events []audit.Event
	Next   string // the cursor of the next page, "" at the end
}

// Audit gives a page of events.
func (s *Store) Audit(ctx context.Context, q AuditQuery) (page AuditPage, err error) {
	var where conditions
	rising := q.Oldest || q.After > 0
	if err := where.audit(q, rising); err != nil {
		return page, s.failed("audit", err)
	}
	order := " DESC"
	if rising {
		order = ""
	}
	size := pageSize(q.Limit)
	err = s.query(ctx, selectAudit+where.where()+" ORDER BY seq"+order+" LIMIT ?", append(where.args, size+1), func(rows *sql.Rows) error {
		if len(page.Events) == size {
			page.Next = toCursor(strconv.FormatInt(page.Events[size-1].Seq, 10))
			return nil
		}
		e, err := scanAudit(rows)
		if err != nil { // a column was made what it never is
			return &audit.Broken{Seq: e.Seq, Why: "it was changed: it cannot be read: " + err.Error()}
		}
		page.Events = append(page.Events, e)
		return nil
	})
	return page, s.failed("audit", err)
}

func (c *conditions) audit(q AuditQuery, rising bool) error {
	c.texts("workspace", q.Workspace, "object_kind", q.Kind, "outcome", q.Outcome, "ip", q.IP)
	c.in("workspace", q.Within)
	if q.Who != "" {
		c.add("(actor_id = ? OR actor_name = ?)", clean(q.Who), clean(q.Who))
	}
	if q.Object != "" {
		c.add("(object_id = ? OR object_name = ?)", clean(q.Object), clean(q.Object))
	}
	if noun, whole := strings.CutSuffix(clean(q.Action), "."); whole {
		c.add("action >= ? AND action < ?", noun+".", noun+"/") // '/' is the character behind '.'
	} else {
		c.texts("action", q.Action)
	}
	if !q.From.IsZero() {
		c.add("time >= ?", micros(q.From))
	}
	if !q.To.IsZero() {
		c.add("time < ?", micros(q.To))
	}
	if q.Hash != nil {
		c.add("hash = ?", q.Hash[:])
	}
	if q.After > 0 {
		c.add("seq > ?", q.After)
	}
	if q.Cursor == "" {
		return nil
	}
	last, err := fromCursor(q.Cursor)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		return ErrBadCursor
	}
	if rising {
		c.add("seq > ?", seq)
	} else {
		c.add("seq < ?", seq)
	}
	return nil
}

func scanAudit(rows *sql.Rows) (e audit.Event, err error) {
	var at int64
	var changes string
	var prev, hash []byte
	err = rows.Scan(&e.Seq, &at, &e.Count, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Role, &e.Action, &e.Object.Kind, &e.Object.ID, &e.Object.Name, &e.Workspace,
		&e.IP, &e.UserAgent, &e.RequestID, &e.Outcome, &e.Code, &changes, &prev, &hash)
	e.Time, e.Changes = time.UnixMicro(at).UTC(), []byte(changes)
	e.Prev, e.Hash = auditHash(prev), auditHash(hash)
	return e, err
}

// auditHash reads a hash; what is none becomes one that no event has.
func auditHash(raw []byte) audit.Hash {
	if len(raw) == len(audit.Hash{}) {
		return audit.Hash(raw)
	}
	return audit.Hash(bytes.Repeat([]byte{0xff}, len(audit.Hash{})))
}
