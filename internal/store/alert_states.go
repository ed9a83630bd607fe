package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// AlertStates gives how all rules stood when they were looked at last, by name, those of
// rules that are gone too.
func (s *Store) AlertStates(ctx context.Context) ([]gateway.AlertState, error) {
	all, err := every(ctx, s, "SELECT rule, version, state FROM alert_states ORDER BY rule", scanAlertState)
	return all, s.failed("alert states", err)
}

// SwapAlertState stores a state in place of the one with the same rule and version (0 =
// there is none) and raises the alert with it, nil = none: both or neither. It says
// whether it did: not when somebody else was first.
func (s *Store) SwapAlertState(ctx context.Context, st gateway.AlertState, raise *gateway.Alert) (swapped bool, err error) {
	text, err := json.Marshal(st)
	if err != nil {
		return false, s.failed("alert state", err)
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		swapped = false
		query := "UPDATE alert_states SET state = ?, version = version + 1 WHERE rule = ? AND version = ?"
		if st.Version == 0 {
			query = "INSERT INTO alert_states (state, rule, version) VALUES (?, ?, ? + 1) ON CONFLICT (rule) DO NOTHING"
		}
		n, err := s.exec(ctx, tx, query, clean(string(text)), clean(st.Rule), st.Version)
		if err != nil || n == 0 {
			return err
		}
		if raise != nil {
			_, err = s.raiseAlert(ctx, tx, raise)
		}
		swapped = err == nil
		return err
	})
	return swapped && err == nil, s.failed("alert state", err)
}

// DeleteAlertState forgets a rule that is gone.
func (s *Store) DeleteAlertState(ctx context.Context, rule string) error {
	return s.failed("alert state", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "DELETE FROM alert_states WHERE rule = ?", clean(rule))
		return err
	}))
}

func scanAlertState(rows *sql.Rows) (st gateway.AlertState, err error) {
	var name, text string
	var version int64
	if err = rows.Scan(&name, &version, &text); err == nil {
		err = json.Unmarshal([]byte(text), &st)
	}
	st.Rule, st.Version = name, version
	return st, err
}
