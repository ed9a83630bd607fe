package jwt

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxName bounds the names of users and workspaces.
const maxName = 256

// principal says who the claims make the caller.
func (i *issuer) principal(claims map[string]any) (gateway.Principal, error) {
	who := gateway.Principal{Workspace: i.Workspace}
	if path := i.Claims.Workspace; path != "" {
		if v := lookup(claims, path); v != nil {
			who.Workspace = nameIn(v)
		}
	}
	if !named(who.Workspace) {
		return who, fmt.Errorf("no workspace is in its claim %q", i.Claims.Workspace)
	}
	var err error
	if who.User, err = i.user(claims); err != nil {
		return who, err
	}
	who.Role = i.role(claims)
	who.Metadata, err = i.metadata(claims)
	return who, err
}

func (i *issuer) user(claims map[string]any) (string, error) {
	path := i.Claims.User
	if path == "" {
		path = "sub"
	}
	// OpenID Connect Core, 5.1: only a verified address is the user's.
	if verified, said := claims["email_verified"]; path == "email" && said && verified != true && verified != "true" {
		return "", errors.New("its e-mail address is not verified")
	}
	user := nameIn(lookup(claims, path))
	if !named(user) {
		return "", fmt.Errorf("no user is in its claim %q", path)
	}
	return user, nil
}

// nameIn gives the name that a claim holds; some issuers number what they name.
func nameIn(v any) string {
	if n, ok := v.(json.Number); ok {
		return n.String()
	}
	return text(v)
}

// named reports whether a claim can be a name.
func named(s string) bool {
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, unicode.IsControl) < 0
}

// role gives the highest of the roles the claim holds.
func (i *issuer) role(claims map[string]any) gateway.Role {
	if i.Claims.Role == "" {
		return ""
	}
	var best gateway.Role
	for _, value := range texts(lookup(claims, i.Claims.Role)) {
		role := gateway.Role(value)
		if len(i.Claims.Roles) > 0 {
			role = i.Claims.Roles[value]
		}
		if role.Allows(gateway.Viewer) && !best.Allows(role) {
			best = role
		}
	}
	return best
}

// metadata makes an object of the claims that are there; objects and null are left out.
func (i *issuer) metadata(claims map[string]any) (json.RawMessage, error) {
	out := map[string]any{}
	for name, path := range i.Claims.Metadata {
		switch v := lookup(claims, path).(type) {
		case string, json.Number, bool, []any:
			out[name] = v
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return json.Marshal(out)
}

// lookup follows a path: the whole as a name first, since names may hold dots (namespaced
// claims are URLs), then each beginning of it as an object's name.
func lookup(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner, ok := claims[path[:i]].(map[string]any); ok {
			if v := lookup(inner, path[i+1:]); v != nil {
				return v
			}
		}
	}
	return nil
}

// text gives a claim that is a text, else "".
func text(v any) string {
	s, _ := v.(string)
	return s
}

// texts gives a claim that is a text or a list of them; other elements are left out.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
