package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// swept is a process of which only the sweeping matters, over a real store.
func swept(t *testing.T) *process {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := &process{store: s, log: slog.New(slog.DiscardHandler)}
	p.config.Store(&config.Config{Audit: config.Audit{Retain: 24 * time.Hour}})
	return p
}

// entryAt gives an entry of that time, whose id tells it too (RFC 9562, 5.7).
func entryAt(at time.Time, n int) *gateway.Entry {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6], id[8], id[14], id[15] = 0x70, 0x80, byte(n>>8), byte(n)
	return &gateway.Entry{ID: id.String(), Time: at, LastTime: at, Gateway: "default", Workspace: "default", Count: 1,
		Settlements: []gateway.Settlement{{Rule: "gateway/default/b", Counter: "00000000000000000000000000000001", Values: "workspace=default", Amount: 1, Time: at}}}
}

func TestASweepDeletesWhatNobodyNeedsAndNothingElse(t *testing.T) {
	p, ctx := swept(t), t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	old := now.Add(-keepLedger - time.Hour)
	var entries []*gateway.Entry
	for n := range sweepStep + 5 { // more than one step
		entries = append(entries, entryAt(old, n))
	}
	must(p.store.PutEntries(ctx, append(entries, entryAt(now.Add(-keepLedger+48*time.Hour), 0), entryAt(now, 0))))
	for name, at := range map[string]time.Time{"old": now.Add(-keepAlerts - time.Hour), "young": now} {
		_, err := p.store.RaiseAlert(ctx, gateway.Alert{ID: "alt_" + name, Rule: "r", Counter: name, Workspace: "default", Payload: json.RawMessage("{}"), Created: at, NextTry: at})
		must(err)
		must(p.store.AlertDelivered(ctx, "alt_"+name, at))
	}
	for name, ended := range map[string]time.Time{"gone": now.Add(-keepExpired - time.Hour), "ended": now.Add(-time.Hour), "valid": now.Add(time.Hour)} {
		must(p.store.CreateToken(ctx, gateway.Token{ID: "tok_" + name, Name: name, Admin: true, Hash: gateway.HashKey(name), Created: now.Add(-1000 * time.Hour), Expires: &ended}))
	}
	for _, at := range []time.Time{now.Add(-48 * time.Hour), now} {
		_, err := p.store.AppendAudit(ctx, audit.Event{Time: at, Action: "key.create", Outcome: audit.OK})
		must(err)
	}
	must(p.sweepOnce(ctx, now))
	kept, err := p.store.Audit(ctx, store.AuditQuery{Oldest: true})
	must(err)
	if len(kept.Events) != 2 || kept.Events[0].Seq != 2 || kept.Events[1].Action != audit.Prune {
		t.Errorf("of the audit log %+v is left", kept.Events)
	}
	left, err := p.store.Spent(ctx, "00000000000000000000000000000001", time.Time{})
	must(err)
	if left != 2 {
		t.Errorf("%d settlements are left, want 2", left)
	}
	if _, err := p.store.Entry(ctx, entries[0].ID); err != nil {
		t.Errorf("an entry went with its settlement: %v", err)
	}
	alerts, err := p.store.Alerts(ctx, store.AlertQuery{})
	must(err)
	tokens, err := p.store.Tokens(ctx, store.TokenQuery{})
	must(err)
	names := ""
	for _, a := range alerts.Alerts {
		names += a.ID + " "
	}
	for _, id := range []string{"tok_gone", "tok_ended", "tok_valid"} {
		if _, err := p.store.Token(ctx, id); (err == nil) == (id == "tok_gone") || err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if names != "alt_young " || len(tokens.Tokens) != 2 {
		t.Errorf("left: %s, %d tokens", names, len(tokens.Tokens))
	}
	must(p.sweepOnce(ctx, now)) // with nothing to do
}

func TestASweepRunsEachHourUntilItIsToldToEnd(t *testing.T) {
	p := swept(t)
	p.store.Close() // so that each try says that it failed
	synctest.Test(t, func(t *testing.T) {
		said := &counting{}
		p.log = slog.New(said)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); p.sweep(ctx) }()
		<-time.After(3*sweepEvery + time.Minute)
		synctest.Wait()
		cancel()
		<-ended
		if said.warnings != 3 {
			t.Errorf("%d sweeps in three hours", said.warnings)
		}
	})
}

// counting counts what is logged.
type counting struct{ warnings int }

func (*counting) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (c *counting) Handle(_ context.Context, r slog.Record) error {
	if r.Level != slog.LevelWarn {
		return fmt.Errorf("%s", r.Message)
	}
	c.warnings++
	return nil
}

// WithAttrs implements slog.Handler.
func (c *counting) WithAttrs([]slog.Attr) slog.Handler { return c }

// WithGroup implements slog.Handler.
func (c *counting) WithGroup(string) slog.Handler { return c }
