package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/account"
)

// gathered runs the generator without the tiers of extra.json, whose models the small
// lists do not have.
func gathered(t *testing.T, prices, abilities string) (string, error) {
	t.Helper()
	x, err := readExtra(extraJSON)
	if err != nil {
		t.Fatal(err)
	}
	x.Tiers = nil
	dir := t.TempDir()
	extra, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return dir, generate(extra, prices, abilities, dir)
}

func TestSmallListsBecomeTheDocumentsByHand(t *testing.T) {
	dir, err := gathered(t, "testdata/prices.jsonl", "testdata/abilities.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	same(t, filepath.Join(dir, "openai.json"), filepath.Join("testdata", "openai.json"))
	f, err := os.Open(filepath.Join(dir, "acme.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := account.ReadCatalogue(f)
	if err != nil {
		t.Fatal(err)
	}
	for id, priced := range map[string]bool{"new": true, "trial": false} {
		m, ok := c.Find([]string{"acme"}, id)
		if !ok || m.Priced() != priced || m.AsOf != "2026-01-22" {
			t.Errorf("%s: %+v, want priced %t", id, m, priced)
		}
	}
}

func TestListsThatCannotBeExpressedAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"no JSON":         {`{"provider":"openai","model":"gpt-x"`, `{"provider":`, ":1:"},
		"unknown kind":    {`"output_mtok"`, `"output_gtok"`, "output_gtok"},
		"two prices":      {`"input_audio_hours":0.36`, `"input_audio_hours":0.4`, "two prices for per_hour"},
		"a real and":      {`"^(?!.*-tts$)"`, `"^gpt"`, "cannot write this rule"},
		"a shared name":   {`"gpt-y:free"}`, `"gpt-x"}`, "share the name"},
		"absurd price":    {`"base":1`, `"base":1e9`, "plain decimal"},
		"a bad start day": {`2026-01-02`, `tomorrow`, "tomorrow"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/prices.jsonl")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "prices.jsonl")
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), tc.old, tc.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := gathered(t, file, "testdata/abilities.jsonl"); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestTheCommittedFilesAreWhatTheGeneratorMakes(t *testing.T) {
	from := filepath.Join("..", "..", "..", "..", "shared", "reference", "models")
	if _, err := os.Stat(from); err != nil {
		t.Skip("the reference lists are not beside this repository")
	}
	dir := t.TempDir()
	if err := run(filepath.Join(from, "prices.jsonl"), filepath.Join(from, "abilities.jsonl"), dir); err != nil {
		t.Fatal(err)
	}
	made, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	kept, _ := filepath.Glob(filepath.Join("..", "data", "*.json"))
	if len(made) != len(kept) {
		t.Errorf("%d files made, %d committed", len(made), len(kept))
	}
	for _, f := range made {
		same(t, f, filepath.Join("..", "data", filepath.Base(f)))
	}
}

func same(t *testing.T, made, kept string) {
	t.Helper()
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; made:\n%.3000s", kept, got)
	}
}
