package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func object(id, workspace string) gateway.Object {
	return gateway.Object{ID: id, Kind: "file", Provider: "vendor", Credential: "a", Gateway: "default", Workspace: workspace, KeyID: "key_1", Created: Epoch()}
}

func deleted(o gateway.Object) gateway.Object {
	o.Deleted = true
	return o
}

func testObjects(t *testing.T, fresh func(testing.TB) string) {
	t.Run("an object comes back as it was put", func(t *testing.T) {
		s := Open(t, fresh(t))
		want := object("file-1", "w1")
		must(t, s.PutObject(t.Context(), want, Epoch()))
		if diff := cmp.Diff(want, need(s.Object(t.Context(), "vendor", "file-1"))(t)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, need(s.ObjectByID(t.Context(), "file-1", "file"))(t)); diff != "" {
			t.Error(diff)
		}
		for _, err := range []error{errOf(s.Object(t.Context(), "other", "file-1")), errOf(s.ObjectByID(t.Context(), "file-1", "batch"))} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("err = %v", err)
			}
		}
	})
	t.Run("what is held for a batch stays with it, and it is settled once whichever comes first", func(t *testing.T) {
		for _, settledFirst := range []bool{false, true} {
			s := Open(t, fresh(t))
			o := object("batch-1", "w1")
			o.Kind, o.Hold = "batch", `{"hold":"00"}`
			done, foreign := o, o
			done.Settled, foreign.Settled, foreign.Workspace = true, true, "w2"
			events := []gateway.Object{o, foreign, done}
			if settledFirst {
				events = []gateway.Object{done, o}
			}
			for i, e := range events {
				must(t, s.PutObject(t.Context(), e, Epoch().Add(time.Duration(i)*time.Second)))
				got := need(s.ObjectByID(t.Context(), "batch-1", "batch"))(t)
				if want := settledFirst || e == done; got.Settled != want || got.Hold != o.Hold || got.Workspace != "w1" {
					t.Errorf("after event %d: %+v", i, got)
				}
			}
		}
	})
	t.Run("owner and deletion", func(t *testing.T) { testOwner(t, Open(t, fresh(t))) })
	t.Run("objects come with their entry", func(t *testing.T) {
		s := Open(t, fresh(t))
		e := Entry(1)
		o := object("batch-1", "w1")
		o.Created = time.Time{}
		e.Objects = []gateway.Object{o}
		put(t, s, e)
		put(t, s, e)
		o.Created = e.Time
		if diff := cmp.Diff(o, need(s.Object(t.Context(), "vendor", "batch-1"))(t)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("own objects", func(t *testing.T) {
		s := Open(t, fresh(t))
		must(t, s.PutObject(t.Context(), object("mine", "w1"), Epoch()))
		must(t, s.PutObject(t.Context(), object("theirs", "w2"), Epoch()))
		must(t, s.PutObject(t.Context(), deleted(object("gone", "w1")), Epoch()))
		ids := []string{"mine", "theirs", "gone", "unknown"}
		for range 2500 {
			ids = append(ids, "filler")
		}
		own := need(s.OwnObjects(t.Context(), "w1", "file", append(ids, "mine")))(t)
		if diff := cmp.Diff(map[string]bool{"mine": true}, own); diff != "" {
			t.Error(diff)
		}
		if own := need(s.OwnObjects(t.Context(), "w1", "file", nil))(t); len(own) != 0 {
			t.Errorf("%v", own)
		}
	})
}

func errOf[T any](_ T, err error) error { return err }

func testOwner(t *testing.T, s *store.Store) {
	at := func(minute int) time.Time { return Epoch().Add(time.Duration(minute) * time.Minute) }
	for _, step := range []struct {
		what    string
		object  gateway.Object
		at      int
		owner   string
		deleted bool
	}{
		{"made", object("x", "w1"), 1, "w1", false},
		{"made again, by another", object("x", "w2"), 2, "w1", false},
		{"deleted by another", deleted(object("x", "w2")), 3, "w1", false},
		{"deleted by the owner", deleted(object("x", "w1")), 4, "w1", true},
		{"its making arrives once more", object("x", "w1"), 1, "w1", true},
		{"made anew by another, after the deletion", object("x", "w2"), 5, "w2", false},
		{"the old deletion arrives once more", deleted(object("x", "w1")), 4, "w2", false},
	} {
		must(t, s.PutObject(t.Context(), step.object, at(step.at)))
		o := need(s.Object(t.Context(), "vendor", "x"))(t)
		if o.Workspace != step.owner || o.Deleted != step.deleted {
			t.Errorf("%s: owner %s, deleted %v", step.what, o.Workspace, o.Deleted)
		}
		if _, err := s.ObjectByID(t.Context(), "x", "file"); (err == nil) == step.deleted {
			t.Errorf("%s: by id: %v", step.what, err)
		}
	}
}

func testSettings(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	if _, err := s.Setting(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	for _, value := range [][]byte{[]byte("1"), {0, 255}, nil} {
		must(t, s.PutSetting(t.Context(), "a", value))
		if b := need(s.Setting(t.Context(), "a"))(t); !bytes.Equal(b, value) {
			t.Errorf("%q", b)
		}
	}
	first, second := []byte("first"), []byte("second")
	for _, value := range [][]byte{first, second} {
		if b := need(s.PutSettingOnce(t.Context(), "once", value))(t); !bytes.Equal(b, first) {
			t.Errorf("%q", b)
		}
	}
	t.Run("the keyring is swapped by who knows it", func(t *testing.T) { testKeyring(t, s) })
}

func testKeyring(t *testing.T, s *store.Store) {
	swap := func(old, next string) bool {
		var was []byte
		if old != "" {
			was = []byte(old)
		}
		return need(s.SwapKeyring(t.Context(), was, []byte(next)))(t)
	}
	if ring := need(s.Keyring(t.Context()))(t); ring != nil {
		t.Errorf("%q", ring)
	}
	if !swap("", "one") || swap("", "two") || swap("two", "three") || !swap("one", "four") {
		t.Error("a swap that must fail did not, or the reverse")
	}
	if ring := need(s.Keyring(t.Context()))(t); string(ring) != "four" {
		t.Errorf("%q", ring)
	}
}
