package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/said"
	"github.com/sluice-gateway/sluice/internal/store"
)

func bodyKey(n byte, workspace string) gateway.BodyKey {
	return gateway.BodyKey{ID: gateway.BodyKeyID{n}, Workspace: workspace, Created: Epoch(), Sealed: []byte{0, 255, n}}
}

func testBodyKeys(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	ctx := t.Context()
	byID := func() map[gateway.BodyKeyID]gateway.BodyKey {
		t.Helper()
		all := map[gateway.BodyKeyID]gateway.BodyKey{}
		for _, k := range need(s.BodyKeys(ctx))(t) {
			all[k.ID] = k
		}
		return all
	}
	version := need(s.BodyKeysVersion(ctx))(t)
	changed := func(what string, want bool) {
		t.Helper()
		now := need(s.BodyKeysVersion(ctx))(t)
		if (now != version) != want {
			t.Errorf("%s: the version went from %d to %d", what, version, now)
		}
		version = now
	}
	must(t, s.AddBodyKey(ctx, bodyKey(1, "acme")))
	changed("added", true)
	again := bodyKey(1, "other")
	again.Sealed = []byte("x")
	must(t, s.AddBodyKey(ctx, again))
	changed("there already", false)
	var wg sync.WaitGroup
	for n := byte(2); n < 8; n++ {
		wg.Go(func() {
			if err := s.AddBodyKey(ctx, bodyKey(n, "acme")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, s.AddBodyKey(ctx, bodyKey(9, "other")))
	seen := map[int64]bool{}
	for _, k := range byID() {
		if k.Workspace == "acme" {
			seen[k.Version] = true
		}
		if !bytes.Equal(k.Sealed, []byte{0, 255, k.ID[0]}) || !k.Created.Equal(Epoch()) || k.Destroyed != nil {
			t.Errorf("%+v", k)
		}
	}
	if len(seen) != 7 || !seen[1] || !seen[7] || byID()[gateway.BodyKeyID{9}].Version != 1 {
		t.Errorf("versions %v", seen)
	}

	changed("added by many", true)
	must(t, s.RenewBodyKey(ctx, gateway.BodyKeyID{9}, []byte{0, 255, 9}, []byte("anew")))
	changed("renewed", true)
	if err := s.RenewBodyKey(ctx, gateway.BodyKeyID{9}, []byte{0, 255, 9}, []byte("late")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("renewed twice: %v", err)
	}
	if n := need(s.DestroyBodyKeys(ctx, "acme", Epoch()))(t); n != 7 {
		t.Errorf("%d destroyed", n)
	}
	changed("destroyed", true)
	if n := need(s.DestroyBodyKeys(ctx, "acme", Epoch()))(t); n != 0 {
		t.Errorf("%d destroyed again", n)
	}
	for _, k := range byID() {
		if gone := k.Workspace == "acme"; gone != (k.Destroyed != nil) || gone != (len(k.Sealed) == 0) {
			t.Errorf("%+v", k)
		}
	}
	if err := s.RenewBodyKey(ctx, gateway.BodyKeyID{2}, []byte{}, []byte("late")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a destroyed key was renewed: %v", err)
	}
	must(t, s.AddBodyKey(ctx, bodyKey(10, "acme")))
	if k := byID()[gateway.BodyKeyID{10}]; k.Version != 8 {
		t.Errorf("%+v", k)
	}
	must(t, s.CreateWorkspace(ctx, gateway.Workspace{ID: "acme", Name: "acme", Created: Epoch()}))
	must(t, s.DeleteWorkspace(ctx, "acme"))
	if left := byID(); len(left) != 1 || left[gateway.BodyKeyID{9}].Workspace != "other" {
		t.Errorf("after its workspace: %v", left)
	}
	changed("deleted", true)
}

// mask is what seals in tests: not well, but nothing is in clear.
type mask struct{ gone bool }

func (m *mask) turn(bound string, text []byte) []byte {
	out := bytes.Clone(text)
	for i := range out {
		out[i] ^= bound[i%len(bound)] | 0x80
	}
	return out
}

func (m *mask) Seal(dst []byte, _ gateway.BodyKeyID, bound string, text []byte) ([]byte, bool) {
	return append(dst, m.turn(bound, text)...), !m.gone
}

func (m *mask) Open(_ context.Context, bound string, sealed []byte) ([]byte, gateway.BodyKeyID, error) {
	if m.gone {
		return nil, gateway.BodyKeyID{}, gateway.ErrBodyErased
	}
	return m.turn(bound, sealed), gateway.BodyKeyID{1}, nil
}

func testSealedBodies(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	ctx, keys := t.Context(), new(mask)
	sealed := func(n int) *gateway.Entry {
		e := Entry(n)
		e.Bodies = &gateway.Bodies{Encrypt: true, Key: gateway.BodyKeyID{1}, Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("the zebra asks"), Size: 14},
			Answer: gateway.Body{ContentType: "text/plain", Bytes: []byte(strings.Repeat("the zebra says ", 100)), Size: 1500}}
		return e
	}
	unkept, kept, clear := sealed(1), sealed(2), sealed(3)
	clear.Bodies.Encrypt = false
	put(t, s, unkept) // there is nothing that seals
	s.UseBodyKeys(keys)
	put(t, s, kept, clear)
	put(t, s, kept)
	if b := need(s.Entry(ctx, unkept.ID))(t).Bodies; b == nil || b.Lost == "" || b.Request.Bytes != nil {
		t.Errorf("kept without a key: %+v", b)
	}
	if b := need(s.EntryBodies(ctx, kept.ID))(t); !b.Encrypt || b.Key != (gateway.BodyKeyID{1}) || !bytes.Equal(b.Answer.Bytes, kept.Bodies.Answer.Bytes) || b.Request.Size != 14 {
		t.Errorf("%+v", b)
	}
	for range 2 { // as they come, and made anew
		must(t, s.OpenSearch(ctx))
		for n := 1; n > 0; {
			n = need(s.FillSearch(ctx))(t)
		}
		words, err := said.Parse("zebra")
		must(t, err)
		found := need(s.SearchEntries(ctx, store.EntryQuery{Limit: 10}, words))(t)
		if len(found.Entries) != 1 || found.Entries[0].ID != clear.ID || need(s.SearchDocs(ctx))(t) != 1 {
			t.Errorf("found %d of %d", len(found.Entries), need(s.SearchDocs(ctx))(t))
		}
		must(t, s.DropSearch(ctx))
	}
	keys.gone = true
	late := sealed(4)
	put(t, s, late)
	for _, e := range []*gateway.Entry{kept, late} {
		if b := need(s.Entry(ctx, e.ID))(t).Bodies; b == nil || b.Lost != gateway.BodiesErased || b.Request.Bytes != nil {
			t.Errorf("%+v", b)
		}
	}
	must(t, s.DeleteEntry(ctx, late.ID))
	if b := need(s.EntryBodies(ctx, late.ID))(t); b != nil {
		t.Errorf("bodies of what is deleted: %+v", b)
	}
}
