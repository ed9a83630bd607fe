package docs_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testport"
)

const (
	key   = "sk-sluice-docs-0123456789abcdef"
	token = "sluice-admin-docs-0123456789abcdef"
)

// served is the built binary, serving.
type served struct {
	data, admin string // URLs
	dir         string
	out         *output
}

// output is what a process says; it may be read while the process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs the binary on free ports until the test ends.
func start(t *testing.T, env ...string) *served {
	t.Helper()
	ports := [2]string{testport.Address(t), testport.Address(t)}
	g := &served{data: "http://" + ports[0], admin: "http://" + ports[1], dir: t.TempDir(), out: &output{}}
	cmd := exec.Command(binary, "serve", "--listen", ports[0], "--admin-listen", ports[1])
	cmd.Dir, cmd.Stdout, cmd.Stderr = g.dir, g.out, g.out
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended) })
	g.await(t, ended)
	return g
}

// stop ends the process in order, or at once when it does not end.
func stop(t *testing.T, cmd *exec.Cmd, ended chan error) {
	_ = cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the gateway ended with %v", err)
		}
	case <-time.After(90 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
		t.Error("the gateway did not end")
	}
}

// await waits until the gateway is ready.
func (g *served) await(t *testing.T, ended chan error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 4500 { // 90 s
		if resp, err := http.Get(g.data + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the gateway ended at once: %v\n%s", err, g.out)
		case <-tick.C:
		}
	}
	t.Fatalf("the gateway did not become ready\n%s", g.out)
}

// shell runs a script of a document against the gateway and gives what it prints.
func (g *served) shell(t *testing.T, script string) (string, error) {
	t.Helper()
	script = strings.NewReplacer("http://127.0.0.1:8080", g.data, "http://127.0.0.1:8081", g.admin).Replace(script)
	cmd := exec.Command("sh", "-e")
	cmd.Stdin, cmd.Dir = strings.NewReader(script), g.dir
	cmd.Env = []string{
		"PATH=" + filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"SLUICE_KEY=" + key, "SLUICE_ADMIN_TOKEN=" + token, "SLUICE_ADMIN_URL=" + g.admin, "no_proxy=*",
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed here", p)
		}
	}
}

func TestTheCommandsOfTheDocumentsDoWhatTheySay(t *testing.T) {
	needs(t, "sh", "curl")
	seen := 0
	for _, doc := range documents(t) {
		all := blocks(read(t, doc))
		if !hasTests(all) {
			continue
		}
		t.Run(doc, func(t *testing.T) {
			g := start(t, "SLUICE_KEY="+key, "SLUICE_ADMIN_TOKEN="+token)
			seen += follow(t, g, doc, all)
		})
	}
	if seen < 15 {
		t.Errorf("only %d blocks were found", seen)
	}
}

func hasTests(all []block) bool {
	for _, b := range all {
		if b.mark == "test" {
			return true
		}
	}
	return false
}

// follow runs the marked blocks of a document in order, in one gateway. Each line of the
// text behind a block must appear in its output.
func follow(t *testing.T, g *served, doc string, all []block) (seen int) {
	for i, b := range all {
		if b.mark != "test" {
			continue
		}
		seen++
		if b.language != "sh" {
			t.Errorf("%s: only blocks of sh are run", place(doc, b))
			continue
		}
		want := ""
		if i+1 < len(all) && all[i+1].language == "text" {
			want = all[i+1].text
		}
		g.attempt(t, place(doc, b), b.text, want)
	}
	return seen
}

// attempt runs a script until its output is as expected, since an entry needs a moment
// to be listed.
func (g *served) attempt(t *testing.T, name, script, want string) {
	t.Helper()
	const tries = 3
	for n := 1; ; n++ {
		out, err := g.shell(t, script)
		missing := absent(out, want)
		switch {
		case err == nil && missing == "":
			return
		case n < tries:
		case err != nil:
			t.Errorf("%s: %v\n%s", name, err, out)
			return
		default:
			t.Errorf("%s: the output lacks %q:\n%s", name, missing, out)
			return
		}
		<-time.After(250 * time.Millisecond)
	}
}

// absent gives the first line of want that out does not hold, "" when it holds all.
func absent(out, want string) string {
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); !strings.Contains(out, line) {
			return line
		}
	}
	return ""
}

func TestTheCommandThatIsPrintedAtTheFirstStartWorksWhenPasted(t *testing.T) {
	needs(t, "sh", "curl")
	g := start(t)
	out, err := g.shell(t, g.printed(t, regexp.MustCompile(`(?m)^\s*(curl .*)\n`)))
	if err != nil || !strings.Contains(out, `"chat.completion"`) {
		t.Errorf("%v\n%s", err, out)
	}
}

// printed waits until the process has said what is looked for, and gives its first group.
func (g *served) printed(t *testing.T, wanted *regexp.Regexp) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		if m := wanted.FindStringSubmatch(g.out.String()); m != nil {
			return m[1]
		}
		<-tick.C
	}
	t.Fatalf("%s was not printed:\n%s", wanted, g.out)
	return ""
}

func TestEveryMetricIsExplained(t *testing.T) {
	needs(t, "sh", "curl")
	g := start(t, "SLUICE_KEY="+key, "SLUICE_ADMIN_TOKEN="+token)
	for _, model := range []string{"sandbox/chat", "sandbox/error-400"} {
		_, _ = g.shell(t, `curl -s http://127.0.0.1:8080/v1/chat/completions -H "Authorization: Bearer $SLUICE_KEY" -d '{"model":"`+model+`","messages":[{"role":"user","content":"Hello"}]}'`)
	}
	resp, err := http.Get(g.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	doc, seen := read(t, "docs/operations.md"), map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (sluice_\S+)`).FindAllStringSubmatch(string(page), -1) {
		seen[m[1]] = true
		if !strings.Contains(doc, "| `"+m[1]+"` |") {
			t.Errorf("%s is not explained", m[1])
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(sluice_[a-z_]+)` \\|").FindAllStringSubmatch(doc, -1) {
		if !seen[m[1]] {
			t.Errorf("%s is explained, but there is no such metric", m[1])
		}
	}
}

// words by which the table of routes says who may call them.
var accessWords = map[string]string{"viewer": "viewer", "editor": "editor", "owner": "owner", "admin": "admin", "signed in": "everybody", "anyone": "anybody"}

func TestTheTableOfTheAdminAPIHasEveryPathItsMethodsAndWhoMayCallIt(t *testing.T) {
	g := start(t, "SLUICE_KEY="+key, "SLUICE_ADMIN_TOKEN="+token)
	req, err := http.NewRequest(http.MethodGet, g.admin+"/api/v1/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var described struct {
		Paths map[string]map[string]struct {
			Access string `json:"x-access"`
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&described); err != nil || len(described.Paths) < 10 {
		t.Fatalf("%d paths are described: %v", len(described.Paths), err)
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`/[^|]+) \\| ([A-Z, ]+) \\| ([^|]+) \\|").FindAllStringSubmatch(read(t, "docs/admin-api.md"), -1) {
		methods, who := map[string]bool{}, map[string]bool{}
		for _, path := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			operations, ok := described.Paths["/api/v1"+path[1]]
			if !ok {
				t.Errorf("%s is listed, but there is no such path", path[1])
			}
			listed["/api/v1"+path[1]] = true
			for method, o := range operations {
				methods[strings.ToUpper(method)], who[accessWords[o.Access]] = true, true
			}
		}
		said := map[string]bool{}
		for _, m := range strings.Split(row[2], ", ") {
			said[m] = true
		}
		if !maps.Equal(methods, said) {
			t.Errorf("%s takes %v, and the table says %s", row[1], slices.Sorted(maps.Keys(methods)), row[2])
		}
		for _, word := range accessWords {
			if who[word] != strings.Contains(row[3], word) {
				t.Errorf("%s is for %v, and the table says %s", row[1], slices.Sorted(maps.Keys(who)), row[3])
			}
		}
	}
	for path := range described.Paths {
		if !listed[path] {
			t.Errorf("%s is not listed", path)
		}
	}
}

func TestEveryCommandIsListed(t *testing.T) {
	needs(t, "sh")
	g := start(t, "SLUICE_KEY="+key, "SLUICE_ADMIN_TOKEN="+token)
	doc := read(t, "docs/cli.md")
	all := g.commands(t, "sluice --help")
	if len(all) < 10 {
		t.Fatalf("only %v", all)
	}
	for _, name := range all {
		row := regexp.MustCompile("(?m)^\\| `sluice "+name+"[ `].*$").FindAllString(doc, -1)
		if len(row) == 0 && name != "help" {
			t.Errorf("sluice %s is not listed", name)
		}
		for _, sub := range g.commands(t, "sluice "+name+" --help") {
			if rows := strings.Join(row, "\n"); name != "help" && !regexp.MustCompile("[ |]"+sub+"[\\\\` ]").MatchString(rows) {
				t.Errorf("sluice %s %s is not listed in: %s", name, sub, rows)
			}
		}
	}
}

// commands gives the commands that a help text lists.
func (g *served) commands(t *testing.T, help string) (names []string) {
	t.Helper()
	out, err := g.shell(t, help)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, list, _ := strings.Cut(out, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, line := range strings.Split(list, "\n") {
		if f := strings.Fields(line); len(f) > 0 {
			names = append(names, f[0])
		}
	}
	return names
}
