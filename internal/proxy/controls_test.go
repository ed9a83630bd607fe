package proxy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestEachControlIsObeyedOrRefusedByNameNeverIgnored(t *testing.T) {
	g, u := start(t, answerChat, "gateways: { default: { controls: [metadata, timeout-ms, provider, credential, log, cache, cache-key] }, strict: { controls: [metadata] } }\n")
	strict := "/gateways/strict"
	cases := map[string]struct {
		gateway string
		header  []string
		status  int
		code    string
	}{
		"metadata":                     {"", []string{"sluice-metadata", `{"team":"a","n":1}`}, 200, ""},
		"metadata, empty object":       {"", []string{"sluice-metadata", `{}`}, 200, ""},
		"metadata, no object":          {"", []string{"sluice-metadata", `["a"]`}, 400, "invalid_request"},
		"metadata, null":               {"", []string{"sluice-metadata", `null`}, 400, "invalid_request"},
		"metadata, broken":             {"", []string{"sluice-metadata", `{"team":`}, 400, "invalid_request"},
		"metadata, empty":              {"", []string{"sluice-metadata", ""}, 400, "invalid_request"},
		"metadata, too long":           {"", []string{"sluice-metadata", `{"a":"` + strings.Repeat("x", 16<<10) + `"}`}, 400, "invalid_request"},
		"metadata, twice":              {"", []string{"sluice-metadata", `{}`, "sluice-metadata", `{}`}, 400, "invalid_request"},
		"timeout":                      {"", []string{"sluice-timeout-ms", "5000"}, 200, ""},
		"timeout, zero":                {"", []string{"sluice-timeout-ms", "0"}, 400, "invalid_request"},
		"timeout, negative":            {"", []string{"sluice-timeout-ms", "-1"}, 400, "invalid_request"},
		"timeout, a duration":          {"", []string{"sluice-timeout-ms", "5s"}, 400, "invalid_request"},
		"timeout, a fraction":          {"", []string{"sluice-timeout-ms", "1.5"}, 400, "invalid_request"},
		"timeout, more than a day":     {"", []string{"sluice-timeout-ms", "86400001"}, 400, "invalid_request"},
		"timeout, overflowing":         {"", []string{"sluice-timeout-ms", "99999999999999999999"}, 400, "invalid_request"},
		"log":                          {"", []string{"sluice-log", "metadata"}, 200, ""},
		"log, unknown":                 {"", []string{"sluice-log", "some"}, 400, "invalid_request"},
		"provider":                     {"", []string{"sluice-provider", "openai"}, 200, ""},
		"provider, unknown":            {"", []string{"sluice-provider", "nobody"}, 400, "invalid_request"},
		"provider, a list":             {"", []string{"sluice-provider", "openai, gemini"}, 400, "invalid_request"},
		"provider, empty":              {"", []string{"sluice-provider", ""}, 400, "invalid_request"},
		"credential, unknown":          {"", []string{"sluice-credential", "nobody"}, 400, "invalid_request"},
		"cache no-store":               {"", []string{"sluice-cache", "no-store"}, 200, ""},
		"cache, several":               {"", []string{"sluice-cache", "no-cache, max-age=60,stale-if-error=5"}, 200, ""},
		"cache only-if-cached":         {"", []string{"sluice-cache", "only-if-cached"}, 504, "not_cached"},
		"cache, unknown word":          {"", []string{"sluice-cache", "please"}, 400, "invalid_request"},
		"cache, no seconds":            {"", []string{"sluice-cache", "max-age"}, 400, "invalid_request"},
		"cache, negative seconds":      {"", []string{"sluice-cache", "max-age=-1"}, 400, "invalid_request"},
		"cache, a value too much":      {"", []string{"sluice-cache", "no-store=1"}, 400, "invalid_request"},
		"cache, empty":                 {"", []string{"sluice-cache", ""}, 400, "invalid_request"},
		"cache-key":                    {"", []string{"sluice-cache-key", "a"}, 200, ""},
		"unknown":                      {"", []string{"sluice-cahce", "no-store"}, 400, "invalid_request"},
		"unknown, an answer's header":  {"", []string{"sluice-request-id", "x"}, 400, "invalid_request"},
		"allowed by policy":            {strict, []string{"sluice-metadata", `{}`}, 200, ""},
		"forbidden timeout":            {strict, []string{"sluice-timeout-ms", "5000"}, 403, "forbidden"},
		"forbidden, malformed as well": {strict, []string{"sluice-timeout-ms", "x"}, 403, "forbidden"},
		"forbidden log":                {strict, []string{"sluice-log", "none"}, 403, "forbidden"},
		"forbidden provider":           {strict, []string{"sluice-provider", "openai"}, 403, "forbidden"},
		"forbidden credential":         {strict, []string{"sluice-credential", "a"}, 403, "forbidden"},
		"cache, not allowed":           {strict, []string{"sluice-cache", "no-store"}, 403, "forbidden"},
	}
	for name, c := range cases {
		before := len(u.Calls())
		resp, b := g.Do(with(g, "POST", c.gateway+"/v1/chat/completions", chatBody, c.header...))
		if resp.StatusCode != c.status || resp.Header.Get("sluice-error") != c.code {
			t.Errorf("%s: %d %s %s", name, resp.StatusCode, resp.Header.Get("sluice-error"), b)
		}
		if c.code == "" {
			for _, h := range []string{"Sluice-Metadata", "Sluice-Cache", "Sluice-Log", "Sluice-Provider", "Sluice-Timeout-Ms"} {
				if u.Last().Header.Get(h) != "" {
					t.Errorf("%s: the vendor saw %s", name, h)
				}
			}
			continue
		}
		if len(u.Calls()) != before {
			t.Errorf("%s: it reached the vendor", name)
		}
		if !strings.Contains(string(b), c.header[0]) && c.code != "unsupported_operation" && !strings.Contains(name, "unknown") {
			t.Errorf("%s: the header is not named: %s", name, b)
		}
	}
}

func TestMetadataStandsInTheEntryOverTheKeysOwn(t *testing.T) {
	g, _ := start(t, answerChat, "")
	key := secondKey(t, g, "default", `,"metadata":{"team":"key","tier":"gold"}`)
	r := with(g, "POST", "/v1/chat/completions", chatBody, "sluice-metadata", `{"team":"call","n":1}`)
	r.Header.Set("Authorization", "Bearer "+key)
	resp, b := g.Do(r)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	var got map[string]any
	e := g.Entry(resp.Header.Get("sluice-request-id"))
	if err := json.Unmarshal(e.Metadata, &got); err != nil || got["team"] != "call" || got["tier"] != "gold" || got["n"] != 1.0 || len(got) != 3 {
		t.Errorf("%s, %v", e.Metadata, err)
	}
}

func TestLoggingIsOnlyEverLowered(t *testing.T) {
	for policy, cases := range map[string]map[string]bool{ // whether bodies are kept, by what the caller asks
		"full":     {"": true, "full": true, "metadata": false, "none": false},
		"metadata": {"": false, "full": false},
	} {
		g, _ := start(t, answerChat, "gateways: { default: { controls: [log], log: { bodies: "+policy+" } } }\n")
		for asked, kept := range cases {
			var header []string
			if asked != "" {
				header = []string{"sluice-log", asked}
			}
			resp, _ := g.Do(with(g, "POST", "/v1/chat/completions", `{"model":"openai/gpt-4o-mini","messages":[],"user":"u-1"}`, header...))
			id := resp.Header.Get("sluice-request-id")
			e := g.Entry(id)
			var shown map[string]json.RawMessage
			g.AdminGet("/api/v1/entries/"+id, &shown)
			if has := strings.Contains(string(shown["bodies"])+string(shown["request"]), "gpt-4o-mini"); has != kept {
				t.Errorf("policy %s, asked %q: bodies kept %v", policy, asked, has)
			}
			if (e.User == "u-1") != (asked != "none") || e.Usage.InputTokens.N != 11 {
				t.Errorf("policy %s, asked %q: user %q, usage %v", policy, asked, e.User, e.Usage.InputTokens)
			}
		}
	}
}

func TestCallersBringTheirOwnVendorCredentialOnlyWhereTheGatewayAllowsIt(t *testing.T) {
	g, u := start(t, answerChat, "gateways: { default: {}, own: { credentials: caller } }\n")
	const mine = "sk-proj-the-callers-own"
	for name, c := range map[string]struct {
		gateway string
		header  []string
		query   string
		want    string
	}{
		"allowed":                    {"/gateways/own", []string{"sluice-key", testgw.Key, "Authorization", "Bearer " + mine}, "", mine},
		"allowed, in x-api-key":      {"/gateways/own", []string{"sluice-key", testgw.Key, "x-api-key", mine}, "", mine},
		"allowed, in the query":      {"/gateways/own", []string{"sluice-key", testgw.Key}, "?key=" + mine, mine},
		"allowed, none brought":      {"/gateways/own", []string{"Authorization", "Bearer " + testgw.Key}, "", vendorKey},
		"allowed, ours brought":      {"/gateways/own", []string{"sluice-key", testgw.Key, "Authorization", "Bearer " + testgw.Key}, "", vendorKey},
		"allowed, ours in a wrapper": {"/gateways/own", []string{"sluice-key", testgw.Key, "Authorization", "Bearer Bearer " + testgw.Key}, "", vendorKey},
		"not allowed":                {"", []string{"sluice-key", testgw.Key, "Authorization", "Bearer " + mine}, "", vendorKey},
	} {
		r := with(g, "POST", c.gateway+"/v1/chat/completions"+c.query, chatBody)
		r.Header.Del("Authorization")
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		resp, b := g.Do(r)
		seen := u.Last()
		if resp.StatusCode != 200 || seen.Header.Get("Authorization") != "Bearer "+c.want || seen.Header.Get("X-Api-Key") != "" || strings.Contains(seen.URI, "key=") {
			t.Errorf("%s: %d %s; the vendor saw %v %s", name, resp.StatusCode, b, seen.Header, seen.URI)
		}
		want := "caller"
		if c.want == vendorKey {
			want = "default"
		}
		if e := g.Entry(resp.Header.Get("sluice-request-id")); e.Credential != want {
			t.Errorf("%s: the entry names the credential %q", name, e.Credential)
		}
	}
}
