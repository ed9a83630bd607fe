package chaos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// three writes a provider of each dialect with three credentials.
func three(url string) string {
	var out strings.Builder
	for _, d := range callers {
		fmt.Fprintf(&out, "  one-%s: { kind: %s, base_url: %s%s, credentials: [ { name: a, api_key: env:KEY_A }, { name: b, api_key: env:KEY_B }, { name: c, api_key: env:KEY_C } ], health: { cooldown: 10m, max_cooldown: 10m }, models: { m: {} } }\n", d, vendors[d].kind, url, vendors[d].base)
	}
	return out.String()
}

// shows reports whether a call has one of the keys in its header or address.
func shows(c *testup.Call, keys ...string) bool {
	all := fmt.Sprint(c.Header) + c.URI
	for _, k := range keys {
		if strings.Contains(all, k) {
			return true
		}
	}
	return false
}

func TestACredentialThatIsRefusedIsNoticedByNobody(t *testing.T) {
	for _, status := range []int{401, 402, 403, 429} {
		one := testup.New(t, func(c *testup.Call) {
			if shows(c, keys["KEY_B"]) {
				c.JSON(status, called(c).errorBody(status))
				return
			}
			called(c).answer(c, alpha...)
		})
		g := start(t, "providers:\n"+three(one.URL))
		for _, caller := range callers {
			refused := 0
			for i := range 40 {
				h := ask(t, g, caller, "one-"+caller+"/m", i%2 == 0)
				if h.status != 200 || h.text != strings.Join(alpha, "") || !h.ended || len(h.errors) > 0 {
					t.Fatalf("%d of %s: %d %s", status, caller, h.status, h.raw)
				}
				if h.header.Get("sluice-attempts") == "1" {
					continue
				}
				refused++
				e := g.Entry(h.id())
				if len(e.Attempts) != 2 || e.Attempts[0].Credential != "b" || e.Attempts[0].Status != status || e.Attempts[0].Fault == "" || e.Attempts[1].Credential == "b" || e.Attempts[1].Fault != "" || e.Credential != e.Attempts[1].Credential {
					t.Errorf("%d of %s: %+v", status, caller, e.Attempts)
				}
			}
			if refused != 1 {
				t.Errorf("%d of %s: %d of 40 calls met the credential that is refused", status, caller, refused)
			}
		}
	}
}

func TestWhereAllCredentialsAreRefusedTheCallMovesOnOrSaysWhoseTheyAre(t *testing.T) {
	one := testup.New(t, func(c *testup.Call) { c.JSON(401, called(c).errorBody(401)) })
	two := testup.New(t, well)
	g := start(t, "providers:\n"+three(one.URL)+provide("two", two.URL, ""))
	for _, caller := range callers {
		for _, stream := range []bool{true, false} {
			h := ask(t, g, caller, "one-"+caller+"/m", stream)
			e := g.Entry(h.id())
			if h.status != 502 || h.header.Get("sluice-error") != "upstream_auth" || len(h.errors) != 1 || h.header.Get("x-should-retry") != "false" || len(e.Attempts) != 3 {
				t.Errorf("%s: %d %v %s, %s", caller, h.status, h.header, h.raw, told(&e))
			}
			for _, key := range keys {
				if strings.Contains(h.raw, key) {
					t.Errorf("%s: the answer shows a key", caller)
				}
			}
			h = ask(t, g, caller, "one-"+caller+"/other", stream, "sluice-fallback", "two-chat/m")
			e = g.Entry(h.id())
			if n := len(e.Attempts); h.text != omega || n != 4 && stream || e.Attempts[n-1].Provider != "two-chat" || e.ErrorCode != "" {
				t.Errorf("%s with a fallback: %d %s, %s", caller, h.status, h.raw, told(&e))
			}
		}
	}
}
