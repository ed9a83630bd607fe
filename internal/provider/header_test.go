package provider_test

import (
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// private may never reach a vendor beside one of the gateway's credentials.
var private = []string{
	"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Proxy-Authorization", "Cookie", "Host",
	"Openai-Organization", "Openai-Project", "X-Goog-User-Project", "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key",
	"X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "Via",
	"Sluice-Key", "Sluice-Metadata", "Cf-Aig-Authorization", "Cf-Aig-Metadata", "Accept-Encoding", "Content-Length",
	"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
	"Origin", "Referer", "Sec-Fetch-Mode", "Baggage",
}

func TestWhatIsPrivateNeverReachesAVendor(t *testing.T) {
	greedy := &provider.Spec{Forward: private}
	for _, name := range private {
		for _, family := range []string{"openai", "anthropic", "gemini", "bedrock", "cohere", "new"} {
			if provider.ForwardRequestHeader(family, name, greedy) {
				t.Errorf("%s reaches a vendor of family %s", name, family)
			}
		}
		if provider.ForwardNativeHeader(name) {
			t.Errorf("%s reaches a vendor on its own path", name)
		}
	}
}

func TestEachFamilyForwardsItsOwnHeaders(t *testing.T) {
	spec := &provider.Spec{Forward: []string{"X-Title"}}
	for _, c := range []struct {
		family, name string
		want         bool
	}{
		{"openai", "Content-Type", true},
		{"openai", "User-Agent", true},
		{"openai", "Openai-Beta", true},
		{"openai", "Idempotency-Key", true},
		{"openai", "X-Stainless-Lang", true},
		{"openai", "Anthropic-Beta", false},
		{"openai", "X-Title", true},
		{"openai", "X-Internal-Thing", false},
		{"openai", "Traceparent", false},
		{"openai", "Content-Encoding", false},
		{"anthropic", "Anthropic-Version", true},
		{"anthropic", "Anthropic-Beta", true},
		{"anthropic", "X-Goog-Upload-Offset", false},
		{"gemini", "X-Goog-Api-Client", true},
		{"gemini", "X-Goog-Upload-Offset", true},
		{"gemini", "X-Goog-User-Project", false},
		{"bedrock", "X-Amzn-Bedrock-Trace", true},
		{"bedrock", "X-Amz-Security-Token", false},
	} {
		if got := provider.ForwardRequestHeader(c.family, c.name, spec); got != c.want {
			t.Errorf("%s to family %s: %v", c.name, c.family, got)
		}
	}
}

func TestAVendorsOwnPathTakesEverythingThatIsNotPrivate(t *testing.T) {
	for _, name := range []string{"Anthropic-Beta", "Content-Encoding", "Mcp-Session-Id", "X-Custom", "Accept", "Traceparent"} {
		if !provider.ForwardNativeHeader(name) {
			t.Errorf("%s does not reach the vendor", name)
		}
	}
}

func TestTheCallersOwnAccountIsKnownByItsHeaders(t *testing.T) {
	for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Openai-Organization", "X-Goog-User-Project"} {
		if !provider.CallerIdentity(name) {
			t.Errorf("%s is no identity", name)
		}
	}
	if provider.CallerIdentity("Cookie") || provider.CallerIdentity("Sluice-Key") {
		t.Error("a secret that is never forwarded counts as an identity")
	}
}

func TestAnAnswersHeadersReachTheCallerButForTheOwnersAndTheConnections(t *testing.T) {
	for _, name := range []string{
		"Content-Type", "Content-Encoding", "Content-Disposition", "X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Amzn-Requestid",
		"Mistral-Correlation-Id", "X-Generation-Id", "X-Ratelimit-Remaining-Tokens", "Anthropic-Ratelimit-Tokens-Reset",
		"Retry-After", "Retry-After-Ms", "X-Should-Retry", "Openai-Processing-Ms", "Openai-Version", "X-Goog-Upload-Url", "Date",
	} {
		if !provider.ForwardAnswerHeader(name) {
			t.Errorf("%s does not reach the caller", name)
		}
	}
	for _, name := range []string{
		"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Trailer", "Set-Cookie", "Strict-Transport-Security",
		"Alt-Svc", "Openai-Organization", "Openai-Project", "Anthropic-Organization-Id", "Cf-Ray", "Cf-Cache-Status",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Sluice-Cost-Usd", "Www-Authenticate", "Clear-Site-Data", "Age",
	} {
		if provider.ForwardAnswerHeader(name) {
			t.Errorf("%s reaches the caller", name)
		}
	}
}

func TestWhatTheConnectionFieldNamesIsHopByHop(t *testing.T) {
	h := http.Header{"Connection": {"keep-alive, X-Secret", "x-other"}}
	if !provider.Nominated(h, "X-Secret") || !provider.Nominated(h, "X-Other") || provider.Nominated(h, "X-Third") {
		t.Error("the Connection field was read wrongly")
	}
}

func BenchmarkForwardRequestHeader(b *testing.B) {
	spec := &provider.Spec{}
	b.ReportAllocs()
	for b.Loop() {
		provider.ForwardRequestHeader("openai", "Content-Type", spec)
		provider.ForwardRequestHeader("openai", "X-Forwarded-For", spec)
	}
}
