package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// clean gives text that both engines take: valid UTF-8 without NUL, which PostgreSQL refuses.
// https://www.postgresql.org/docs/current/datatype-character.html
func clean(s string) string {
	for i := range len(s) {
		if s[i] == 0 || s[i] >= utf8.RuneSelf {
			return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
		}
	}
	return s
}

// textOrNull is an entry's column: empty text takes no room and no work.
func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return clean(s)
}

// teamOf gives metadata.team: a text as it is, another value as JSON, "" when there is none.
func teamOf(metadata json.RawMessage) string {
	if !bytes.Contains(metadata, []byte(`"team"`)) {
		return ""
	}
	var m struct {
		Team json.RawMessage `json:"team"`
	}
	if json.Unmarshal(metadata, &m) != nil || string(m.Team) == "null" {
		return "" // metadata that is no JSON is kept as text and names no team
	}
	var text string
	if json.Unmarshal(m.Team, &text) == nil {
		return text
	}
	return string(m.Team)
}

func countOrNull(c llm.Count) any {
	if !c.Known {
		return nil
	}
	return c.N
}

func costOrNull(c gateway.Cost) any {
	if !c.Known {
		return nil
	}
	return int64(c.USD)
}

func floatOrNull(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func microsOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}

// fromNull reads a time that may be NULL.
func fromNull(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := time.UnixMicro(*us).UTC()
	return &t
}

// list renders a JSON array, never null.
func list[T any](values []T) (string, error) {
	if len(values) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(values)
	return clean(string(b)), err
}

// tagsOrNull renders tags as a JSON array, each of them once.
func tagsOrNull(tags []string) any {
	if len(tags) == 0 {
		return nil
	}
	once := make([]string, 0, len(tags))
	for _, t := range tags {
		if t = clean(t); t != "" && !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	b, err := json.Marshal(once)
	if err != nil || len(once) == 0 {
		return nil
	}
	return string(b)
}

// marks gives n placeholders: ?,?,?
func marks(n int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("?,", n-1) + "?"
}
