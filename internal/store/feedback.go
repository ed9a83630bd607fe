package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// PutFeedback keeps what is thought of a call, in the place of what was said of it before.
// An entry that is not there yet has it from when it comes.
func (s *Store) PutFeedback(ctx context.Context, f gateway.Feedback) error {
	return s.failed("feedback on "+f.EntryID, s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.lockEntries(ctx, tx); err != nil {
			return err
		}
		_, err := s.exec(ctx, tx, `INSERT INTO feedback (entry_id, workspace, feedback, score, comment, "by", at, applied) VALUES (?, ?, ?, ?, ?, ?, ?, 0)
			ON CONFLICT (entry_id) DO UPDATE SET workspace = excluded.workspace, feedback = excluded.feedback, score = excluded.score, comment = excluded.comment, "by" = excluded."by", at = excluded.at, applied = 0`,
			clean(f.EntryID), clean(f.Workspace), textOrNull(f.Feedback), floatOrNull(f.Score), textOrNull(f.Comment), textOrNull(f.By), micros(f.At))
		if err != nil {
			return err
		}
		there, err := s.rate(ctx, tx, &f)
		if err == nil && there {
			err = s.changed(ctx, tx)
		}
		return err
	}))
}

// lockEntries keeps those who store entries out until the transaction ends: whoever comes
// second sees what the first has done.
func (s *Store) lockEntries(ctx context.Context, tx *sql.Tx) error {
	if s.name != "postgres" { // SQLite has one writer as it is
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(pgRollupLock))
	return err
}

// rate puts feedback on its entry, and says whether that is there.
func (s *Store) rate(ctx context.Context, tx *sql.Tx, f *gateway.Feedback) (there bool, err error) {
	var doc []byte
	err = tx.QueryRowContext(ctx, s.rebind("SELECT doc FROM entries WHERE id = ?"), clean(f.EntryID)).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	e := new(gateway.Entry)
	if err := json.Unmarshal(doc, e); err != nil {
		return false, err
	}
	e.Rate(f)
	if _, err := s.exec(ctx, tx, "UPDATE entries SET feedback = ?, score = ?, doc = ? WHERE id = ?", textOrNull(f.Feedback), floatOrNull(f.Score), string(e.AppendJSON(nil)), clean(f.EntryID)); err != nil {
		return true, err
	}
	_, err = s.exec(ctx, tx, "UPDATE feedback SET applied = 1 WHERE entry_id = ?", clean(f.EntryID))
	return true, err
}

const feedbackColumns = "entry_id, workspace, feedback, score, comment, at"

func scanFeedback(rows *sql.Rows) (gateway.Feedback, error) {
	var f gateway.Feedback
	var word, comment sql.NullString
	var score sql.NullFloat64
	var at int64
	err := rows.Scan(&f.EntryID, &f.Workspace, &word, &score, &comment, &at)
	f.Feedback, f.Comment, f.At = word.String, comment.String, time.UnixMicro(at).UTC()
	if score.Valid {
		f.Score = &score.Float64
	}
	return f, err
}

// waitingFeedback is how much feedback that waits for its entries is looked at in one
// transaction.
const waitingFeedback = 200

// rateWaiting puts feedback that was there first on entries that have come, and says on how
// many.
func (s *Store) rateWaiting(ctx context.Context, tx *sql.Tx) (int, error) {
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT "+feedbackColumns+" FROM feedback WHERE applied = 0 AND EXISTS (SELECT 1 FROM entries WHERE entries.id = feedback.entry_id) ORDER BY entry_id LIMIT ?"), waitingFeedback)
	if err != nil {
		return 0, err
	}
	var all []gateway.Feedback
	for rows.Next() {
		f, err := scanFeedback(rows)
		if err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		all = append(all, f)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(all) == 0 {
		return 0, err
	}
	for i := range all {
		if _, err := s.rate(ctx, tx, &all[i]); err != nil {
			return 0, err
		}
	}
	return len(all), s.changed(ctx, tx)
}

// FeedbackOf gives what was said of calls, by their ids; of most nothing was.
func (s *Store) FeedbackOf(ctx context.Context, ids []string) (map[string]gateway.Feedback, error) {
	found := map[string]gateway.Feedback{}
	if len(ids) == 0 {
		return found, nil
	}
	var c conditions
	c.in("entry_id", ids)
	all, err := every(ctx, s, "SELECT "+feedbackColumns+" FROM feedback"+c.where(), scanFeedback, c.args...)
	for _, f := range all {
		found[f.EntryID] = f
	}
	return found, s.failed("feedback", err)
}
