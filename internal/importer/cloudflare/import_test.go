package cloudflare_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/importer/cloudflare"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s differs (%v); got:\n%s", path, err, got)
	}
}

func notes(r *cloudflare.Routes) string {
	var b strings.Builder
	for _, g := range []cloudflare.Group{cloudflare.Lost, cloudflare.Changed, cloudflare.Todo} {
		for _, n := range r.Notes.In(g) {
			b.WriteString(g.String() + ": " + n.String() + "\n")
		}
	}
	return b.String()
}

func TestRoutesBecomeADocumentThatLoads(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := cloudflare.Read(data)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		base := strings.TrimSuffix(file, ".json")
		golden(t, base+".sluice.yaml", string(r.Document))
		golden(t, base+".notes.txt", notes(r))
		if err := r.Check(app.Vendors()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// one is a route with one condition.
func one(condition string) []byte {
	return []byte(`{"name":"r","elements":[{"id":"s","type":"start","outputs":{"next":{"elementId":"c"}}},
		{"id":"c","type":"conditional","properties":{"condition":` + condition + `},"outputs":{"true":{"elementId":"m"},"false":{"elementId":"n"}}},
		{"id":"m","type":"model","properties":{"provider":"openai","model":"a"}},{"id":"n","type":"model","properties":{"provider":"openai","model":"b"}}]}`)
}

func TestAPredicateBecomesACondition(t *testing.T) {
	vendors := app.Vendors()
	for predicate, want := range map[string]string{
		`{"metadata.plan":{"$eq":"free"}}`:                           `'metadata.plan == "free"'`,
		`{"metadata.plan":"free"}`:                                   `'metadata.plan == "free"'`,
		`{"metadata.n":{"$gt":1,"$lte":5.5}}`:                        `'metadata.n > 1 && metadata.n <= 5.5'`,
		`{"metadata.a":true,"metadata.b":{"$ne":null}}`:              `'metadata.a == true && metadata.b != null'`,
		`{"$or":[{"metadata.a":1},{"metadata.b":2,"metadata.c":3}]}`: `'metadata.a == 1 || (metadata.b == 2 && metadata.c == 3)'`,
		`{"metadata.x":1,"$or":[{"metadata.a":1},{"metadata.b":2}]}`: `'metadata.x == 1 && (metadata.a == 1 || metadata.b == 2)'`,
		`{"$nor":[{"metadata.a":1}]}`:                                `'!(metadata.a == 1)'`,
		`{"metadata.a":{"$not":{"$gt":1}}}`:                          `'!(metadata.a > 1)'`,
		`{"metadata.plan":{"$in":["a","b"]}}`:                        `'metadata.plan in ["a", "b"]'`,
		`{"metadata.plan":{"$nin":["a"]}}`:                           `'!(metadata.plan in ["a"])'`,
		`{"metadata.plan":{"$exists":true}}`:                         `'has(metadata.plan)'`,
		`{"metadata.team-id":{"$exists":false}}`:                     `'!("team-id" in metadata)'`,
		`{"metadata.team-id":"x"}`:                                   `'metadata["team-id"] == "x"'`,
		`{"headers.X-Tier":{"$regex":"^go+d$"}}`:                     `'header["x-tier"].matches("^go+d$")'`,
		`{"body.stream":true}`:                                       `'stream == true'`,
		`{"body.max_tokens":{"$gt":1000}}`:                           `'request.max_output > 1000'`,
		`{"metadata.q":"it's"}`:                                      `"metadata.q == \"it's\""`,
	} {
		r, err := cloudflare.Read(one(predicate))
		if err != nil {
			t.Errorf("%s: %v", predicate, err)
			continue
		}
		if !strings.Contains(string(r.Document), "- when: "+want+"\n        use: openai/a\n      - use: openai/b\n") {
			t.Errorf("%s, want %s:\n%s", predicate, want, r.Document)
		}
		if err := r.Check(vendors); err != nil || len(r.Notes.In(cloudflare.Lost)) > 0 {
			t.Errorf("%s: %v %v", predicate, err, r.Notes)
		}
	}
}

func TestAPredicateThatCannotBeCarriedIsToldAndTheOtherWayTaken(t *testing.T) {
	for _, predicate := range []string{
		`{}`, `null`, `[]`, `"x"`, `{"metadata":1}`, `{"cf.country":"DE"}`, `{"body.messages":1}`, `{"metadata.a":{"$near":1}}`, `{"$where":"x"}`,
		`{"metadata.a":{"b":1}}`, `{"metadata.a":[1]}`, `{"metadata.a":{"$in":1}}`, `{"$or":[]}`, `{"$or":{}}`, `{"metadata.a":{"$regex":"(?=x)"}}`, `{"metadata.a":{}}`,
	} {
		r, err := cloudflare.Read(one(predicate))
		if err != nil {
			t.Errorf("%s: %v", predicate, err)
			continue
		}
		if doc := string(r.Document); strings.Contains(doc, "when:") || strings.Contains(doc, "openai/a") || !strings.Contains(doc, "openai/b") || len(r.Notes.In(cloudflare.Lost)) != 1 {
			t.Errorf("%s: %v\n%s", predicate, r.Notes, doc)
		}
	}
}

func TestWhatIsNoRouteIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"": "is no JSON", "{": "is no JSON", "[]": "holds no dynamic route", "{}": "holds no elements", `{"elements":[]}`: "holds no elements",
		`[{"elements":[{"id":5}]}]`: "route 1:", `{"success":false,"result":null}`: "holds no elements", `{"name":"x","version":{"data":"{"}}`: "version.data",
		`{"elements":[{"id":"a","type":"start"}]}`: "nothing of it can be carried over", `{"elements":[{"outputs":[]}]}`: "expected an object",
	} {
		if _, err := cloudflare.Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// FuzzRead holds: any file is refused, or gives a document that is well formed.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	vendors := app.Vendors()
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := cloudflare.Read(data)
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Error("what is no JSON was read")
		}
		if err := r.Check(vendors); err != nil && !strings.Contains(err.Error(), "routes") && !strings.Contains(err.Error(), "providers") {
			t.Errorf("%v\n%s", err, r.Document)
		}
	})
}
