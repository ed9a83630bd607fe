package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

func revision(document string) gateway.Revision {
	return gateway.Revision{Time: Epoch(), Author: gateway.Author{Kind: "user", ID: "usr_1", Name: "a@example.com"}, Source: gateway.FromStore, Document: []byte(document)}
}

func testRevisions(t *testing.T, fresh func(testing.TB) string) {
	t.Run("come one behind the other", func(t *testing.T) { testRevisionOrder(t, Open(t, fresh(t))) })
	t.Run("one of many at once wins", func(t *testing.T) { testRevisionRace(t, fresh(t)) })
	t.Run("what is in force is recorded once", func(t *testing.T) { testRecordedRevisions(t, fresh(t)) })
	t.Run("the oldest are forgotten", func(t *testing.T) { testForgottenRevisions(t, fresh(t)) })
}

func testRevisionOrder(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if _, err := s.NewestRevision(ctx); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a new store has a revision: %v", err)
	}
	version := need(s.ConfigVersion(ctx))(t)
	large := string(bytes.Repeat([]byte("# a comment\n"), 300_000)) // 3.6 MB
	first := need(s.AddRevision(ctx, revision("a: \"\x01\""), 0))(t)
	back := revision(large)
	back.Note, back.From, back.Time = "as before\x00", &first, Epoch().Add(time.Second)
	second := need(s.AddRevision(ctx, back, 1))(t)
	if first != 1 || second != 2 {
		t.Fatalf("numbers %d, %d", first, second)
	}
	for _, after := range []int64{0, 1, 3} {
		if _, err := s.AddRevision(ctx, revision("b"), after); !errors.Is(err, store.ErrMoved) {
			t.Errorf("behind %d: %v", after, err)
		}
	}
	if v := need(s.ConfigVersion(ctx))(t); v != version+2 {
		t.Errorf("the version rose by %d; a refused change counts", v-version)
	}
	back.Number, back.Size, back.Note = 2, int64(len(large)), "as before\ufffd"
	newest := need(s.NewestRevision(ctx))(t)
	if string(newest.Document) != large {
		t.Errorf("the document came back with %d bytes", len(newest.Document))
	}
	back.Document, newest.Document = nil, nil
	if diff := cmp.Diff(back, newest); diff != "" {
		t.Error(diff)
	}
	if one := need(s.Revision(ctx, 1))(t); string(one.Document) != "a: \"\x01\"" || one.From != nil {
		t.Errorf("%+v", one)
	}
	if _, err := s.Revision(ctx, 3); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	page := need(s.Revisions(ctx, store.RevisionQuery{Limit: 1}))(t)
	if diff := cmp.Diff([]gateway.Revision{back}, page.Revisions); diff != "" || page.Next == "" {
		t.Errorf("%s, next %q", diff, page.Next)
	}
	page = need(s.Revisions(ctx, store.RevisionQuery{Limit: 1, Cursor: page.Next}))(t)
	if len(page.Revisions) != 1 || page.Revisions[0].Number != 1 || page.Next != "" {
		t.Errorf("%+v", page)
	}
	page = need(s.Revisions(ctx, store.RevisionQuery{From: Epoch(), To: Epoch().Add(time.Second)}))(t)
	if len(page.Revisions) != 1 || page.Revisions[0].Number != 1 {
		t.Errorf("by time: %+v", page)
	}
	if _, err := s.Revisions(ctx, store.RevisionQuery{Cursor: "%"}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("err = %v", err)
	}
}

func testRevisionRace(t *testing.T, url string) {
	stores := []*store.Store{Open(t, url), Open(t, url)}
	var won, moved atomic.Int64
	g, ctx := errgroup.WithContext(t.Context())
	for i := range 8 {
		g.Go(func() error {
			_, err := stores[i%2].AddRevision(ctx, revision(fmt.Sprint(i)), 0)
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, store.ErrMoved):
				moved.Add(1)
			default:
				return err
			}
			return nil
		})
	}
	must(t, g.Wait())
	if won.Load() != 1 || moved.Load() != 7 {
		t.Errorf("%d won, %d were told that another one did", won.Load(), moved.Load())
	}
}

func testRecordedRevisions(t *testing.T, url string) {
	stores := []*store.Store{Open(t, url), Open(t, url)}
	g, ctx := errgroup.WithContext(t.Context())
	for i := range 6 {
		g.Go(func() error {
			n, err := stores[i%2].RecordRevision(ctx, revision("same"))
			if err == nil && n != 1 {
				err = fmt.Errorf("number %d", n)
			}
			return err
		})
	}
	must(t, g.Wait())
	if n := need(stores[0].RecordRevision(t.Context(), revision("other")))(t); n != 2 {
		t.Errorf("number %d", n)
	}
	if n := need(stores[1].RecordRevision(t.Context(), revision("same")))(t); n != 3 {
		t.Errorf("number %d", n)
	}
}

func testForgottenRevisions(t *testing.T, url string) {
	s, ctx := Open(t, url), t.Context()
	must(t, errOf(s.AddRevision(ctx, revision("first"), 0)))
	raw(t, url, "UPDATE config_revisions SET number = 1000")
	must(t, errOf(s.AddRevision(ctx, revision("second"), 1000)))
	must(t, errOf(s.Revision(ctx, 1000)))
	raw(t, url, "UPDATE config_revisions SET number = 2000 WHERE number = 1001")
	must(t, errOf(s.AddRevision(ctx, revision("third"), 2000)))
	if _, err := s.Revision(ctx, 1000); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
	must(t, errOf(s.Revision(ctx, 2000)))
}
