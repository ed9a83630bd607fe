// Package sdk holds the official SDKs against a running gateway: what their callers
// see must be what the vendor said. It tests no dialect by itself.
package sdk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/go/scripted"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("go.opencensus.io/stats/view.(*worker).start")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const vendorKey = "vendor-secret-key-0001"

// stand is a gateway before a scripted upstream that plays every vendor.
type stand struct {
	*testgw.Gateway
	up *scripted.Upstream
}

// start starts a stand whose providers never try again by themselves, but for what
// retries says.
func start(t *testing.T, retries string) *stand {
	t.Helper()
	u := scripted.New(t, "../testdata")
	return &stand{testgw.StartWith(t, testgw.Options{Config: config(u.URL, retries), Env: map[string]string{"VENDOR_KEY": vendorKey}}), u}
}

// What a provider's policy says about trying again.
const (
	noRetries = "{ max: 0 }"
	oneRetry  = "{ max: 1, backoff: { first: 1ms, max: 100ms } }"
)

func config(url, retries string) string {
	return fmt.Sprintf(`
providers:
  openai:    { api_key: env:VENDOR_KEY, base_url: %[1]s/v1, retries: %[2]s }
  anthropic: { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: %[2]s }
  gemini:    { api_key: env:VENDOR_KEY, base_url: %[1]s, retries: %[2]s }
routes:
  harbour: { steps: [ { use: anthropic/claude-sonnet-4-5 } ] }
gateways:
  default:
    default_provider: { openai: openai, anthropic: anthropic, gemini: gemini }
`, url, retries)
}

// httpClient is a client of one test, so that none is left connected after it.
func httpClient(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func holds(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: %q does not hold %q", what, got, want)
	}
}

// leave cancels a call that hangs in mid-stream and checks that the upstream sees it
// within 100 ms. A busy machine gets three tries.
func leave(t *testing.T, s *stand, exchange string, begin func(ctx context.Context) (firstText string)) {
	t.Helper()
	best := time.Hour
	for range 3 {
		ctx, cancel := context.WithCancel(deadline(t))
		first := begin(ctx)
		left := time.Now()
		cancel()
		gone := s.up.Gone(exchange)
		same(t, "the text before the caller left", first, "One")
		if best = min(best, gone.Sub(left)); best < 100*time.Millisecond {
			return
		}
	}
	t.Errorf("the upstream saw the caller leave after %v", best)
}

const question = "How is the harbour?"

// pixel is a PNG of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="

const calm = "The harbour is calm — “très calme”."

// unknownKey is a key that no gateway of a test knows.
const unknownKey = "sk-sluice-unknown-0123456789"

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
