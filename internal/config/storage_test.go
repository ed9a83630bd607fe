package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestKeysThatCallsAreAddedUpByAreFewAndPlain(t *testing.T) {
	for doc, want := range map[string][]string{"": {"team"}, "rollup_metadata: []": {}, "rollup_metadata: [a.b-c, D_1]": {"a.b-c", "D_1"}} {
		if got := mustLoad(t, source("storage: {"+doc+"}")).Storage.RollupMetadata; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
	for keys, want := range map[string]string{
		"a, b, c, d, e, f": "at most 5", "a, b, a": "twice", "a b": "expected up to 64", "''": "storage.rollup_metadata[0]", strings.Repeat("x", 65): "expected up to 64",
	} {
		_, problems := config.Load(source("storage: {rollup_metadata: [" + keys + "]}"))
		if err := problems.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("[%s]: %v, want %s", keys, err, want)
		}
	}
}
