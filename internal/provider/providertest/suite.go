package providertest

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Run holds a vendor to everything that the contract asks of one.
func Run(t *testing.T, spec *provider.Spec) {
	t.Helper()
	if err := spec.Check(); err != nil {
		t.Error(err)
	}
	cases := load(t, spec.Name)
	t.Run("urls", func(t *testing.T) { urls(t, spec, cases) })
	t.Run("auth", func(t *testing.T) { auth(t, spec, cases) })
	t.Run("headers", func(t *testing.T) { headers(t, spec) })
	seen := map[string]int{}
	for i := range cases {
		c := &cases[i]
		seen[c.kind]++
		switch c.kind {
		case "answer":
			t.Run("answer", func(t *testing.T) { answer(t, spec, c) })
		case "stream":
			t.Run("stream", func(t *testing.T) { stream(t, spec, c) })
		case "failed":
			t.Run("failed stream", func(t *testing.T) { failed(t, spec, c) })
		case "error":
			t.Run("error "+c.attrs["status"], func(t *testing.T) { failure(t, spec, c) })
		case "urls", "auth":
		default:
			t.Errorf("no such section: %s", c.kind)
		}
	}
	for _, kind := range []string{"urls", "auth", "answer", "error"} {
		if seen[kind] == 0 {
			t.Errorf("no section %s", kind)
		}
	}
	if seen["stream"] == 0 && len(spec.Speaks) > 0 {
		t.Error("no section stream")
	}
}

// urls compares where each operation goes with the golden list.
func urls(t *testing.T, spec *provider.Spec, cases []section) {
	covered := map[llm.Operation]bool{}
	for i := range cases {
		if cases[i].kind != "urls" {
			continue
		}
		p := configured(t, spec, &cases[i])
		for _, line := range cases[i].lines() {
			f := strings.Fields(line)
			if len(f) != 3 {
				t.Fatalf("want operation, path and URL: %q", line)
			}
			covered[llm.Operation(f[0])] = true
			if got := p.Origin() + pathOf(p, &cases[i], f); got != f[2] {
				t.Errorf("%s goes to %s, want %s", f[1], got, f[2])
			}
		}
	}
	for _, op := range spec.Operations {
		if !covered[op] && op != llm.OpRealtime && op != llm.OpPassthrough {
			t.Errorf("operation %s has no line", op)
		}
	}
}

// pathOf gives where a line's path goes.
func pathOf(p *provider.Provider, c *section, line []string) string {
	if line[0] == "native" {
		return p.NativePath(line[1])
	}
	model := c.attrs["model"]
	if model == "" {
		model = "MODEL"
	}
	return p.URLPath(provider.PathRequest{Op: llm.Operation(line[0]), Path: line[1], Model: model, Stream: c.attrs["stream"] == "true", Root: c.attrs["root"] == "true"})
}

// configured is the vendor in use: by its default base URL, or the section's.
func configured(t *testing.T, spec *provider.Spec, c *section) *provider.Provider {
	base := spec.BaseURL
	if spec.Base != nil {
		base = spec.Base(c.attrs["region"])
	}
	if b := c.attrs["base"]; b != "" {
		base = b
	}
	if err := provider.CheckBaseURL(base); err != nil {
		t.Fatal(err)
	}
	return &provider.Provider{Name: spec.Name, Spec: spec, BaseURL: base, APIVersion: c.attrs["version"], Region: c.attrs["region"], Project: c.attrs["project"]}
}

// auth compares how a key is presented with the golden text.
func auth(t *testing.T, spec *provider.Spec, cases []section) {
	p := &provider.Provider{Spec: spec}
	got := "none"
	if name, value := p.AuthField("KEY"); name != "" {
		got = name + ": " + value
	} else if name, value := p.AuthQuery("KEY"); name != "" {
		got = "?" + name + "=" + value
	}
	for i := range cases {
		if c := &cases[i]; c.kind == "auth" && string(c.body) != got {
			t.Errorf("a key is presented as %q, want %q", got, c.body)
		}
	}
	if name, _ := p.AuthField(""); name != "" {
		t.Error("a missing key is presented")
	}
}

// callers is what a caller may send that no vendor may see.
var callers = http.Header{
	"Authorization": {"Bearer sk-sluice-1"}, "X-Api-Key": {"sk-sluice-1"}, "Api-Key": {"sk-sluice-1"},
	"X-Goog-Api-Key": {"sk-sluice-1"}, "Sluice-Key": {"sk-sluice-1"}, "Cf-Aig-Authorization": {"Bearer sk-sluice-1"},
	"Cookie": {"session=1"}, "Host": {"gateway.example"}, "X-Forwarded-For": {"10.0.0.1"}, "Forwarded": {"for=10.0.0.1"},
	"Cf-Connecting-Ip": {"10.0.0.1"}, "X-Real-Ip": {"10.0.0.1"}, "Openai-Organization": {"org-1"}, "X-Goog-User-Project": {"p"},
	"Connection": {"close"}, "Te": {"trailers"}, "Upgrade": {"h2c"}, "Transfer-Encoding": {"chunked"}, "Keep-Alive": {"1"},
	"Proxy-Authorization": {"Basic eA=="}, "Trailer": {"X"}, "Accept-Encoding": {"gzip"}, "Sluice-Metadata": {"{}"},
}

// headers sees that nothing private of the caller's reaches the vendor, on either way,
// and that what the vendor understands does.
func headers(t *testing.T, spec *provider.Spec) {
	families := []string{"openai"}
	for _, name := range spec.Speaks {
		families = append(families, find(t, name).Family)
	}
	for _, family := range families {
		for name := range callers {
			if provider.ForwardRequestHeader(family, name, spec) || provider.ForwardNativeHeader(name) {
				t.Errorf("%s reaches the vendor", name)
			}
		}
		for _, name := range append([]string{"Content-Type", "Accept", "User-Agent"}, spec.Forward...) {
			if !provider.ForwardRequestHeader(family, name, spec) {
				t.Errorf("%s does not reach the vendor", name)
			}
		}
	}
	if a := spec.Auth.Header; a != "" && slices.Contains(spec.Forward, a) {
		t.Errorf("the caller's %s would stand beside the gateway's", a)
	}
}

// find gives the dialect of a name.
func find(t *testing.T, name dialect.Name) *dialect.Dialect {
	t.Helper()
	for _, d := range dialects() {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no dialect %q", name)
	return nil
}
