package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/cli"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/record"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "sluice-admin-0123456789abcdef"

// terminal runs commands and keeps what they print.
type terminal struct {
	t        *testing.T
	env      map[string]string
	in       string
	server   *httptest.Server
	store    *store.Store
	recorder *record.Recorder
}

// newTerminal is one with an admin API to talk to.
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.db")
	storetest.Seed(t, file)
	s, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	silent := slog.New(slog.NewTextHandler(io.Discard, nil))
	r, err := record.Open(record.Options{Dir: t.TempDir(), Store: s, Logger: silent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()) })
	server := httptest.NewServer(admin.New(admin.Config{Store: s, Spool: r, Verify: auth.NewAdminToken(token).Verify, Log: silent}))
	t.Cleanup(server.Close)
	return &terminal{t: t, server: server, store: s, recorder: r, env: map[string]string{"SLUICE_ADMIN_URL": server.URL, "SLUICE_ADMIN_TOKEN": token}}
}

func (x *terminal) runTo(ctx context.Context, out, errs io.Writer, args ...string) int {
	env := cli.Env{
		Stdin: strings.NewReader(x.in), Stdout: out, Stderr: errs, Version: "v1.2.3",
		Lookup: func(name string) (string, bool) { v, ok := x.env[name]; return v, ok },
	}
	if x.server != nil {
		env.Transport = x.server.Client().Transport
	}
	return cli.Run(ctx, args, env)
}

func (x *terminal) run(args ...string) (code int, out, errs string) {
	x.t.Helper()
	var o, e bytes.Buffer
	code = x.runTo(x.t.Context(), &o, &e, args...)
	return code, o.String(), e.String()
}

// ok runs a command that must succeed and gives what it printed.
func (x *terminal) ok(args ...string) string {
	x.t.Helper()
	code, out, errs := x.run(args...)
	if code != cli.ExitOK {
		x.t.Fatalf("%v: exit code %d: %s%s", args, code, out, errs)
	}
	return out
}

// fails runs a command that must fail with a code and a message.
func (x *terminal) fails(want int, message string, args ...string) {
	x.t.Helper()
	code, out, errs := x.run(args...)
	if code != want || !strings.Contains(errs, message) {
		x.t.Errorf("%v: exit code %d, want %d with %q: %s%s", args, code, want, message, out, errs)
	}
}

func TestWrongUseHasItsOwnExitCodeAndSaysWhy(t *testing.T) {
	x := newTerminal(t)
	for args, message := range map[string]string{
		"":                            "a command is needed",
		"serv":                        "did you mean serve",
		"keys":                        "a command is needed",
		"keys crate":                  "did you mean create?",
		"keys create":                 "accepts 1 arg",
		"logs list --colour red":      "unknown flag",
		"logs list --limit none":      "invalid argument",
		"logs list --limit 0":         "--limit",
		"logs list --since yesterday": "--since",
		"serve now":                   "unknown command",
		"keys create a --metadata {":  "--metadata",
		"logs list --admin nowhere":   "--admin",
	} {
		x.fails(cli.ExitUsage, message, strings.Fields(args)...)
	}
	delete(x.env, "SLUICE_ADMIN_TOKEN")
	x.fails(cli.ExitUsage, "SLUICE_ADMIN_TOKEN", "logs", "list")
}

func TestAnAPIThatCannotBeReachedOrRefusesIsNamed(t *testing.T) {
	x := newTerminal(t)
	x.fails(cli.ExitFailure, "refuses the token", "keys", "list", "--token", "wrong")
	other := httptest.NewServer(nil)
	defer other.Close()
	x.fails(cli.ExitFailure, "is it the admin listener", "keys", "list", "--admin", other.URL)
	x.server.Close()
	x.fails(cli.ExitFailure, "cannot reach the admin API at "+x.server.URL+": is `sluice serve` running?", "logs", "list")
}

func TestAKeyIsMadeListedAndRevoked(t *testing.T) {
	x := newTerminal(t)
	code, out, errs := x.run("keys", "create", "app", "--expires", "30d", "--model", "a/*,b/*", "--metadata", `{"team":"x"}`)
	secret := strings.TrimSpace(out)
	if code != 0 || !strings.HasPrefix(secret, auth.SecretPrefix) || strings.Contains(secret, "\n") || !strings.Contains(errs, "shown this once") {
		t.Fatalf("%d %q %q", code, out, errs)
	}
	var list admin.KeyPage
	if err := json.Unmarshal([]byte(x.ok("keys", "list", "--json")), &list); err != nil || len(list.Data) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	k := list.Data[0]
	if strings.Join(k.Models, " ") != "a/* b/*" || string(k.Metadata) != `{"team":"x"}` || k.Expires == nil {
		t.Errorf("%+v", k)
	}
	if out := x.ok("keys", "list"); !strings.Contains(out, "until ") || strings.Contains(out, secret) {
		t.Error(out)
	}
	if out := x.ok("keys", "revoke", k.ID); out != "revoked "+k.ID+" (app)\n" {
		t.Error(out)
	}
	if out := x.ok("keys", "list", "--revoked=false"); strings.Contains(out, k.ID) {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "there is no key nobody", "keys", "revoke", "nobody")
	x.fails(cli.ExitFailure, "expires", "keys", "create", "b", "--expires", "soon")
}

func TestASecretIsBroughtAlongFromAFile(t *testing.T) {
	x := newTerminal(t)
	x.in = "0123456789abcdef\n"
	if out := x.ok("keys", "create", "a", "--secret-file", "-"); out != x.in {
		t.Errorf("%q", out)
	}
	x.in = ""
	x.fails(cli.ExitFailure, "empty", "keys", "create", "a", "--secret-file", "-")
}

func TestKeysCanBeMadeOffline(t *testing.T) {
	dir := t.TempDir()
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": dir}}
	secret := strings.TrimSpace(x.ok("keys", "create", "app", "--offline"))
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys, err := s.AllKeys(t.Context())
	if err != nil || len(keys) != 1 || keys[0].Hash != gateway.HashKey(secret) {
		t.Fatalf("%+v %v", keys, err)
	}
	x.ok("keys", "revoke", keys[0].ID, "--offline", "--data", dir)
	if out := x.ok("keys", "list", "--offline"); !strings.Contains(out, "revoked") {
		t.Error(out)
	}
	x.fails(cli.ExitFailure, "no workspace", "keys", "create", "b", "--workspace", "nobody", "--offline")
}

func TestCallsAreListedFilteredAndPaged(t *testing.T) {
	x := newTerminal(t)
	var entries []*gateway.Entry
	for i := range 620 {
		entries = append(entries, storetest.Entry(i))
	}
	if err := x.store.PutEntries(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	var p struct{ Data []gateway.Entry }
	if err := json.Unmarshal([]byte(x.ok("logs", "list", "--json", "--limit", "600")), &p); err != nil || len(p.Data) != 600 || p.Data[599].ID != storetest.ID(20) {
		t.Fatalf("%d %v", len(p.Data), err)
	}
	if out := x.ok("logs", "list"); strings.Count(out, "\n") != 51 || !strings.Contains(out, "vendor/m-4") || !strings.Contains(out, "$0.001235118") {
		t.Error(out)
	}
	for filter, want := range map[string]int{
		"--status=429": 31, "--model m-1": 124, "--key key_3": 62, "--key-id key_3": 62, "--key_id key_3": 62, "--stream": 310, "--stream=false": 310, "--since 1h": 0,
		"--model m-1 --key key_1": 62,
	} {
		out := x.ok(append([]string{"logs", "list", "--limit", "1000"}, strings.Fields(filter)...)...)
		if got := strings.Count(out, "\n") - 1; got != want {
			t.Errorf("%s: %d, want %d", filter, got, want)
		}
	}
	x.fails(cli.ExitFailure, "status", "logs", "list", "--status", "many")
}

func TestCallsAreListedByWhatStandsInTheirDocument(t *testing.T) {
	x := newTerminal(t)
	red, over := storetest.Entry(0), storetest.Entry(19)
	red.Metadata, red.Attempts[0].Fault, red.CacheTags = json.RawMessage(`{"team":"red","tier":2}`), "timeout", []string{"docs"}
	over.Limits, over.Metadata = []string{"per key 100/1m"}, json.RawMessage(`{"team":"blue"}`)
	if err := x.store.PutEntries(t.Context(), []*gateway.Entry{red, over, storetest.Entry(2)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags []string
		want  string // the entries' numbers
	}{
		{[]string{"--metadata", "team=red"}, "0"}, {[]string{"--metadata", "team=red", "--metadata", "tier=2"}, "0"}, {[]string{"--metadata", "team=red", "--metadata", "tier=3"}, ""},
		{[]string{"--metadata", "team=!red"}, "19 2"}, {[]string{"--outcome", "refused"}, "19"}, {[]string{"--outcome", "!refused"}, "2 0"},
		{[]string{"--limits", "per key 100/1m"}, "19"}, {[]string{"--limits", "!"}, "19"}, {[]string{"--attempt-fault", "timeout"}, "0"}, {[]string{"--cache-tags", "!docs"}, "19 2"},
		{[]string{"--min-input-tokens", "401", "--max-cost", "1"}, "2"}, {[]string{"--user-agent", "Python"}, "19 2 0"}, {[]string{"--priced=false"}, "19"}, {[]string{"--max-first-byte-ms", "5"}, ""},
	} {
		var p struct{ Data []gateway.Entry }
		if err := json.Unmarshal([]byte(x.ok(append([]string{"logs", "list", "--json"}, c.flags...)...)), &p); err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, e := range p.Data {
			for _, n := range []int{0, 2, 19} {
				if e.ID == storetest.ID(n) {
					got = append(got, strconv.Itoa(n))
				}
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.flags, got, c.want)
		}
	}
	x.fails(cli.ExitUsage, "--metadata", "logs", "list", "--metadata", "team")
	x.fails(cli.ExitUsage, "each key once", "logs", "list", "--metadata", "team=a", "--metadata", "team=b")
	x.fails(cli.ExitFailure, "none of ok, error, refused, cancelled", "logs", "list", "--outcome", "bad")
	x.fails(cli.ExitFailure, "no whole number", "logs", "list", "--min-attempts", "many")
}

func TestACallIsShownSafelyForATerminal(t *testing.T) {
	x := newTerminal(t)
	e := storetest.Entry(0)
	e.UserAgent = "evil\x1b[2Jagent\u202e"
	e.Bodies = &gateway.Bodies{Request: gateway.Body{ContentType: "text/plain", Bytes: []byte("line 1\nline \x1b]0;x\x07 2"), Size: 99, Truncated: true}}
	if err := x.store.PutEntries(t.Context(), []*gateway.Entry{e}); err != nil {
		t.Fatal(err)
	}
	out := x.ok("logs", "show", e.ID)
	for _, want := range []string{"provider          vendor\n", "user_agent        evil\ufffd[2Jagent\ufffd\n", "line 1\nline", "only the beginning", "$0.0012345", "vendor/m-0"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\x07\u202e") {
		t.Errorf("unsafe: %q", out)
	}
	var d admin.EntryDetail
	if err := json.Unmarshal([]byte(x.ok("logs", "show", "--json", e.ID)), &d); err != nil || d.Bodies.Request.Size != 99 {
		t.Errorf("%+v %v", d, err)
	}
	x.fails(cli.ExitFailure, "there is no entry nobody", "logs", "show", "nobody")
}

func TestCallsAreFollowedUntilInterrupted(t *testing.T) {
	for _, format := range []string{"", "--json"} {
		x := newTerminal(t)
		ctx, cancel := context.WithCancel(t.Context())
		in, out := io.Pipe()
		code := make(chan int, 1)
		go func() {
			defer out.Close()
			code <- x.runTo(ctx, out, io.Discard, strings.Fields("logs tail --model m-1 "+format)...)
		}()
		go func() { // the tail begins at some moment; calls go on until one is seen
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				<-tick.C
				e := storetest.Entry(i)
				now := time.Now()
				e.ID, e.Time, e.LastTime, e.LatencyMS = storetest.IDAt(now, i), now, now, llm.Known(1)
				x.recorder.Append(e)
			}
		}()
		var seen strings.Builder
		b := make([]byte, 4096)
		for !strings.Contains(seen.String(), "m-1") {
			n, err := in.Read(b)
			if err != nil {
				t.Fatalf("%v after %q", err, seen.String())
			}
			seen.Write(b[:n])
		}
		cancel()
		_, _ = io.Copy(io.Discard, in)
		if c := <-code; c != cli.ExitOK || strings.Contains(seen.String(), "m-2") {
			t.Errorf("exit code %d: %s", c, seen.String())
		}
	}
}

func TestCheckTellsEveryProblemWithItsPlace(t *testing.T) {
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": t.TempDir()}}
	if out := x.ok("check"); !strings.Contains(out, "ok: 1 provider, 1 gateway") {
		t.Error(out)
	}
	file := filepath.Join(x.env["SLUICE_DATA"], "sluice.yaml")
	if err := os.WriteFile(file, []byte("server:\n  max_in_flight: many\nstorage: { drian: paused }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := x.run("check")
	if code != cli.ExitFailure || !strings.Contains(out, "sluice.yaml:2:18: ") || !strings.Contains(out, `sluice.yaml:3:12: storage.drian: unknown key; did you mean "drain"?`) {
		t.Errorf("%d %s", code, out)
	}
	code, out, _ = x.run("check", "--json")
	var v admin.Validation
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != cli.ExitFailure || v.OK || len(v.Problems) != 2 {
		t.Errorf("%d %s %v", code, out, err)
	}
	x.fails(cli.ExitFailure, "sluice.yaml:2:18", "serve")
	x.fails(cli.ExitFailure, "nowhere.yaml", "check", "--config", "nowhere.yaml")
}

func TestReferencesAndVersionArePrinted(t *testing.T) {
	x := &terminal{t: t}
	for args, want := range map[string]string{"docs config": "providers:", "docs providers": "# Providers", "version": "sluice v1.2.3 (go", "version --json": `"version":"v1.2.3"`, "completion bash": "sluice"} {
		if out := x.ok(strings.Fields(args)...); !strings.Contains(out, want) {
			t.Errorf("%s: %.200s", args, out)
		}
	}
	if cli.Version("v9") != "v9" || cli.Version("") == "" {
		t.Error("the version")
	}
}

func TestServeRunsUntilItIsToldToEnd(t *testing.T) {
	x := &terminal{t: t, env: map[string]string{"SLUICE_DATA": t.TempDir(), "SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, log := io.Pipe()
	code := make(chan int, 1)
	go func() {
		defer log.Close()
		code <- x.runTo(ctx, io.Discard, log, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	}()
	var seen strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(seen.String(), "msg=serving") {
		n, err := in.Read(b)
		if err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		seen.Write(b[:n])
	}
	cancel()
	_, _ = io.Copy(io.Discard, in)
	if c := <-code; c != cli.ExitOK {
		t.Errorf("exit code %d", c)
	}
}
