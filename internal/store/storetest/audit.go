package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the tampering goes past the store

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// deed is an event whose every column holds something.
func deed(n int) audit.Event {
	return audit.Event{
		Time: Epoch().Add(time.Duration(n) * time.Second), Actor: audit.Actor{Kind: "user", ID: fmt.Sprintf("usr_%d", n%3), Name: "ann@example.com", Role: "owner"},
		Action: []string{"key.create", "key.revoke", "user.update"}[n%3], Object: audit.Object{Kind: "key", ID: fmt.Sprintf("key_%d", n), Name: "a key"},
		Workspace: []string{"default", "other"}[n%2], IP: "192.0.2.1", UserAgent: "test", RequestID: fmt.Sprintf("req_%d", n), Outcome: audit.OK, Code: "none",
		Changes: []byte(fmt.Sprintf(`[{"path":"name","before":null,"after":"%d"}]`, n)),
	}
}

// tamper gives what runs SQL past the store.
func tamper(t testing.TB, url string) func(query string) {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db := need(sql.Open(driver, name))(t)
	t.Cleanup(func() { db.Close() })
	return func(query string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), query)
		must(t, err)
	}
}

// verify walks the whole log, from page to page, up to its head.
func verify(t testing.TB, s *store.Store, anchor *audit.Hash) (*audit.Verifier, error) {
	t.Helper()
	seq, hash, err := s.AuditHead(t.Context())
	must(t, err)
	v := &audit.Verifier{Anchor: anchor, Pruned: need(s.AuditPrunes(t.Context()))(t)}
	for cursor := ""; ; {
		page := need(s.Audit(t.Context(), store.AuditQuery{Oldest: true, Limit: 5, Cursor: cursor}))(t)
		for i := range page.Events {
			if err := v.Add(&page.Events[i]); err != nil {
				return v, err
			}
		}
		if cursor = page.Next; cursor == "" {
			return v, v.End(seq, hash)
		}
	}
}

func breaks(t testing.TB, s *store.Store, what string, at int64, anchor *audit.Hash) {
	t.Helper()
	_, err := verify(t, s, anchor)
	var broken *audit.Broken
	if !errors.As(err, &broken) {
		t.Fatalf("%s is not found: %v", what, err)
	}
	if at != 0 && broken.Seq != at {
		t.Errorf("%s is found at #%d, want #%d: %v", what, broken.Seq, at, err)
	}
}

func testAudit(t *testing.T, fresh func(testing.TB) string) {
	t.Run("a changed byte of any column is found", func(t *testing.T) { testAuditBytes(t, fresh) })
	t.Run("what is removed, moved or added is found", func(t *testing.T) { testAuditRows(t, fresh) })
	t.Run("pages and filters", func(t *testing.T) { testAuditPages(t, fresh) })
	t.Run("nodes that write at once have one chain", func(t *testing.T) { testAuditNodes(t, fresh) })
	t.Run("retention leaves an event", func(t *testing.T) { testAuditPrune(t, fresh) })
	t.Run("an event is stored with its change or not at all", func(t *testing.T) { testAtomically(t, fresh) })
}

func filledAudit(t *testing.T, fresh func(testing.TB) string, n int) (*store.Store, func(string), []audit.Event) {
	url := fresh(t)
	s := Open(t, url)
	var all []audit.Event
	for i := range n {
		all = append(all, need(s.AppendAudit(t.Context(), deed(i)))(t))
	}
	if _, err := verify(t, s, nil); err != nil {
		t.Fatal(err)
	}
	return s, tamper(t, url), all
}

func testAuditBytes(t *testing.T, fresh func(testing.TB) string) {
	s, exec, all := filledAudit(t, fresh, 7)
	exec("CREATE TABLE audit_copy AS SELECT * FROM audit")
	numbers := []string{"seq", "time", "count"}
	texts := []string{"actor_kind", "actor_id", "actor_name", "actor_role", "action", "object_kind", "object_id", "object_name", "workspace", "ip", "user_agent", "request_id", "outcome", "code", "changes"}
	for _, e := range []audit.Event{all[0], all[3], all[6]} {
		for _, column := range numbers {
			at := e.Seq
			set := func(n string) {
				exec(fmt.Sprintf("UPDATE audit SET %s = %s + %s WHERE request_id = '%s'", column, column, n, e.RequestID))
			}
			set("100000")
			if column == "seq" && e.Seq == 1 {
				at = 0 // the log begins at another one
			}
			breaks(t, s, fmt.Sprintf("a changed %s of #%d", column, e.Seq), at, nil)
			putBack(exec)
		}
		for _, column := range texts {
			row := fmt.Sprintf(" WHERE seq = %d", e.Seq)
			exec("UPDATE audit SET " + column + " = " + column + " || 'x'" + row)
			breaks(t, s, fmt.Sprintf("a changed %s of #%d", column, e.Seq), e.Seq, nil)
			exec("UPDATE audit SET " + column + " = substr(" + column + ", 1, length(" + column + ") - 1)" + row)
			if column != "code" {
				exec("UPDATE audit SET code = " + column + " || code, " + column + " = ''" + row)
				breaks(t, s, fmt.Sprintf("%s of #%d in another column", column, e.Seq), e.Seq, nil)
			}
			putBack(exec)
		}
		for _, column := range []string{"prev_hash", "hash"} {
			for _, from := range []string{"prev_hash", "hash"} {
				if from != column {
					exec(fmt.Sprintf("UPDATE audit SET %s = %s WHERE seq = %d", column, from, e.Seq))
					breaks(t, s, fmt.Sprintf("a changed %s of #%d", column, e.Seq), 0, nil)
					putBack(exec)
				}
			}
		}
	}
	if _, err := verify(t, s, nil); err != nil {
		t.Errorf("what was put back does not hold: %v", err)
	}
}

// putBack undoes what tampering did since a copy was made.
func putBack(exec func(string)) {
	exec("DELETE FROM audit")
	exec("INSERT INTO audit SELECT * FROM audit_copy")
}

func testAuditRows(t *testing.T, fresh func(testing.TB) string) {
	s, exec, all := filledAudit(t, fresh, 6)
	exec("UPDATE audit SET seq = 100 WHERE seq = 2")
	exec("UPDATE audit SET seq = 2 WHERE seq = 3")
	exec("UPDATE audit SET seq = 3 WHERE seq = 100")
	breaks(t, s, "two events in each other's place", 2, nil)
	exec("UPDATE audit SET seq = 100 WHERE seq = 2")
	exec("UPDATE audit SET seq = 2 WHERE seq = 3")
	exec("UPDATE audit SET seq = 3 WHERE seq = 100")
	exec("INSERT INTO audit SELECT 7, time, count, actor_kind, actor_id, actor_name, actor_role, action, object_kind, object_id, object_name, workspace, ip, user_agent, request_id, outcome, code, changes, prev_hash, hash FROM audit WHERE seq = 6")
	breaks(t, s, "an event added at the end", 7, nil)
	exec("DELETE FROM audit WHERE seq = 7")
	anchor := all[5].Hash
	if v, err := verify(t, s, &anchor); err != nil || v.Seen != 6 || v.Rows != 6 {
		t.Fatalf("%+v, %v", v, err)
	}
	exec("DELETE FROM audit WHERE seq = 6")
	breaks(t, s, "the last event removed", 6, nil)
	exec("UPDATE audit_head SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5)")
	if _, err := verify(t, s, nil); err != nil {
		t.Fatalf("without an anchor nobody can tell: %v", err)
	}
	breaks(t, s, "an end that was cut off with care", 0, &anchor)
	exec("DELETE FROM audit WHERE seq = 3")
	breaks(t, s, "an event removed", 3, nil)
	exec("DELETE FROM audit WHERE seq < 4")
	breaks(t, s, "the beginning removed", 1, nil)
	exec("DELETE FROM audit")
	breaks(t, s, "everything removed", 1, nil)
}

func testAuditPages(t *testing.T, fresh func(testing.TB) string) {
	s, _, all := filledAudit(t, fresh, 12)
	seqs := func(q store.AuditQuery) (got string) {
		t.Helper()
		for {
			page := need(s.Audit(t.Context(), q))(t)
			for _, e := range page.Events {
				got += fmt.Sprint(e.Seq) + " "
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return strings.TrimSpace(got)
			}
		}
	}
	for want, q := range map[string]store.AuditQuery{
		"12 11 10 9 8 7 6 5 4 3 2 1": {Limit: 5},
		"1 2 3 4 5 6 7 8 9 10 11 12": {Limit: 5, Oldest: true},
		"11 12":                      {After: 10},
		"11 9 7 5 3 1":               {Workspace: "default", Limit: 2},
		"12 10 8 6 4 2":              {Within: []string{"other"}},
		"":                           {Within: []string{}},
		"12 9 6 3":                   {Action: "user.update"},
		"11 10 8 7 5 4 2 1":          {Action: "key."},
		"10 7 4 1":                   {Who: "usr_0"},
		"5":                          {Object: "key_4"},
		"4 3":                        {From: Epoch().Add(2 * time.Second), To: Epoch().Add(4 * time.Second)},
	} {
		if got := seqs(q); got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	got := need(s.AuditEvent(t.Context(), 3))(t)
	if got.Hash != all[2].Hash || got.Sum() != got.Hash || !got.Time.Equal(all[2].Time) || got.Actor != all[2].Actor {
		t.Errorf("read back as %+v", got)
	}
	if _, err := s.AuditEvent(t.Context(), 99); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if _, err := s.Audit(t.Context(), store.AuditQuery{Cursor: "%"}); !errors.Is(err, store.ErrBadCursor) {
		t.Error(err)
	}
}

func testAuditNodes(t *testing.T, fresh func(testing.TB) string) {
	url := fresh(t)
	nodes := []*store.Store{Open(t, url), Open(t, url)}
	var all sync.WaitGroup
	for i, s := range nodes {
		for j := range 3 {
			all.Go(func() {
				for k := range 5 {
					_, err := s.AppendAudit(t.Context(), deed(100*i+10*j+k))
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	if v, err := verify(t, nodes[0], nil); err != nil || v.Rows != 30 {
		t.Errorf("%d events: %v", v.Rows, err)
	}
}

func testAuditPrune(t *testing.T, fresh func(testing.TB) string) {
	s, exec, all := filledAudit(t, fresh, 10)
	for _, want := range []int{3, 1, 0} {
		if n := need(s.PruneAudit(t.Context(), Epoch().Add(4*time.Second), Epoch().Add(time.Hour), 3))(t); n != want {
			t.Errorf("%d removed, want %d", n, want)
		}
	}
	kept, lost := all[8].Hash, all[1].Hash
	v, err := verify(t, s, &kept)
	if err != nil || v.Begins == nil || v.Begins.Through != 4 || v.First != 5 || v.Last != 12 || v.Rows != 8 {
		t.Fatalf("%+v %+v: %v", v, v.Begins, err)
	}
	if _, err := verify(t, s, &all[3].Hash); err != nil {
		t.Errorf("the hash that retention tells is no anchor: %v", err)
	}
	breaks(t, s, "an anchor that is gone", 0, &lost)
	if n := need(s.PruneAudit(t.Context(), Epoch().Add(24*time.Hour), Epoch().Add(time.Hour), 100))(t); n != 7 {
		t.Errorf("%d removed of all but the last", n)
	}
	if _, err := verify(t, s, nil); err != nil {
		t.Error(err)
	}
	exec("DELETE FROM audit WHERE seq = 12")
	breaks(t, s, "an event removed behind retention's", 0, nil)
}

func testAtomically(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	fails := errors.New("it fails")
	ran := 0
	both := func(id string, err error) error {
		return s.Atomically(t.Context(), func(ctx context.Context) error {
			must(t, s.CreateWorkspace(ctx, gateway.Workspace{ID: id, Name: id, Created: Epoch()}))
			if _, err := s.Workspace(ctx, id); err != nil {
				t.Errorf("what was written is not read: %v", err)
			}
			if err := s.CreateWorkspace(ctx, gateway.Workspace{ID: id, Name: id, Created: Epoch()}); !errors.Is(err, store.ErrExists) {
				t.Errorf("%v", err)
			}
			need(s.AppendAudit(ctx, deed(1)))(t)
			store.Afterwards(ctx, func(context.Context) { ran++ })
			return err
		})
	}
	if err := both("one", fails); !errors.Is(err, fails) {
		t.Error(err)
	}
	if _, err := s.Workspace(t.Context(), "one"); !errors.Is(err, store.ErrNotFound) || ran != 0 {
		t.Errorf("%v, ran %d", err, ran)
	}
	must(t, both("two", nil))
	if _, err := s.Workspace(t.Context(), "two"); err != nil || ran != 1 {
		t.Errorf("%v, ran %d", err, ran)
	}
	if v, err := verify(t, s, nil); err != nil || v.Rows != 1 {
		t.Errorf("%+v: %v", v, err)
	}
	must(t, s.Atomically(t.Context(), func(context.Context) error { return nil }))
}
