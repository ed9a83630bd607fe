package gateway

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestUserNamesStayApartAndAreFoundAgain(t *testing.T) {
	long := strings.Repeat("ä", 200)
	seen := map[string]string{}
	for _, s := range []string{"ann", "a\nb", strings.Repeat("x", 120), long, long + "1", long + "2", "\xff", strings.Repeat("y", 95) + "äää" + long, "a\x00b"} {
		got := UserName(s)
		if len(got) > maxUser || !utf8.ValidString(got) || strings.Contains(got, "\x00") || UserName(got) != got {
			t.Errorf("%q is %q", s, got)
		}
		if other, twice := seen[got]; twice {
			t.Errorf("%q and %q are one", s, other)
		}
		seen[got] = s
	}
	if UserName("ann") != "ann" || UserName("a\nb") != "a\nb" {
		t.Error("a name that can be kept is another one")
	}
}
