package proxy

import (
	"bytes"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/redact"
)

// What a limit counts by goes into the ledger and to people, by no other rules than entries.
func TestWhatLimitsCountByIsKeptRedacted(t *testing.T) {
	rules, err := redact.New(redact.Options{Rules: []string{redact.Email}})
	if err != nil {
		t.Fatal(err)
	}
	v := &view{rulesets: map[string]*redact.Redactor{"strict": rules}, redact: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("sk-1234"), []byte("[redacted]")) }}
	for _, tt := range []struct{ gateway, values, want string }{
		{"strict", "user=alice@example.com, key=k1", "user=[redacted:email], key=k1"},
		{"open", "user=alice@example.com", "user=alice@example.com"},
		{"open", "header.x-key=sk-1234", "header.x-key=[redacted]"},
		{"strict", "key=k1", "key=k1"},
	} {
		x := &exchange{gw: &catalog.Gateway{Name: tt.gateway}, view: v}
		if got := x.kept(tt.values); got != tt.want {
			t.Errorf("%s: %s is kept as %s", tt.gateway, tt.values, got)
		}
	}
}
