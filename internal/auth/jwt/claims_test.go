package jwt_test

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestClaimsSayWhoTheCallerIs(t *testing.T) {
	roles := map[string]gateway.Role{"ai-admins": gateway.Owner, "ai-users": gateway.Viewer}
	for name, c := range map[string]struct {
		mapping jwt.Claims
		fixed   string
		claims  claims
		want    *gateway.Principal // nil = refused
	}{
		"subject":                 {jwt.Claims{}, "home", nil, &gateway.Principal{Workspace: "home", User: "ada"}},
		"another claim":           {jwt.Claims{User: "upn"}, "home", claims{"upn": "ada@x"}, &gateway.Principal{Workspace: "home", User: "ada@x"}},
		"a path":                  {jwt.Claims{User: "ext.user.id"}, "home", claims{"ext": map[string]any{"user": map[string]any{"id": "u1"}}}, &gateway.Principal{Workspace: "home", User: "u1"}},
		"a name with dots":        {jwt.Claims{User: "https://acme.example/user"}, "home", claims{"https://acme.example/user": "u2"}, &gateway.Principal{Workspace: "home", User: "u2"}},
		"a path into such a name": {jwt.Claims{User: "https://acme.example/who.id"}, "home", claims{"https://acme.example/who": map[string]any{"id": "u3"}}, &gateway.Principal{Workspace: "home", User: "u3"}},
		"a number":                {jwt.Claims{User: "uid"}, "home", claims{"uid": 12345678901234567}, &gateway.Principal{Workspace: "home", User: "12345678901234567"}},
		"a missing claim":         {jwt.Claims{User: "upn"}, "home", nil, nil},
		"a list is no user":       {jwt.Claims{User: "upn"}, "home", claims{"upn": []string{"ada"}}, nil},
		"an address":              {jwt.Claims{User: "email"}, "home", claims{"email": "ada@x"}, &gateway.Principal{Workspace: "home", User: "ada@x"}},
		"a verified address":      {jwt.Claims{User: "email"}, "home", claims{"email": "ada@x", "email_verified": true}, &gateway.Principal{Workspace: "home", User: "ada@x"}},
		"an unverified address":   {jwt.Claims{User: "email"}, "home", claims{"email": "ada@x", "email_verified": false}, nil},
		"workspace":               {jwt.Claims{Workspace: "org.id"}, "", claims{"org": map[string]any{"id": "acme"}}, &gateway.Principal{Workspace: "acme", User: "ada"}},
		"workspace goes first":    {jwt.Claims{Workspace: "org"}, "home", claims{"org": "acme"}, &gateway.Principal{Workspace: "acme", User: "ada"}},
		"no workspace, a fixed":   {jwt.Claims{Workspace: "org"}, "home", nil, &gateway.Principal{Workspace: "home", User: "ada"}},
		"no workspace at all":     {jwt.Claims{Workspace: "org"}, "", nil, nil},
		"a workspace of no name":  {jwt.Claims{Workspace: "org"}, "home", claims{"org": map[string]any{}}, nil},
		"an empty workspace":      {jwt.Claims{Workspace: "org"}, "home", claims{"org": ""}, nil},
		"role":                    {jwt.Claims{Role: "role"}, "home", claims{"role": "editor"}, &gateway.Principal{Workspace: "home", User: "ada", Role: gateway.Editor}},
		"the highest of roles":    {jwt.Claims{Role: "r"}, "home", claims{"r": []any{"viewer", "editor", "god", 7}}, &gateway.Principal{Workspace: "home", User: "ada", Role: gateway.Editor}},
		"an unknown role":         {jwt.Claims{Role: "role"}, "home", claims{"role": "god"}, &gateway.Principal{Workspace: "home", User: "ada"}},
		"groups":                  {jwt.Claims{Role: "groups", Roles: roles}, "home", claims{"groups": []string{"ai-users", "ai-admins"}}, &gateway.Principal{Workspace: "home", User: "ada", Role: gateway.Owner}},
		"groups named like roles": {jwt.Claims{Role: "groups", Roles: roles}, "home", claims{"groups": []string{"owner"}}, &gateway.Principal{Workspace: "home", User: "ada"}},
		"metadata": {jwt.Claims{Metadata: map[string]string{"team": "org.team", "paid": "paid", "n": "n", "tags": "tags", "gone": "gone", "o": "org"}}, "home",
			claims{"org": map[string]any{"team": "search"}, "paid": true, "n": 3, "tags": []string{"a"}},
			&gateway.Principal{Workspace: "home", User: "ada", Metadata: []byte(`{"n":3,"paid":true,"tags":["a"],"team":"search"}`)}},
		"no metadata": {jwt.Claims{Metadata: map[string]string{"team": "team"}}, "home", nil, &gateway.Principal{Workspace: "home", User: "ada"}},
	} {
		i := newIssuer()
		i.show("ed", edKey())
		config := basic()
		config.Workspace, config.Claims = c.fixed, c.mapping
		s, _ := open(t, i, config)
		all := valid()
		for k, v := range c.claims {
			all[k] = v
		}
		got := call(s, sign(t, jose.EdDSA, edKey(), "ed", all), now)
		if (got == nil) != (c.want == nil) || got != nil && mustJSON(got) != mustJSON(c.want) {
			t.Errorf("%s: %s, want %s", name, mustJSON(got), mustJSON(c.want))
		}
	}
}

func TestAVerifiedTokenShowsItsClaims(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	token, err := s.Verify(t.Context(), sign(t, jose.EdDSA, edKey(), "ed", valid().with("nonce", "n1", "a", map[string]any{"b": "c"})), now)
	if err != nil {
		t.Fatal(err)
	}
	if token.Issuer != name || token.Subject != "ada" || token.Claim("nonce") != "n1" || token.Claim("a.b") != "c" || token.Claim("a.x") != nil || token.Claim("x") != nil {
		t.Errorf("%+v", token)
	}
}
