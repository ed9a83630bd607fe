package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

const keeping = `
gateways:
  default:
    cache: { ttl: 1h, tags: [docs] }
    log: { bodies: full }
`

// fields gives the words of a line that begins so.
func fields(t *testing.T, out, begins string) []string {
	t.Helper()
	for line := range strings.Lines(out) {
		if words := strings.Fields(line); strings.HasPrefix(strings.Join(words, " "), begins) {
			return words
		}
	}
	t.Fatalf("no line begins with %q:\n%s", begins, out)
	return nil
}

// await asks again and again until something is so.
func await(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to be so")
		}
	}
}

func TestTheCacheIsFilledShownAndPurgedFromTheCommandLine(t *testing.T) {
	g := testgw.Start(t, keeping)
	x := beside(t, g)
	x.env["SLUICE_URL"], x.env["SLUICE_KEY"] = g.URL, testgw.Key
	file := filepath.Join(t.TempDir(), "calls.jsonl")
	lines := []string{
		`{"model":"sandbox/chat","messages":[{"role":"user","content":"one"}]}`,
		`{"custom_id":"2","method":"POST","url":"/v1/chat/completions","body":{"model":"sandbox/chat","stream":true,"messages":[{"role":"user","content":"two"}]}}`,
		`{"url":"/v1/embeddings","body":{"model":"sandbox/embed","input":"three"}}`,
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := x.ok("cache", "warm", file); out != "3 stored, 0 already there, 0 failed\n" {
		t.Fatal(out)
	}
	if out := x.ok("cache", "warm", file); out != "0 stored, 3 already there, 0 failed\n" {
		t.Fatal(out)
	}
	await(t, func() bool { return strings.Contains(x.ok("cache", "report", "--json"), `"calls":6`) })
	out := x.ok("cache", "stats")
	if row := fields(t, out, "memory 3"); row[len(row)-1] != "ok" {
		t.Errorf("%v", row)
	}
	if got := strings.Join(fields(t, out, "all 6")[:5], " "); got != "all 6 3 3 50.0%" {
		t.Error(got)
	}
	if row := fields(t, x.ok("cache", "report", "--by", "model,day"), "chat "); row[2] != "4" || row[3] != "2" {
		t.Errorf("%v", row)
	}
	if row := fields(t, x.ok("cache", "report", "--by", "age"), "1m "); row[1] != "3" || row[2] != "3" {
		t.Errorf("%v", row)
	}
	if row := fields(t, x.ok("cache", "report", "--by", "tag"), "docs "); row[1] != "6" {
		t.Errorf("%v", row)
	}
	x.fails(cli.ExitFailure, "cannot be added up by", "cache", "report", "--by", "colour")
	x.fails(cli.ExitFailure, "say what to purge", "cache", "purge")
	if out := x.ok("cache", "purge", "--model", "sandbox/chat"); !strings.HasPrefix(out, `purged every answer that the provider "sandbox" gave, that the model "chat" gave (prg_`) {
		t.Error(out)
	}
	if out := x.ok("cache", "warm", file); out != "2 stored, 1 already there, 0 failed\n" {
		t.Errorf("after the purge: %s", out)
	}
	x.fails(cli.ExitFailure, "no answer", "cache", "show", strings.Repeat("0", 64))
	x.fails(cli.ExitFailure, "64 hexadecimal", "cache", "show", "abc")
}

func TestTheCacheCommandsAlsoAnswerInJSON(t *testing.T) {
	x := beside(t, testgw.Start(t, keeping))
	for _, args := range [][]string{{"stats"}, {"report"}, {"purge", "--all"}} {
		if out := x.ok(append(append([]string{"cache"}, args...), "--json")...); !json.Valid([]byte(out)) {
			t.Errorf("%v: %s", args, out)
		}
	}
}
