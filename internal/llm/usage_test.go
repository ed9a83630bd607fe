package llm_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestAnUnknownCountIsNullAndNeverZero(t *testing.T) {
	cases := map[string]llm.Count{"null": {}, "0": llm.Known(0), "7": llm.Known(7), "-1": llm.Known(-1), "9223372036854775807": llm.Known(math.MaxInt64)}
	for text, c := range cases {
		b, err := json.Marshal(c)
		if err != nil || string(b) != text {
			t.Errorf("%+v renders as %s, %v", c, b, err)
		}
		back := llm.Known(99)
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != c {
			t.Errorf("%s is read as %+v, %v", text, back, err)
		}
		if got := string(c.AppendJSON([]byte("x:"))); got != "x:"+text {
			t.Errorf("appended: %s", got)
		}
	}
}

func TestACountThatIsNoWholeNumberIsRefusedAndChangesNothing(t *testing.T) {
	for _, text := range []string{`"7"`, `1.5`, `true`, `{}`, `9223372036854775808`} {
		c := llm.Known(3)
		if err := json.Unmarshal([]byte(text), &c); err == nil || c != llm.Known(3) {
			t.Errorf("%s: %v, count %+v", text, err, c)
		}
	}
}

func TestSumsKeepWhatIsKnown(t *testing.T) {
	cases := []struct{ a, b, sum llm.Count }{
		{llm.Count{}, llm.Count{}, llm.Count{}},
		{llm.Known(2), llm.Count{}, llm.Known(2)},
		{llm.Count{}, llm.Known(3), llm.Known(3)},
		{llm.Known(2), llm.Known(3), llm.Known(5)},
		{llm.Count{N: 9}, llm.Known(1), llm.Known(1)}, // a number that is not known does not count
	}
	for _, c := range cases {
		if got := c.a.Add(c.b); got != c.sum {
			t.Errorf("%+v + %+v = %+v", c.a, c.b, got)
		}
	}
	if (llm.Count{}).Or(5) != 5 || llm.Known(0).Or(5) != 0 {
		t.Error("Or")
	}
}

func TestUsageIsZeroOnlyWhenNothingIsKnown(t *testing.T) {
	var none llm.Usage
	if !none.IsZero() {
		t.Error("the zero usage knows something")
	}
	one := llm.Known(0)
	for name, u := range map[string]llm.Usage{
		"input": {InputTokens: one}, "output": {OutputTokens: one}, "cache read": {CacheReadTokens: one}, "cache write": {CacheWriteTokens: one},
		"reasoning": {ReasoningTokens: one}, "audio in": {AudioInputTokens: one}, "audio out": {AudioOutputTokens: one}, "images": {Images: one},
		"units": {Units: map[string]float64{llm.UnitSeconds: 1}},
	} {
		if u.IsZero() {
			t.Errorf("%s: a known zero is taken for unknown", name)
		}
	}
	if empty := (llm.Usage{Units: map[string]float64{}}); !empty.IsZero() {
		t.Error("an empty map of units is something known")
	}
}

func TestUnitsAreMadeOnFirstUseAndReplaced(t *testing.T) {
	var u llm.Usage
	u.SetUnit(llm.UnitPages, 2)
	u.SetUnit(llm.UnitPages, 3)
	u.SetUnit(llm.UnitSeconds, 1.5)
	if len(u.Units) != 2 || u.Units["pages"] != 3 || u.Units["seconds"] != 1.5 {
		t.Errorf("units %v", u.Units)
	}
}

func TestUsageInJSONNamesEveryFieldOfTheContract(t *testing.T) {
	b, err := json.Marshal(llm.Usage{InputTokens: llm.Known(1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "images", "units"} {
		if !strings.Contains(string(b), `"`+name+`":`) {
			t.Errorf("%s is missing in %s", name, b)
		}
	}
	if strings.Contains(string(b), ":0") {
		t.Errorf("something unknown is 0: %s", b)
	}
}
