package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestASecretThatIsSetThroughTheAPICountsAtOnce(t *testing.T) {
	dir := t.TempDir()
	k := storeOf(t, dir, "")
	if err := k.SetSecret(t.Context(), "late", "sk-one-0123456789"); err != nil {
		t.Fatal(err)
	}
	up := vendor(t)
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(up, ", api_key: secret:late")})
	ask := func(method, path, body string) (int, string) {
		r, err := http.NewRequest(method, g.Admin+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
		resp, b := g.Do(r)
		return resp.StatusCode, string(b)
	}
	if got := asks(g, up, acmeKey, ""); got != "sk-one-0123456789" {
		t.Fatal(got)
	}
	if status, body := ask("PUT", "/secrets/late", `{"value":"sk-two-0123456789"}`); status != 200 || !strings.Contains(body, `"used":true`) || strings.Contains(body, "sk-two") {
		t.Errorf("%d %s", status, body)
	}
	if got := asks(g, up, acmeKey, ""); got != "sk-two-0123456789" {
		t.Errorf("right after the change: %s", got)
	}
	if status, body := ask("DELETE", "/secrets/late", ""); status != 409 || !strings.Contains(body, "force") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask("PUT", "/secrets/late", `{"value":" "}`); status != 400 {
		t.Errorf("%d %s", status, body)
	}
	if got := asks(g, up, acmeKey, ""); got != "sk-two-0123456789" {
		t.Errorf("after what was refused: %s", got)
	}
}
