package bodykey_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	_ "modernc.org/sqlite"             // registers "sqlite"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/bodykey"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/vault"
)

const prompt = "purple elephants dance at midnight"

// house is a store with what seals its bodies.
type house struct {
	*store.Store
	url   string
	vault *vault.Vault
	keys  *bodykey.Keys
}

func build(t testing.TB, url string, source seal.Source, s *store.Store) *house {
	v := vault.New(s, source)
	k := bodykey.New(bodykey.Config{Store: s, Vault: v, Log: slog.New(slog.DiscardHandler)})
	s.UseBodyKeys(k)
	return &house{s, url, v, k}
}

func newHouse(t testing.TB, url, master string) *house {
	t.Helper()
	return build(t, url, seal.Text(master), storetest.Open(t, url))
}

func (h *house) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, name := "pgx", h.url
	if path, ok := strings.CutPrefix(h.url, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func spoken(n int) *gateway.Entry {
	e := storetest.Entry(n)
	e.Status = 200
	e.Bodies = &gateway.Bodies{
		Encrypt:  true,
		Request:  gateway.Body{ContentType: "application/json", Bytes: []byte(`{"messages":[{"role":"user","content":"` + prompt + `"}]}`), Size: 77},
		Answer:   gateway.Body{ContentType: "application/json", Bytes: []byte(strings.Repeat(prompt+" ", 200)), Size: 9000, Truncated: true},
		Attempts: []gateway.Sent{{Attempt: 1, Request: &gateway.Body{Bytes: []byte(prompt)}, DumpNote: "too large"}},
	}
	return e
}

func (h *house) recorder(t testing.TB, dir string, paused bool) *record.Recorder {
	t.Helper()
	r, err := record.Open(record.Options{Dir: dir, Store: h, Seals: h.keys, Paused: paused, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	return r
}

func end(t testing.TB, r *record.Recorder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	must(t, r.Close(ctx))
}

// nowhere fails where a file below a folder holds the prompt.
func nowhere(t testing.TB, dir string) {
	t.Helper()
	files := 0
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files++
		if bytes.Contains(bytes.ToLower(text), []byte("elephant")) {
			t.Errorf("%s holds the prompt", path)
		}
		return err
	}))
	if files == 0 {
		t.Error("no file was looked at")
	}
}

// everyText gives all that the tables hold, as text.
func (h *house) everyText(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	for _, table := range []string{"entries", "bodies", "body_keys", "search_queue", "settings"} {
		rows, err := h.raw(t).Query("SELECT * FROM " + table)
		must(t, err)
		defer rows.Close()
		columns, _ := rows.Columns()
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new([]byte)
			}
			must(t, rows.Scan(values...))
			for _, v := range values {
				out.Write(*v.(*[]byte))
				out.WriteByte('\n')
			}
		}
		must(t, rows.Err())
	}
	return out.String()
}

func (h *house) bodies(t testing.TB, id string) *gateway.Bodies {
	t.Helper()
	e, err := h.Entry(t.Context(), id)
	must(t, err)
	if e.Bodies == nil {
		t.Fatal("no bodies")
	}
	return e.Bodies
}

func wantBodies(t testing.TB, got *gateway.Bodies) {
	t.Helper()
	want := spoken(1).Bodies
	if got.Lost != "" || !got.Encrypt || string(got.Request.Bytes) != string(want.Request.Bytes) || string(got.Answer.Bytes) != string(want.Answer.Bytes) ||
		got.Answer.Size != 9000 || !got.Answer.Truncated || len(got.Attempts) != 1 || string(got.Attempts[0].Request.Bytes) != prompt || got.Attempts[0].DumpNote != "too large" {
		t.Errorf("%+v", got)
	}
}

func TestBothEngines(t *testing.T) {
	server := testpg.Start(t)
	for name, test := range map[string]func(t *testing.T, url string){
		"no file holds what was said":             testNoFileHolds,
		"a moved body is refused":                 testMoved,
		"destroyed keys leave nothing that opens": testDestroyed,
		"keys outlive a rotation and a backup":    testRotation,
		"locked bodies hold no money up":          testLocked,
	} {
		t.Run(name+", sqlite", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sluice.db")
			storetest.Seed(t, path)
			test(t, "sqlite:"+path)
		})
		t.Run(name+", postgres", func(t *testing.T) { test(t, server.Database(t)) })
	}
}

var masterA, masterB = strings.Repeat("a", 64), strings.Repeat("b", 64)

func testNoFileHolds(t *testing.T, url string) {
	h, spool := newHouse(t, url, masterA), t.TempDir()
	r := h.recorder(t, spool, true)
	e := spoken(1)
	r.Append(e)
	waiting, ok := r.PendingEntry(e.ID)
	if !ok {
		t.Fatal("not in the spool")
	}
	wantBodies(t, waiting.Bodies)
	nowhere(t, spool)
	must(t, h.keys.Settle(t.Context(), nil)) // as Run does
	end(t, r)                                // as it died: nothing has gone to the store
	nowhere(t, spool)

	h.keys = bodykey.New(bodykey.Config{Store: h.Store, Vault: h.vault, Log: slog.New(slog.DiscardHandler)})
	h.UseBodyKeys(h.keys)
	r = h.recorder(t, spool, false)
	must(t, r.Flush(t.Context()))
	r.Append(spoken(2))
	must(t, r.Flush(t.Context()))
	end(t, r)
	for _, n := range []int{1, 2} {
		wantBodies(t, h.bodies(t, spoken(n).ID))
	}
	if all := h.everyText(t); strings.Contains(all, "elephant") || !strings.Contains(all, spoken(1).ID) {
		t.Error("a table holds what was said")
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		nowhere(t, filepath.Dir(path))
	}
}

func put(t testing.TB, h *house, n int) *gateway.Entry {
	t.Helper()
	e := spoken(n)
	e.Bodies.Key = h.keys.Key(e.Workspace)
	must(t, h.keys.Settle(t.Context(), []gateway.BodyKeyID{e.Bodies.Key}))
	must(t, h.PutEntries(t.Context(), []*gateway.Entry{e}))
	return e
}

func testMoved(t *testing.T, url string) {
	h := newHouse(t, url, masterA)
	a, b, c := put(t, h, 1), put(t, h, 2), put(t, h, 3)
	db := h.raw(t)
	for _, move := range []string{
		fmt.Sprintf("UPDATE bodies SET bytes = (SELECT bytes FROM bodies WHERE entry_id = '%s' AND part = 'request') WHERE entry_id = '%s' AND part = 'request'", a.ID, b.ID),
		fmt.Sprintf("UPDATE bodies SET bytes = (SELECT bytes FROM bodies WHERE entry_id = '%s' AND part = '1.request') WHERE entry_id = '%s' AND part = 'request'", c.ID, c.ID),
	} {
		if _, err := db.Exec(move); err != nil {
			t.Fatal(err)
		}
	}
	wantBodies(t, h.bodies(t, a.ID))
	for _, moved := range []*gateway.Entry{b, c} {
		if got := h.bodies(t, moved.ID); got.Lost != gateway.BodiesDamaged || got.Request.Bytes != nil {
			t.Errorf("%+v", got)
		}
	}
}

func testDestroyed(t *testing.T, url string) {
	h, spool := newHouse(t, url, masterA), t.TempDir()
	r := h.recorder(t, spool, true)
	waits := spoken(7)
	r.Append(waits)
	e := put(t, h, 1)
	other := spoken(3)
	other.ID = storetest.IDAt(time.Now(), 3) // as of a call that began when its key was made
	other.Workspace, other.Bodies.Key = "other", h.keys.Key("other")
	must(t, h.keys.Settle(t.Context(), []gateway.BodyKeyID{other.Bodies.Key}))
	must(t, h.PutEntries(t.Context(), []*gateway.Entry{other}))
	var was []byte
	must(t, h.raw(t).QueryRow("SELECT sealed FROM body_keys WHERE workspace = 'default'").Scan(&was))
	if n, err := h.DestroyBodyKeys(t.Context(), "default", time.Now()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	must(t, h.Compact(t.Context()))
	must(t, h.keys.Read(t.Context()))
	fresh := bodykey.New(bodykey.Config{Store: h.Store, Vault: h.vault, Log: slog.New(slog.DiscardHandler)})
	for _, k := range []*bodykey.Keys{h.keys, fresh} { // a node that knew the key, and one that did not
		h.UseBodyKeys(k)
		if got := h.bodies(t, e.ID); got.Lost != gateway.BodiesErased || got.Request.Bytes != nil || got.Attempts != nil {
			t.Errorf("%+v", got)
		}
		wantBodies(t, h.bodies(t, other.ID))
	}
	h.UseBodyKeys(h.keys)
	if all := h.everyText(t); strings.Contains(all, string(was)) {
		t.Error("the sealed key is left in a table")
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		text, err := os.ReadFile(path)
		must(t, err)
		log, _ := os.ReadFile(path + "-wal")
		if bytes.Contains(append(text, log...), was) {
			t.Error("the sealed key is left in a file of the database")
		}
	}
	if got, ok := r.PendingEntry(waits.ID); !ok || got.Bodies == nil || got.Bodies.Lost != gateway.BodiesErased {
		t.Errorf("in the spool: %+v", got.Bodies)
	}
	r.Pause(false)
	must(t, r.Flush(t.Context()))
	end(t, r)
	if got := h.bodies(t, waits.ID); got.Lost != gateway.BodiesErased {
		t.Errorf("out of the spool: %+v", got)
	}
	wantBodies(t, h.bodies(t, put(t, h, 9).ID)) // later calls have a new key
	if held, err := h.HeldUnderKeys(t.Context(), "other"); err != nil || held["keys"] != 1 || held["entries"] != 1 || held["bodies"] != 4 {
		t.Errorf("%v %v", held, err)
	}
}

func testRotation(t *testing.T, url string) {
	h := newHouse(t, url, masterA)
	e := put(t, h, 1)
	destroyed := spoken(2)
	destroyed.Workspace, destroyed.Bodies.Key = "gone", h.keys.Key("gone")
	must(t, h.keys.Settle(t.Context(), []gateway.BodyKeyID{destroyed.Bodies.Key}))
	must(t, h.PutEntries(t.Context(), []*gateway.Entry{destroyed}))
	if _, err := h.DestroyBodyKeys(t.Context(), "gone", time.Now()); err != nil {
		t.Fatal(err)
	}
	var before, after []byte
	read := func(into *[]byte) {
		must(t, h.raw(t).QueryRow("SELECT sealed FROM body_keys WHERE workspace = 'default'").Scan(into))
	}
	read(&before)
	if n, err := h.vault.RotateData(t.Context()); n != 1 || err != nil {
		t.Errorf("renewed %d, %v", n, err)
	}
	if read(&after); bytes.Equal(before, after) {
		t.Error("the key was not sealed anew")
	}
	both := build(t, url, seal.Text(masterB+","+masterA), h.Store)
	must(t, both.vault.AdoptMaster(t.Context()))
	must(t, both.vault.ForgetMasters(t.Context()))
	wantBodies(t, build(t, url, seal.Text(masterB), h.Store).bodies(t, e.ID))
	if got := build(t, url, seal.Text(masterA), h.Store).bodies(t, e.ID); got.Lost != gateway.BodiesLocked {
		t.Errorf("the old master key: %+v", got)
	}

	var file bytes.Buffer
	_, err := backup.Write(t.Context(), h.Store, &file, backup.Options{Calls: store.Calls{Entries: true}})
	must(t, err)
	copied := "sqlite:" + filepath.Join(t.TempDir(), "copy.db")
	into, err := store.Open(t.Context(), copied)
	must(t, err)
	t.Cleanup(func() { into.Close() })
	none := func() (string, error) { return "", nil }
	if _, _, err := backup.Restore(t.Context(), into, bytes.NewReader(file.Bytes()), none, func(int64, int64) {}, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	restored := build(t, copied, seal.Text(masterB), into)
	wantBodies(t, restored.bodies(t, e.ID))
	if got := restored.bodies(t, destroyed.ID); got.Lost != gateway.BodiesErased {
		t.Errorf("%+v", got)
	}
}

// A key that does not open holds up what it has sealed, and nothing else: what calls cost is
// in the store, and their bodies come when the key opens.
func testLocked(t *testing.T, url string) {
	h, spool := newHouse(t, url, masterA), t.TempDir()
	r := h.recorder(t, spool, true)
	e := spoken(1)
	counter := strings.Repeat("0f", 16)
	e.Settlements = []gateway.Settlement{{Rule: "r", Counter: counter, Amount: 700, Time: e.Time}}
	r.Append(e)
	must(t, h.keys.Settle(t.Context(), nil))
	end(t, r)

	other := build(t, url, seal.Text(masterB), h.Store)
	var minutes atomic.Int64
	clock := func() time.Time { return time.Unix(0, 0).Add(time.Duration(minutes.Add(1)) * time.Minute) }
	r, err := record.Open(record.Options{Dir: spool, Store: other, Seals: other.keys, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	must(t, r.Flush(t.Context()))
	end(t, r)
	if got := other.bodies(t, e.ID); got == nil || got.Lost != gateway.BodiesLocked || got.Request.Bytes != nil {
		t.Errorf("%+v", got)
	}
	spent := func() int64 {
		n, err := h.SpentBeside(t.Context(), counter, e.Time.Add(-time.Hour), nil)
		must(t, err)
		return int64(n)
	}
	if spent() != 700 {
		t.Errorf("spent %d", spent())
	}

	bad, err := filepath.Glob(filepath.Join(spool, "bad", "*.spool"))
	must(t, err)
	if len(bad) != 1 {
		t.Fatalf("%q", bad)
	}
	must(t, os.Rename(bad[0], filepath.Join(spool, filepath.Base(bad[0]))))
	right := build(t, url, seal.Text(masterA), h.Store)
	r = right.recorder(t, spool, false)
	must(t, r.Flush(t.Context()))
	end(t, r)
	wantBodies(t, right.bodies(t, e.ID))
	if spent() != 700 {
		t.Errorf("spent %d when it was sent again", spent())
	}
}
