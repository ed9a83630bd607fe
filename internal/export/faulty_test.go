package export_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
)

// faulty is a sink that answers as it is told.
type faulty struct {
	all    *sent
	answer func(rows []export.Row) error
}

func (f *faulty) Send(_ context.Context, rows []export.Row) error {
	err := f.answer(rows)
	part, _ := err.(*export.Partial)
	if err != nil && part == nil {
		return err
	}
	for i, r := range rows {
		if part == nil || len(part.Again) == 0 || part.Again[0] != i {
			f.all.note(r.ID)
		}
	}
	return err
}

func (*faulty) Close() error { return nil }

// A wrong address refuses everything: no row is set aside for that, however often it begins.
func TestASinkThatNeverTookAnythingSetsNothingAside(t *testing.T) {
	store := &shelf{}
	store.st.Last = 100
	for _, node := range []string{"a", "b", "c"} {
		synctest.Test(t, func(t *testing.T) {
			runSink(t, store, node, 10, &faulty{&sent{}, func([]export.Row) error { return &export.Refused{Reason: "400 plain HTTP"} }})
			time.Sleep(10 * time.Minute)
			synctest.Wait()
		})
		if st := store.stand(); st.Passed != 0 {
			t.Errorf("%d rows were given up", st.Passed)
		}
	}
}

// A row that a sink keeps asking for again does not slow the others down.
func TestARowThatIsAskedForAgainHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{}
		store.st.Last = 1200
		all := &sent{}
		runSink(t, store, "a", 50, &faulty{all, func(rows []export.Row) error {
			for i, r := range rows {
				if r.ID == "7" {
					return &export.Partial{Again: []int{i}, Reason: "429"}
				}
			}
			return nil
		}})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(all.sofar()); n != 1199 {
			t.Errorf("%d of 1199 rows have come within two minutes", n)
		}
	})
}
