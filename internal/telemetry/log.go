package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// NewLogger makes the process's logger: format "text" or "json", level one of debug,
// info, warn, error. Unknown words fall back to text and info.
func NewLogger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
