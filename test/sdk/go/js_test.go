package sdk_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/go/scripted"
)

// TestJavaScriptSDKs runs the tests of ../js with node against a gateway of its own.
func TestJavaScriptSDKs(t *testing.T) {
	node := findNode(t)
	s := start(t, noRetries)
	retrying := testgw.StartWith(t, testgw.Options{Config: config(s.up.URL, oneRetry), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	addCorpus(t, s.up)
	files, err := filepath.Glob("../js/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in ../js (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".test.mjs"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // of a whole file, with the start of Node
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "--test", "--test-reporter=spec", filepath.Base(file))
			cmd.Dir = "../js"
			cmd.Env = append(withoutVendors(os.Environ()), "SLUICE_URL="+s.URL, "SLUICE_RETRYING_URL="+retrying.URL, "SLUICE_KEY="+testgw.Key, "UPSTREAM_URL="+s.up.URL, "UPSTREAM_KEY="+vendorKey)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			} else {
				t.Logf("%s", out)
			}
		})
	}
}

// findNode skips the test, loudly, where the JavaScript SDKs cannot run.
func findNode(t *testing.T) string {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: the JavaScript SDKs. Install Node 20 or later, then run test/sdk.sh.")
	}
	if _, err := os.Stat("../js/node_modules/.package-lock.json"); err != nil {
		t.Skip("SKIPPED: the JavaScript SDKs are not installed. Run test/sdk.sh, or npm ci in test/sdk/js.")
	}
	return node
}

// addCorpus lets the upstream replay recordings, where there are any.
func addCorpus(t *testing.T, u *scripted.Upstream) {
	t.Run("recordings", func(t *testing.T) {
		for vendor, apis := range vendorAPIs {
			u.Corpus(t, vendor, 2, readsTheSame, apis...)
		}
	})
}

// withoutVendors drops the keys and addresses that SDKs would take from the environment.
func withoutVendors(env []string) []string {
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "OPENAI_") && !strings.HasPrefix(name, "ANTHROPIC_") && !strings.HasPrefix(name, "GOOGLE_") && !strings.HasPrefix(name, "GEMINI_") {
			out = append(out, v)
		}
	}
	return out
}
