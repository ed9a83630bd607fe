package dialect_test

import (
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestCharactersAreCountedHoweverTheyAreWritten(t *testing.T) {
	for _, raw := range []string{`""`, `"abc"`, `"é€😀"`, `"\u00e9\n\"\\\/"`, `"\ud83d\ude00 x"`, `"日本\u65e5"`} {
		text, _ := jsonscan.String([]byte(raw))
		if got, want := dialect.Characters(llm.Raw(raw)), int64(utf8.RuneCountInString(text)); got != want {
			t.Errorf("%s has %d characters, not %d", raw, got, want)
		}
	}
}
