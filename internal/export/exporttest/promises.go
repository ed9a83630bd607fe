package exporttest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func testAll(t *testing.T, s *Suite) {
	r := newRig(t, s)
	r.put(0, 53)
	r.caughtUp(53)
	r.check(53, false)
	if st := r.state(); st.Sent != 53 || st.Failures != 0 || st.LastSent.IsZero() {
		t.Errorf("it counts %+v", st)
	}
}

func testAway(t *testing.T, s *Suite) {
	r := newRig(t, s)
	if r.place.Away == nil {
		t.Skip("it cannot be away")
	}
	r.put(0, 20)
	r.caughtUp(20)
	r.place.Away(true)
	r.put(20, 60)
	r.wait("it fails", func() bool { st := r.state(); return st.Failing && st.Error != "" })
	if st := r.state(); st.Passed != 20 || st.Lag() != 40 || st.Oldest.IsZero() {
		t.Errorf("while it is away: %+v", st)
	}
	r.place.Away(false)
	r.caughtUp(60)
	r.check(60, true)
	if st := r.state(); st.Failing || st.Sent != 60 {
		t.Errorf("after it: %+v", st)
	}
}

// A batch is sent, and the process dies before that is written down.
func testCrash(t *testing.T, s *Suite) {
	r := newRig(t, s)
	r.fake.after.Store(2)
	r.put(0, 20)
	r.wait("it crashes", func() bool { r.ex.Wake(name); return r.fake.crashed.Load() || r.more(20) })
	r.stop()
	before := r.state().Passed
	r.put(20, 50)
	r.start()
	r.caughtUp(50)
	r.check(50, true)
	if before >= 20 {
		t.Errorf("%d were passed before the crash", before)
	}
}

// more puts one batch more where all came in one.
func (r *rig) more(last int64) bool {
	if st := r.state(); st.Passed == last && st.Last == last && r.fake.after.Load() == 1 {
		r.fake.after.Store(0)
		r.t.Skip("the store was quicker than batches")
	}
	return false
}

func testRefused(t *testing.T, s *Suite) {
	r := newRig(t, s)
	if r.place.Refuse == nil {
		t.Skip("it refuses nothing")
	}
	bad := []string{storetest.ID(3), storetest.ID(4), storetest.ID(17)}
	r.place.Refuse(bad...)
	r.put(0, 40)
	r.caughtUp(40)
	r.check(40, false, bad...)
	if st := r.state(); st.SetAside != 3 || st.Sent != 37 || st.Failing {
		t.Errorf("it counts %+v", st)
	}
	aside, err := r.store.SetAside(t.Context(), name, 10)
	if err != nil || len(aside) != 3 || aside[0].Reason == "" {
		t.Errorf("set aside: %v, %v", aside, err)
	}
}

func testBusy(t *testing.T, s *Suite) {
	r := newRig(t, s)
	if r.place.Busy == nil {
		t.Skip("it takes all or none")
	}
	r.place.Busy()
	r.put(0, 40)
	r.caughtUp(40)
	suite := *s
	suite.Unordered = true
	r.suite = &suite
	r.check(40, false)
	if st := r.state(); st.Sent != 40 || st.Failures == 0 {
		t.Errorf("it counts %+v", st)
	}
}

func testSample(t *testing.T, s *Suite) {
	r := newRig(t, s)
	id, err := r.ex.Test(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	got := r.place.Read(t)
	if len(got) != 1 || got[0].ID != id {
		t.Fatalf("came %v, not %s", got, id)
	}
	if s.Same != nil {
		return // it carries something else than the entry
	}
	var e struct {
		Time     time.Time       `json:"time"`
		Metadata map[string]bool `json:"metadata"`
	}
	if err := json.Unmarshal(got[0].Doc, &e); err != nil || !e.Metadata["sluice_sample"] || e.Time.IsZero() {
		t.Errorf("it is %s", got[0].Doc)
	}
	if st := r.state(); st.Sent != 0 {
		t.Errorf("it was counted: %+v", st)
	}
}
