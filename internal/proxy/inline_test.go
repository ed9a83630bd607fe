package proxy_test

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	messages "github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	prov "github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/anthropic"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/recall"
)

const pixel = "\x89PNG\r\n\x1a\nrest"

func TestMediaByURLReachAProviderThatTakesOnlyBytes(t *testing.T) {
	for _, bytesOnly := range []bool{true, false} {
		var got string
		up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".png") {
				w.Header().Set("Content-Type", "image/png")
				_, _ = io.WriteString(w, pixel)
				return
			}
			b, _ := io.ReadAll(r.Body)
			got = string(b)
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a pixel"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}`)
		}))
		p := pictured(t, up.URL, bytesOnly)
		body := `{"model":"hosted/claude","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + up.URL + `/a.png"}}]}]}`
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
		inlined := strings.Contains(got, base64.StdEncoding.EncodeToString([]byte(pixel)))
		if w.Code != http.StatusOK || inlined != bytesOnly || strings.Contains(got, "/a.png") == bytesOnly {
			t.Errorf("bytes only: %v; %d %s; the vendor got %s", bytesOnly, w.Code, w.Body, got)
		}
		up.Close()
	}
}

// pictured is a proxy whose provider speaks Messages, and takes media by URL or not.
func pictured(t *testing.T, upstream string, bytesOnly bool) *proxy.Proxy {
	t.Helper()
	models, err := account.Load()
	if err != nil {
		t.Fatal(err)
	}
	p := proxy.New(proxy.Config{
		Dialects: []*dialect.Dialect{openai.Dialect, openaichat.Dialect, messages.Dialect}, Keys: &auth.Keys{}, Catalogue: models, Recorder: nothing{}, Objects: nothing{},
		Recall: recall.New(1 << 20), Observer: nothing{}, Ready: func() error { return nil }, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(p.Close)
	spec := *anthropic.Spec
	if bytesOnly {
		spec.Traits.BytesIn = dialect.Messages
	}
	err = p.Swap(catalog.New(catalog.Snapshot{
		Gateways: map[string]*catalog.Gateway{"default": {Name: "default", Open: true, Media: &catalog.Media{MaxBytes: 1 << 20, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}},
		Providers: map[string]*prov.Provider{"hosted": {Name: "hosted", Spec: &spec, BaseURL: upstream, Speaks: spec.Speaks,
			Credentials: []prov.Credential{{Name: "a", Key: "vendor", Weight: 1}}, Timeouts: prov.DefaultTimeouts()}},
		Limits: catalog.Limits{JSONBody: 1 << 20, InFlight: 10, Memory: 1 << 40, BodyIdle: 30 * time.Second},
		Lister: nothing{},
	}))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
