package backup_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

func TestEveryRowComesBackInEitherEngine(t *testing.T) {
	server := testpg.Start(t)
	testOneMoment(t, server)
	engines := map[string]func(testing.TB) string{"sqlite": freshSQLite, "postgres": server.Database}
	for from, fresh := range engines {
		s := filled(t, fresh(t), 3)
		want := contents(t, s)
		file := archive(t, s, backup.Options{Calls: everything})
		for name, rows := range want {
			if len(rows) == 0 {
				t.Errorf("%s: the table %s has no rows to compare", from, name)
			}
		}
		for to, fresh := range engines {
			t.Run(from+" to "+to, func(t *testing.T) {
				url := fresh(t)
				into := open(t, url)
				if err := restore(t.Context(), into, file); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, contents(t, storetest.Open(t, url))); diff != "" {
					t.Error(diff)
				}
				if err := restore(t.Context(), open(t, url), file); !errors.Is(err, store.ErrNotFresh) || !strings.Contains(err.Error(), "keys 3") {
					t.Errorf("a second time: %v", err)
				}
				if diff := cmp.Diff(want, contents(t, storetest.Open(t, url))); diff != "" {
					t.Error("what was refused changed something:", diff)
				}
				testHalf(t, file, fresh(t))
			})
		}
	}
}

func TestEntriesAreBackedUpOnDemand(t *testing.T) {
	s := storetest.Open(t, freshSQLite(t))
	calls := map[time.Duration]bool{0: true, time.Hour: true, 2 * time.Hour: false}
	for after := range calls {
		e := storetest.Entry(int(after / time.Second))
		e.ID, e.Time = storetest.IDAt(storetest.Epoch().Add(after), 1), storetest.Epoch().Add(after)
		if err := s.PutEntries(t.Context(), []*gateway.Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	count := func(c store.Calls) (n int64) {
		h, _, err := backup.Verify(bytes.NewReader(archive(t, s, backup.Options{Calls: c})), nil, quiet)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range h.Tables {
			if table.Name == "entries" {
				n = table.Rows
			}
		}
		return n
	}
	for want, c := range map[int64]store.Calls{0: {}, 3: everything, 2: {Entries: true, Since: storetest.Epoch().Add(time.Minute)}} {
		if n := count(c); n != want {
			t.Errorf("%+v: %d entries, want %d", c, n, want)
		}
	}
}

// meddler writes to the store while it is backed up.
type meddler struct {
	io.Writer
	do func()
}

func (m *meddler) Write(b []byte) (int, error) {
	if m.do != nil {
		m.do()
		m.do = nil
	}
	return m.Writer.Write(b)
}

func testOneMoment(t *testing.T, server *testpg.Server) {
	for name, url := range map[string]string{"sqlite": freshSQLite(t), "postgres": server.Database(t)} {
		t.Run("one moment of "+name, func(t *testing.T) {
			s := filled(t, url, 2)
			want := contents(t, s)
			var b bytes.Buffer
			_, err := backup.Write(t.Context(), s, &meddler{&b, func() {
				if err := s.PutSetting(t.Context(), "later", []byte("x")); err != nil {
					t.Error(err)
				}
			}}, backup.Options{Calls: everything})
			if err != nil {
				t.Fatal(err)
			}
			if len(contents(t, s)["settings"]) != 3 {
				t.Error("nothing was written meanwhile")
			}
			into := open(t, freshSQLite(t))
			if err := restore(t.Context(), into, b.Bytes()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, contents(t, into)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A store that was restored does not take the other one's backups for its own, which it
// would delete.
func TestARestoredStoreOwnsNoBackups(t *testing.T) {
	s := storetest.Open(t, freshSQLite(t))
	for _, name := range []string{"backup.schedule", "kept"} {
		if err := s.PutSetting(t.Context(), name, []byte(`{"files":[{"name":"theirs"}]}`)); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := backup.Write(t.Context(), s, &b, backup.Options{Calls: everything}); err != nil {
		t.Fatal(err)
	}
	into := open(t, freshSQLite(t))
	if err := restore(t.Context(), into, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	if _, err := into.Setting(t.Context(), "kept"); err != nil {
		t.Error(err)
	}
	if _, err := into.Setting(t.Context(), "backup.schedule"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("its backups: %v", err)
	}
}

func TestSchemasOfOtherVersions(t *testing.T) {
	header := func(schema int64) *backup.Header {
		return &backup.Header{Format: backup.Format, Schema: schema, Tables: []store.Table{{Name: "workspaces", Rows: 0, Columns: []store.Column{{Name: "id", Kind: store.KindText}}}}}
	}
	write := func(h *backup.Header) []byte {
		var b bytes.Buffer
		w, err := backup.NewWriter(&b, backup.Lock{}, h)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	t.Run("an older one is brought up to date", func(t *testing.T) {
		url := freshSQLite(t)
		storetest.Open(t, url) // with the newest schema, and nothing in it
		if err := restore(t.Context(), open(t, url), write(header(2))); err != nil {
			t.Fatal(err)
		}
		s := storetest.Open(t, url)
		if got := contents(t, s)["workspaces"]; len(got) != 0 {
			t.Errorf("the backup had no workspaces: %v", got)
		}
		if got := contents(t, s)["audit_head"]; len(got) != 1 {
			t.Errorf("later migrations have not run: %v", got)
		}
	})
	for schema, want := range map[int64]error{9999: store.ErrNewerSchema, 0: nil, -1: nil} {
		url := freshSQLite(t)
		err := restore(t.Context(), open(t, url), write(header(schema)))
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("schema %d: %v", schema, err)
		}
		storetest.Open(t, url)
	}
	newer := header(2)
	newer.Format = backup.Format + 1
	if err := restore(t.Context(), open(t, freshSQLite(t)), write(newer)); !errors.Is(err, backup.ErrNewerFormat) {
		t.Error(err)
	}
	strange := header(2)
	strange.Tables[0].Name = "users; DROP TABLE keys"
	if err := restore(t.Context(), open(t, freshSQLite(t)), write(strange)); err != nil { // it has no rows
		t.Error(err)
	}
}
