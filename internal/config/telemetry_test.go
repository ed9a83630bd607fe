package config_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestWhatStaysOnThisMachineIsNotPacked(t *testing.T) {
	for endpoint, packed := range map[string]bool{
		"http://127.0.0.1:4318": false, "http://localhost:4317": false, "http://[::1]:4318": false,
		"http://collector:4318": true, "https://127.0.0.1.example.com": true, "http://10.0.0.1:4318": true,
	} {
		for compression, want := range map[string]bool{"": packed, ", compression: gzip": true, ", compression: none": false} {
			cfg, problems := config.Load(config.Source{Data: []byte("telemetry: { otlp: { endpoint: \"" + endpoint + "\"" + compression + " } }\n")})
			if cfg == nil {
				t.Fatal(problems)
			}
			if got := cfg.Telemetry.OTLP[0].Packs(); got != want {
				t.Errorf("%s%s is packed: %v", endpoint, compression, got)
			}
		}
	}
}
