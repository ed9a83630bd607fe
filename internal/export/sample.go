package export

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// sample is an entry of no call, by which people and the worker see whether a sink takes
// entries. Its metadata say so: {"sluice_sample": true}.
func (s *Spec) sample(now time.Time) Row {
	id := uuid.Must(uuid.NewV7()).String()
	e := gateway.Entry{
		ID: id, Time: now.UTC(), Gateway: "default", Workspace: "default", Operation: "chat", ClientDialect: "chat", Status: 200,
		Cache: "off", Metadata: json.RawMessage(`{"sluice_sample":true}`), Count: 1, LastTime: now.UTC(),
	}
	doc, err := s.project(e.AppendJSON(nil))
	if err != nil {
		doc = e.AppendJSON(nil)
	}
	return Row{ID: id, Time: e.Time, JSON: doc}
}
