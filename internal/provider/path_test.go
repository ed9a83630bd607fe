package provider_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

func at(base string, shape provider.Shape) *provider.Provider {
	return &provider.Provider{Name: "p", BaseURL: base, Spec: &provider.Spec{Name: "p", Shape: shape}}
}

func TestADataPlanePathIsJoinedToTheBaseURL(t *testing.T) {
	for _, c := range []struct {
		base  string
		shape provider.Shape
		path  string
		want  string
	}{
		{"https://h/v1", provider.OpenAIShape, "/v1/chat/completions", "/v1/chat/completions"},
		{"https://h/openai/v1", provider.OpenAIShape, "/v1/models/a%2Fb", "/openai/v1/models/a%2Fb"},
		{"https://h", provider.OpenAIShape, "/v1/chat/completions", "/chat/completions"},
		{"https://h/api/v4", provider.OpenAIShape, "/v1/files/x/content", "/api/v4/files/x/content"},
		{"https://h/v1", provider.OpenAIShape, "/v1", "/v1"},
		{"https://h/v1", provider.OpenAIShape, "/v10/x", "/v1/v10/x"},
		{"https://h", provider.HostShape, "/v1/messages", "/v1/messages"},
		{"https://h/gate", provider.HostShape, "/v1beta/models/m:generateContent", "/gate/v1beta/models/m:generateContent"},
		{"https://h", provider.HostShape, "/v1beta/models/a%2Fb%3Ac:countTokens", "/v1beta/models/a%2Fb%3Ac:countTokens"},
		{"https://h", provider.HostShape, "/v1beta/models/../../admin:generateContent", "/admin:generateContent"},
	} {
		got := at(c.base, c.shape).URLPath(provider.PathRequest{Op: llm.OpChat, Path: c.path})
		if got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.base, c.path, got, c.want)
		}
	}
}

func TestANativePathDoesNotDoubleWhatTheBaseURLAlreadyHas(t *testing.T) {
	for _, c := range []struct{ base, rest, want string }{
		{"https://h/v1", "/v1/chat/completions", "/v1/chat/completions"},
		{"https://h/v1", "/chat/completions", "/v1/chat/completions"},
		{"https://h/v1", "chat/completions", "/v1/chat/completions"},
		{"https://h/openai/v1", "/openai/v1/models", "/openai/v1/models"},
		{"https://h/openai/v1", "/v1/models", "/openai/v1/models"},
		{"https://h/openai/v1", "/openai/v2/models", "/openai/v1/openai/v2/models"},
		{"https://h/v1", "/v1", "/v1"},
		{"https://h/v1", "/v1beta/models", "/v1/v1beta/models"},
		{"https://h", "/v1/messages", "/v1/messages"},
		{"https://h", "", "/"},
		{"https://h/v1", "/models/org%2Fname%3Afree", "/v1/models/org%2Fname%3Afree"},
		{"https://h/v1", "/a//b", "/v1/a//b"},
		{"https://h/v1", "//evil.example/x", "/v1//evil.example/x"},
	} {
		if got := at(c.base, provider.OpenAIShape).NativePath(c.rest); got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.base, c.rest, got, c.want)
		}
	}
}

func TestDotSegmentsNeverClimbAboveTheBaseURL(t *testing.T) {
	p := at("https://h/team/v1", provider.OpenAIShape)
	for _, c := range []struct{ rest, want string }{
		{"/../../admin", "/team/v1/admin"},
		{"/a/../b", "/team/v1/b"},
		{"/a/./b", "/team/v1/a/b"},
		{"/a/..", "/team/v1/"},
		{"..", "/team/v1/"},
		{"/%2e%2e/%2E%2e/admin", "/team/v1/admin"},
		{"/.%2e/admin", "/team/v1/admin"},
		{"/x%2f..%2f..%2Fadmin", "/team/v1/x%2fadmin"},
		{"/..%2fadmin", "/team/v1/admin"},
		{"/..%5cadmin", "/team/v1/admin"},
		{`/..\admin`, "/team/v1/admin"},
		{"/models/gpt-4.1..beta", "/team/v1/models/gpt-4.1..beta"},
		{"/models/..gpt", "/team/v1/models/..gpt"},
		{"/.well-known/x", "/team/v1/.well-known/x"},
	} {
		if got := p.NativePath(c.rest); got != c.want {
			t.Errorf("%s = %s, want %s", c.rest, got, c.want)
		}
	}
}

func FuzzNoPathLeavesTheBaseURL(f *testing.F) {
	for _, s := range []string{"/../x", "/%2e%2e%2f", "a/b/../../..", `\..\`, "/%2f%2f..", "/.%2E%5C..%5c"} {
		f.Add(s)
	}
	p := at("https://h/base/v1", provider.OpenAIShape)
	f.Fuzz(func(t *testing.T, rest string) {
		got := p.NativePath(rest)
		if !strings.HasPrefix(got, "/base/v1") {
			t.Fatalf("%q became %q", rest, got)
		}
		r := strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/", "%5c", "/", "%5C", "/", `\`, "/")
		for seg := range strings.SplitSeq(r.Replace(got), "/") {
			if seg == ".." || seg == "." {
				t.Fatalf("%q became %q, which still holds a dot segment", rest, got)
			}
		}
	})
}

func TestTheOriginAndBasePathOfABaseURL(t *testing.T) {
	for _, c := range []struct{ base, origin, path string }{
		{"https://h:8443/a/b", "https://h:8443", "/a/b"},
		{"http://127.0.0.1:11434", "http://127.0.0.1:11434", ""},
		{"https://h/a/", "https://h", "/a"},
	} {
		p := at(c.base, provider.OpenAIShape)
		if p.Origin() != c.origin || p.BasePath() != c.path {
			t.Errorf("%s: %s and %s", c.base, p.Origin(), p.BasePath())
		}
	}
}

func TestTheCallersQueryGoesOnWithoutTheKey(t *testing.T) {
	for _, c := range []struct{ path, query, want string }{
		{"/a", "", "/a"},
		{"/a", "alt=sse", "/a?alt=sse"},
		{"/a", "key=sk-sluice-x", "/a"},
		{"/a", "alt=sse&key=sk&x=%20+y", "/a?alt=sse&x=%20+y"},
		{"/a", "k%65y=sk&x", "/a?x"},
		{"/a", "keys=1&monkey=2", "/a?keys=1&monkey=2"},
		{"/a?api-version=1", "api-version=2&x=1", "/a?api-version=1&x=1"},
		{"/a?api-version=1", "", "/a?api-version=1"},
	} {
		if got := provider.Target(c.path, c.query); got != c.want {
			t.Errorf("Target(%s, %s) = %s, want %s", c.path, c.query, got, c.want)
		}
	}
}

func TestTheGatewaysOwnKeyMayStandInTheQuery(t *testing.T) {
	if got := provider.AddQuery(provider.Target("/a", "key=callers&x=1"), "key", "own/1"); got != "/a?x=1&key=own%2F1" {
		t.Error(got)
	}
	if got := provider.AddQuery("/a", "key", "k"); got != "/a?key=k" {
		t.Error(got)
	}
}

func BenchmarkURLPath(b *testing.B) {
	p := at("https://api.example.com/v1", provider.OpenAIShape)
	b.ReportAllocs()
	for b.Loop() {
		_ = p.URLPath(provider.PathRequest{Op: llm.OpChat, Path: "/v1/chat/completions"})
	}
}
