package proxy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestACallThatIsSentElsewhereKeepsItsPlace(t *testing.T) {
	asked, fail := make(chan struct{}), make(chan struct{})
	slow := testup.New(t, func(c *testup.Call) {
		close(asked)
		<-fail
		c.JSON(503, `{"error":{"message":"no"}}`)
	})
	a, b := testup.New(t, wholeAnswer("one")), testup.New(t, wholeAnswer("two"))
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf(`
providers:
  one: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 } }
  two: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 } }
  slow: { kind: openai-compatible, base_url: %s/v1, api_key: env:VENDOR_KEY, retries: { max: 0 } }
routes: { r: { steps: [ { use: slow/m, fallback: [ one/m ] } ] } }
gateways: { default: { limits: [
  { name: contract, per: gateway, when: provider == 'one', requests: 1/1h, over: { reroute: two/m } },
  { name: room, per: gateway, concurrent: 1, over: { queue: { wait: 60s, max: 1 } } } ] } }`, a.URL, b.URL, slow.URL), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	body := func(model, word string) string {
		return `{"model":"` + model + `","messages":[{"role":"user","content":"` + word + `"}]}`
	}
	answers := make(chan *http.Response, 3)
	post := func(model, word string) {
		go func() {
			resp, _ := g.Post("/v1/chat/completions", body(model, word))
			answers <- resp
		}()
	}
	if resp, got := g.Post("/v1/chat/completions", body("one/m", "contract")); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	post("r", "mover")
	<-asked
	post("two/m", "waits")
	post("two/m", "waits")
	if resp := <-answers; resp.StatusCode != 429 { // of these two one waits
		t.Errorf("status %d where the queue is full", resp.StatusCode)
	}
	close(fail)
	for range 2 {
		if resp := <-answers; resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if calls := b.Calls(); len(calls) != 2 || !strings.Contains(string(calls[0].Body), "mover") || len(a.Calls()) != 1 {
		t.Errorf("who waited took the place of the call that moved: %d calls, %s first", len(calls), calls[0].Body)
	}
}
