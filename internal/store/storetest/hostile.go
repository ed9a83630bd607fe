package storetest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func testHostile(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	texts := []string{"'; DROP TABLE entries; --", `" OR ""="`, "' OR '1'='1", "?", "$1", "a\x00b", "\x00", "x\xff\xfe", "é🦊\u2028", "%", "_", "\\", "1) OR (1=1"}
	for i, text := range texts {
		e := Entry(i)
		e.Model, e.User, e.Session, e.UserAgent = text, text, text, text
		e.Metadata = json.RawMessage(`{"x":` + text) // no JSON
		e.Objects = []gateway.Object{object(text, text)}
		e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: text, Bytes: []byte(text)}}
		put(t, s, e)
		must(t, s.PutSetting(t.Context(), text, []byte(text)))
		must(t, s.CreateWorkspace(t.Context(), gateway.Workspace{ID: text, Name: text}))
		k := key(i)
		k.Name, k.Workspace, k.Models = text, text, []string{text}
		must(t, s.CreateKey(t.Context(), k))
	}
	for i, text := range texts {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			want := ID(i)
			for _, q := range []store.EntryQuery{{Model: text}, {User: text}, {Session: text}} {
				if seen := listed(t, s, q); len(seen) != 1 || seen[0] != want {
					t.Errorf("%+v gave %v", q, seen)
				}
			}
			if e := need(s.Entry(t.Context(), want))(t); string(e.Bodies.Request.Bytes) != text {
				t.Errorf("body %q", e.Bodies.Request.Bytes)
			}
			if b := need(s.Setting(t.Context(), text))(t); string(b) != text {
				t.Errorf("setting %q", b)
			}
			need(s.Object(t.Context(), "vendor", text))(t)
			if page := need(s.Keys(t.Context(), store.KeyQuery{Name: text}))(t); len(page.Keys) != 1 {
				t.Errorf("%d keys", len(page.Keys))
			}
			if n := need(s.DeleteEntries(t.Context(), store.EntryQuery{Gateway: text}, 10))(t); n != 0 {
				t.Errorf("deleted %d", n)
			}
			if n := need(s.SweepEntries(t.Context(), text, Epoch().AddDate(1, 0, 0), 10))(t); n != 0 {
				t.Errorf("swept %d", n)
			}
		})
	}
	t.Run("an id that is no UUID", func(t *testing.T) {
		e := Entry(1)
		e.ID = "no uuid \x00"
		put(t, s, e)
		need(s.Entry(t.Context(), e.ID))(t)
		must(t, s.DeleteEntry(t.Context(), e.ID))
	})
}

// testTogether lets two stores on one database write and read the same rows at once.
func testTogether(t *testing.T, fresh func(testing.TB) string) {
	url := fresh(t)
	stores := []*store.Store{Open(t, url), Open(t, url)}
	const batches, size = 20, 40
	g, ctx := errgroup.WithContext(t.Context())
	for _, s := range stores {
		g.Go(func() error {
			for b := range batches {
				batch := some(b*size, (b+1)*size)
				for i := range batch {
					batch[i].Count = 2 // so that rows that are there are looked at too
				}
				if err := s.PutEntries(ctx, batch); err != nil {
					return err
				}
			}
			return nil
		})
		g.Go(func() error {
			for range batches {
				if _, err := s.ListEntries(ctx, store.EntryQuery{}); err != nil {
					return err
				}
				if _, err := s.KeysVersion(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		g.Go(func() error {
			for i := range 10 {
				if _, err := s.PutSettingOnce(ctx, "race", []byte{byte(i)}); err != nil {
					return err
				}
				if err := s.CreateWorkspace(ctx, gateway.Workspace{ID: fmt.Sprintf("%p-%d", s, i), Created: time.Now()}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	before := need(stores[0].KeysVersion(t.Context()))(t)
	must(t, g.Wait())
	if n := need(stores[0].CountEntries(t.Context(), store.EntryQuery{}))(t); n != batches*size {
		t.Errorf("%d entries", n)
	}
	if v := need(stores[1].KeysVersion(t.Context()))(t); v < before || v < 21 {
		t.Errorf("version %d after 20 changes", v)
	}
}
