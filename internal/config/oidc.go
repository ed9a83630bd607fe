package config

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// OIDC is single sign-on for the admin side. It is off without an issuer.
type OIDC struct {
	Issuer       string        `yaml:"issuer" example:"https://login.example.com" check:"issuer" help:"Who signs people in; found by OIDC discovery. The redirect URL to register there is admin.url and /api/v1/auth/oidc/callback."`
	ClientID     string        `yaml:"client_id" example:"sluice" check:"text" help:"Sluice's id at the issuer."`
	ClientSecret Secret        `yaml:"client_secret" example:"env:OIDC_CLIENT_SECRET" check:"header" help:"Its secret, as a reference."`
	Scopes       []string      `yaml:"scopes" default:"[openid, email, profile]" check:"text" help:"What is asked of the issuer."`
	Admins       []string      `yaml:"admins" example:"[ann@example.com]" check:"email" help:"People who administrate the whole system, by their verified address."`
	RolesClaim   string        `yaml:"roles_claim" default:"groups" check:"text" help:"The claim that lists a person's groups or roles; a dot steps into an object."`
	Roles        []RoleOfClaim `yaml:"roles" example:"[{value: ml-team, workspace: default, role: editor}]" help:"What a value of that claim gives. Whoever has no role by claim, member list or admins sees nothing."`
}

// RoleOfClaim is the right that a value of the roles claim gives.
type RoleOfClaim struct {
	Value     string `yaml:"value" required:"true" example:"ml-team" check:"text" help:"The value."`
	Role      string `yaml:"role" required:"true" enum:"owner|editor|viewer|admin" help:"The role; admin is of the whole system."`
	Workspace string `yaml:"workspace" example:"default" check:"name" help:"In which workspace. Needed but for admin."`
}

// oidc checks single sign-on for people.
func (l *loader) oidc() {
	const at = "admin.oidc"
	x := &l.cfg.Admin.OIDC
	if x.Issuer == "" && !l.given("admin.oidc.issuer") {
		if x.ClientID != "" || x.ClientSecret.IsSet() || len(x.Admins) > 0 || len(x.Roles) > 0 {
			l.bad(at, "\"issuer\" is missing, without which nobody is signed in")
		}
		return
	}
	for _, part := range []struct {
		key string
		set bool
	}{{"client_id", x.ClientID != ""}, {"client_secret", x.ClientSecret.IsSet()}} {
		if !part.set && !l.given(join(at, part.key)) {
			l.bad(at, "%q is missing", part.key)
		}
	}
	if l.cfg.Admin.URL == "" && !l.given("admin.url") {
		l.bad(at, "admin.url is missing, to which the issuer sends people back")
	}
	if !slices.Contains(x.Scopes, "openid") {
		l.bad(join(at, "scopes"), "openid must be among them")
	}
	for i, r := range x.Roles {
		here := doctree.Index(join(at, "roles"), i)
		switch {
		case r.Role == "admin" && r.Workspace != "":
			l.bad(join(here, "workspace"), "an admin is one of the whole system; remove this key")
		case r.Role != "admin" && r.Workspace == "" && !l.given(join(here, "workspace")):
			l.bad(here, "\"workspace\" is missing: where is this role?")
		}
	}
}
