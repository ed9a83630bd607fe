package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func TestFeedbackOnACallInTheSpoolComesWithItIntoTheStore(t *testing.T) {
	g := newRig(t, paused)
	g.recorder.Append(storetest.Entry(1))
	g.recorder.Append(storetest.Entry(2))
	path := "/api/v1/entries/" + storetest.ID(1)
	for range 2 { // again changes nothing
		g.answered(g.do("PUT", path+"/feedback", `{"feedback":"up","score":0.75,"comment":"well said"}`), http.StatusOK, nil)
	}
	rated := func() {
		t.Helper()
		var e admin.EntryDetail
		g.get(path, &e)
		if e.Feedback != "up" || e.Score == nil || *e.Score != 0.75 || e.Comment != "well said" {
			t.Fatalf("%+v", e.Entry)
		}
		var p page
		if g.get("/api/v1/entries", &p); len(p.Data) != 2 || p.Data[1].Feedback != "up" || p.Data[0].Feedback != "" {
			t.Fatalf("%+v", p.Data)
		}
	}
	rated()
	g.recorder.Pause(false)
	if err := g.recorder.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	rated()
	g.answered(g.do("PUT", path+"/feedback", `{"feedback":null,"score":null}`), http.StatusOK, nil)
	var e admin.EntryDetail
	if g.get(path, &e); e.Feedback != "" || e.Score != nil || e.Comment != "" {
		t.Fatalf("%+v", e.Entry)
	}
}

func TestFeedbackIsFoundAndBadFeedbackRefused(t *testing.T) {
	g := newRig(t)
	for i := range 4 {
		g.stored(storetest.Entry(i))
	}
	g.do("PUT", "/api/v1/entries/"+storetest.ID(1)+"/feedback", `{"feedback":1}`)
	g.do("PUT", "/api/v1/entries/"+storetest.ID(2)+"/feedback", `{"feedback":"down","score":3}`)
	for query, want := range map[string]string{"feedback=up": "01", "feedback=down": "02", "feedback=!": "02 01", "feedback=!up": "03 02 00", "min_score=2": "02", "max_score=2": ""} {
		var p page
		if g.get("/api/v1/entries?"+query, &p); p.ids() != want {
			t.Errorf("%s: %s", query, p.ids())
		}
	}
	for _, body := range []string{`{"feedback":"great"}`, `{"score":"x"}`, `{"comment":"` + strings.Repeat("x", gateway.MaxComment+1) + `"}`, `{"thumb":1}`} {
		g.fails(g.do("PUT", "/api/v1/entries/"+storetest.ID(1)+"/feedback", body), http.StatusBadRequest, "invalid_request")
	}
	g.fails(g.do("PUT", "/api/v1/entries/"+storetest.ID(9)+"/feedback", `{"feedback":"up"}`), http.StatusNotFound, "not_found")
}

func TestWhatIsExcludedIsExcludedInSpoolAndStore(t *testing.T) {
	inStore, inSpool := newRig(t), newRig(t, paused)
	for i := range 6 {
		e := hostile(i)
		if i == 5 {
			e.User = ""
		}
		inStore.stored(e)
		inSpool.recorder.Append(e)
	}
	for query, want := range map[string]string{"status=!4xx": "05 03 01", "status=!500": "04 02 00", "user=!": "04 03 02 01 00", "provider=!p-1%00%ff": "04 02 00"} {
		for name, g := range map[string]*rig{"store": inStore, "spool": inSpool} {
			var p page
			if g.get("/api/v1/entries?"+query, &p); p.ids() != want {
				t.Errorf("%s, %s: %s", name, query, p.ids())
			}
		}
	}
}

func TestSessionsAddUpTheirCalls(t *testing.T) {
	g := newRig(t)
	g.now = storetest.Entry(100).Time
	for i := range 7 {
		e := storetest.Entry(i)
		if e.Session = "a"; i >= 3 {
			e.Session = "b"
		}
		if i == 6 {
			e.Session, e.TraceID = "", "4bf92f3577b34da6a3ce929d0e0e4736"
		}
		e.Status, e.ErrorCode = 200, ""
		if i == 1 {
			e.Status, e.ErrorCode = 502, "upstream_error"
		}
		g.stored(e)
	}
	var got admin.CallSessionPage
	g.get("/api/v1/sessions", &got)
	if len(got.Data) != 2 || got.Data[0].ID != "b" || got.Data[0].Calls != 3 || got.Data[1].ID != "a" || got.Data[1].Calls != 3 || got.Data[1].Errors != 1 || len(got.Data[1].Models) == 0 {
		t.Fatalf("%+v", got)
	}
	var first admin.CallSessionPage
	if g.get("/api/v1/sessions?limit=1", &first); len(first.Data) != 1 || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	if g.get("/api/v1/sessions?limit=1&cursor="+first.Next, &first); len(first.Data) != 1 || first.Data[0].ID != "a" || first.Next != "" {
		t.Fatalf("%+v", first)
	}
	if g.get("/api/v1/sessions?by=trace", &got); len(got.Data) == 0 || got.Data[0].ID != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Fatalf("%+v", got)
	}
	for query, want := range map[string]string{"errors=true": "a", "errors=false": "b a", "min_cost=0.0038": "", "id=a": "a", "id=b&from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z": "", "user=x": "", "key_id=key_0": "a"} {
		g.get("/api/v1/sessions?"+query, &got)
		var ids []string
		for _, s := range got.Data {
			ids = append(ids, s.ID)
		}
		if strings.Join(ids, " ") != want {
			t.Errorf("%s: %v, want %q", query, ids, want)
		}
	}
	for _, bad := range []string{"by=user", "errors=maybe", "min_cost=much"} {
		g.fails(g.do("GET", "/api/v1/sessions?"+bad, ""), http.StatusBadRequest, "invalid_request")
	}
	g.now = g.now.AddDate(1, 0, 0)
	if g.get("/api/v1/sessions?id=a", &got); len(got.Data) != 1 {
		t.Errorf("one of long ago: %+v", got)
	}
}

func TestAReplayIsRefusedWhereItCannotBeTheSameCall(t *testing.T) {
	asked := 0
	g := newRig(t, with(func(c *admin.Config) {
		c.Replay = func(_ context.Context, r *admin.Replay) (string, int, error) {
			asked++
			if string(r.Body.Bytes) != "{}" || r.Who.Workspace == "" {
				t.Errorf("%+v", r)
			}
			return "new", 200, nil
		}
	}))
	whole, cut, many, none := storetest.Entry(1), storetest.Entry(2), storetest.Entry(3), storetest.Entry(4)
	whole.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "application/json", Bytes: []byte("{}"), Size: 2}}
	cut.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "application/json", Bytes: []byte("{"), Size: 2, Truncated: true}}
	many.Count, none.Bodies = 2, nil
	g.stored(whole, cut, many, none)
	for i, body := range map[int]string{2: `{}`, 3: `{}`, 4: `{}`} {
		g.fails(g.do("POST", "/api/v1/entries/"+storetest.ID(i)+"/replay", body), http.StatusConflict, "conflict")
	}
	g.fails(g.do("POST", "/api/v1/entries/"+storetest.ID(1)+"/replay", `{"direct":true,"target":"a/b"}`), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("POST", "/api/v1/entries/"+storetest.ID(1)+"/replay", `{"key_id":"nobody"}`), http.StatusNotFound, "not_found")
	if asked != 0 {
		t.Fatalf("%d were made", asked)
	}
	var again admin.Replayed
	g.answered(g.do("POST", "/api/v1/entries/"+storetest.ID(1)+"/replay", `{}`), http.StatusOK, &again)
	if again.ID != "new" || again.Of != storetest.ID(1) || asked != 1 {
		t.Fatalf("%+v", again)
	}
}
