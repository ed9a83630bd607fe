package app_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
)

func TestAStoreThatIsAwayAtTheStart(t *testing.T) {
	pg := testpg.Start(t)
	env := func(url string) map[string]string {
		return map[string]string{"SLUICE_STORAGE_URL": url, "SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken}
	}
	url := pg.Database(t)
	known := testgw.StartWith(t, testgw.Options{Env: env(url)})
	if err := known.Stop(); err != nil {
		t.Fatal(err)
	}
	freshURL := pg.Database(t)
	pg.Stop()

	again := testgw.StartWith(t, testgw.Options{Dir: known.Dir, Env: env(url)})
	resp, b := again.Post("/v1/chat/completions", `{"model":"sandbox/echo","messages":[{"role":"user","content":"hi"}]}`)
	if resp.StatusCode != 200 {
		t.Fatalf("known keys do not serve: %d %s", resp.StatusCode, b)
	}
	id := resp.Header.Get("sluice-request-id")
	if status := get(t, again.URL+"/readyz", ""); status != 200 {
		t.Errorf("with known keys it is not ready: %d", status)
	}
	if status := get(t, again.URL+"/v1/me", "sk-sluice-unknown-0123456789"); status != 401 {
		t.Errorf("an unknown key: %d", status)
	}
	if status := get(t, again.Admin+"/api/v1/entries", testgw.AdminToken); status == 401 {
		t.Error("the admin token is not known")
	}
	fresh := testgw.StartWith(t, testgw.Options{Env: env(freshURL)})
	if status := get(t, fresh.URL+"/readyz", ""); status != 503 {
		t.Errorf("without keys it is ready: %d", status)
	}

	pg.Restart()
	if e := again.Entry(id); e.Status != 200 || e.Provider != "sandbox" {
		t.Errorf("the entry of the outage: %+v", e)
	}
	eventually(t, "a start on an empty store that was away gets its first key and token", func() bool {
		return get(t, fresh.URL+"/v1/me", testgw.Key) == 200 && get(t, fresh.Admin+"/api/v1/keys", testgw.AdminToken) == 200 && get(t, fresh.URL+"/readyz", "") == 200
	})
}
