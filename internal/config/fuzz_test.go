package config_test

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/route"
)

// FuzzLoad holds: any document is either refused with problems of one line each, or
// gives a configuration whose routes compile and whose view loads again.
func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"testdata/bad/", "testdata/good/"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range entries {
			if data, err := os.ReadFile(dir + e.Name()); err == nil && strings.HasSuffix(e.Name(), ".yaml") {
				f.Add(data)
			}
		}
	}
	f.Add(config.Reference())
	f.Fuzz(func(t *testing.T, doc []byte) {
		src := source(string(doc), goldenEnv()...)
		src.Files = memFiles{"key": {data: "k", mode: 0o600}}
		cfg, problems := config.Load(src)
		for _, p := range problems {
			if line := p.Error(); strings.ContainsAny(line, "\n\r") || !utf8.ValidString(line) {
				t.Errorf("problem is not one line: %q", line)
			}
		}
		if (cfg == nil) != (problems.Err() != nil) {
			t.Fatalf("config %v, problems %v", cfg != nil, problems)
		}
		if cfg == nil {
			return
		}
		if _, err := route.Compile(cfg.GatewayRoutes()); err != nil {
			t.Errorf("routes that load do not compile: %v\n%s", err, doc)
		}
		src.Data = cfg.Redacted().YAML()
		src.Files = nil
		if again, problems := config.Load(src); again == nil && !strings.Contains(string(doc), "file") {
			t.Errorf("the view is refused: %v\n%s", problems, src.Data)
		}
	})
}
