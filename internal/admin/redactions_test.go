package admin_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestWhatRedactionFoundIsToldByKindOverTheDaysOfAZone(t *testing.T) {
	g := newRig(t)
	g.now = time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{
		time.Date(2026, 3, 28, 18, 14, 59, 0, time.UTC), // 23:59:59 in Kathmandu
		time.Date(2026, 3, 28, 18, 15, 0, 0, time.UTC),  // midnight there
		time.Date(2026, 3, 29, 22, 0, 0, 0, time.UTC),
	} {
		e := storetest.Entry(i)
		e.Time, e.ID = at, storetest.IDAt(at, i)
		e.Redacted = map[string]int{"email": 1 << i, "card": 1}
		g.stored(e)
	}
	var got admin.Redactions
	g.get("/api/v1/privacy/redactions?from=2026-03-27T18:15:00Z&to=2026-03-30T12:00:00Z&step=day&tz=Asia/Kathmandu", &got)
	if len(got.Data) != 2 || got.Data[0].Kind != "email" || got.Data[0].Total != 7 || got.Data[0].Calls != 3 || !slices.Equal(got.Data[0].Found, []int64{1, 2, 4}) || !slices.Equal(got.Data[1].Found, []int64{1, 1, 1}) {
		t.Errorf("%+v", got)
	}
	if len(got.Times) != 3 || !got.Times[1].Equal(time.Date(2026, 3, 28, 18, 15, 0, 0, time.UTC)) {
		t.Errorf("%v", got.Times)
	}
	if g.get("/api/v1/privacy/redactions?gateway=nobody", &got); len(got.Data) != 0 || got.Step != "hour" || len(got.Times) != 24 {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"step=minute", "tz=Mars/Base", "from=2020-01-01T00:00:00Z", "from=yesterday"} {
		g.fails(g.do("GET", "/api/v1/privacy/redactions?"+bad, ""), http.StatusBadRequest, "invalid_request")
	}
}
