package app_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestTheFirstKeyAndTokenAreShownOnceAndWork(t *testing.T) {
	dir := t.TempDir()
	first := serve(t, dir, nil)
	data, admin := first.listening(t)
	said := first.out.String()
	key := regexp.MustCompile(`gateway key +(sk-sluice-\S+)`).FindStringSubmatch(said)
	token := regexp.MustCompile(`admin token +(sluice-admin-\S+)`).FindStringSubmatch(said)
	if key == nil || token == nil {
		t.Fatalf("said:\n%s", said)
	}
	if !strings.Contains(said, "curl http://") || !strings.Contains(said, "Bearer "+key[1]) {
		t.Errorf("no command to paste:\n%s", said)
	}
	if get(t, data+"/v1/me", key[1]) != 200 || get(t, admin+"/api/v1/keys", token[1]) != 200 {
		t.Error("what was shown does not work")
	}
	if get(t, data+"/v1/me", token[1]) != 401 || get(t, admin+"/api/v1/keys", key[1]) != 401 {
		t.Error("key and token are taken for each other")
	}
	first.stop()
	if err := first.ended(t); err != nil {
		t.Fatal(err)
	}
	second := serve(t, dir, nil)
	data, admin = second.listening(t)
	if second.out.String() != "" {
		t.Errorf("the second start shows:\n%s", second.out)
	}
	if get(t, data+"/v1/me", key[1]) != 200 || get(t, admin+"/api/v1/keys", token[1]) != 200 {
		t.Error("key and token do not outlive a restart")
	}
	for _, log := range []string{first.log.String(), second.log.String()} {
		if strings.Contains(log, key[1]) || strings.Contains(log, token[1]) {
			t.Errorf("a secret stands in the log:\n%s", log)
		}
	}
	holdsNoSecret(t, dir, key[1], token[1])
}

// holdsNoSecret looks through every file of a data directory.
func holdsNoSecret(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, s := range secrets {
			if strings.Contains(string(b), s) {
				t.Errorf("%s holds a secret", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAGivenKeyAndTokenAreTakenAndNotRepeated(t *testing.T) {
	dir := t.TempDir()
	env := map[string]string{"SLUICE_KEY": "my own key of 2026", "SLUICE_ADMIN_TOKEN": "my own token of 2026"}
	s := serve(t, dir, env)
	data, admin := s.listening(t)
	if s.out.String() != "" {
		t.Errorf("shown:\n%s", s.out)
	}
	if get(t, data+"/v1/me", env["SLUICE_KEY"]) != 200 || get(t, admin+"/api/v1/keys", env["SLUICE_ADMIN_TOKEN"]) != 200 {
		t.Error("they do not work")
	}
	s.stop()
	if err := s.ended(t); err != nil {
		t.Fatal(err)
	}
	// Only a fresh store takes them: afterwards keys and token are the store's.
	s = serve(t, dir, map[string]string{"SLUICE_KEY": "another key of 2026", "SLUICE_ADMIN_TOKEN": "another token of 2026"})
	data, admin = s.listening(t)
	if get(t, data+"/v1/me", env["SLUICE_KEY"]) != 200 || get(t, data+"/v1/me", "another key of 2026") != 401 || get(t, admin+"/api/v1/keys", "another token of 2026") != 401 {
		t.Error("a later start took other ones")
	}
	holdsNoSecret(t, dir, env["SLUICE_KEY"], env["SLUICE_ADMIN_TOKEN"])
}

func TestAStartThatCannotBeSaysWhy(t *testing.T) {
	newer := t.TempDir()
	s := serve(t, newer, nil)
	s.listening(t)
	s.stop()
	if err := s.ended(t); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(newer, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO sluice_migrations (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	broken := t.TempDir()
	write(t, broken, "sluice.yaml", "providers:\n  openai: { api_key: env:NOT_SET }\ngateways:\n  default: { cors: { orgins: [] } }\n")
	used := testgw.Start(t, "")
	cases := map[string]struct {
		dir  string
		env  map[string]string
		says []string
	}{
		"a newer schema":          {newer, nil, []string{"newer Sluice", "9999"}},
		"a broken configuration":  {broken, nil, []string{"sluice.yaml:2:", "NOT_SET", "sluice.yaml:4:", "orgins", "origins"}},
		"a short key":             {t.TempDir(), map[string]string{"SLUICE_KEY": "short"}, []string{"SLUICE_KEY", "16"}},
		"a data directory in use": {used.Dir, map[string]string{"SLUICE_KEY": testgw.Key}, []string{"in use by another process", "own data directory"}},
		"a port in use":           {t.TempDir(), map[string]string{"SLUICE_LISTEN": strings.TrimPrefix(used.URL, "http://")}, []string{"address already in use", "--listen"}},
		"an admin port in use":    {t.TempDir(), map[string]string{"SLUICE_ADMIN_LISTEN": strings.TrimPrefix(used.Admin, "http://")}, []string{"address already in use", "--admin-listen"}},
		"no such configuration":   {t.TempDir(), map[string]string{"SLUICE_SERVER_TLS_CERT_FILE": "missing.pem", "SLUICE_SERVER_TLS_KEY_FILE": "missing.key"}, []string{"missing.pem"}},
	}
	for name, c := range cases {
		s := serve(t, c.dir, c.env)
		err := s.ended(t)
		if err == nil {
			t.Errorf("%s: it ended without an error", name)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; it does not say %q", name, err, want)
			}
		}
	}
	if resp, b := used.Do(used.Request("GET", "/v1/me", nil)); resp.StatusCode != 200 {
		t.Errorf("the process that was there first: %d %s", resp.StatusCode, b)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Copies of what a node knows are written aside; a killed write leaves half of one, with keys
// or credentials that are gone by the next start.
func TestAStartTakesAwayHalvesOfFiles(t *testing.T) {
	dir := t.TempDir()
	half := []string{".sluice-keys.json", ".sluice-admin", ".sluice-credentials.json", ".sluice-body-keys.json", "limits.state", "cache.prompts"}
	for i, name := range half {
		half[i] = filepath.Join(dir, "."+name+".4711.part")
		if err := os.WriteFile(half[i], []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := testgw.StartWith(t, testgw.Options{Dir: dir})
	for _, path := range half {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	if err := g.Stop(); err != nil {
		t.Error(err)
	}
}
