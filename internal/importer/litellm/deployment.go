package litellm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// connection is what makes two deployments stand at the same place.
type connection struct {
	kind, base, version, region, project string
	headers                              string // name=reference, by name
}

// part is one part of a credential: a reference, or plain text where that is no secret.
type part struct{ name, value string }

// deployment is one item of model_list.
type deployment struct {
	line   int
	path   string
	alias  string
	groups []string // access groups
	conn   connection
	cred   []part
	model  string // the vendor's id; * = any

	weight, rpm, tpm, parallel float64
	order                      float64
	timeout, stream, cooldown  time.Duration
	retries                    int64 // -1 = not said
	facts                      facts
}

func (d *deployment) credential() string {
	var b strings.Builder
	for _, p := range d.cred {
		b.WriteString(p.name + "=" + p.value + "\n")
	}
	return b.String()
}

// deployments reads model_list.
func (i *importer) deployments(n *doctree.Node) []*deployment {
	if n == nil || n.Kind == doctree.Null {
		return nil
	}
	if n.Kind != doctree.List {
		i.bad(n.Pos.Line, "model_list", "expected a list, found "+n.Kind.String())
		return nil
	}
	var out []*deployment
	for at, item := range n.Items {
		s := i.section(doctree.Index("model_list", at), item)
		if d := i.deployment(s); d != nil {
			out = append(out, d)
		}
	}
	return out
}

// deployment reads one item; nil when it cannot be carried, which is then told.
func (i *importer) deployment(s *section) *deployment {
	d := &deployment{line: s.node.Pos.Line, path: s.path, alias: s.text("model_name"), retries: -1}
	if d.alias == "" {
		s.bad("model_name", "is missing")
	}
	raw := s.take("litellm_params")
	if raw == nil {
		s.bad("litellm_params", "is missing")
		return nil
	}
	params := i.section(s.key("litellm_params"), i.withCredential(s, raw))
	d.facts.read(params)
	info := i.section(s.key("model_info"), s.take("model_info"))
	d.facts.read(info)
	d.groups = info.texts("access_groups")
	if !i.target(d, params) {
		return nil
	}
	d.tuning(params)
	params.rest(paramReasons())
	info.rest(infoReasons())
	s.rest(nil)
	return d
}

// withCredential adds the values of the credential_list item that the params name.
func (i *importer) withCredential(s *section, params *doctree.Node) *doctree.Node {
	if params.Kind != doctree.Map {
		return params
	}
	name := params.Get("litellm_credential_name")
	if name == nil {
		return params
	}
	values := i.credentials[name.Text]
	if values == nil {
		s.note(Lost, "litellm_params", "the credential "+doctree.Quote(name.Text)+" is not in credential_list; those of LiteLLM's database are not read")
	}
	out := &doctree.Node{Kind: doctree.Map, Pos: params.Pos}
	for _, m := range params.Members {
		if m.Key != "litellm_credential_name" {
			out.Members = append(out.Members, m)
		}
	}
	for _, m := range values {
		if out.Get(m.Key) == nil {
			out.Members = append(out.Members, m)
		}
	}
	return out
}

// target finds out where a deployment stands and how one proves who one is there.
func (i *importer) target(d *deployment, p *section) bool {
	model := p.text("model")
	if model == "" {
		p.bad("model", "is missing")
		return false
	}
	base := i.baseURL(p)
	prefix, rest := split(model, p.text("custom_llm_provider"), base)
	spec, known := kindOf(prefix)
	if !known {
		what := "there is no kind for the provider " + doctree.Quote(prefix)
		if prefix == "" {
			what = "the name does not show the provider; write provider/model"
		}
		p.note(Lost, "model", what+"; this deployment is left out")
		return false
	}
	d.conn.kind, d.conn.base = place(spec.Name, base)
	d.model, d.conn.region = vendorModel(spec.Name, rest)
	if spec.Name == "mistral" && strings.Contains(prefix, "codestral") {
		d.conn.base = cmp.Or(d.conn.base, "https://codestral.mistral.ai/v1")
	}
	if spec.Name == "azure" && prefix == "azure_ai" && strings.HasSuffix(d.conn.base, ".services.ai.azure.com") {
		d.conn.base += "/models"
	}
	i.connect(d, p, spec)
	i.identify(d, p, spec, prefix)
	return true
}

// baseURL gives api_base; a variable cannot be followed there and is read where it is set.
func (i *importer) baseURL(p *section) string {
	for _, key := range []string{"api_base", "base_url", "aws_bedrock_runtime_endpoint"} {
		text := p.text(key)
		name, is := environ(text)
		if !is {
			if text != "" {
				return text
			}
			continue
		}
		if value, ok := i.lookup(name); ok && value != "" {
			p.note(Changed, key, "stands as it is now: base_url takes no reference, so that the variable "+name+" is not read later")
			return value
		}
		p.bad(key, "the variable "+name+" is not set, and base_url takes no reference; set it for the import, or write the URL")
	}
	return ""
}

// plain gives a setting that is no secret, a variable's value included.
func (i *importer) plain(p *section, key string) string {
	text := p.text(key)
	name, is := environ(text)
	if !is {
		return text
	}
	value, ok := i.lookup(name)
	if !ok || value == "" {
		p.bad(key, "the variable "+name+" is not set, and no reference can stand here; set it for the import, or write the value")
		return ""
	}
	p.note(Changed, key, "stands as it is now: no reference can stand here, so that the variable "+name+" is not read later")
	return value
}

func (i *importer) connect(d *deployment, p *section, spec *provider.Spec) {
	c := &d.conn
	if spec.Name == "azure" {
		c.version = i.plain(p, "api_version")
	}
	if spec.Region != nil {
		c.region = cmp.Or(c.region, strings.ToLower(cmp.Or(i.plain(p, "aws_region_name"), i.plain(p, "vertex_location"), i.plain(p, "region_name"))))
	}
	if spec.Project != nil {
		c.project = i.plain(p, "vertex_project")
	}
	var headers []string
	if org := p.text("organization"); org != "" {
		if _, is := environ(org); is {
			org = i.reference(p, "organization", org, "")
		}
		headers = append(headers, "openai-organization="+org)
	}
	extra := i.section(p.key("extra_headers"), p.take("extra_headers"))
	for _, m := range extra.node.Members {
		name := strings.ToLower(m.Key)
		value := extra.text(m.Key)
		if _, is := environ(value); is || secretHeader(name) {
			value = i.reference(extra, m.Key, value, variable(c.kind, name))
		}
		headers = append(headers, name+"="+value)
	}
	slices.Sort(headers)
	c.headers = strings.Join(headers, "\n")
}

// secretHeader reports headers that may carry a credential.
func secretHeader(name string) bool {
	return slices.ContainsFunc([]string{"auth", "key", "token", "cookie", "secret"}, func(w string) bool { return strings.Contains(name, w) })
}

// reference gives env:NAME for a secret. One in plain text is not copied: a variable is
// named that has to hold it.
func (i *importer) reference(p *section, key, value, usual string) string {
	name, is := environ(value)
	if !is {
		name = i.secretName(usual, value)
		p.note(Todo, key, "holds a secret in plain text, which is not copied; set the variable "+name+" to it")
	}
	i.needs(name)
	return "env:" + name
}

// secretName gives a variable for a plain secret: the same for the same one.
func (i *importer) secretName(usual, value string) string {
	for n := 1; ; n++ {
		name := usual
		if n > 1 {
			name = fmt.Sprintf("%s_%d", usual, n)
		}
		if held, taken := i.secrets[name]; (!taken || held == value) && !i.named[name] {
			i.secrets[name] = value
			return name
		}
	}
}

// variable makes the name of a variable.
func variable(words ...string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(strings.Join(words, "_")))
}

// tuning reads limits, weight, time-outs and tries.
func (d *deployment) tuning(p *section) {
	d.weight, _ = p.number("weight")
	d.rpm, d.tpm, d.parallel = float64(p.count("rpm")), float64(p.count("tpm")), float64(p.count("max_parallel_requests"))
	d.timeout, d.stream, d.cooldown = p.seconds("timeout"), p.seconds("stream_timeout"), p.seconds("cooldown_time")
	d.order, _ = p.number("order")
	d.retries = p.tries("max_retries")
	if n := p.tries("num_retries"); n >= 0 {
		d.retries = n
	}
}

// tries gives a number of further tries, -1 when there is none.
func (s *section) tries(key string) int64 {
	if s.node.Get(key) == nil {
		return -1
	}
	n, ok := s.number(key)
	if !ok {
		return -1
	}
	if n > 10 {
		s.note(Changed, key, "is brought down to 10, the most")
	}
	return int64(min(n, 10))
}
