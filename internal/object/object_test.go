package object_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/object"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errNone = errors.New("no such row")
	errAway = errors.New("connection refused")
)

// shelf is a store in memory that can go away.
type shelf struct {
	mu    sync.Mutex
	rows  map[string]gateway.Object // by kind and id
	away  bool
	asked int
}

func (s *shelf) put(objects ...gateway.Object) *shelf {
	if s.rows == nil {
		s.rows = map[string]gateway.Object{}
	}
	for _, o := range objects {
		s.rows[o.Kind+"/"+o.ID] = o
	}
	return s
}

func (s *shelf) ObjectByID(ctx context.Context, id, kind string) (gateway.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if _, bounded := ctx.Deadline(); !bounded {
		return gateway.Object{}, errors.New("a look-up without an end")
	}
	if s.away {
		return gateway.Object{}, errAway
	}
	o, ok := s.rows[kind+"/"+id]
	if !ok || o.Deleted {
		return gateway.Object{}, fmt.Errorf("look up: %w", errNone)
	}
	return o, nil
}

func (s *shelf) OwnObjects(_ context.Context, workspace, kind string, ids []string) (map[string]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.away {
		return nil, errAway
	}
	own := map[string]bool{}
	for _, id := range ids {
		if o, ok := s.rows[kind+"/"+id]; ok && o.Workspace == workspace && !o.Deleted {
			own[id] = true
		}
	}
	return own, nil
}

func file(id, workspace string) gateway.Object {
	return gateway.Object{ID: id, Kind: "file", Workspace: workspace, Provider: "p"}
}

func owner(t *testing.T, m *object.Memory, kind, id string) string {
	t.Helper()
	o, err := m.Find(kind, id)
	switch {
	case err != nil:
		t.Fatal(err)
	case o == nil:
		return ""
	case o.Deleted:
		return "deleted"
	}
	return o.Workspace
}

func TestWhatIsRememberedIsKnownAtOnceWithoutTheStore(t *testing.T) {
	s := &shelf{away: true}
	m := object.New(s, errNone)
	m.Remember([]gateway.Object{file("f1", "w1"), {ID: "f1", Kind: "batch", Workspace: "w2"}})
	if owner(t, m, "file", "f1") != "w1" || owner(t, m, "batch", "f1") != "w2" || s.asked != 0 {
		t.Errorf("asked the store %d times", s.asked)
	}
}

func TestAnIDBelongsToTheWorkspaceThatHadItFirst(t *testing.T) {
	m := object.New(&shelf{}, errNone)
	m.Remember([]gateway.Object{file("f1", "first")})
	m.Remember([]gateway.Object{file("f1", "second")})
	if got := owner(t, m, "file", "f1"); got != "first" {
		t.Fatalf("it belongs to %s", got)
	}
	gone := file("f1", "second")
	gone.Deleted = true
	if m.Remember([]gateway.Object{gone}); owner(t, m, "file", "f1") != "first" {
		t.Fatal("another workspace deleted it")
	}
	mine := file("f1", "first")
	mine.Provider = "moved"
	m.Remember([]gateway.Object{mine})
	if o, _ := m.Find("file", "f1"); o.Provider != "moved" {
		t.Error("its owner cannot renew it")
	}
	gone.Workspace = "first"
	if m.Remember([]gateway.Object{gone}); owner(t, m, "file", "f1") != "deleted" {
		t.Error("its owner cannot delete it")
	}
	if m.Remember([]gateway.Object{file("f1", "second")}); owner(t, m, "file", "f1") != "second" {
		t.Error("an id that the vendor gives again after a deletion is not the new owner's")
	}
}

func TestOfManyWhoClaimAnIDAtOnceOneKeepsIt(t *testing.T) {
	const ids = 5000
	m := object.New(&shelf{}, errNone)
	var saw [2][ids]string
	var wg sync.WaitGroup
	for i := range saw {
		wg.Go(func() {
			for n := range ids {
				m.Remember([]gateway.Object{file(fmt.Sprint("f", n), fmt.Sprint("w", i))})
				saw[i][n] = owner(t, m, "file", fmt.Sprint("f", n))
			}
		})
	}
	wg.Wait()
	for n := range ids {
		if now := owner(t, m, "file", fmt.Sprint("f", n)); saw[0][n] != now || saw[1][n] != now {
			t.Fatalf("file %d changed hands: %s and %s were told, it belongs to %s", n, saw[0][n], saw[1][n], now)
		}
	}
}

func TestADeletionInMemoryHidesTheStoresRow(t *testing.T) {
	s := (&shelf{}).put(file("f1", "w1"))
	m := object.New(s, errNone)
	gone := file("f1", "w1")
	gone.Deleted = true
	m.Remember([]gateway.Object{gone})
	if got := owner(t, m, "file", "f1"); got != "deleted" {
		t.Errorf("owner %q", got)
	}
	if own, err := m.Own("w1", "file", []string{"f1"}); err != nil || own["f1"] {
		t.Errorf("own %v, %v", own, err)
	}
}

func TestTheStoreKnowsWhatMemoryForgot(t *testing.T) {
	m := object.New((&shelf{}).put(file("f1", "w1"), gateway.Object{ID: "f2", Kind: "file", Workspace: "w1", Deleted: true}), errNone)
	if owner(t, m, "file", "f1") != "w1" || owner(t, m, "file", "f2") != "" || owner(t, m, "batch", "f1") != "" || owner(t, m, "file", "never") != "" {
		t.Error("the store was not asked")
	}
}

func TestAStoreThatIsAwayIsAnErrorNeverAnUnknownID(t *testing.T) {
	s := &shelf{away: true}
	m := object.New(s, errNone)
	if _, err := m.Find("file", "f1"); !errors.Is(err, errAway) {
		t.Errorf("Find: %v", err)
	}
	if _, err := m.Own("w1", "file", []string{"f1"}); !errors.Is(err, errAway) {
		t.Errorf("Own: %v", err)
	}
	m.Remember([]gateway.Object{file("f1", "w1"), file("f2", "w2")})
	own, err := m.Own("w1", "file", []string{"f1", "f2"})
	if err != nil || !own["f1"] || own["f2"] {
		t.Errorf("what memory knows needs no store: %v, %v", own, err)
	}
	if own, err := m.Own("w1", "file", []string{"f1", "f3"}); !errors.Is(err, errAway) || !own["f1"] {
		t.Errorf("some known: %v, %v", own, err)
	}
}

func TestOwnJoinsMemoryAndStoreAndAsksOnce(t *testing.T) {
	s := (&shelf{}).put(file("old", "w1"), file("foreign", "w2"))
	m := object.New(s, errNone)
	m.Remember([]gateway.Object{file("new", "w1"), file("theirs", "w2")})
	own, err := m.Own("w1", "file", []string{"new", "theirs", "old", "foreign", "never"})
	if err != nil || !own["new"] || !own["old"] || own["theirs"] || own["foreign"] || own["never"] || s.asked != 1 {
		t.Errorf("%v, %v, asked %d times", own, err, s.asked)
	}
	if own, err := m.Own("w1", "file", nil); err != nil || len(own) != 0 || s.asked != 1 {
		t.Errorf("nothing: %v, %v", own, err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const many = 110_000
	s := &shelf{}
	m := object.New(s, errNone)
	batch := make([]gateway.Object, many)
	for i := range batch {
		batch[i] = file(fmt.Sprint("f", i), "w")
	}
	m.Remember(batch)
	ids := make([]string, many)
	for i := range ids {
		ids[i] = batch[i].ID
	}
	own, err := m.Own("w", "file", ids)
	if err != nil {
		t.Fatal(err)
	}
	if len(own) > 105_000 || len(own) < 50_000 {
		t.Errorf("%d of %d objects are held", len(own), many)
	}
}
