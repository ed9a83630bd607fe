package pairs_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/vendors"
)

const js = "../../js"

// TestJavaScriptClientsWithEveryVendor runs the tests of js/pairs with node; those that
// read what the others made the gateway send come last.
func TestJavaScriptClientsWithEveryVendor(t *testing.T) {
	node := findNode(t)
	up := httptest.NewServer(&vendors.Vendors{})
	t.Cleanup(up.Close)
	g := testgw.StartWith(t, testgw.Options{Config: config(up.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	files, err := filepath.Glob(js + "/pairs/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in js/pairs (%v)", err)
	}
	run := func(t *testing.T, file string) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		t.Cleanup(cancel)
		cmd := exec.CommandContext(ctx, node, "--test", "--test-reporter=spec", filepath.Base(file))
		cmd.Dir = js + "/pairs"
		cmd.Env = append(withoutVendors(os.Environ()), "SLUICE_URL="+g.URL, "SLUICE_KEY="+testgw.Key, "UPSTREAM_URL="+up.URL)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		} else {
			t.Logf("%s", out)
		}
	}
	t.Run("clients", func(t *testing.T) {
		for _, file := range files {
			if name := strings.TrimSuffix(filepath.Base(file), ".test.mjs"); name != "types" {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run(t, file)
				})
			}
		}
	})
	t.Run("types", func(t *testing.T) { run(t, js+"/pairs/types.test.mjs") })
}

// findNode skips the test, loudly, where the JavaScript SDKs cannot run.
func findNode(t *testing.T) string {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: the JavaScript SDKs. Install Node 20 or later, then run test/sdk.sh.")
	}
	if _, err := os.Stat(js + "/node_modules/.package-lock.json"); err != nil {
		t.Skip("SKIPPED: the JavaScript SDKs are not installed. Run test/sdk.sh, or npm ci in test/sdk/js.")
	}
	return node
}

// withoutVendors drops the keys and addresses that SDKs would take from the environment.
func withoutVendors(env []string) (out []string) {
	for _, v := range env {
		vendor := false
		for _, prefix := range []string{"OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "AWS_", "CO_", "COHERE_", "LANGCHAIN_", "LANGSMITH_"} {
			vendor = vendor || strings.HasPrefix(v, prefix)
		}
		if !vendor {
			out = append(out, v)
		}
	}
	return out
}
