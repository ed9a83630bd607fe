// Package dialecttest is the suite that every dialect runs: its table is well formed,
// its exchanges read as written down beside them however they are cut, garbage does no
// harm, and errors come back as they went.
//
// It knows no dialect. Exchanges stand in testdata/*.txt of the dialect's own folder.
package dialecttest

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// Run runs the suite on d, with the exchanges in testdata of the working directory.
func Run(t *testing.T, d *dialect.Dialect) {
	t.Run("the table is well formed", func(t *testing.T) { checkEndpoints(t, d) })
	t.Run("exchanges read as expected", func(t *testing.T) { checkExchanges(t, d) })
	t.Run("garbage does no harm", func(t *testing.T) { checkGarbage(t, d) })
	t.Run("errors come back as they went", func(t *testing.T) { checkErrors(t, d) })
	t.Run("errors in streams are events", func(t *testing.T) { checkStreamErrors(t, d) })
	t.Run("a keep-alive disturbs nothing", func(t *testing.T) { checkKeepAlive(t, d) })
}
