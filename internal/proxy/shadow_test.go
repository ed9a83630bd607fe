package proxy_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestAShadowWhoseAnswerBreaksOffHarmsNobody(t *testing.T) {
	g, _, _ := routed(t, answerChat, func(c *testup.Call) {
		c.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n{\"choices\":[")
	}, "{ steps: [ { use: one/m, shadow: two/m } ] }", "")
	if resp, b := g.Post("/v1/chat/completions", routedBody); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	eventually(t, func() bool { return len(entries(g)) == 2 })
	if resp, b := g.Post("/v1/chat/completions", routedBody); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, b)
	}
}
