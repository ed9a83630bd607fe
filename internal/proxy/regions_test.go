package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// regional starts a gateway with a provider in eu-west-1, one of whose models is served in
// us-east-1, and one in ap-south-1.
func regional(t *testing.T, policy string) (*testgw.Gateway, *testup.Upstream) {
	t.Helper()
	u := testup.New(t, answerChat)
	return testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  mixed: { kind: openai-compatible, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, region: eu-west-1, models: { near: {}, relayed: { region: us-east-1 } } }
  plain: { kind: openai-compatible, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, region: eu-west-1 }
  far: { kind: openai-compatible, base_url: %[1]s/v1, api_key: env:VENDOR_KEY, region: ap-south-1 }
gateways: { default: { %[2]s } }
`, u.URL, policy), Env: map[string]string{"VENDOR_KEY": vendorKey}}), u
}

// patch changes something by the admin API.
func patch(t *testing.T, g *testgw.Gateway, path, body string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPatch, g.Admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, b := g.Do(r); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
}

func TestTheRegionsOfAWorkspaceFenceInItsCallsAtOnce(t *testing.T) {
	g, u := regional(t, "regions: [eu, us]")
	status := func(model string) int {
		resp, _ := g.Post("/v1/chat/completions", `{"model":"`+model+`","messages":[]}`)
		return resp.StatusCode
	}
	if got := []int{status("mixed/near"), status("mixed/relayed"), status("far/m")}; fmt.Sprint(got) != "[200 200 503]" {
		t.Fatalf("without a fence: %v", got)
	}
	patch(t, g, "/api/v1/workspaces/default", `{"regions":["us"]}`)
	asked := len(u.Calls())
	if got := []int{status("mixed/near"), status("mixed/relayed"), status("far/m")}; fmt.Sprint(got) != "[503 200 503]" {
		t.Errorf("in the us: %v", got)
	}
	patch(t, g, "/api/v1/workspaces/default", `{"regions":["ap"]}`) // in which the gateway serves nobody
	if got := []int{status("mixed/near"), status("mixed/relayed"), status("far/m")}; fmt.Sprint(got) != "[503 503 503]" || len(u.Calls()) != asked+1 {
		t.Errorf("in ap: %v after %d calls", got, len(u.Calls())-asked)
	}
	var made struct{ Secret string }
	g.AdminPost("/api/v1/keys", `{"name":"far","regions":["eu"]}`, &made)
	patch(t, g, "/api/v1/workspaces/default", `{"regions":["us","eu"]}`)
	r := g.Request("POST", "/v1/chat/completions", []byte(`{"model":"mixed/relayed","messages":[]}`))
	r.Header.Set("Authorization", "Bearer "+made.Secret)
	if resp, b := g.Do(r); resp.StatusCode != 503 || !strings.Contains(string(b), "region") {
		t.Errorf("with a key for elsewhere: %d %s", resp.StatusCode, b)
	}
	patch(t, g, "/api/v1/workspaces/default", `{"regions":[]}`)
	if got := status("mixed/near"); got != 200 {
		t.Errorf("without a fence again: %d", got)
	}
}

func TestAPathThatNobodyKnowsMayMeanAnyModelOfItsProvider(t *testing.T) {
	g, u := regional(t, "regions: [eu]")
	for path, want := range map[string]int{"/providers/plain/v1/new/thing": 200, "/providers/mixed/v1/new/thing": 503, "/providers/far/v1/new/thing": 503} {
		if resp, b := g.Post(path, `{"model":"relayed"}`); resp.StatusCode != want {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}
	for model, want := range map[string]int{"near": 200, "relayed": 503} {
		if resp, b := g.Post("/providers/mixed/v1/chat/completions", `{"model":"`+model+`","messages":[]}`); resp.StatusCode != want {
			t.Errorf("%s: %d %s", model, resp.StatusCode, b)
		}
	}
	if n := len(u.Calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
}
