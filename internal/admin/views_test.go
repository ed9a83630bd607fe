package admin_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/redact"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// lister knows two models of every provider.
type lister struct{}

func (lister) Lists(_ *provider.Provider, model string) bool {
	return model == "big" || model == "small"
}
func (lister) Models(*provider.Provider) []string { return []string{"small", "big"} }

const vendorKey = "sk-vendor-0123456789"

func serving(c *admin.Config) {
	vendor := &provider.Provider{
		Name: "acme", Spec: &provider.Spec{Name: "acme", Title: "Acme"}, BaseURL: "https://user:" + vendorKey + "@acme.test/v1?k=" + vendorKey,
		Credentials: []provider.Credential{{Name: "main", Key: vendorKey, Weight: 2}, {Name: "alias-of-foreign", Workspace: "foreign", Key: vendorKey}, {Name: "alias-of-own", Workspace: "own", Key: vendorKey}}, Headers: []provider.Header{{Name: "X-Org", Value: vendorKey}},
		ProxyURL: "http://u:" + vendorKey + "@proxy.test", Models: map[string]provider.Model{"own": {}},
	}
	rules := []*gateway.Rule{
		{Name: "pocket", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitCost, Windows: []gateway.Window{{Max: 1, Period: gateway.Day}}},
		{Name: "pace", Per: []gateway.Per{"workspace"}, Unit: gateway.UnitRequests, Windows: []gateway.Window{{Max: 1, Span: time.Minute}}},
	}
	hides, err := redact.New(redact.Options{Rules: []string{"secrets", redact.Email}, Patterns: map[string]string{"employee": "EMP-[0-9]{6}"}})
	if err != nil {
		panic(err)
	}
	door := &catalog.Gateway{Name: "default", Rules: rules, Keyed: true, Default: map[string]string{"chat": "acme"}, Log: catalog.LogPolicy{Bodies: catalog.BodiesFull, MaxBody: 65536, Retain: 24 * time.Hour, Sample: 0.1, Errors: true, Redact: hides}}
	s := catalog.New(catalog.Snapshot{
		Gateways: map[string]*catalog.Gateway{"default": door}, Hosts: map[string]*catalog.Gateway{"ai.test": door},
		Providers: map[string]*provider.Provider{"acme": vendor, "zeta": {Name: "zeta", Spec: vendor.Spec}}, Lister: lister{},
		Routes: map[string]*gateway.Route{"support": {Name: "support", Steps: []gateway.Step{
			{Name: "free", When: `metadata.plan == "free"`, Use: "acme/small"},
			{Split: []gateway.Share{{Target: "acme/big", Weight: 9}, {Target: "zeta/new", Weight: 1}}, Fallback: []string{"acme/small"}},
		}}},
	})
	c.Snapshot = func() *catalog.Snapshot { return s }
	c.Facts = func(_ *provider.Provider, model string) admin.Facts {
		if model == "big" {
			return admin.Facts{Context: 9000, Abilities: &admin.Abilities{Input: []string{"text", "image"}, Output: []string{"text"}, Tools: true}, Price: &gateway.Price{Rates: map[string]float64{"input": 2.5}}}
		}
		return admin.Facts{}
	}
	c.InFlight = func() int64 { return 3 }
	c.Document = func() admin.Document {
		d := admin.Document{Config: config.Default().Redacted(), Applied: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		if r, err := c.Store.NewestRevision(context.Background()); err == nil {
			d.Revision, d.Text = r.Number, r.Document
		}
		return d
	}
	c.Validate = func(document []byte) (config.Problems, []string) {
		_, problems := config.Load(config.Source{Path: "sluice.yaml", Data: document})
		return problems, nil
	}
}

func TestGatewaysProvidersAndModelsAreShownWithoutSecrets(t *testing.T) {
	g := newRig(t, with(serving))
	var doors admin.GatewayList
	g.get("/api/v1/gateways", &doors)
	if d := doors.Data[0]; d.Name != "default" || d.Hosts[0] != "ai.test" || d.Auth[0] != "key" || d.Log.Bodies != "full" || d.Log.RetainS != 86400 {
		t.Errorf("%+v", doors)
	}
	if l := doors.Data[0].Log; l.Sample != 0.1 || !l.SampleErrors || !slices.Equal(l.Redact, []string{"secrets", "email", "employee"}) {
		t.Errorf("%+v", l)
	}
	var providers admin.ProviderList
	g.get("/api/v1/providers", &providers)
	if p := providers.Data[0]; len(providers.Data) != 2 || p.BaseURL != "https://acme.test/v1" || p.Credentials[0] != (admin.CredentialName{Name: "main", Weight: 2}) || len(p.Credentials) != 3 || p.Headers[0] != "X-Org" || !p.Proxied {
		t.Errorf("%+v", providers)
	}
	for _, path := range []string{"/providers", "/providers/acme", "/gateways/default", "/models", "/config", "/health"} {
		if body := g.do("GET", "/api/v1"+path, "").Body.String(); strings.Contains(body, vendorKey) {
			t.Errorf("%s shows a secret: %s", path, body)
		}
	}
	g.fails(g.do("GET", "/api/v1/providers/nobody", ""), http.StatusNotFound, "not_found")
	g.fails(g.do("GET", "/api/v1/gateways/nobody", ""), http.StatusNotFound, "not_found")
}

func TestModelsArePagedInOrderWithWhatIsKnown(t *testing.T) {
	g := newRig(t, with(serving))
	var got []string
	next := ""
	for n := 0; n == 0 || next != ""; n++ {
		var p admin.ModelPage
		g.get("/api/v1/models?limit=2&cursor="+next, &p)
		for _, m := range p.Data {
			got = append(got, m.Model)
			if (m.Context != nil) != (m.ID == "big") || (m.Price != nil) != (m.ID == "big") || (m.Abilities != nil) != (m.ID == "big") {
				t.Errorf("%+v", m)
			}
		}
		next = p.Next
	}
	if strings.Join(got, " ") != "acme/big acme/own acme/small zeta/big zeta/small" {
		t.Errorf("%v", got)
	}
	var p admin.ModelPage
	for q, want := range map[string]string{"BIG": "acme/big zeta/big", "acme/": "acme/big acme/own acme/small", "zeta/s": "zeta/small", "none": "", "big&provider=acme": "acme/big"} {
		got, next = nil, ""
		for n := 0; n == 0 || next != ""; n++ {
			g.get("/api/v1/models?limit=1&q="+q+"&cursor="+next, &p)
			for _, m := range p.Data {
				got = append(got, m.Model)
			}
			next = p.Next
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", q, got, want)
		}
	}
	g.get("/api/v1/models?provider=zeta&id=big", &p)
	if len(p.Data) != 1 || p.Data[0].Model != "zeta/big" || !p.Data[0].Abilities.Tools || p.Data[0].Abilities.Reasoning || len(p.Data[0].Abilities.Input) != 2 {
		t.Errorf("%+v", p)
	}
}

func TestADocumentIsCheckedWithoutBeingApplied(t *testing.T) {
	g := newRig(t, with(serving))
	var v admin.Validation
	g.answered(g.do("POST", "/api/v1/config/validate", "storage:\n  drian: paused\nserver: { max_in_flight: x }\n"), http.StatusOK, &v)
	if v.OK || len(v.Problems) != 2 || v.Problems[0].Line != 2 || v.Problems[0].File != "sluice.yaml" || v.Problems[1].Line != 3 {
		t.Errorf("%+v", v)
	}
	g.answered(g.do("POST", "/api/v1/config/validate", ""), http.StatusOK, &v)
	if !v.OK {
		t.Errorf("an empty document: %+v", v)
	}
}

func TestHealthSaysWhatIsWrong(t *testing.T) {
	g := newRig(t, with(serving))
	g.now = g.now.Add(90 * time.Second)
	var h admin.Health
	g.get("/api/v1/health", &h)
	if h.Status != "ok" || h.Version != "v1.2.3" || h.UptimeS != 90 || *h.InFlight != 3 || !h.Store.OK || h.Spool.Depth != 0 || h.Spool.Oldest != nil {
		t.Errorf("%+v", h)
	}
	g = newRig(t, unmigrated)
	g.recorder.Append(storetest.Entry(0))
	g.get("/api/v1/entries", nil)
	g.get("/api/v1/health", &h)
	if h.Status != "degraded" || h.Store.OK || len(h.Problems) == 0 || h.Spool.Depth != 1 {
		t.Errorf("%+v", h)
	}
}

func TestWithoutAGatewayItsViewsSaySo(t *testing.T) {
	g := newRig(t)
	for _, path := range []string{"/gateways", "/providers", "/models", "/config"} {
		g.fails(g.do("GET", "/api/v1"+path, ""), http.StatusServiceUnavailable, "unavailable")
	}
}

func TestAliasesOfCredentialsAreShownToWhomTheyServe(t *testing.T) {
	g := newTown(t)
	for _, c := range []struct {
		who   gateway.Token
		names string
		admin bool
	}{
		{gateway.Token{Workspace: "own", Role: gateway.Viewer}, "main alias-of-own", false},
		{gateway.Token{User: g.user(false, "own", "viewer", "foreign", "owner")}, "main alias-of-foreign alias-of-own", false},
		{gateway.Token{User: g.user(false)}, "main", false},
		{gateway.Token{Admin: true}, "main alias-of-foreign alias-of-own", true},
	} {
		secret := g.token(c.who)
		var list admin.ProviderList
		g.answered(g.from("192.0.2.1:1", "GET", "/api/v1/providers", "Bearer "+secret), http.StatusOK, &list)
		var one admin.Provider
		g.answered(g.from("192.0.2.1:1", "GET", "/api/v1/providers/acme", "Bearer "+secret), http.StatusOK, &one)
		for _, p := range []admin.Provider{list.Data[0], one} {
			var names []string
			for _, k := range p.Credentials {
				names = append(names, k.Name)
			}
			if strings.Join(names, " ") != c.names || (p.BaseURL != "") != c.admin || (len(p.Headers) > 0) != c.admin || p.Proxied != c.admin || p.Title != "Acme" {
				t.Errorf("%+v sees %+v", c.who, p)
			}
		}
	}
}
