package backup

import (
	"encoding/json"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Told is what the audit log says that a backup holds: one with the calls is a reading of all
// that was said in them.
func Told(c store.Calls) []audit.Change {
	bodies := json.RawMessage("false")
	if c.Entries {
		bodies = json.RawMessage("true")
	}
	all := []audit.Change{{Path: "bodies", After: bodies}}
	if !c.Since.IsZero() {
		all = append(all, audit.Change{Path: "since", After: json.RawMessage(`"` + c.Since.UTC().Format(time.RFC3339) + `"`)})
	}
	return all
}
