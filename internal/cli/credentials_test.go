package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cli"
)

// shell runs commands on a data directory.
type shell struct {
	t   *testing.T
	dir string
	env map[string]string
}

// run gives what a command prints, all of it, and its exit code.
func (s *shell) run(in string, args ...string) (string, int) {
	s.t.Helper()
	var out bytes.Buffer
	code := cli.Run(context.Background(), append(args, "--data", s.dir), cli.Env{
		Stdin: strings.NewReader(in), Stdout: &out, Stderr: &out, Version: "test",
		Lookup: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok },
	})
	if strings.Contains(out.String(), "MARKER") {
		s.t.Errorf("%v prints a secret: %s", args, out.String())
	}
	return out.String(), code
}

func (s *shell) want(want, in string, args ...string) string {
	s.t.Helper()
	out, code := s.run(in, args...)
	if code != 0 || !strings.Contains(out, want) {
		s.t.Fatalf("%v: %d, %s", args, code, out)
	}
	return out
}

func (s *shell) refused(want, in string, args ...string) {
	s.t.Helper()
	if out, code := s.run(in, args...); code == 0 || !strings.Contains(out, want) {
		s.t.Errorf("%v: %d, %s", args, code, out)
	}
}

func TestCredentialsAreKeptFromTheCommandLine(t *testing.T) {
	s := &shell{t: t, dir: t.TempDir(), env: map[string]string{"OPENAI_API_KEY": "k"}}
	id := strings.Fields(s.want("added crd_", "sk-MARKER-0123456789-0123456789\n", "credentials", "add", "anthropic", "main"))[1]
	s.want("added", `{"access_key_id":"MARKER","secret_access_key":"MARKER"}`, "credentials", "add", "bedrock", "aws")
	s.want("added", `{"type":"service_account","private_key":"MARKER"}`, "credentials", "add", "vertex", "google", "--field", "service_account")
	s.refused("has a credential main there already", "MARKER", "credentials", "add", "anthropic", "main")
	s.refused("the configuration has a credential default", "MARKER", "credentials", "add", "openai", "default")
	s.refused("no workspace nobody", "MARKER", "credentials", "add", "openai", "a", "--workspace", "nobody")
	s.refused("no provider \"nothing\"", "MARKER", "credentials", "add", "nothing", "a")
	s.refused("input is empty", "\n", "credentials", "add", "openai", "a")
	s.refused("secret_access_key is missing", `{"access_key_id":"MARKER"}`, "credentials", "add", "bedrock", "b")
	s.refused("api_key", "{\"type\":\"service_account\",\"private_key\":\"MARKER\"}", "credentials", "add", "openai", "b")
	list := s.want("bedrock", "", "credentials", "list")
	if !strings.Contains(list, "anthropic") || !strings.Contains(list, "access_key_id, secret_access_key") || !strings.Contains(list, "(all)") {
		t.Errorf("%s", list)
	}
	if json := s.want(`"data":[{`, "", "credentials", "list", "--json", "--provider", "anthropic"); strings.Contains(json, "sealed") || strings.Contains(json, "bedrock") {
		t.Errorf("%s", json)
	}
	s.want("changed", "sk-MARKER-other", "credentials", "update", id, "--secret", "--alias", "second", "--weight", "3")
	s.refused("nothing to change", "", "credentials", "update", id)
	s.refused("there is no credential crd_x", "", "credentials", "update", "crd_x", "--weight", "2")
	s.want("removed", "", "credentials", "remove", id)
	s.refused("there is no credential", "", "credentials", "remove", id)
}

func TestSecretsAreKeptFromTheCommandLine(t *testing.T) {
	s := &shell{t: t, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.dir, "sluice.yaml"), []byte("providers: {openai: {api_key: secret:open}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.want("secret:open", "MARKER\n", "secrets", "set", "open")
	s.want("set other", "MARKER", "secrets", "set", "other")
	s.refused("a name has", "MARKER", "secrets", "set", "Not A Name")
	if list := s.want("open", "", "secrets", "list"); !strings.Contains(list, "yes") || !strings.Contains(list, "no") {
		t.Errorf("%s", list)
	}
	s.refused("--force", "", "secrets", "delete", "open")
	s.want("deleted", "", "secrets", "delete", "open", "--force")
	s.want("deleted", "", "secrets", "delete", "other")
	s.refused("there is no secret other", "", "secrets", "delete", "other")
}

func TestKeysAreReplacedFromTheCommandLine(t *testing.T) {
	s := &shell{t: t, dir: t.TempDir()}
	file := filepath.Join(s.dir, "master.key")
	s.want("set", "MARKER", "secrets", "set", "a")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.want("sealed anew: 1 secret", "", "credentials", "rotate-data")
	s.want("--finish", "", "credentials", "rotate-master")
	s.want("opens nothing any more", "", "credentials", "rotate-master", "--finish")
	if now, err := os.ReadFile(file); err != nil || len(now) != len(old) || bytes.Equal(now, old) {
		t.Errorf("%d bytes, %v", len(now), err)
	}
	s.want("set", "MARKER", "secrets", "set", "a")
	s.env = map[string]string{"SLUICE_MASTER_KEY": strings.TrimSpace(string(old))}
	s.refused("the master key does not open", "MARKER", "secrets", "set", "b")
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fresh := strings.Repeat("0a", 32)
	s.env = map[string]string{"SLUICE_MASTER_KEY": fresh}
	s.refused("put the new key in front", "", "credentials", "rotate-master")
	s.env["SLUICE_MASTER_KEY"] += "," + strings.TrimSpace(string(now))
	s.want("--finish", "", "credentials", "rotate-master")
	s.want("nothing any more", "", "credentials", "rotate-master", "--finish")
	s.env["SLUICE_MASTER_KEY"] = fresh
	s.want("set", "MARKER", "secrets", "set", "b")
}
