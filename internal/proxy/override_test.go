package proxy_test

import (
	"encoding/json"
	"testing"
)

func TestARoutesOverrideChangesWhatTheVendorIsAsked(t *testing.T) {
	g, a, _ := routed(t, answerChat, answerChat, `{ steps: [ { use: one/m, override: { system: "Be brief.", max_tokens: 50, temperature: 0.2, top_p: 0.5, seed: 7, stop: [ END ], reasoning_effort: low, set: { user: tester, x: [ 1 ] } } } ] }`, "")
	resp, got := g.Post("/v1/chat/completions", `{"model":"r","temperature":1,"user":"me","odd":{"kept":true},"messages":[{"role":"user","content":"hi"}]}`)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	var sent map[string]any
	if err := json.Unmarshal(a.Last().Body, &sent); err != nil {
		t.Fatal(err)
	}
	want := `{"max_tokens":50,"messages":[{"content":"Be brief.","role":"system"},{"content":"hi","role":"user"}],"model":"m","odd":{"kept":true},"reasoning_effort":"low","seed":7,"stop":["END"],"temperature":0.2,"top_p":0.5,"user":"tester","x":[1]}`
	if b, _ := json.Marshal(sent); string(b) != want {
		t.Errorf("the vendor got\n%s, want\n%s", b, want)
	}
	resp, got = g.Post("/v1/messages", `{"model":"r","max_tokens":900,"system":"Speak up.","messages":[{"role":"user","content":"hi"}]}`)
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, got)
	}
	sent = nil
	if err := json.Unmarshal(a.Last().Body, &sent); err != nil {
		t.Fatal(err)
	}
	messages, _ := json.Marshal(sent["messages"])
	if sent["max_completion_tokens"] != 50.0 && sent["max_tokens"] != 50.0 || sent["temperature"] != 0.2 || sent["x"] == nil {
		t.Errorf("from another dialect: %v", sent)
	}
	if s := string(messages); s != `[{"content":"Be brief.\n\nSpeak up.","role":"system"},{"content":"hi","role":"user"}]` {
		t.Errorf("messages %s", s)
	}
}

func TestARoutesOwnLimitsAndMaximumHold(t *testing.T) {
	g, a, _ := routed(t, answerChat, answerChat, "{ limits: [ { per: key, requests: 2/1h } ], max_output: 77, steps: [ { use: one/m } ] }", "")
	for i := range 3 {
		resp, got := g.Post("/v1/chat/completions", routedBody)
		if want := map[bool]int{true: 200, false: 429}[i < 2]; resp.StatusCode != want {
			t.Errorf("call %d: %d %s", i, resp.StatusCode, got)
		}
	}
	if resp, got := g.Post("/v1/chat/completions", `{"model":"one/m","messages":[]}`); resp.StatusCode != 200 {
		t.Errorf("beside the route: %d %s", resp.StatusCode, got)
	}
	var sent map[string]any
	if err := json.Unmarshal(a.Calls()[0].Body, &sent); err != nil || sent["max_completion_tokens"] != 77.0 && sent["max_tokens"] != 77.0 {
		t.Errorf("the vendor got %s", a.Calls()[0].Body)
	}
}
