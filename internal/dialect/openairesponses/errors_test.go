package openairesponses_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/fault"
)

func TestAStreamErrorIsSeenBySDKsAndByReadersOfEvents(t *testing.T) {
	framed := string(openairesponses.Dialect.FormatStreamError(fault.New(fault.UpstreamTimeout, "too slow"), "id"))
	data, ok := strings.CutPrefix(framed, "event: error\ndata: ")
	if !ok || !strings.HasSuffix(data, "\n\n") {
		t.Fatalf("framed as %q", framed)
	}
	var e struct {
		Type, Code, Message string
		Error               struct{ Type, Code, Message string }
	}
	if err := json.Unmarshal([]byte(data), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "error" || e.Code != "upstream_timeout" || e.Message != "too slow" || e.Error.Code != e.Code || e.Error.Message != e.Message {
		t.Errorf("got %s", data)
	}
}
