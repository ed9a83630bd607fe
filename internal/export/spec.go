package export

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/expr"
)

// Spec is one configured export. It is immutable.
type Spec struct {
	Name        string
	Kind        string // what the sink is, for people
	Fingerprint string // of the whole configuration: another one is another sink

	Filter   *expr.EntryFilter // nil = every entry
	Gateways []string          // none = all
	Fields   []string          // members of an entry that are sent, none = all
	Exclude  []string          // members that are not sent
	Bodies   bool              // what was said is sent too, as far as it was kept
	Redact   bool              // and redacted once more

	Rows    int           // a batch has at most that many
	Bytes   int           // and about that much JSON
	Wait    time.Duration // a batch that is not full is sent after that
	Timeout time.Duration // of one try

	// Open makes the sink. It may touch disks, and waits for no network.
	Open func() (Sink, error)
}
