package chaos_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/testredis"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestNodesShareWhatIsOutOfUseAndWhatRests(t *testing.T) {
	redis, db := testredis.Start(t, false), testpg.Start(t).Database(t)
	one, two := testup.New(t, well), testup.New(t, well)
	var nodes [2]*testgw.Gateway
	for i := range nodes {
		nodes[i] = testgw.StartWith(t, testgw.Options{
			Config: fmt.Sprintf("discover: false\nstorage: { url: %q }\nshared: { url: %q, timeout: 5s }\nproviders:\n", db, redis.URL()) +
				provide("one", one.URL, "retries: { max: 0 }") + provide("two", two.URL, "") + "routes: { both: [ one-chat/m, two-chat/m ] }\n",
			Env: map[string]string{"KEY_A": keys["KEY_A"], "SLUICE_MASTER_KEY": strings.Repeat("0a", 32)},
		})
	}
	here, there := nodes[0], nodes[1]
	drain(t, here, "PUT", "one-chat")
	took := serves(t, there, "two-chat")
	drain(t, there, "DELETE", "one-chat")
	t.Logf("drained on the other node after %v, in use again after %v", took, serves(t, here, "one-chat"))
	serves(t, there, "one-chat")

	one.Script(func(c *testup.Call) {
		c.Set("retry-after", "60").JSON(429, called(c).errorBody(429))
	})
	if h := ask(t, here, "chat", "both", true); h.text != omega || h.header.Get("sluice-attempts") != "2" {
		t.Errorf("%d %s", h.status, h.raw)
	}
	serves(t, there, "two-chat")
	before := len(one.Calls())
	if h := ask(t, there, "chat", "both", true); h.text != omega || h.header.Get("sluice-attempts") != "1" || len(one.Calls()) != before {
		t.Errorf("on the other node: %d after %s attempts", h.status, h.header.Get("sluice-attempts"))
	}
}
