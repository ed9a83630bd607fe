package config_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

func TestDurationsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "250ms": 250 * time.Millisecond, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "2w": 336 * time.Hour,
		"1w2d3h": 219 * time.Hour, "1.5h": 90 * time.Minute, "120s": 2 * time.Minute,
	} {
		got, err := config.ParseDuration(text)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
		if back, err := config.ParseDuration(config.FormatDuration(got)); err != nil || back != got {
			t.Errorf("%s is written as %s", text, config.FormatDuration(got))
		}
	}
	for _, text := range []string{"", "5", "-1s", "+1s", "d", "1d2w", "1x", "1dd", "999999999999d", "106752d", "1d-1h", "1 d", "1e3s", "99999w99999w"} {
		if got, err := config.ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestSizesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]config.Size{
		"0": 0, "1": 1, "64KiB": 64 << 10, "1GB": 1e9, "1.5MiB": 3 << 19, "5 GiB": 5 << 30, "7B": 7, "2kB": 2000,
	} {
		got, err := config.ParseSize(text)
		if err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
		if back, err := config.ParseSize(got.String()); err != nil || back != got {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "1kb", "1.0000001KiB", "9999999TiB", "99999999999999999999", "0x10", "1e3", ".", "NaN"} {
		if got, err := config.ParseSize(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}
