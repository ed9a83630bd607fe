package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Identity is what stands for a key where a vendor wants more than one text. Which of
// its fields a kind knows says Kind.Fields.
type Identity struct {
	AccessKeyID     Secret `yaml:"access_key_id" example:"env:AWS_ACCESS_KEY_ID" plain:"true" check:"identity" help:"AWS: id of an access key."`
	SecretAccessKey Secret `yaml:"secret_access_key" example:"env:AWS_SECRET_ACCESS_KEY" check:"header" help:"AWS: its secret, as a reference."`
	SessionToken    Secret `yaml:"session_token" example:"env:AWS_SESSION_TOKEN" check:"header" help:"AWS: token of a temporary access key, as a reference."`
	Profile         Secret `yaml:"profile" example:"bedrock" plain:"true" check:"identity" help:"AWS: a profile of the shared configuration files, instead of an access key."`
	RoleARN         Secret `yaml:"role_arn" example:"arn:aws:iam::123456789012:role/sluice" plain:"true" check:"identity" help:"AWS: a role to assume with the access key, the profile or what the machine has."`
	ExternalID      Secret `yaml:"external_id" example:"sluice" plain:"true" check:"identity" help:"AWS: what the role's owner demands to be told."`
	ServiceAccount  Secret `yaml:"service_account" example:"file:service-account.json" check:"json" help:"Google: the JSON of a service account or another kind of credential, as a reference."`
	TenantID        Secret `yaml:"tenant_id" example:"env:AZURE_TENANT_ID" plain:"true" check:"identity" help:"Azure: the directory of an application."`
	ClientID        Secret `yaml:"client_id" example:"env:AZURE_CLIENT_ID" plain:"true" check:"identity" help:"Azure: the application; alone, the managed identity to use."`
	ClientSecret    Secret `yaml:"client_secret" example:"env:AZURE_CLIENT_SECRET" check:"header" help:"Azure: the application's secret, as a reference."`
}

// Fields gives what is set, by its name in the document.
func (i *Identity) Fields() map[string]string {
	out := map[string]string{}
	for name, s := range i.each() {
		if s.IsSet() {
			out[name] = s.Reveal()
		}
	}
	return out
}

// each gives every field.
func (i *Identity) each() func(yield func(string, *Secret) bool) {
	v := reflect.ValueOf(i).Elem()
	return func(yield func(string, *Secret) bool) {
		for n := range v.NumField() {
			if !yield(v.Type().Field(n).Tag.Get("yaml"), v.Field(n).Addr().Interface().(*Secret)) {
				return
			}
		}
	}
}

// KindField is a part of a credential that a kind knows.
type KindField struct {
	Name string
	Env  []string // variables that usually hold it, the first set one counts
	With []string // fields without which it means nothing
	Not  []string // fields, api_key among them, that it cannot stand beside
}

func (k *Kind) field(name string) (KindField, bool) {
	i := slices.IndexFunc(k.Fields, func(f KindField) bool { return f.Name == name })
	if i < 0 {
		return KindField{}, false
	}
	return k.Fields[i], true
}

// takes lists what a credential of the kind may be made of.
func (k *Kind) takes() []string {
	names := []string{"api_key"}
	for _, f := range k.Fields {
		names = append(names, f.Name)
	}
	return names
}

// usualIdentity fills a provider that has no credential from the variables that usually
// hold its parts, if they make a whole one.
func (l *loader) usualIdentity(p *Provider, kind *Kind) {
	var found Identity
	given := map[string]bool{}
	for name, s := range found.each() {
		if f, ok := kind.field(name); ok {
			*s = l.firstOf(f.Env)
			given[name] = s.IsSet()
		}
	}
	for name, is := range given {
		if f, _ := kind.field(name); is && !all(f.With, given) {
			return
		}
	}
	p.Identity = found
}

func all(names []string, given map[string]bool) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !given[n] })
}

// credentials checks how a provider proves who it is.
func (l *loader) credentials(at string, p *Provider, kind *Kind) {
	single := l.identity(at, kind)
	if list := join(at, "credentials"); l.given(list) {
		for _, name := range single {
			l.bad(list, "%s is given too; keep one of the two", name)
			break
		}
	}
	seen := map[string]bool{}
	for i, c := range p.Credentials {
		here := doctree.Index(join(at, "credentials"), i)
		if c.Name != "" && seen[c.Name] {
			l.bad(join(here, "name"), "the name %q is taken by another credential of this provider", c.Name)
		}
		seen[c.Name] = true
		if len(l.identity(here, kind)) == 0 {
			l.bad(here, "\"api_key\" is missing%s", insteadOf(kind))
		}
	}
}

func insteadOf(kind *Kind) string {
	if kind == nil || len(kind.Fields) == 0 {
		return ": The key, as a reference: env:NAME, file:PATH or secret:NAME."
	}
	return ", or what stands for it: " + orList(kind.takes()[1:])
}

// identity checks what one credential is made of, and lists it.
func (l *loader) identity(at string, kind *Kind) (names []string) {
	if l.given(join(at, "api_key")) {
		names = append(names, "api_key")
	}
	for name := range new(Identity).each() {
		if l.given(join(at, name)) {
			names = append(names, name)
		}
	}
	if kind == nil {
		return names
	}
	for _, name := range names {
		if name != "api_key" {
			l.part(at, name, names, kind)
		}
	}
	return names
}

// part checks one part of a credential beside the others.
func (l *loader) part(at, name string, beside []string, kind *Kind) {
	f, ok := kind.field(name)
	if !ok {
		l.bad(join(at, name), "kind %q does not know this; it takes %s", kind.Name, orList(kind.takes()))
		return
	}
	for _, other := range f.With {
		if !slices.Contains(beside, other) {
			l.bad(join(at, name), "%q is missing, without which this means nothing", other)
		}
	}
	for _, other := range f.Not {
		if slices.Contains(beside, other) {
			l.bad(join(at, name), "%s is given too; keep one of the two", other)
		}
	}
}

// Setting is what a kind makes of region or project.
type Setting struct {
	Env     []string // variables that usually hold it, the first set one counts
	Default string
	// Needed says that nothing works without it, unless base_url or one of NeedlessWith
	// is given.
	Needed       bool
	NeedlessWith []string
}

// usualSetting fills region or project from the variables that usually hold it.
func (l *loader) usualSetting(dst *string, s *Setting, check string) {
	if s == nil || *dst != "" {
		return
	}
	if l.cfg.Discover {
		for _, name := range s.Env {
			text, _ := l.secrets.env(name)
			if text == "" {
				continue
			}
			if message := checkText(check, text); message != "" {
				l.warn(variable(name), "%s; it is not used", message)
				continue
			}
			*dst = text
			return
		}
	}
	*dst = s.Default
}

// setting checks region or project.
func (l *loader) setting(at, name, value string, s *Setting, p *Provider, kind *Kind) {
	switch {
	case s == nil && l.given(join(at, name)):
		l.bad(join(at, name), "kind %q has no %s", kind.Name, name)
	case s == nil || value != "" || l.given(join(at, name)) || s.free(p):
	case slices.ContainsFunc(s.NeedlessWith, func(part string) bool { return l.given(join(at, part)) }): // and wrong
	default:
		message := "%q is missing, which kind %q needs"
		if len(s.Env) > 0 {
			message += "; it may also stand in " + orList(s.Env)
		}
		l.bad(at, message, name, kind.Name)
	}
}

// free reports whether a provider does without the setting.
func (s *Setting) free(p *Provider) bool {
	if !s.Needed || p.BaseURL != "" {
		return true
	}
	for _, k := range p.Keys() {
		fields := k.Fields()
		_, known := fields[first(s.NeedlessWith, fields)]
		if !known && !(k.APIKey.IsSet() && slices.Contains(s.NeedlessWith, "api_key")) {
			return false
		}
	}
	return len(p.Keys()) > 0
}

// first gives the first of the names that is among the fields, "" when none is.
func first(names []string, fields map[string]string) string {
	for _, n := range names {
		if _, ok := fields[n]; ok {
			return n
		}
	}
	return ""
}

// checkIdentity refuses what no request can carry.
func checkIdentity(text string) string {
	if strings.ContainsAny(text, " \t") {
		return "must not hold spaces"
	}
	return checkHeaderValue(text)
}

// checkJSON refuses what is no JSON object; the value is not shown.
func checkJSON(text string) string {
	var c struct{ Type string }
	if json.Unmarshal([]byte(text), &c) != nil || c.Type == "" {
		return "expected the JSON of a credential, an object with a type, as it is downloaded"
	}
	return ""
}
