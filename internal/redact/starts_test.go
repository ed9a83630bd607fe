package redact

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plainly gives the secrets of each rule, as it finds them when those that are tried at their
// words look through the whole text, and those that words name wherever a value is near.
func plainly(text []byte) (out [][]hit) {
	s := secretRules()
	windows := make([][]stretch, len(s.rules))
	for _, m := range s.words.Match(lower(text)) {
		at, size := int(m.Pos()), len(m.Match())
		for _, i := range s.owner[m.Pattern()] {
			r := *s.rules[i]
			if r.named = false; r.likely(text, at, size) {
				windows[i] = r.around(windows[i], at, size, text)
			}
		}
	}
	for i, r := range s.rules {
		var found []hit
		for _, w := range windows[i] {
			found = r.find(s, text, w, found)
		}
		out = append(out, found)
	}
	return out
}

// pieces are what rules look for, whole and in parts, and what stands between.
var pieces = []string{
	"curl", " curl ", "\ncurl -X POST ", " -u ", " --user ", " --user=", " -H ", " --header ", "\"", "'", ":", "alice:S3cr3t-passw0rd", "\"Authorization: Bearer 9f8a7b6c5d4e3f2a1b0c\"", "'X-Api-Key: 0a1b2c3d4e5f6a7b'",
	"https://example.com/x", "\\\n", "\n", "\r\n", "\r", " ", "\t", "é", "\xff", "\x00", "\u212a", "\u017f", ";", "`", ",", "=", " = ", ":=", "=>", "||", "?=", ">",
	"ey", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ", ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c", "ZXlK",
	"-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "-----BEGIN", "KEY-----", strings.Repeat("MIIEow9", 12), "xoxb-1234567890-1234567890", "xapp-1-A1B2C3-123456-abcdef0123", "xoxb", "ops_eyJ", strings.Repeat("a1B2", 70),
	"api", "API", "key", "secret", "token", "passwd", "password", "Access", "auth", "creds", "credential", "_", "-", "name", "adafruit", "snyk_api", "new_relic", "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "abcdefghijklmnop", "Zm9vYmFyMTIzNDU2Nzg5MA==",
}

func same(t *testing.T, text []byte) {
	t.Helper()
	got := findSecrets(text, nil)
	for i, want := range plainly(text) {
		r := secretRules().rules[i]
		if r.named { // no less is found than before, and more where a window cut values in two
			for _, h := range want {
				if !slices.ContainsFunc(got, func(g hit) bool { return g.from <= h.from && h.to <= g.to }) {
					t.Fatalf("%s in %.300q:\nmissing %v of %v", r.id, text, h, got)
				}
			}
			continue
		}
		if r.starts == nil {
			continue
		}
		if found := secretsOf(r, text); !slices.Equal(found, want) {
			t.Fatalf("%s in %.300q:\n%v, want\n%v", r.id, text, found, want)
		}
	}
}

// secretsOf gives what findSecrets finds by one rule.
func secretsOf(r *secretRule, text []byte) []hit {
	all := secretRules()
	alone := *all
	alone.rules = make([]*secretRule, len(all.rules))
	for i := range alone.rules {
		if alone.rules[i] = nobody; all.rules[i] == r {
			alone.rules[i] = r
		}
	}
	return alone.find(text, nil)
}

// nobody is a rule that finds nothing.
var nobody = &secretRule{run: 1 << 30}

// Rules that are tried at their words alone find what a search of the whole text finds.
func TestTriesAtWordsFindWhatASearchOfAllFinds(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 1_500 {
		var b strings.Builder
		some := pieces
		if chance.IntN(2) == 0 { // a few pieces in many orders meet more often
			some = nil
			for range 3 + chance.IntN(8) {
				some = append(some, pieces[chance.IntN(len(pieces))])
			}
		}
		for range 1 + chance.IntN(40) {
			b.WriteString(some[chance.IntN(len(some))])
		}
		text := []byte(b.String())
		same(t, text)
		found += len(findSecrets(text, nil))
	}
	if found < 500 {
		t.Errorf("only %d secrets are in the texts", found)
	}
}

func TestTriesFindTheSameInDocumentsAndCode(t *testing.T) {
	docs, _ := filepath.Glob("../../docs/*.md")
	code, _ := filepath.Glob("*.go")
	if len(docs) == 0 || len(code) == 0 {
		t.Fatal("nothing to look through")
	}
	var all []byte
	for _, name := range slices.Concat(docs, code, []string{"secrets.json"}) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	same(t, all)
	same(t, []byte(strings.ReplaceAll(string(all[:200_000]), "\n", " "))) // one line
}

// Where tries would read the same text again and again, the whole is searched once.
func TestTriesThatWouldReadTooMuchAreASearch(t *testing.T) {
	for name, piece := range map[string]string{"one line": "curl x ", "open quotes": "curl -u 'a ", "tokens": "eyJhbGciOiJIUzI1NiIsInR5cCI"} {
		text := []byte(strings.Repeat(piece, 3000))
		s := secretRules()
		tried := false
		for _, r := range s.rules {
			if r.starts == nil {
				continue
			}
			var places []stretch
			spent := 0
			for _, m := range r.expr().FindAllIndex(text, 3) {
				t.Errorf("%s: %s matches %v", name, r.id, m)
			}
			for at := range text {
				if beginsAt(r, text[at:]) && spent <= 2*len(text) {
					w := stretch{at, r.starts.end(text, at)}
					places, spent = append(places, w), spent+w.to-w.from
				}
			}
			if _, ok := r.starts.find(text, places); len(places) > 0 && (!ok || spent > 2*len(text)) {
				tried = true
			}
		}
		if !tried && name != "open quotes" { // which the next one closes
			t.Errorf("%s: every rule read on", name)
		}
		same(t, text)
	}
}

// beginsAt reports whether a word of a rule stands at the beginning.
func beginsAt(r *secretRule, text []byte) bool {
	s := secretRules()
	for _, m := range s.words.Match(lower(text[:min(len(text), 40)])) {
		if m.Pos() == 0 {
			for _, i := range s.owner[m.Pattern()] {
				if s.rules[i] == r {
					return true
				}
			}
		}
	}
	return false
}

func TestMostOfTheSlowRulesAreTriedAtTheirWords(t *testing.T) {
	s := secretRules()
	for _, id := range []string{"curl-auth-header", "curl-auth-user", "jwt", "private-key", "slack-bot-token"} {
		if i := slices.IndexFunc(s.rules, func(r *secretRule) bool { return r.id == id }); s.rules[i].starts == nil {
			t.Errorf("%s looks through the whole text", id)
		}
	}
	if i := slices.IndexFunc(s.rules, func(r *secretRule) bool { return r.id == "generic-api-key" }); !s.rules[i].named {
		t.Error("generic-api-key looks where no operator is")
	}
}
