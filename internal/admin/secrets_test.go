package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func TestSecretsAreSetListedAndDeletedButNeverReadBack(t *testing.T) {
	g := newTown(t)
	var s admin.Secret
	for _, value := range []string{"first-value", "second-value"} {
		w := g.do("PUT", "/api/v1/secrets/slack", `{"value":"`+value+`"}`)
		g.answered(w, http.StatusOK, &s)
		if s.Name != "slack" || s.Used || strings.Contains(w.Body.String(), value) {
			t.Errorf("%s", w.Body)
		}
	}
	g.answered(g.do("PUT", "/api/v1/secrets/in-use", `{"value":"third-value"}`), http.StatusOK, &s)
	w := g.do("GET", "/api/v1/secrets", "")
	var list admin.SecretList
	g.answered(w, http.StatusOK, &list)
	if len(list.Data) != 2 || strings.Contains(w.Body.String(), "-value") || strings.Contains(w.Body.String(), "sealed") {
		t.Errorf("%s", w.Body)
	}
	g.fails(g.do("GET", "/api/v1/secrets/slack", ""), http.StatusMethodNotAllowed, "method_not_allowed")
	g.fails(g.do("PUT", "/api/v1/secrets/slack", `{}`), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("PUT", "/api/v1/secrets/Slack", `{"value":"x"}`), http.StatusBadRequest, "invalid_request")
	g.fails(g.do("DELETE", "/api/v1/secrets/in-use", ""), http.StatusConflict, "conflict")
	g.answered(g.do("DELETE", "/api/v1/secrets/in-use?force=true", ""), http.StatusOK, nil)
	g.answered(g.do("DELETE", "/api/v1/secrets/slack", ""), http.StatusOK, nil)
	g.fails(g.do("DELETE", "/api/v1/secrets/slack", ""), http.StatusNotFound, "not_found")
	var none admin.CredentialPage
	g.get("/api/v1/credentials", &none)
	if len(none.Data) != 0 {
		t.Errorf("a secret is shown among credentials: %+v", none)
	}
}

func TestWithoutAVaultSecretsSaySo(t *testing.T) {
	g := newRig(t)
	for method, path := range map[string]string{"GET": "/secrets", "DELETE": "/secrets/a"} {
		g.fails(g.do(method, "/api/v1"+path, ""), http.StatusServiceUnavailable, "unavailable")
	}
	g.fails(g.do("PUT", "/api/v1/secrets/a", `{"value":"x"}`), http.StatusServiceUnavailable, "unavailable")
}
