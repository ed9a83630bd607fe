package app_test

import (
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func canaries(g *testgw.Gateway) admin.Canary {
	var l admin.CanaryList
	g.AdminGet("/api/v1/canaries", &l)
	if len(l.Data) != 1 {
		return admin.Canary{}
	}
	return l.Data[0]
}

func TestACanaryThatFailsIsRolledBackByItself(t *testing.T) {
	good := testup.New(t, func(c *testup.Call) { c.JSON(200, chatAnswer) })
	bad := testup.New(t, func(c *testup.Call) { c.JSON(400, `{"error":{"message":"this model takes no such thing"}}`) })
	g := testgw.Start(t, `
providers:
  good: { kind: openai-compatible, base_url: `+good.URL+`/v1, retries: { max: 0 } }
  bad: { kind: openai-compatible, base_url: `+bad.URL+`/v1, retries: { max: 0 } }
routes:
  new: { steps: [ { use: bad/m } ] }
  outer: { steps: [ { use: support } ] }
  support:
    steps:
      - canary: { from: good/m, to: new, stages: [ { share: 50, for: 1h } ], rollback: { error_margin: 0.05, min_calls: 20 } }
`)
	comesTrue(t, time.Minute, "the canary begins", func() bool { return canaries(g).State == "running" })
	failed := 0
	for range 100 {
		if chat(g, "outer") != 200 {
			failed++
		}
	}
	early := canaries(g).State == "rolled_back" && failed >= 20 // it may look while they come
	if failed < 25 && !early || failed > 75 {
		t.Fatalf("%d of 100 calls went to the new target", failed)
	}
	comesTrue(t, time.Minute, "it is rolled back", func() bool { return canaries(g).State == "rolled_back" })
	for range 20 {
		if status := chat(g, "outer"); status != 200 {
			t.Fatalf("behind it: %d", status)
		}
	}
	if c := canaries(g); c.By != "" || c.Why == "" || c.ToFigures.Calls != 0 || c.Share != 0 {
		t.Errorf("%+v", c)
	}
}

func TestAShadowIsComparedWithWhatItCopied(t *testing.T) {
	u := testup.New(t, func(c *testup.Call) { c.JSON(200, chatAnswer) })
	g := testgw.Start(t, `
providers: { a: { kind: openai-compatible, base_url: `+u.URL+`/v1 } }
routes: { r: { steps: [ { use: a/m, shadow: { to: a/new } } ] } }
`)
	for range 31 {
		if status := chat(g, "r"); status != 200 {
			t.Fatal(status)
		}
	}
	for range 5 {
		chat(g, "a/m") // has no shadow
	}
	compared := func(query string) (c admin.Compared) {
		g.AdminGet("/api/v1/compare?a=a/m&b=a/new"+query, &c)
		return c
	}
	comesTrue(t, time.Minute, "all shadows are compared", func() bool {
		c := compared("&shadows=true")
		return c.A.Calls == 31 && c.B.Calls == 31 && c.Enough && c.B.Cost == nil == (c.A.Cost == nil)
	})
	if c := compared("&route=r"); c.A.Calls != 31 || c.B.Calls != 0 || c.Enough {
		t.Errorf("without shadows: %+v", c)
	}
}
