package store

import (
	"encoding/base64"
	"encoding/json"
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

// list renders strings as a JSON array, never null.
func list(ss []string) (string, error) {
	if len(ss) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal(ss)
	return clean(string(b)), err
}

// A cursor names the last row of a page, so it stays true whatever is inserted since.
func toCursor(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

func fromCursor(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", ErrBadCursor
	}
	return clean(string(b)), nil
}

// Pages: the default size and the largest.
const (
	defaultPage = 50
	maxPage     = 500
)

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// marks gives n placeholders: ?,?,?
func marks(n int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("?,", n-1) + "?"
}
