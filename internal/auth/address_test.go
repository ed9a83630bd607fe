package auth_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/auth"
)

func prefixes(t testing.TB, texts ...string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, text := range texts {
		p, err := auth.ParseNetwork(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestTheClientsAddressIsWhatTheLastTrustedProxySaw(t *testing.T) {
	trusted := prefixes(t, "10.0.0.0/8", "2001:db8:1::/48", "192.0.2.7")
	const xff, fwd = "x-forwarded-for", "forwarded"
	for name, c := range map[string]struct {
		remote string
		head   http.Header
		want   string // "" = nobody can know
	}{
		"no proxy":                         {"203.0.113.9:1234", nil, "203.0.113.9"},
		"a stranger's claim":               {"203.0.113.9:1234", head(xff, "10.0.0.1", fwd, "for=10.0.0.1"), "203.0.113.9"},
		"a proxy that says nothing":        {"10.0.0.1:80", nil, "10.0.0.1"},
		"a proxy's word":                   {"10.0.0.1:80", head(xff, "203.0.113.9"), "203.0.113.9"},
		"two proxies":                      {"10.0.0.1:80", head(xff, "203.0.113.9, 10.0.0.2"), "203.0.113.9"},
		"a claim before the proxy's word":  {"10.0.0.1:80", head(xff, "127.0.0.1, 203.0.113.9"), "203.0.113.9"},
		"a claim of a trusted address":     {"10.0.0.1:80", head(xff, "10.9.9.9, 203.0.113.9, 10.0.0.2"), "203.0.113.9"},
		"garbage before the proxy's word":  {"10.0.0.1:80", head(xff, `"<script>, 203.0.113.9`), "203.0.113.9"},
		"several lines":                    {"10.0.0.1:80", head(xff, "1.1.1.1", xff, "203.0.113.9", xff, "10.0.0.2"), "203.0.113.9"},
		"all are proxies":                  {"10.0.0.1:80", head(xff, "10.0.0.3, 10.0.0.2"), "10.0.0.3"},
		"empty elements":                   {"10.0.0.1:80", head(xff, " , 203.0.113.9, ,"), "203.0.113.9"},
		"an empty header":                  {"10.0.0.1:80", head(xff, ""), "10.0.0.1"},
		"with a port":                      {"10.0.0.1:80", head(xff, "203.0.113.9:5555"), "203.0.113.9"},
		"IPv6":                             {"[2001:db8:1::1]:80", head(xff, "2001:db8:2::9"), "2001:db8:2::9"},
		"IPv6 with brackets":               {"10.0.0.1:80", head(xff, "[2001:db8:2::9]"), "2001:db8:2::9"},
		"IPv6 with port":                   {"10.0.0.1:80", head(xff, "[2001:db8:2::9]:443"), "2001:db8:2::9"},
		"IPv4 written as IPv6":             {"[::ffff:10.0.0.1]:80", head(xff, "::ffff:203.0.113.9"), "203.0.113.9"},
		"a zone":                           {"[fe80::1%eth0]:80", nil, "fe80::1"},
		"a single trusted address":         {"192.0.2.7:80", head(xff, "203.0.113.9"), "203.0.113.9"},
		"its neighbour is not":             {"192.0.2.8:80", head(xff, "203.0.113.9"), "192.0.2.8"},
		"a remote without port":            {"203.0.113.9", nil, "203.0.113.9"},
		"no remote":                        {"", head(xff, "203.0.113.9"), ""},
		"a unix socket":                    {"@", nil, ""},
		"unknown":                          {"10.0.0.1:80", head(xff, "203.0.113.9, unknown"), ""},
		"a bad port":                       {"10.0.0.1:80", head(xff, "203.0.113.9:x"), ""},
		"leading zeros":                    {"10.0.0.1:80", head(xff, "203.0.113.009"), ""},
		"garbage behind a proxy":           {"10.0.0.1:80", head(xff, "203.0.113.9, nonsense, 10.0.0.2"), ""},
		"forwarded":                        {"10.0.0.1:80", head(fwd, "for=203.0.113.9;proto=https;by=10.0.0.1"), "203.0.113.9"},
		"forwarded in other case":          {"10.0.0.1:80", head(fwd, "Proto=https; FOR=203.0.113.9"), "203.0.113.9"},
		"forwarded IPv6":                   {"10.0.0.1:80", head(fwd, `for="[2001:db8:2::9]:4711"`), "2001:db8:2::9"},
		"forwarded over two":               {"10.0.0.1:80", head(fwd, `for=1.1.1.1, for="203.0.113.9:80", for=10.0.0.2`), "203.0.113.9"},
		"an open quote swallows nothing":   {"10.0.0.1:80", head(fwd, `for="1.1.1.1, for=203.0.113.9`), "203.0.113.9"},
		"an open quote with a proxy":       {"10.0.0.1:80", head(fwd, `for="1.1.1.1, for=203.0.113.9, for="[2001:db8:1::2]"`), "203.0.113.9"},
		"a comma in quotes":                {"10.0.0.1:80", head(fwd, `for=203.0.113.9;host="a,b", for=10.0.0.2;host="c,for=1.1.1.1"`), "203.0.113.9"},
		"forwarded, obfuscated":            {"10.0.0.1:80", head(fwd, "for=1.1.1.1, for=_hidden"), ""},
		"forwarded, unknown":               {"10.0.0.1:80", head(fwd, "for=unknown"), ""},
		"forwarded without for":            {"10.0.0.1:80", head(fwd, "proto=https"), "10.0.0.1"},
		"without for, then a list":         {"10.0.0.1:80", head(fwd, "proto=https", xff, "203.0.113.9"), "203.0.113.9"},
		"a proxy behind says no for":       {"10.0.0.1:80", head(fwd, "for=1.1.1.1;a=b, proto=https, for=10.0.0.2"), ""},
		"both agree":                       {"10.0.0.1:80", head(xff, "203.0.113.9", fwd, "for=203.0.113.9"), "203.0.113.9"},
		"both disagree":                    {"10.0.0.1:80", head(xff, "203.0.113.9", fwd, "for=1.1.1.1"), ""},
		"one names only proxies":           {"10.0.0.1:80", head(xff, "203.0.113.9, 10.0.0.2", fwd, "for=10.0.0.2"), "203.0.113.9"},
		"the other names only proxies":     {"10.0.0.1:80", head(xff, "10.0.0.3", fwd, "for=203.0.113.9"), "203.0.113.9"},
		"a claim beside a list, garbage":   {"10.0.0.1:80", head(xff, "203.0.113.9", fwd, "for=_x"), ""},
		"other headers are not read":       {"10.0.0.1:80", head("x-real-ip", "1.1.1.1", "cf-connecting-ip", "1.1.1.1", "true-client-ip", "1.1.1.1"), "10.0.0.1"},
		"more proxies than anybody has":    {"10.0.0.1:80", head(xff, "203.0.113.9"+strings.Repeat(", 10.0.0.2", 100)), ""},
		"a header of nothing but commas":   {"10.0.0.1:80", head(xff, strings.Repeat(",", 10000)), "10.0.0.1"},
		"spaces and tabs round an address": {"10.0.0.1:80", head(xff, "\t203.0.113.9 \t"), "203.0.113.9"},
	} {
		got := auth.ClientIP(c.remote, c.head, trusted)
		want, _ := netip.ParseAddr(c.want)
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestDenyGoesBeforeAllow(t *testing.T) {
	office, host := []string{"10.0.0.0/8"}, []string{"10.0.0.5"}
	for name, c := range map[string]struct {
		ip          string
		allow, deny []string
		want        bool
	}{
		"no rules":            {"203.0.113.9", nil, nil, true},
		"allowed":             {"10.0.0.1", office, nil, true},
		"not allowed":         {"203.0.113.9", office, nil, false},
		"denied":              {"10.0.0.5", nil, host, false},
		"not denied":          {"10.0.0.6", nil, host, true},
		"allowed and denied":  {"10.0.0.5", office, host, false},
		"mapped":              {"::ffff:10.0.0.5", office, host, false},
		"unknown, no rules":   {"", nil, nil, true},
		"unknown, with allow": {"", []string{"0.0.0.0/0", "::/0"}, nil, false},
		"unknown, with deny":  {"", nil, host, false},
	} {
		ip, _ := netip.ParseAddr(c.ip)
		if got := auth.Allowed(ip, prefixes(t, c.allow...), prefixes(t, c.deny...)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestWhatIsNoNetworkIsRefusedWithTheForm(t *testing.T) {
	for _, text := range []string{"", "10.1/16", "10.0.0.0/33", "office", "10.0.0.1-10.0.0.9", "::1%lo/64"} {
		if _, err := auth.ParseNetwork(text); err == nil || !strings.Contains(err.Error(), "10.1.0.0/16") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A client can put anything to the left; what trusted proxies append decides.
func FuzzNothingAClientSendsChangesItsAddress(f *testing.F) {
	for _, s := range []string{"", "1.1.1.1", `for="`, `for=1.1.1.1, `, "unknown,", `"`, ",,", `\"`} {
		f.Add(s, s)
	}
	trusted := prefixes(f, "10.0.0.0/8")
	want := netip.MustParseAddr("203.0.113.9")
	f.Fuzz(func(t *testing.T, list, std string) {
		h := http.Header{"X-Forwarded-For": {list + ", 203.0.113.9, 10.0.0.2"}}
		if got := auth.ClientIP("10.0.0.1:80", h, trusted); got != want {
			t.Errorf("X-Forwarded-For %q: %v", list, got)
		}
		h = http.Header{"Forwarded": {std, "for=203.0.113.9", `for="10.0.0.2:80";by=10.0.0.1`}}
		if got := auth.ClientIP("10.0.0.1:80", h, trusted); got != want {
			t.Errorf("Forwarded %q in a line: %v", std, got)
		}
		h = http.Header{"Forwarded": {std + `, for=203.0.113.9, for="10.0.0.2:80"`}}
		if got := auth.ClientIP("10.0.0.1:80", h, trusted); got != want {
			t.Errorf("Forwarded %q: %v", std, got)
		}
		h = http.Header{"X-Forwarded-For": {"203.0.113.9"}, "Forwarded": {std}}
		if got := auth.ClientIP("10.0.0.1:80", h, trusted); got.IsValid() && got != want {
			t.Errorf("Forwarded %q beside a proxy's list: %v", std, got)
		}
	})
}

func BenchmarkClientIP(b *testing.B) {
	trusted := prefixes(b, "10.0.0.0/8", "2001:db8:1::/48")
	h := head("x-forwarded-for", "203.0.113.9, 10.0.0.2")
	b.ReportAllocs()
	for b.Loop() {
		if !auth.ClientIP("10.0.0.1:80", h, trusted).IsValid() {
			b.Fatal("lost")
		}
	}
}
