package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func TestADocumentIsComparedAppliedAndListed(t *testing.T) {
	g := newRig(t, with(serving))
	put := func(after int, document string) {
		t.Helper()
		var done admin.ConfigChanged
		g.answered(g.do("PUT", fmt.Sprintf("/api/v1/config?revision=%d&note=n%d", after, after), document), http.StatusOK, &done)
		if done.Revision != int64(after+1) || !done.InForce {
			t.Fatalf("%+v", done)
		}
	}
	put(0, "gateways: { default: {} }\nserver: { max_in_flight: 16 }\n")
	var d admin.ConfigDiff
	g.answered(g.do("POST", "/api/v1/config/diff", "gateways: { default: { timeout: 1m } }\n"), http.StatusOK, &d)
	if fmt.Sprint(d.Changes) != "[{gateways.default.timeout added <nil> 1m} {server removed map[max_in_flight:16] <nil>}]" || !d.OK || *d.Revision != 1 || !strings.Contains(d.Text, "-server: { max_in_flight: 16 }") {
		t.Errorf("%+v", d)
	}
	g.answered(g.do("POST", "/api/v1/config/diff", "gateways: [\n"), http.StatusOK, &d)
	if d.OK || len(d.Changes) != 0 || len(d.Problems) == 0 || d.Text == "" {
		t.Errorf("what cannot be read: %+v", d)
	}
	put(1, "{}")
	put(2, "gateways: { default: { timeout: 2m } }")
	g.answered(g.do("POST", "/api/v1/config/diff?from=1&to=3", ""), http.StatusOK, &d)
	if len(d.Changes) != 2 || *d.Revision != 1 || !strings.Contains(d.Text, "+++ revision 3") {
		t.Errorf("%+v", d)
	}
	for path, body := range map[string]string{"?from=1&to=3": "{}", "?to=3": "", "?from=x&to=3": "", "?from=1&to=9": ""} {
		if w := g.do("POST", "/api/v1/config/diff"+path, body); w.Code != 400 && w.Code != 404 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	var p admin.RevisionPage
	g.get("/api/v1/config/revisions?limit=2", &p)
	if len(p.Data) != 2 || p.Data[0].Number != 3 || p.Data[0].Note != "n2" || p.Next == "" {
		t.Errorf("%+v", p)
	}
	g.get("/api/v1/config/revisions?cursor="+p.Next, &p)
	if len(p.Data) != 1 || p.Data[0].Number != 1 {
		t.Errorf("%+v", p)
	}
	g.get("/api/v1/config/revisions?to=2020-01-01T00:00:00Z", &p)
	if p.Data == nil || len(p.Data) != 0 {
		t.Errorf("%+v", p)
	}
	var one admin.RevisionDetail
	g.get("/api/v1/config/revisions/1", &one)
	if one.Before != nil || one.Document == "" || one.Changes == nil {
		t.Errorf("%+v", one)
	}
}

func TestAChangeWithoutTheRightRevisionIsRefused(t *testing.T) {
	g := newRig(t, with(serving))
	g.answered(g.do("PUT", "/api/v1/config?revision=0", "{}"), http.StatusOK, nil)
	g.fails(g.do("PUT", "/api/v1/config", "{}"), http.StatusPreconditionRequired, "precondition_required")
	f := g.do("PUT", "/api/v1/config?revision=0", "{}")
	if g.fails(f, http.StatusConflict, "conflict"); !strings.Contains(f.Body.String(), `"number":1`) || !strings.Contains(f.Body.String(), "admin token") {
		t.Errorf("it does not say whose change came in between: %s", f.Body)
	}
	for _, path := range []string{"?revision=one", "?revision=-1", "?revision=1&note=" + strings.Repeat("x", 1001), "?revision=1&note=%00"} {
		g.fails(g.do("PUT", "/api/v1/config"+path, "{}"), http.StatusBadRequest, "invalid_request")
	}
	g.fails(g.do("PUT", "/api/v1/config?revision=1", " \n"), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("PUT", "/api/v1/config?revision=1", strings.Repeat("#", 4<<20+1)), http.StatusRequestEntityTooLarge, "body_too_large")
	g.fails(g.do("POST", "/api/v1/config/revisions/1/rollback", ""), http.StatusPreconditionRequired, "precondition_required")
	g.fails(g.do("POST", "/api/v1/config/revisions/x/rollback?revision=1", ""), http.StatusNotFound, "not_found")
}
