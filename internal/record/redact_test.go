package record_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/record"
)

// fake makes text that looks like the random part of a key.
func fake(n int) string { return strings.Repeat("a1B2c3D4e5F6", n/12+1)[:n] }

func TestSecretsAreRedacted(t *testing.T) {
	jwt := "eyJ" + fake(20) + ".eyJ" + fake(40) + "." + fake(43)
	pem := `-----BEGIN RSA PRIVATE KEY-----\n` + fake(64) + `\n` + fake(20) + `==\n-----END RSA PRIVATE KEY-----`
	for name, c := range map[string]struct{ in, want string }{
		"own key":            {"key sk-sluice-" + fake(32) + " end", "key [redacted] end"},
		"vendor key":         {`{"k":"sk-` + fake(40) + `"}`, `{"k":"[redacted]"}`},
		"key with parts":     {"sk-ant-api03-" + fake(80) + "-" + fake(6) + "AA", "[redacted]"},
		"AIza":               {"?key=AIza" + fake(35) + "&x=1", "?key=[redacted]&x=1"},
		"xai":                {"xai-" + fake(60) + ".", "[redacted]."},
		"gsk":                {"(gsk_" + fake(52) + ")", "([redacted])"},
		"AKIA":               {"AKIA" + "IOSFODNN7EXAMPLE", "[redacted]"},
		"ghp":                {"git ghp_" + fake(36) + "\n", "git [redacted]\n"},
		"fine-grained":       {"github_pat_" + fake(60), "[redacted]"},
		"bearer":             {"Authorization: Bearer " + fake(24) + "+/==\r\n", "Authorization: Bearer [redacted]\r\n"},
		"bearer, lower case": {"authorization: bearer " + fake(24), "authorization: bearer [redacted]"},
		"JWT":                {`"` + jwt + `"`, `"[redacted]"`},
		"JWT ends sentence":  {"it is " + jwt + ". Then", "it is [redacted]. Then"},
		"bearer JWT":         {"Bearer " + jwt, "Bearer [redacted]"},
		"private key":        {`{"pem":"` + pem + `\n","x":1}`, `{"pem":"[redacted]\n","x":1}`},
		"cut private key":    {`{"pem":"-----BEGIN PRIVATE KEY-----\n` + fake(30) + `\n"}`, `{"pem":"[redacted]"}`},
		"after an escape":    {`{"t":"line\nsk-` + fake(40) + `"}`, `{"t":"line\n[redacted]"}`},
		"after \\u":          {`{"t":"\u003dsk-` + fake(40) + `"}`, `{"t":"\u003d[redacted]"}`},
		"after %":            {"a%3Dsk-" + fake(40), "a%3D[redacted]"},
		"two":                {"sk-" + fake(20) + ",sk-" + fake(30), "[redacted],[redacted]"},
		"cut by the end":     {"text sk-" + fake(9), "text [redacted]"},
		"cut JWT":            {"text eyJ" + fake(30), "text [redacted]"},
		"public key":         {"-----BEGIN PUBLIC KEY-----\nabc", "-----BEGIN PUBLIC KEY-----\nabc"},
		"a word":             {"task-management-for-everybody-here risk-averse-people-everywhere.", "task-management-for-everybody-here risk-averse-people-everywhere."},
		"short":              {"sk-short and eyJhbGciOi alone, AKIA, Bearer token, gsk_x.", "sk-short and eyJhbGciOi alone, AKIA, Bearer token, gsk_x."},
		"escaped brace":      {`-----BEGIN EC PRIVATE KEY-----\\"}`, `[redacted]\\"}`},
		"nothing":            {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(record.Redact([]byte(c.in))); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRedactGivesTheBodyItselfWhenThereIsNothing(t *testing.T) {
	body := []byte(`{"messages":[{"role":"user","content":"hello - how_are you? ABBA eyJ"}]}` + " ")
	if got := record.Redact(body); &got[0] != &body[0] {
		t.Error("the body was copied")
	}
	if n := testing.AllocsPerRun(10, func() { record.Redact(body) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRedactLeavesTheBodyItselfAlone(t *testing.T) {
	body := []byte("sk-" + fake(40))
	record.Redact(body)
	if string(body) != "sk-"+fake(40) {
		t.Error("the caller's bytes were changed")
	}
}

func TestARedactorKnowsExactValues(t *testing.T) {
	r := record.NewRedactor([]string{"correct/horse/battery", "correct/horse/battery/staple", "Zq8-exact-value", "short"})
	for name, c := range map[string]struct{ in, want string }{
		"in the middle":  {"a=Zq8-exact-value;b", "a=[redacted];b"},
		"inside a word":  {"xZq8-exact-valuex", "x[redacted]x"},
		"longer one":     {"correct/horse/battery/staple", "[redacted]"},
		"escaped":        {`{"a":"correct\/horse\/battery"}`, `{"a":"[redacted]"}`},
		"cut by the end": {"tail Zq8-exact-v", "tail [redacted]"},
		"too short":      {"short", "short"},
		"and shapes too": {"sk-" + fake(30) + " Zq8-exact-value", "[redacted] [redacted]"},
		"several":        {"Zq8-exact-valueZq8-exact-value", "[redacted][redacted]"},
		"shorter body":   {"Zq8", "Zq8"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(r.Redact([]byte(c.in))); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	if got := string(record.NewRedactor(nil).Redact([]byte("x sk-" + fake(30)))); got != "x [redacted]" {
		t.Errorf("without values: %s", got)
	}
}

func TestExactValuesAreFoundWhereverTheyStand(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc"[rnd.IntN(3)]
		}
		return string(b)
	}
	for range 300 {
		values := []string{letters(8 + rnd.IntN(8)), letters(8 + rnd.IntN(300)), letters(9)}
		body := letters(rnd.IntN(400)) + values[rnd.IntN(3)] + letters(rnd.IntN(400)) + "."
		got := string(record.NewRedactor(values).Redact([]byte(body)))
		for _, v := range values {
			if strings.Contains(got, v) {
				t.Fatalf("%q is left in %q", v, got)
			}
		}
	}
}

func FuzzRedactKeepsJSONAndUTF8Valid(f *testing.F) {
	f.Add(`{"a":"sk-`+fake(40)+`","b":"Bearer `+fake(30)+`\n"}`, "exact-value")
	f.Add(`["-----BEGIN PRIVATE KEY-----\\n\"x", "eyJ`+fake(30)+`..é"]`, "é-exact-é")
	f.Fuzz(func(t *testing.T, body, exact string) {
		for _, got := range [][]byte{record.Redact([]byte(body)), record.NewRedactor([]string{fake(20)}).Redact([]byte(body))} {
			if json.Valid([]byte(body)) && !json.Valid(got) {
				t.Errorf("%q became %q", body, got)
			}
			if utf8.ValidString(body) && !utf8.Valid(got) {
				t.Errorf("%q became %q", body, got)
			}
		}
		record.NewRedactor([]string{exact}).Redact([]byte(body))
	})
}
