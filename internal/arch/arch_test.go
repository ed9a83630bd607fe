// Package arch_test tests the tree like code: who imports whom, sizes, comments, names
// of vendors, words that may not stay.
package arch_test

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sluice-gateway/sluice/"

// root is the repository, two levels up.
const root = "../.."

// stages take values and give values; they never import each other nor proxy.
var stages = []string{"cache", "auth", "policy", "route", "upstream", "account", "record", "store", "object", "limit", "health"}

// allowed says what each package may import of this module, beside its own folder.
// Packages that stand here are closed: anything else is refused.
var allowed = map[string][]string{
	"fault":     {},
	"llm":       {},
	"glob":      {},
	"fetch":     {},
	"recall":    {"llm"},
	"resume":    {},
	"ledger":    {"dialect", "llm"},
	"membuf":    {},
	"jsonscan":  {},
	"tokens":    {"jsonscan"},
	"jsonout":   {},
	"gateway":   {"llm", "fault"},
	"dialect":   {"llm", "fault", "jsonscan", "jsonout", "membuf"},
	"provider":  {"dialect", "llm", "fault", "jsonscan", "jsonout"},
	"catalog":   {"gateway", "provider", "llm", "fault", "redact"},
	"auth":      {"gateway", "fault", "follow"},
	"policy":    {"catalog", "gateway", "fault", "llm", "glob"},
	"route":     {"catalog", "expr", "gateway", "fault", "glob", "jsonscan", "llm", "provider"},
	"health":    {"fault", "follow", "gateway"},
	"intent":    {},
	"upstream":  {"fault", "provider", "membuf"},
	"account":   {"gateway", "llm"},
	"record":    {"gateway", "llm", "whole"},
	"analytics": {"gateway", "llm"},
	"cache":     {"gateway", "jsonscan", "jsonout", "llm", "whole"},
	"follow":    {},
	"web":       {},
	"whole":     {},
	"said":      {},
	"redact":    {},
	"privacy":   {"gateway", "store"},
	"audit":     {},
	"bodykey":   {"gateway", "whole"},
	"store":     {"analytics", "audit", "gateway", "llm", "said"},
	"backup":    {"audit", "store"},
	"doctor":    {},
	"object":    {"gateway"},
	"config":    {"glob", "expr", "gateway", "redact"},
	"expr":      {},
	"seal":      {"whole"},
	"limit":     {"expr", "gateway", "glob", "whole"},
	"alert":     {"analytics", "catalog", "gateway", "limit", "netfault"},
	"export":    {"expr", "gateway", "jsonscan", "llm", "netfault", "whole"},
	"netfault":  {},
	"compare":   {"gateway"},
	"canary":    {"compare", "gateway"},
	"importer":  {"account", "config", "gateway", "provider", "store"},
	"seed":      {"gateway", "llm"},
	"front":     {},
	"forecast":  {},
	"proxy": {"health", "account", "auth", "cache", "catalog", "dialect", "fault", "gateway", "glob", "fetch", "intent", "jsonscan", "expr", "jsonout", "limit", "llm", "membuf", "policy", "recall", "redact", "resume",
		"provider", "route", "tokens", "upstream"},
	"telemetry": {"dialect", "gateway", "jsonscan", "llm", "proxy"},
	"admin":     {"analytics", "audit", "auth", "backup", "cache", "catalog", "compare", "config", "doctor", "export", "forecast", "gateway", "limit", "llm", "provider", "record", "said", "store", "glob", "web"},
}

type file struct {
	path string // relative to the repository
	pkg  string // first folder under internal, "" elsewhere
	ast  *ast.File
	fset *token.FileSet
	text []byte
}

func (f *file) test() bool { return strings.HasSuffix(f.path, "_test.go") }

func files(t *testing.T) []*file {
	t.Helper()
	var out []*file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		f := &file{path: rel, ast: parsed, fset: fset, text: text}
		if rest, ok := strings.CutPrefix(rel, "internal/"); ok {
			f.pkg, _, _ = strings.Cut(rest, "/")
		}
		out = append(out, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImportsRunOneWay(t *testing.T) {
	for _, f := range files(t) {
		if f.test() || f.pkg == "" || strings.HasSuffix(filepath.Dir(f.path), "test") || strings.Contains(f.path, "/gen/") {
			continue
		}
		may, closed := allowed[f.pkg]
		for _, i := range f.ast.Imports {
			path := strings.Trim(i.Path.Value, `"`)
			rest, ours := strings.CutPrefix(path, module+"internal/")
			if !ours {
				continue
			}
			to, _, _ := strings.Cut(rest, "/")
			switch {
			case to == f.pkg:
			case to == "app" && f.pkg != "cli" && f.pkg != "testgw":
				t.Errorf("%s imports app; only cmd, cli and tests may", f.path)
			case closed && !slices.Contains(may, to):
				t.Errorf("%s imports %s; %s may import only %v", f.path, to, f.pkg, may)
			case slices.Contains(stages, f.pkg) && slices.Contains(stages, to):
				t.Errorf("%s imports the stage %s; stages never import each other", f.path, to)
			}
		}
	}
}

// exempt from the sizes, with the reason.
var exempt = map[string]string{}

func TestFilesStaySmall(t *testing.T) {
	for _, f := range files(t) {
		limit := 500
		if f.test() {
			limit = 900
		}
		lines := strings.Count(string(f.text), "\n")
		if lines > limit && exempt[f.path] == "" {
			t.Errorf("%s has %d lines, more than %d: does it still hold one noun?", f.path, lines, limit)
		}
	}
}

func TestFunctionsStaySmall(t *testing.T) {
	for _, f := range files(t) {
		if f.test() || strings.HasSuffix(filepath.Dir(f.path), "test") || strings.HasPrefix(f.pkg, "test") {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line
			if name := f.path + ":" + fn.Name.Name; lines > 60 && exempt[name] == "" {
				t.Errorf("%s has %d lines", name, lines)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said, seen := map[string]bool{}, map[string]string{}
	for _, f := range files(t) {
		if f.test() {
			continue
		}
		dir := filepath.Dir(f.path)
		seen[dir] = f.ast.Name.Name
		if f.ast.Doc != nil {
			said[dir] = true
		}
	}
	for dir := range seen {
		if !said[dir] {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

var exportedWords = regexp.MustCompile(`(?i)\b(TODO|FIXME|XXX|HACK)\b`)

func TestNothingIsLeftForLater(t *testing.T) {
	for _, f := range files(t) {
		for _, c := range f.ast.Comments {
			if w := exportedWords.FindString(c.Text()); w != "" && f.pkg != "arch" {
				t.Errorf("%s: a comment says %s", f.fset.Position(c.Pos()), w)
			}
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for _, f := range files(t) {
		if !f.test() || f.pkg == "arch" {
			continue
		}
		if usesSynctest(f) {
			continue // there, time is the test's own
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if id, ok := s.X.(*ast.Ident); ok && id.Name == "time" && s.Sel.Name == "Sleep" {
				t.Errorf("%s sleeps", f.fset.Position(s.Pos()))
			}
			return true
		})
	}
}

func usesSynctest(f *file) bool {
	return slices.ContainsFunc(f.ast.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
}

// vendors are names that only dialect and provider may know.
var vendors = regexp.MustCompile(`(?i)\b(openai|anthropic|gemini|mistral|groq|deepseek|openrouter|ollama|bedrock|cohere)\b`)

func TestVendorsNamesStayInTheirFolders(t *testing.T) {
	core := []string{"fault", "llm", "gateway", "catalog", "auth", "policy", "route", "upstream", "record", "store", "proxy", "telemetry", "jsonscan", "jsonout", "membuf", "glob", "object"}
	for _, f := range files(t) {
		if f.test() || !slices.Contains(core, f.pkg) || strings.HasSuffix(filepath.Dir(f.path), "test") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || strings.HasPrefix(strings.Trim(lit.Value, `"`), module) {
				return true
			}
			if w := vendors.FindString(lit.Value); w != "" && !talks(lit.Value) {
				t.Errorf("%s: the core names %s", f.fset.Position(lit.Pos()), w)
			}
			return true
		})
	}
}

// talks reports literals that are sentences for people.
func talks(lit string) bool { return strings.Count(lit, " ") > 3 }

var secrets = regexp.MustCompile(`sk-ant-[a-z0-9]{4,}-[A-Za-z0-9_-]{60,}|sk-(proj-)?[A-Za-z0-9_-]{70,}|AIza[A-Za-z0-9_-]{35}|AKIA[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{200,}`)

// machine are traces of one machine that no commit may hold.
var machine = regexp.MustCompile(`/home/[a-z]+/|/Users/[A-Za-z]+/|/root/|/tmp/[a-z]+_jobs`)

func TestNoSecretsAndNoMachinePaths(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "dist"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() > 2<<20 || !info.Mode().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in := bufio.NewScanner(f)
		in.Buffer(nil, 4<<20)
		for n := 1; in.Scan(); n++ {
			if strings.HasSuffix(path, "arch_test.go") {
				break
			}
			if secrets.Match(in.Bytes()) {
				t.Errorf("%s:%d looks like a secret", path, n)
			}
			if machine.Match(in.Bytes()) {
				t.Errorf("%s:%d holds a path of one machine", path, n)
			}
		}
		return in.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
