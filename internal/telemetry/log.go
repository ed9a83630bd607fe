package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// NewLogger makes the process's logger: format "text" or "json", level one of debug,
// info, warn, error. Unknown words fall back to text and info.
func NewLogger(w io.Writer, format, level string) *slog.Logger {
	o := &slog.HandlerOptions{Level: Level(level)}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// Level reads one of debug, info, warn, error; any other word is info.
func Level(word string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(word))); err != nil {
		return slog.LevelInfo
	}
	return l
}
