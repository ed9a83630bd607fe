package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// finds runs a check and wants its worst finding to be of a level and to say a word.
func finds(t *testing.T, c Check, want Level, word string) {
	t.Helper()
	found := Run(t.Context(), []Check{c})
	if len(found) == 0 || found[0].Level != want || !strings.Contains(found[0].Message, word) {
		t.Errorf("%s: %+v, want %s with %q", c.Name, found, want, word)
		return
	}
	if bad := want == Problem || want == Warning; bad != (found[0].Mend != "") {
		t.Errorf("%s: %s says how to mend it: %q", c.Name, want, found[0].Mend)
	}
}

func given(name string, found []Finding) Check {
	return Check{Name: name, Run: func(context.Context) []Finding { return found }}
}

func TestTheWorstComesFirstAndAHangingCheckDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		found := run(t.Context(), []Check{
			given("a", well("fine")),
			{Name: "b", Object: "x", Run: func(context.Context) []Finding { <-stop; return nil }},
			given("c", warning("do", "hm")),
			{Name: "d", Run: func(ctx context.Context) []Finding { <-ctx.Done(); return skipped("late") }},
		}, time.Second)
		var got []string
		for _, f := range found {
			got = append(got, f.Check+" "+string(f.Level))
		}
		if want := "[b problem c warning d skipped a ok]"; fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
		if found[0].Object != "x" || !strings.Contains(found[0].Message, "within 1s") || Worst(found) != Problem || Worst(found[2:]) != OK || Worst(nil) != OK {
			t.Errorf("%+v", found)
		}
		close(stop)
	})
}

func TestDisks(t *testing.T) {
	const gib = 1 << 30
	for _, x := range []struct {
		s    space
		want Level
		word string
	}{
		{space{free: 50 * gib, total: 100 * gib}, OK, "50.0 GiB of 100.0 GiB"},
		{space{free: 5 * gib, total: 100 * gib}, Warning, "5 %"},
		{space{free: gib, total: 3 * gib}, Warning, "1.0 GiB"},
		{space{free: 100 << 20, total: 200 << 20}, Problem, "nearly full"},
		{space{free: gib, total: 100 * gib}, Problem, "nearly full"},
		{space{free: 50 * gib, total: 100 * gib, files: 12}, Problem, "12 further files"},
	} {
		finds(t, given("disk-space", judgeSpace(x.s, nil)), x.want, x.word)
	}
	finds(t, given("disk-space", judgeSpace(space{}, errors.New("x"))), Skipped, "cannot be told")
	finds(t, given("file-system", judgeLocal(space{known: true, remote: true, kind: "nfs"}, nil)), Warning, "nfs")
	finds(t, Local(t.TempDir()), OK, "")

	dir := t.TempDir()
	finds(t, Writing(filepath.Join(dir, "not", "yet")), OK, "can be made")
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	finds(t, Writing(file), Problem, "is no folder")
	if _, err := os.Stat("/proc/self"); err == nil {
		finds(t, Writing("/proc/self"), Problem, "no file can be made")
	}
	finds(t, Private(dir, file), OK, "nobody else")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	finds(t, Private(dir, file), Warning, file)
}

func TestTheMachine(t *testing.T) {
	finds(t, given("open-files", judgeFiles(65536, 20000)), OK, "65536")
	finds(t, given("open-files", judgeFiles(1024, 20000)), Warning, "may need 40000")
	finds(t, given("open-files", judgeFiles(256, 100)), Problem, "only 256")
	const gib = 1 << 30
	finds(t, given("memory", judgeMemory(4*gib, 0, math.MaxInt64)), OK, "4.0 GiB")
	finds(t, given("memory", judgeMemory(4*gib, 5*gib, math.MaxInt64)), Problem, "server.max_memory")
	finds(t, given("memory", judgeMemory(4*gib, 0, 5*gib)), Warning, "GOMEMLIMIT")
	finds(t, given("memory", judgeMemory(64<<20, 0, math.MaxInt64)), Warning, "only 64.0 MiB")
	finds(t, given("memory", judgeMemory(0, 0, 0)), Skipped, "cannot be told")
	finds(t, Zones([]string{"Europe/Berlin"}), OK, "Berlin")
	finds(t, Zones([]string{"Europe/Atlantis"}), Problem, "Atlantis")
	finds(t, Zones(nil), Skipped, "")
}

func TestPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/livez" {
			fmt.Fprintln(w, "ok")
		}
	}))
	server.Listener.Close()
	server.Listener = l
	server.Start()
	finds(t, Port("data plane", address, false), OK, "a gateway serves there")
	finds(t, Port("data plane", address, true), Problem, "cannot be listened on")
	server.Close()
	finds(t, Port("data plane", address, false), OK, "free")
	finds(t, Port("data plane", "192.0.2.1:80", false), Problem, "cannot be listened on")
}

func TestProxies(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	env := func(pairs ...string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1], true
				}
			}
			return "", false
		}
	}
	at := l.Addr().String()
	finds(t, Proxies(env(), nil), OK, "no proxy")
	finds(t, Proxies(env("HTTPS_PROXY", "http://"+at), nil), OK, "answers")
	finds(t, Proxies(env("https_proxy", at), []string{"127.0.0.1", "llm.internal"}), Warning, "llm.internal")
	finds(t, Proxies(env("HTTPS_PROXY", at, "NO_PROXY", "llm.internal"), []string{"llm.internal"}), OK, "answers")
	finds(t, Proxies(env("HTTPS_PROXY", "ftp://secret@x"), nil), Problem, "no address of a proxy")
	l.Close()
	finds(t, Proxies(env("HTTP_PROXY", at), nil), Problem, "does not answer")
}

// names is a name server.
type names struct {
	found []net.IPAddr
	err   error
	after time.Duration
}

func (n names) LookupIPAddr(ctx context.Context, _ string) ([]net.IPAddr, error) {
	select {
	case <-time.After(n.after):
		return n.found, n.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestNames(t *testing.T) {
	four, six := net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}, net.IPAddr{IP: net.IPv6loopback}
	synctest.Test(t, func(t *testing.T) {
		finds(t, Names(names{found: []net.IPAddr{four}}, "a"), OK, "1 addresses")
		finds(t, Names(names{found: []net.IPAddr{four}, after: 2 * time.Second}, "a"), Warning, "took 2s")
		finds(t, Names(names{after: time.Hour}, "a"), Problem, "no name server answers")
		finds(t, Names(names{err: &net.DNSError{Err: "no such host", Name: "a"}}, "a"), Problem, "not found")
	})
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	both := names{found: []net.IPAddr{four, six}}
	finds(t, IPv6(both, &net.Dialer{}, "a", port), Warning, "not by IPv6")
	finds(t, IPv6(names{found: []net.IPAddr{four}}, &net.Dialer{}, "a", port), Skipped, "no IPv6 address")
	finds(t, IPv6(names{err: errors.New("x")}, &net.Dialer{}, "a", port), Skipped, "not found")
	l.Close()
	finds(t, IPv6(both, &net.Dialer{}, "a", port), Skipped, "neither")
}

func TestVendors(t *testing.T) {
	try := func(x Trial, err error) Check {
		return Vendor("v", func(context.Context) (Trial, error) { return x, err })
	}
	finds(t, try(Trial{OK: true}, nil), OK, "it answers")
	finds(t, try(Trial{Message: "refused", Mend: "do"}, nil), Problem, "refused")
	finds(t, try(Trial{Message: "busy", Mend: "wait", Weak: true}, nil), Warning, "busy")
	finds(t, try(Trial{OK: true, Clock: 2 * time.Minute}, nil), Warning, "2m0s behind that of v")
	finds(t, try(Trial{OK: true, Clock: -2 * time.Minute}, nil), Warning, "2m0s ahead of that of v")
	finds(t, try(Trial{}, errors.New("nothing to ask")), Skipped, "nothing to ask")
	for address, want := range map[string]Level{
		"https://api.example.com/v1": OK, "https://api.example.com/openai/v1": OK, "http://127.0.0.1:11434/v1": OK, "http://ollama:11434/v1": OK,
		"https://api.example.com/v1/v1": Problem, "https://api.example.com/v1/chat/completions": Problem, "https://x/v1/models/": Problem, "nothing": Problem,
		"http://api.example.com/v1": Warning,
	} {
		finds(t, BaseURL("p", address, true), want, "")
	}
	finds(t, BaseURL("p", "https://api.example.com/v1", false), Problem, "ends in /v1")
	finds(t, BaseURL("p", "https://api.example.com", false), OK, "")
}

func TestWhatIsKept(t *testing.T) {
	for _, x := range []struct {
		s    Store
		want Level
		word string
	}{
		{Store{}, OK, "none yet"},
		{Store{Engine: "sqlite", There: true, Schema: 3, Known: 3}, OK, "sqlite, schema 3"},
		{Store{There: true, Schema: 2, Known: 3}, OK, "brings it to 3"},
		{Store{There: true, Schema: 4, Known: 3}, Problem, "version 4"},
		{Store{There: true, Schema: 3, Known: 3, Half: true}, Problem, "did not come to its end"},
		{Store{There: true, Schema: 3, Known: 3, Latency: time.Second}, Warning, "takes 1s"},
		{Store{Err: errors.New("damaged")}, Problem, "damaged"},
		{Store{Err: errors.New("refused"), Away: true}, Problem, "cannot be reached"},
	} {
		finds(t, StoreCheck("", func(context.Context) Store { return x.s }), x.want, x.word)
	}
	finds(t, Sealed("", func(context.Context) error { return errors.New("fingerprint") }), Problem, "fingerprint")
	for _, x := range []struct {
		r    Redis
		want Level
		word string
	}{
		{Redis{Policy: "noeviction"}, OK, "answers"},
		{Redis{Policy: "allkeys-lru"}, Warning, "allkeys-lru"},
		{Redis{Latency: time.Second}, Warning, "takes 1s"},
		{Redis{Clock: -time.Minute}, Warning, "differ by 1m0s"},
		{Redis{Err: errors.New("refused")}, Problem, "refused"},
	} {
		finds(t, RedisCheck(func(context.Context) Redis { return x.r }), x.want, x.word)
	}
	now := time.Now()
	for _, x := range []struct {
		s    Spool
		want Level
		word string
	}{
		{Spool{}, OK, "0 entries"},
		{Spool{Bytes: 2048}, OK, "2.0 KiB"},
		{Spool{Depth: 3, Oldest: now.Add(-time.Hour)}, Warning, "the oldest for 1h0m0s"},
		{Spool{Depth: 3, Away: true}, Warning, "takes nothing"},
		{Spool{Depth: 3, Paused: true, Oldest: now.Add(-time.Hour)}, Warning, "paused"},
		{Spool{Bytes: 60, Max: 100}, Problem, "60 % full"},
		{Spool{Failing: true}, Problem, "disk refuses"},
		{Spool{Bad: 2}, Warning, "refused 2"},
		{Spool{DroppedBodies: 2}, Warning, "bodies of 2"},
		{Spool{LockedBodies: 2}, Warning, "does not open"},
	} {
		finds(t, SpoolCheck(func() (Spool, error) { return x.s, nil }, func() time.Time { return now }), x.want, x.word)
	}
	finds(t, Document("a.yaml", []string{"line 1: bad"}, []string{"hm"}), Problem, "line 1: bad")
	finds(t, Document("a.yaml", nil, []string{"hm"}), Warning, "hm")
}

func TestCertificates(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	cert := func(from, to time.Time) (string, string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		files := [2]string{filepath.Join(dir, to.Format("c150405.000")), filepath.Join(dir, to.Format("k150405.000"))}
		for i, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: private}} {
			if err := os.WriteFile(files[i], pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return files[0], files[1]
	}
	clock := func() time.Time { return now }
	day := 24 * time.Hour
	var a, b string
	for _, x := range []struct {
		from, to time.Duration
		want     Level
		word     string
	}{{-day, 365 * day, OK, "valid until"}, {-day, 10*day + time.Hour, Warning, "in 10 days"}, {-2 * day, -day + time.Minute, Problem, "expired"}, {day, 90*day + time.Second, Problem, "not valid before"}} {
		c, k := cert(now.Add(x.from), now.Add(x.to))
		finds(t, Certificate("server.tls", c, k, clock), x.want, x.word)
		a, b = b, k
		if a != "" {
			finds(t, Certificate("server.tls", c, a, clock), Problem, "cannot be used")
		}
	}
	finds(t, Certificate("server.tls", filepath.Join(dir, "none"), b, clock), Problem, "cannot be used")
}

var checkName = regexp.MustCompile(`Check\{Name: "([a-z0-9-]+)"`)

func TestEveryCheckHasItsSection(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range checkName.FindAllStringSubmatch(string(text), -1) {
			if n++; !strings.Contains(string(doc), "\n## "+m[1]+"\n") {
				t.Errorf("docs/doctor.md has no section %s", m[1])
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d checks are found", n)
	}
}

func TestReceivers(t *testing.T) {
	for _, x := range []struct {
		export Export
		want   Level
		word   string
	}{
		{Export{Entries: 3, Behind: 5 * time.Second}, OK, "3 entries wait"},
		{Export{Failing: true, Error: "refused", Behind: time.Minute}, Warning, "the last try failed: refused"},
		{Export{Failing: true, Error: "refused", Behind: time.Hour, Entries: 7}, Problem, "1h0m0s behind, by 7 entries: refused"},
		{Export{Behind: time.Hour, Entries: 7}, Warning, "1h0m0s behind"},
		{Export{Paused: true, Failing: true, Behind: time.Hour}, Warning, "it is paused"},
	} {
		x.export.Name = "lake"
		finds(t, Exports(func() []Export { return []Export{x.export} }), x.want, x.word)
	}
	finds(t, Exports(func() []Export { return nil }), Skipped, "nothing is exported")
	two := Run(t.Context(), []Check{Exports(func() []Export { return []Export{{Name: "a"}, {Name: "b", Failing: true, Error: "x"}} })})
	if len(two) != 2 || two[0].Object != "b" || two[1].Object != "a" {
		t.Errorf("%+v", two)
	}

	finds(t, Telemetry(func() []Destination { return nil }), Skipped, "nothing is sent")
	finds(t, Telemetry(func() []Destination { return []Destination{{Name: "c", Signal: "traces"}} }), OK, "takes")
	finds(t, Telemetry(func() []Destination {
		return []Destination{{Name: "c", Signal: "traces", Rejects: true, Error: "too large"}}
	}), Warning, "too large")
	finds(t, Telemetry(func() []Destination {
		return []Destination{{Name: "c", Signal: "logs", Away: true, Rejects: true, Error: "refused"}}
	}), Problem, "is lost: refused")

	some := func(all ...Undelivered) Check {
		return Alerts(func(context.Context) ([]Undelivered, error) { return all, nil })
	}
	finds(t, some(), OK, "none waits")
	finds(t, some(Undelivered{Age: time.Hour}), OK, "none waits") // it is being sent
	finds(t, some(Undelivered{Rule: "r", Age: time.Minute, Tries: 1, Error: "x: 500"}), Warning, "1 have not reached all their channels yet, of r: x: 500")
	finds(t, some(Undelivered{Rule: "new", Age: time.Minute, Tries: 1}, Undelivered{Rule: "old", Age: time.Hour, Tries: 9, Error: "x: 500"}), Problem, "2 have not reached all their channels, of old since 1h0m0s: x: 500")
	finds(t, Alerts(func(context.Context) ([]Undelivered, error) { return nil, errors.New("away") }), Skipped, "cannot be read")
}
