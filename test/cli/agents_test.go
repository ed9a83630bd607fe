// Package cli_test has coding agents work through the gateway: each completes a session
// with a tool of its own while the vendor behind the gateway speaks another dialect than
// the agent does. The agents are large and are run by run.sh only.
package cli_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/vendors"
)

const config = `
discover: false
providers:
  chat:      { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [chat], retries: { max: 0 } }
  responses: { kind: openai, api_key: env:VENDOR_KEY, base_url: %[1]s/v1, speaks: [responses], retries: { max: 0 } }
  messages:  { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  gemini:    { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  converse:  { kind: bedrock, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
  cohere:    { kind: cohere, api_key: env:VENDOR_KEY, base_url: %[1]s, retries: { max: 0 } }
`

// models are what is asked of each vendor.
var models = map[string]string{
	"chat":      "chat/gpt-4.1",
	"responses": "responses/gpt-5.2",
	"messages":  "messages/claude-sonnet-4-5",
	"gemini":    "gemini/gemini-2.5-pro",
	"converse":  "converse/anthropic.claude-sonnet-4-5-20250929-v1:0",
	"cohere":    "cohere/command-a-03-2025",
}

// agent is a program that works by itself.
type agent struct {
	speaks string
	words  string // a tool and its arguments, of the file %s
	start  func(t *testing.T, g *testgw.Gateway, s *session) *exec.Cmd
}

// session is one run of an agent in folders of its own.
type session struct {
	bin, home, work string
	model, prompt   string
}

var agents = map[string]agent{
	"claude": {"messages", `call Read with {"file_path":"%s"}`, claude},
	"codex":  {"responses", `call exec_command with {"cmd":"cat %s"}`, codex},
	"gemini": {"gemini", `call read_file with {"file_path":"%s"}`, gemini},
}

// What stands in the files that an agent is asked to read.
var notes = map[string]string{
	"parrot.txt": "The harbour master's parrot is called Barnacle.",
	"cat.txt":    "The harbour master's cat is called Mizzen.",
}

func TestAgentsWorkWithForeignVendors(t *testing.T) {
	bin := os.Getenv("SLUICE_CLI_BIN")
	if bin == "" {
		t.Skip("SKIPPED: the agents, which are large. Run test/cli/run.sh.")
	}
	v := &vendors.Vendors{}
	up := httptest.NewServer(v)
	t.Cleanup(up.Close)
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(config, up.URL), Env: map[string]string{"VENDOR_KEY": "vendor-secret-of-this-test-0001"}})
	for name, a := range agents {
		for vendor, model := range models {
			if vendor == a.speaks {
				continue
			}
			t.Run(name+" with "+vendor, func(t *testing.T) {
				t.Parallel()
				s := &session{bin: bin, home: t.TempDir(), work: t.TempDir(), model: model}
				file := func(name string) string { return filepath.Join(s.work, name) }
				for name, text := range notes {
					write(t, file(name), text+"\n")
				}
				title := name + "/" + vendor
				s.prompt = "case:" + title + "; think, " + fmt.Sprintf(a.words, file("parrot.txt")) + ", then " + fmt.Sprintf(a.words, file("cat.txt"))
				out, err := output(a.start(t, g, s))
				check(t, out, err, v.Seen(title))
			})
		}
	}
}

func output(cmd *exec.Cmd) (string, error) {
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// check holds that what the tools gave reached the vendor, and its answer the user.
func check(t *testing.T, out string, err error, seen []vendors.Exchange) {
	t.Helper()
	if err != nil {
		t.Errorf("the agent failed: %v", err)
	}
	if !strings.Contains(out, vendors.Saying) || !holdsNotes(out) {
		t.Error("the agent does not say what its tools found")
	}
	brought := false
	for _, x := range seen {
		brought = brought || holdsNotes(string(x.Body))
		if len(x.Problems)+len(x.Renamed) > 0 {
			t.Errorf("the vendor refused: %q, renamed %q", x.Problems, x.Renamed)
		}
	}
	if !brought {
		t.Error("the vendor never received what the tools found")
	}
	if t.Failed() {
		t.Logf("%s", out)
		for _, x := range seen {
			t.Logf("%s %s", x.Path, x.Body)
		}
	}
}

func holdsNotes(text string) bool {
	return strings.Contains(text, "Barnacle") && strings.Contains(text, "Mizzen")
}

// command runs a program with an environment of nothing but what it needs.
func (s *session) command(t *testing.T, env []string, program string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir = s.work
	cmd.Env = append(env, "HOME="+s.home, "PATH="+os.Getenv("PATH"), "TERM=dumb", "NO_COLOR=1", "CI=1", "NO_PROXY=127.0.0.1", "https_proxy=http://127.0.0.1:9") // nothing but the gateway
	return cmd
}

// claude is told of the gateway by the environment.
func claude(t *testing.T, g *testgw.Gateway, s *session) *exec.Cmd {
	env := []string{"ANTHROPIC_BASE_URL=" + g.URL, "ANTHROPIC_API_KEY=" + testgw.Key, "ANTHROPIC_MODEL=" + s.model, "ANTHROPIC_SMALL_FAST_MODEL=" + s.model,
		"ANTHROPIC_DEFAULT_HAIKU_MODEL=" + s.model, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_TELEMETRY=1", "DISABLE_AUTOUPDATER=1"}
	return s.command(t, env, "claude", "-p", s.prompt, "--model", s.model, "--allowedTools", "Read", "--output-format", "text")
}

// codex is told of it by its configuration.
func codex(t *testing.T, g *testgw.Gateway, s *session) *exec.Cmd {
	write(t, filepath.Join(s.home, ".codex", "config.toml"), fmt.Sprintf(`
model = %q
model_provider = "sluice"
[model_providers.sluice]
name = "Sluice"
base_url = "%s/v1"
env_key = "SLUICE_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
`, s.model, g.URL))
	return s.command(t, []string{"SLUICE_KEY=" + testgw.Key}, "codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", s.prompt)
}

// gemini is told of it by both.
func gemini(t *testing.T, g *testgw.Gateway, s *session) *exec.Cmd {
	write(t, filepath.Join(s.home, ".gemini", "settings.json"), `{"security":{"auth":{"selectedType":"gemini-api-key"}},"privacy":{"usageStatisticsEnabled":false},"telemetry":{"enabled":false},"general":{"disableAutoUpdate":true}}`)
	env := []string{"GOOGLE_GEMINI_BASE_URL=" + g.URL, "GEMINI_API_KEY=" + testgw.Key}
	return s.command(t, env, "gemini", "--model", s.model, "--approval-mode", "yolo", "--skip-trust", "--prompt", s.prompt)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
