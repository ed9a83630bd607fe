package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const selectMutes = "SELECT id, rule, value, workspace, author, reason, created, until FROM alert_mutes"

// maxMutes bounds the mutes in force that are read.
const maxMutes = 1000

// AlertMutes gives the mutes that are in force at a time, the newest first; within = of
// these workspaces, nil = all.
func (s *Store) AlertMutes(ctx context.Context, within []string, at time.Time) ([]gateway.AlertMute, error) {
	var c conditions
	c.add("until > ?", micros(at))
	c.in("workspace", within)
	all, err := every(ctx, s, selectMutes+c.where()+" ORDER BY created DESC, id DESC LIMIT ?", scanMute, append(c.args, maxMutes)...)
	return all, s.failed("alert mutes", err)
}

// AlertMute gives one mute, or ErrNotFound.
func (s *Store) AlertMute(ctx context.Context, id string) (gateway.AlertMute, error) {
	m, err := single(ctx, s, selectMutes+" WHERE id = ?", scanMute, clean(id))
	return m, s.failed("alert mute "+id, err)
}

// CreateAlertMute stores a mute.
func (s *Store) CreateAlertMute(ctx context.Context, m gateway.AlertMute) error {
	return s.failed("create alert mute", s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO alert_mutes (id, rule, value, workspace, author, reason, created, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			clean(m.ID), clean(m.Rule), clean(m.Value), clean(m.Workspace), clean(m.By), clean(m.Reason), micros(m.Created), micros(m.Until))
		return err
	}))
}

// EndAlertMute ends a mute that would be in force longer.
func (s *Store) EndAlertMute(ctx context.Context, id string, at time.Time) error {
	return s.failed("alert mute "+id, s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, "UPDATE alert_mutes SET until = ? WHERE id = ? AND until > ?", micros(at), clean(id), micros(at))
		if err != nil || n > 0 {
			return err
		}
		return s.needRow(ctx, tx, "alert_mutes", id)
	}))
}

// LeaseAlerts gives the looking at rules to holder until a time, unless another has it
// at now, and says whether holder has it.
func (s *Store) LeaseAlerts(ctx context.Context, holder string, now, until time.Time) (mine bool, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, `INSERT INTO alert_lease (id, holder, until) VALUES ('rules', ?, ?)
			ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE alert_lease.holder = excluded.holder OR alert_lease.until <= ?`,
			clean(holder), micros(until), micros(now))
		mine = n > 0
		return err
	})
	return mine && err == nil, s.failed("alert lease", err)
}

func scanMute(rows *sql.Rows) (m gateway.AlertMute, err error) {
	var created, until int64
	err = rows.Scan(&m.ID, &m.Rule, &m.Value, &m.Workspace, &m.By, &m.Reason, &created, &until)
	m.Created, m.Until = fromMicros(created), fromMicros(until)
	return m, err
}
