package config

import (
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Issuer makes JWTs that callers of a gateway present.
type Issuer struct {
	Issuer     string        `yaml:"issuer" required:"true" example:"https://login.example.com" check:"issuer" help:"As in the claim iss. Its keys are found by OIDC discovery."`
	Audience   []string      `yaml:"audience" required:"true" example:"sluice" single:"true" check:"text" help:"What the claim aud must hold one of: without it, tokens for other services would do."`
	JWKSURL    string        `yaml:"jwks_url" example:"https://login.example.com/keys" check:"issuer" help:"Where its keys are, when it has no discovery."`
	Algorithms []string      `yaml:"algorithms" default:"[RS256, ES256]" single:"true" enum:"RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA" help:"Signatures that are taken."`
	Workspace  string        `yaml:"workspace" example:"default" check:"name" help:"The workspace of all callers with such a token, instead of claims.workspace. Default: default, when there is no such claim either."`
	Claims     Claims        `yaml:"claims" help:"Which claims tell what of the caller. A claim is named as it stands in the token; where there is none of that name, a dot steps into an object."`
	Leeway     time.Duration `yaml:"leeway" default:"1m" min:"0s" max:"10m" help:"How far clocks may differ."`
}

// Claims says which claims tell what.
type Claims struct {
	Workspace string            `yaml:"workspace" example:"org" check:"text" help:"The workspace. A token without it is refused."`
	User      string            `yaml:"user" default:"sub" check:"text" help:"The user."`
	Role      string            `yaml:"role" example:"realm_access.role" check:"text" help:"The role in the workspace."`
	Metadata  map[string]string `yaml:"metadata" example:"{team: department}" check:"text" help:"Members of the metadata, each with its claim. Callers cannot overwrite them."`
}

// Networks are the addresses that may call.
type Networks struct {
	Allow []string `yaml:"allow" example:"[10.0.0.0/8]" check:"network" help:"Networks that may call. Default: all."`
	Deny  []string `yaml:"deny" example:"[10.66.0.0/16]" check:"network" help:"Networks that may not, though they are allowed."`
}

// DefaultWorkspace is where callers are of whom nothing else is said.
const DefaultWorkspace = "default"

// auth checks how callers prove who they are, and that what it needs is there.
func (l *loader) auth(at string, g *Gateway) {
	if len(g.Auth) == 0 {
		l.bad(join(at, "auth"), "must not be empty; expected key, jwt, mtls or none")
	}
	if len(g.Auth) > 1 && slices.Contains(g.Auth, "none") {
		l.bad(join(at, "auth"), "none stands alone: with it, no caller is asked who he is")
	}
	tokens := slices.Contains(g.Auth, "jwt")
	switch {
	case tokens && len(g.JWT) == 0 && !l.given(join(at, "jwt")):
		l.bad(join(at, "auth"), "jwt needs the issuers whose tokens are taken; write jwt: [{issuer: …, audience: …}]")
	case tokens && len(g.JWT) == 0:
		l.bad(join(at, "jwt"), "must not be empty, with auth: jwt")
	case !tokens && len(g.JWT) > 0:
		l.bad(join(at, "jwt"), "has no effect without jwt in auth")
	}
	if slices.Contains(g.Auth, "mtls") && !l.given("server.tls.client_ca") && l.cfg.Server.TLS.ClientCA == "" {
		l.bad(join(at, "auth"), "mtls needs the certificates that sign those of clients; write server.tls.client_ca")
	}
	l.issuers(join(at, "jwt"), g.JWT)
}

func (l *loader) issuers(at string, list []Issuer) {
	seen := map[string]bool{}
	for i := range list {
		here, x := doctree.Index(at, i), &list[i]
		if x.Issuer != "" && seen[x.Issuer] {
			l.bad(join(here, "issuer"), "listed twice; give one item all audiences")
		}
		seen[x.Issuer] = true
		if len(x.Audience) == 0 && l.given(join(here, "audience")) {
			l.bad(join(here, "audience"), "must not be empty")
		}
		if len(x.Algorithms) == 0 {
			l.bad(join(here, "algorithms"), "must not be empty")
		}
		switch {
		case x.Workspace != "" && x.Claims.Workspace != "":
			l.bad(join(here, "workspace"), "claims.workspace is given too; keep one of the two")
		case x.Workspace == "" && x.Claims.Workspace == "":
			x.Workspace = DefaultWorkspace
		}
	}
}
