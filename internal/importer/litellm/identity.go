package litellm

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// identify reads a credential: a key, or the parts that stand for one. Without any it is
// that of the vendor's usual variable, as LiteLLM has it.
func (i *importer) identify(d *deployment, p *section, spec *provider.Spec, prefix string) {
	if key := p.text("api_key"); key != "" && !placeholder(key, spec) {
		d.cred = []part{{"api_key", i.reference(p, "api_key", key, i.usualKey(d.conn.kind, spec))}}
	}
	switch spec.Name {
	case "bedrock":
		i.parts(d, p, []named{{"aws_access_key_id", "access_key_id", true}, {"aws_secret_access_key", "secret_access_key", true}, {"aws_session_token", "session_token", true},
			{"aws_profile_name", "profile", false}, {"aws_role_name", "role_arn", false}, {"aws_external_id", "external_id", false}})
	case "vertex":
		i.serviceAccount(d, p)
	case "azure":
		if len(d.cred) == 0 {
			i.parts(d, p, []named{{"tenant_id", "tenant_id", false}, {"client_id", "client_id", false}, {"client_secret", "client_secret", true}})
		}
	}
	if len(d.cred) > 0 || spec.Ambient || d.conn.kind == compatible || spec.KeyFree && !i.isSet(spec.Env) {
		return
	}
	usual := usualVariable(prefix, spec)
	i.needs(usual)
	d.cred = []part{{"api_key", "env:" + usual}}
}

// named is a parameter and what it is called here.
type named struct {
	theirs, ours string
	secret       bool
}

func (i *importer) parts(d *deployment, p *section, fields []named) {
	for _, f := range fields {
		text := p.text(f.theirs)
		if text == "" {
			continue
		}
		if _, is := environ(text); is || f.secret {
			text = i.reference(p, f.theirs, text, strings.ToUpper(f.theirs))
		}
		d.cred = append(d.cred, part{f.ours, text})
	}
}

// serviceAccount reads vertex_credentials: a file's path, or JSON.
func (i *importer) serviceAccount(d *deployment, p *section) {
	text := p.text("vertex_credentials")
	name, is := environ(text)
	switch {
	case text == "":
	case is:
		p.note(Todo, "vertex_credentials", "the variable "+name+" must hold the JSON itself; for a file write service_account: file:PATH")
		i.needs(name)
		d.cred = append(d.cred, part{"service_account", "env:" + name})
	case strings.HasPrefix(text, "{"):
		d.cred = append(d.cred, part{"service_account", i.reference(p, "vertex_credentials", text, "VERTEX_SERVICE_ACCOUNT")})
	default:
		d.cred = append(d.cred, part{"service_account", "file:" + text})
	}
}

// placeholder reports keys that people write for servers which ask for none.
func placeholder(key string, spec *provider.Spec) bool {
	switch strings.ToLower(key) {
	case "none", "empty", "fake", "fake-key", "sk-fake", "anything", "dummy", "na", "no-key", "not-needed", "any":
		return true
	}
	return spec.KeyFree && len(key) < 8
}

// usualKey names the variable of a plain key.
func (i *importer) usualKey(kind string, spec *provider.Spec) string {
	if kind == spec.Name && len(spec.Env) > 0 {
		return spec.Env[0]
	}
	return variable(kind, "API_KEY")
}

// usualVariable is what LiteLLM reads when no key is given.
func usualVariable(prefix string, spec *provider.Spec) string {
	switch {
	case spec.Name == "azure":
		return "AZURE_API_KEY"
	case spec.Name == "cohere":
		return "COHERE_API_KEY"
	case spec.Name == "together":
		return "TOGETHERAI_API_KEY"
	case spec.Name == "fireworks":
		return "FIREWORKS_AI_API_KEY"
	case len(spec.Env) > 0:
		return spec.Env[0]
	}
	return variable(prefix, "API_KEY")
}

func (i *importer) isSet(names []string) bool {
	for _, n := range names {
		if v, ok := i.lookup(n); ok && v != "" {
			return true
		}
	}
	return false
}
