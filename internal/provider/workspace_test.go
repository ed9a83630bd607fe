package provider_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// tenants has two shared credentials and those of two workspaces.
func tenants() *provider.Provider {
	p := at("https://h", provider.HostShape)
	for _, c := range []string{" main", " spare", "acme main", "acme own", "bolt own"} {
		workspace, name, _ := strings.Cut(c, " ")
		p.Credentials = append(p.Credentials, provider.Credential{Name: name, Workspace: workspace, Key: c, Weight: 1})
	}
	return p
}

func TestAWorkspacesOwnCredentialsGoBeforeSharedOnes(t *testing.T) {
	for _, tt := range []struct {
		workspace string
		skip      []int
		want      string // keys that are picked, sorted
	}{
		{"", nil, " main, spare"},
		{"nobody", nil, " main, spare"},
		{"acme", nil, "acme main,acme own"},
		{"acme", []int{0}, "acme own"},
		{"acme", []int{0, 1}, " main, spare"},
		{"acme", []int{0, 1, 2}, " spare"},
		{"bolt", nil, "bolt own"},
		{"bolt", []int{0, 1, 2}, ""},
	} {
		p, skip := tenants(), map[int]bool{}
		for _, i := range tt.skip {
			skip[i] = true
		}
		got := map[string]bool{}
		for range 20 {
			c, place := p.Pick(tt.workspace, func(i int) bool { return skip[i] })
			if c == nil {
				continue
			}
			if got[c.Key] = true; skip[place] {
				t.Errorf("%q picked %q at the skipped place %d", tt.workspace, c.Key, place)
			}
		}
		var keys []string
		for _, c := range tenants().Credentials {
			if got[c.Key] {
				keys = append(keys, c.Key)
			}
		}
		if have := strings.Join(keys, ","); have != tt.want {
			t.Errorf("%q without %v: picked %q, want %q", tt.workspace, tt.skip, have, tt.want)
		}
	}
}

func TestAnAliasMeansOneOfThoseThatTheWorkspaceMayUse(t *testing.T) {
	for _, tt := range []struct {
		workspace, name, want string
		place                 int
	}{
		{"", "main", " main", 0}, {"", "own", "", 0}, {"acme", "main", "acme main", 0}, {"acme", "own", "acme own", 1},
		{"acme", "spare", " spare", 3}, {"bolt", "own", "bolt own", 0}, {"bolt", "main", " main", 1}, {"bolt", "nobody", "", 0},
	} {
		c, place := tenants().Named(tt.workspace, tt.name)
		if c == nil && tt.want != "" || c != nil && (c.Key != tt.want || place != tt.place) {
			t.Errorf("%q %q: %+v at %d", tt.workspace, tt.name, c, place)
		}
	}
}

func TestAProviderIsKeylessForThoseWhoShareNothing(t *testing.T) {
	p := tenants()
	if p.Keyless() {
		t.Error("with shared ones")
	}
	if p.Credentials = p.Credentials[2:]; !p.Keyless() {
		t.Error("with those of workspaces alone")
	}
}

func TestACredentialIsCheckedByWhatItsVendorTakes(t *testing.T) {
	spec := &provider.Spec{Name: "cloud", Fields: []provider.Field{
		{Name: "id", With: []string{"secret"}, Not: []string{"api_key"}}, {Name: "secret", With: []string{"id"}}, {Name: "account"},
	}}
	for want, c := range map[string]provider.Credential{
		"":                        {Key: "k"},
		" ":                       {Fields: map[string]string{"account": "{\n\"type\": \"a\"}"}},
		"  ":                      {Fields: map[string]string{"id": "i", "secret": "s"}},
		"is empty":                {},
		"secret is missing":       {Fields: map[string]string{"id": "i"}},
		"exclude each other":      {Key: "k", Fields: map[string]string{"id": "i", "secret": "s"}},
		"and of nothing else":     {Key: "k", Fields: map[string]string{"marker": "marker"}},
		"api_key holds spaces":    {Key: " marker"},
		"account holds spaces":    {Fields: map[string]string{"account": "mar\nker"}},
		"api_key, id, secret or ": {Fields: map[string]string{"marker": "marker"}},
	} {
		err := spec.CheckCredential(&c)
		switch {
		case strings.TrimSpace(want) == "" && err != nil:
			t.Errorf("%q: %v", want, err)
		case strings.TrimSpace(want) != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "mar")):
			t.Errorf("%q: %v", want, err)
		}
	}
}
