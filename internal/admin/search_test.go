package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

func said(e *gateway.Entry, workspace, text string) *gateway.Entry {
	e.Workspace = workspace
	e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte(text)}}
	return e
}

// indexed brings the index up to date.
func (g *rig) indexed() {
	g.t.Helper()
	if err := g.store.OpenSearch(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	for n := 1; n > 0; {
		var err error
		if n, err = g.store.FillSearch(g.t.Context()); err != nil {
			g.t.Fatal(err)
		}
	}
}

func TestEntriesAreFoundByWhatWasSaid(t *testing.T) {
	g := newRig(t)
	for i := range 9 {
		g.stored(said(storetest.Entry(i), []string{"default", "team-a", "team-b"}[i%3], "the late parcel "+[]string{"even", "odd"}[i%2]))
	}
	g.indexed()
	var p struct {
		page
		Search *admin.SearchInfo
	}
	g.get("/api/v1/entries?search="+url.QueryEscape(`"late parcel" -odd`), &p)
	if p.ids() != "08 06 04 02 00" || p.Search == nil || p.Search.Lag != 0 || p.Search.Until.IsZero() {
		t.Fatalf("%s %+v", p.ids(), p.Search)
	}
	var got []string
	for next, n := "", 0; n == 0 || next != ""; n++ {
		var one page
		g.get("/api/v1/entries?search=parc*&workspace=team-a&limit=2&cursor="+next, &one)
		if got, next = append(got, one.ids()), one.Next; n > 5 {
			t.Fatal("no end")
		}
	}
	if all := strings.Join(got, " "); strings.TrimSpace(all) != "07 04 01" {
		t.Errorf("pages %s", all)
	}
	g.stored(said(storetest.Entry(20), "default", "not yet indexed"))
	g.get("/api/v1/entries?search=indexed", &p)
	if len(p.Data) != 0 || !p.Search.Until.Equal(storetest.Entry(20).Time) {
		t.Errorf("%s %+v", p.ids(), p.Search)
	}
}

func TestABadSearchSaysWhatIsWrong(t *testing.T) {
	g := newRig(t)
	for text, says := range map[string]string{`"open`: "partner", "-a": "without -", "!!": "no letter", "a*": "2 letters"} {
		f := g.fails(g.do("GET", "/api/v1/entries?search="+url.QueryEscape(text), ""), http.StatusBadRequest, "invalid_request")
		if f.Error.Details.Field != "search" || !strings.Contains(f.Error.Message, says) {
			t.Errorf("%s: %+v", text, f)
		}
	}
	g.fails(g.do("DELETE", "/api/v1/entries?search=all", ""), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("GET", "/api/v1/entries/tail?search=all", ""), http.StatusBadRequest, "invalid_request")
}

func TestASearchFindsOnlyWhatIsTheCallersToSee(t *testing.T) {
	g := newTown(t)
	g.stored(said(storetest.Entry(1), "own", "secret plan"), said(storetest.Entry(2), "foreign", "secret plan"), said(storetest.Entry(3), "default", "secret plan"))
	g.indexed()
	for _, c := range []struct {
		roles []string
		want  string
	}{{[]string{"own", "viewer"}, "01"}, {[]string{"own", "viewer", "foreign", "editor"}, "02 01"}, {nil, ""}} {
		r := httptest.NewRequest("GET", "/api/v1/entries?search=secret", nil)
		r.Header.Set("Authorization", "Bearer "+g.token(gateway.Token{User: g.user(false, c.roles...)}))
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		var p page
		if c.roles == nil && w.Code != http.StatusOK { // whose role opens nothing
			continue
		}
		g.answered(w, http.StatusOK, &p)
		if p.ids() != c.want {
			t.Errorf("%v: %s, want %s", c.roles, p.ids(), c.want)
		}
	}
}
