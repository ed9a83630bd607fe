package app_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// Every start is in the audit log, with the version that began to serve: whoever looks for
// what changed when something broke finds it.
func TestAStartIsToldWithItsVersion(t *testing.T) {
	dir := t.TempDir()
	for starts := 1; starts <= 2; starts++ {
		g := testgw.StartWith(t, testgw.Options{Dir: dir})
		var log struct{ Data []audit.Event }
		eventually(t, "the start is told", func() bool {
			return g.AdminGet("/api/v1/audit?action=node.start", &log) == 200 && len(log.Data) == starts
		})
		e := log.Data[0]
		if e.Actor.Kind != "sluice" || e.Object.Kind != "node" || e.Object.Name == "" || !strings.Contains(string(e.Changes), `"path":"version"`) {
			t.Errorf("%+v %s", e, e.Changes)
		}
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	}
}
