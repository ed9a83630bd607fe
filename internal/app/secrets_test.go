package app_test

import (
	"database/sql"
	"net/http"
	"path/filepath"
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

// A crash, or an audit log that cannot be written, comes between a secret and its event:
// there is neither, and afterwards there are both, once.
func TestSecretsAndTheirEventsAreOneTransaction(t *testing.T) {
	dir := t.TempDir()
	k := storeOf(t, dir, "")
	if err := k.SetSecret(t.Context(), "known", "sk-one-0123456789"); err != nil {
		t.Fatal(err)
	}
	up := vendor(t)
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: openAI(up, ", api_key: secret:known")})
	ask := func(method, path, body string) int {
		r, err := http.NewRequest(method, g.Admin+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
		resp, _ := g.Do(r)
		return resp.StatusCode
	}
	head := func(statement string) {
		db, err := sql.Open("sqlite", filepath.Join(dir, "sluice.db")+"?_pragma=busy_timeout(20000)")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	changes := [][3]string{
		{"PUT", "/secrets/known", `{"value":"sk-two-0123456789"}`}, {"PUT", "/secrets/fresh", `{"value":"sk-new-0123456789"}`},
		{"POST", "/credentials", `{"provider":"openai","name":"second","api_key":"sk-second-0123456789"}`}, {"DELETE", "/secrets/fresh", ""},
	}
	head("UPDATE audit_head SET id = 2") // the log's end is not known
	for _, c := range changes {
		if status := ask(c[0], c[1], c[2]); status/100 == 2 {
			t.Errorf("%s %s was done, and nobody was told: %d", c[0], c[1], status)
		}
	}
	if got := asks(g, up, acmeKey, ""); got != "sk-one-0123456789" {
		t.Errorf("in force is %s", got)
	}
	head("UPDATE audit_head SET id = 1")
	for _, c := range changes {
		if status := ask(c[0], c[1], c[2]); status/100 != 2 {
			t.Errorf("%s %s: %d", c[0], c[1], status)
		}
	}
	var log struct {
		Data []struct{ Action, Outcome string }
	}
	if status := g.AdminGet("/api/v1/audit?limit=200", &log); status != 200 {
		t.Fatal(status)
	}
	told := map[string]int{}
	for _, e := range log.Data {
		told[e.Action+" "+e.Outcome]++
	}
	if told["secret.set ok"] != 2 || told["credential.create ok"] != 1 || told["secret.delete ok"] != 1 || told["secret.set begun"]+told["credential.create begun"]+told["secret.delete begun"] != 0 {
		t.Errorf("told %v", told)
	}
}
