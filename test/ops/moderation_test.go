package ops_test

import (
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

const mistralVerdicts = `{"id":"m1","model":"mistral-moderation-2603","results":[
 {"categories":{"sexual":false,"hate_and_discrimination":false,"violence_and_threats":true,"criminal":false,"selfharm":false,"pii":false},"category_scores":{"sexual":0.01,"hate_and_discrimination":0.02,"violence_and_threats":0.97,"criminal":0.1,"selfharm":0.03,"pii":0.04}},
 {"categories":{"sexual":false,"pii":true},"category_scores":{"sexual":1e-3,"pii":0.8}}],
 "usage":{"prompt_tokens":13,"total_tokens":74,"completion_tokens":0}}`

// verdict is what OpenAI's SDKs read of a moderation.
type verdict struct {
	Flagged    bool
	Categories map[string]bool
	Scores     map[string]float64  `json:"category_scores"`
	Applied    map[string][]string `json:"category_applied_input_types"`
}

func TestModerationsOfAVendorWithOtherCategoriesAreToldInOpenAIs(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, mistralVerdicts) })
	resp, body := s.Post("/v1/moderations", `{"model":"mistral/mistral-moderation-latest","input":["a","b"]}`)
	same(t, "the vendor got", string(s.up.Last().Body), `{"model":"mistral-moderation-latest","input":["a","b"]}`)
	var got struct {
		ID, Model string
		Results   []verdict
	}
	if err := json.Unmarshal(body, &got); err != nil || resp.StatusCode != 200 || len(got.Results) != 2 || got.ID != "m1" || got.Model != "mistral-moderation-2603" {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	first, second := got.Results[0], got.Results[1]
	if !first.Flagged || !first.Categories["violence"] || first.Categories["hate"] || first.Scores["violence"] != 0.97 || first.Scores["violence_and_threats"] != 0.97 || first.Scores["illicit"] != 0.1 {
		t.Errorf("the first is %+v", first)
	}
	if !second.Flagged || !second.Categories["pii"] || second.Scores["sexual"] != 0.001 {
		t.Errorf("the second is %+v", second)
	}
	for _, name := range []string{"harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"} {
		applied, there := first.Applied[name]
		judged := map[string]bool{"hate": true, "illicit": true, "self-harm": true, "sexual": true, "violence": true}[name]
		if _, is := first.Categories[name]; !is || !there || (len(applied) == 1) != judged {
			t.Errorf("%s: applied to %v", name, applied)
		}
	}
	refused(t, s, "/v1/moderations", `{"model":"mistral/m","input":[{"type":"image_url","image_url":{"url":"https://x/a.png"}}]}`, 400, "input[].image_url")
	refused(t, s, "/v1/moderations", `{"model":"mistral/m"}`, 400, "input")
	refused(t, s, "/v1/moderations", `{"model":"cohere/m","input":"a"}`, 400, "unsupported_operation")
}

func TestModerationsOfOpenAIsShapeAreForwardedAsTheyAre(t *testing.T) {
	s := newStage(t, "")
	exchange := exchange{path: "/v1/moderations", ask: `{"model":"openai/omni-moderation-latest","input":[{"type":"text","text":"a"}]}`, at: "/v1/moderations",
		answer: `{"id":"x","model":"omni-moderation-latest","results":[{"flagged":false,"categories":{},"category_scores":{}}]}`, spoken: "openai"}
	exchange.run(t, s)
}
