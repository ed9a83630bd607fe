package llm_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestWhatIsReplayedIsGatheredAgain(t *testing.T) {
	whole := &llm.Answer{
		ID: "a1", Model: "m", Tier: "flex", Created: 7,
		Choices: []llm.Choice{
			{
				Parts: []llm.Part{
					{Kind: llm.Thinking, Text: llm.Raw(`"hm"`), State: []llm.Opaque{{Dialect: "d", Kind: "signature", Value: "s"}}},
					{Kind: llm.Text, Text: llm.Raw(`"so \ud83d\ude00"`), Cites: []llm.Citation{{URL: llm.Raw(`"u"`)}}},
					{Kind: llm.ToolCall, Call: &llm.Call{ID: "c1", Name: "f", Quoted: true, Arguments: llm.Raw(`"{\"a\":1}"`)}},
				},
				Finish: llm.FinishTools, Vendor: "tool_use", Logprobs: llm.Raw(`[{"token":"so"}]`),
			},
			{Parts: []llm.Part{{Kind: llm.Refusal, Text: llm.Raw(`"no"`)}}, Finish: llm.FinishRefusal},
		},
		Usage: llm.Usage{InputTokens: llm.Known(3), Units: map[string]float64{"x": 1}},
	}
	var g llm.Gatherer
	llm.Replay(whole, g.Add)
	got, ok, err := g.Answer()
	if diff := cmp.Diff(whole, got); !ok || err != nil || diff != "" {
		t.Errorf("%v, %v: %s", ok, err, diff)
	}
}

func TestPiecesOfAPartAreJoined(t *testing.T) {
	var g llm.Gatherer
	reused := []byte(`"a"`) // what events point to is overwritten
	say := func(text string, raw string) {
		copy(reused, text)
		g.Add(&llm.Event{Kind: llm.Delta, What: llm.Text, Text: reused, Raw: llm.Raw(raw)})
	}
	g.Add(&llm.Event{Kind: llm.PartStart, What: llm.Text})
	say(`"a"`, `[1]`)
	say(`"b"`, `[]`)
	say(`"c"`, `[2]`)
	g.Add(&llm.Event{Kind: llm.PartStart, Part: 1, What: llm.Audio, Media: &llm.Media{Data: []byte("YQ==")}})
	g.Add(&llm.Event{Kind: llm.Delta, Part: 1, What: llm.Audio, Media: &llm.Media{Data: []byte("YmM=")}})
	if _, ok, _ := g.Answer(); ok {
		t.Error("a stream without an end is whole")
	}
	g.Add(&llm.Event{Kind: llm.End})
	a, ok, _ := g.Answer()
	c := a.Choices[0]
	if !ok || string(c.Parts[0].Text) != `"abc"` || string(c.Logprobs) != `[1,2]` || string(c.Parts[1].Media.Data) != "YWJj" {
		t.Errorf("%v: %s %s %s", ok, c.Parts[0].Text, c.Logprobs, c.Parts[1].Media.Data)
	}
	broke := errors.New("broke")
	g.Add(&llm.Event{Kind: llm.Fail, Err: broke})
	if _, ok, err := g.Answer(); ok || err != broke {
		t.Errorf("%v, %v", ok, err)
	}
}
