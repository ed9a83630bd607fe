package app_test

import (
	"net/http"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestCallsAreAddedUpByTheChosenKeysOfMetadata(t *testing.T) {
	const chat = `{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`
	call := func(g *testgw.Gateway) {
		r := g.Request("POST", "/v1/chat/completions", []byte(chat))
		r.Header.Set("sluice-metadata", `{"team":"red","project":"apollo"}`)
		resp, body := g.Do(r)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
		g.Entry(resp.Header.Get("sluice-request-id"))
	}
	counted := func(g *testgw.Gateway, key, value string) func() bool {
		return func() bool { // an entry is readable a moment before its sums are
			var a struct {
				Source string `json:"source"`
				Series []struct {
					By    map[string]string `json:"by"`
					Total struct {
						Requests int64 `json:"requests"`
					} `json:"total"`
				} `json:"series"`
			}
			status := g.AdminGet("/api/v1/analytics?metric=requests&by=metadata."+key, &a)
			for _, s := range a.Series {
				if status == http.StatusOK && a.Source == "rollups" && s.By["metadata."+key] == value {
					return s.Total.Requests == 1
				}
			}
			return false
		}
	}
	first := testgw.StartWith(t, testgw.Options{})
	call(first)
	eventually(t, "the team is there without a word on it", counted(first, "team", "red"))
	if status := first.AdminGet("/api/v1/analytics?by=metadata.project", nil); status != http.StatusBadRequest {
		t.Errorf("a key that is not chosen: %d", status)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := testgw.StartWith(t, testgw.Options{Dir: first.Dir, Config: "storage: { rollup_metadata: [project] }\n"})
	call(second)
	eventually(t, "the new key is there", counted(second, "project", "apollo"))
	if err := second.Stop(); err != nil {
		t.Fatal(err)
	}
	third := testgw.StartWith(t, testgw.Options{Dir: first.Dir, Config: "storage: { rollup_metadata: [project, team] }\n"})
	eventually(t, "what was stored before is still there", counted(third, "team", "red"))
}
