package openairesponses_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/openairesponses"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const (
	seed    = "0198c0ffee007aaabbbbccccddddeeee"
	another = "0198c0ffee007aaabbbbccccddddffff"
)

// memory is what was said, by id.
var memory = map[string]*llm.Said{
	"resp_" + seed: {
		ID: "resp_" + seed, Asked: llm.Raw(`[{"role":"user","content":"hi"}]`),
		Answered: llm.Raw("[\n {\"id\":\"rs_" + seed + "_0\",\"type\":\"reasoning\",\"summary\":[]},\n {\"id\":\"msg_" + seed + "_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":\"ho\"}\n]"),
	},
	"resp_" + another: {ID: "resp_" + another, Previous: "resp_" + seed, Asked: llm.Raw(`[ ]`), Answered: llm.Raw(`[{"id":"msg_` + another + `_0","type":"message","role":"assistant","content":"well"}]`)},
}

func find(id string) *llm.Said { return memory[id] }

func TestNamesAreReplacedByWhatWasSaid(t *testing.T) {
	const (
		user  = `{"role":"user","content":"hi"}`
		why   = `{"id":"rs_` + seed + `_0","type":"reasoning","summary":[]}`
		ho    = `{"id":"msg_` + seed + `_1","type":"message","role":"assistant","content":"ho"}`
		well  = `{"id":"msg_` + another + `_0","type":"message","role":"assistant","content":"well"}`
		on    = `{"type":"message","role":"user","content":"on"}`
		refer = `{"type":"item_reference","id":"`
	)
	for _, c := range []struct{ name, body, want, asked, previous string }{
		{
			"a response", `{"model":"m","previous_response_id":"resp_` + seed + `","input":"on","x":[1, 2]}`,
			`{"model":"m","input":[` + user + `,` + why + `,` + ho + `,` + on + `],"x":[1, 2]}`, `[` + on + `]`, "resp_" + seed,
		},
		{
			"a chain, and nothing new", `{"previous_response_id":"resp_` + another + `"}`,
			`{"input":[` + user + `,` + why + `,` + ho + `,` + well + `]}`, `[]`, "resp_" + another,
		},
		{
			"items", `{"input":[` + user + `,` + refer + `rs_` + seed + `_0"},` + refer + `msg_` + seed + `_1"},` + refer + `msg_` + seed + `_1"},` + on + `]}`,
			`{"input":[` + user + `,` + why + `,` + ho + `,` + on + `]}`, `[` + user + `,` + why + `,` + ho + `,` + on + `]`, "",
		},
		{
			"items beside those of a vendor", `{"previous_response_id":"resp_123","input":[` + refer + `msg_123"},` + refer + `msg_` + seed + `_1"}]}`,
			`{"previous_response_id":"resp_123","input":[` + refer + `msg_123"},` + ho + `]}`, `[` + refer + `msg_123"},` + ho + `]`, "",
		},
	} {
		got, err := openairesponses.Dialect.Recollection.Recollect([]byte(c.body), find)
		if err != nil || got == nil {
			t.Errorf("%s: %v, %v", c.name, got, err)
			continue
		}
		if !json.Valid(got.Body) || !sameJSON(string(got.Body), c.want) {
			t.Errorf("%s: the body is\n%s\nwant\n%s", c.name, got.Body, c.want)
		}
		if !sameJSON(string(got.Asked), c.asked) || got.Previous != c.previous {
			t.Errorf("%s: asked is %s, previous %q", c.name, got.Asked, got.Previous)
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

func TestWhatNamesNothingOfTheGatewaysIsLeftAlone(t *testing.T) {
	for _, body := range []string{
		`{"input":"hi"}`,
		`{"input":"what is an item_reference, or a previous_response_id?"}`,
		`{"input":"hi","previous_response_id":null}`,
		`{"input":"hi","previous_response_id":"resp_68a1"}`,
		`{"input":[{"type":"item_reference","id":"msg_68a1"},{"type":"item_reference","id":"msg_sandbox_1"},{"type":"item_reference"}]}`,
		`{"input":[{"type":"message","id":"msg_` + seed + `_1","role":"assistant","content":"no item_reference"}]}`,
		`{"previous_response_id":`,
	} {
		if got, err := openairesponses.Dialect.Recollection.Recollect([]byte(body), find); got != nil || err != nil {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestNamesThatNobodyKnowsAreFaults(t *testing.T) {
	forgotten := strings.Replace(seed, "c0ffee", "decade", 1)
	memory := map[string]*llm.Said{"resp_" + another: memory["resp_"+another], "resp_" + seed: {ID: "resp_" + seed, Answered: memory["resp_"+seed].Answered, Cut: true}}
	for body, want := range map[string]string{
		`{"previous_response_id":"resp_` + forgotten + `"}`:                           "Previous response with id 'resp_" + forgotten + "' not found",
		`{"previous_response_id":"resp_` + seed + `"}`:                                "is longer than is kept",
		`{"previous_response_id":"resp_` + another + `"}`:                             "Previous response with id 'resp_" + another + "' not found",
		`{"input":[{"type":"item_reference","id":"msg_` + forgotten + `_0"}]}`:        "Item with id 'msg_" + forgotten + "_0' not found",
		`{"input":[{"type":"item_reference","id":"msg_` + seed + `_7"}]}`:             "Item with id 'msg_" + seed + "_7' not found",
		`{"input":[{"type":"item_reference","id":"rs_` + forgotten + `_0"},{"a":1}]}`: "Item with id 'rs_" + forgotten + "_0' not found",
		`{"input":[{"id":"fc_` + forgotten + `_12_1","type":"item_reference"},[],3]}`: "not found",
	} {
		_, err := openairesponses.Dialect.Recollection.Recollect([]byte(body), func(id string) *llm.Said { return memory[id] })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestWhatIsSaidIsTakenFromAnswersAndStreams(t *testing.T) {
	const (
		answer = `{"id":"resp_1","status":"completed","output":[{"id":"msg_1"}]}`
		event  = "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":9,\"response\":" + answer + "}\n\n"
	)
	for _, c := range []struct {
		name, body, written string
		want                *llm.Said
	}{
		{"an answer", `{"input":"hi"}`, answer, &llm.Said{Asked: llm.Raw(`[{"type":"message","role":"user","content":"hi"}]`)}},
		{"a stream", `{"input":[{"role":"user","content":"hi"}],"store":true}`, event, &llm.Said{Asked: llm.Raw(`[{"role":"user","content":"hi"}]`)}},
		{"no input", `{}`, event, &llm.Said{Asked: llm.Raw(`[]`)}},
		{"nothing is to be stored", `{"input":"hi","store":false}`, answer, nil},
		{"a failure", `{"input":"hi"}`, strings.Replace(answer, "completed", "failed", 1), nil},
		{"nothing was written", `{"input":"hi"}`, "", nil},
	} {
		got := openairesponses.Dialect.Recollection.Said([]byte(c.body), nil, []byte(c.written))
		switch {
		case got == nil && c.want == nil:
		case got == nil || c.want == nil:
			t.Errorf("%s: %v", c.name, got)
		case got.ID != "resp_1" || string(got.Asked) != string(c.want.Asked) || string(got.Answered) != `[{"id":"msg_1"}]`:
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func FuzzRecollect(f *testing.F) {
	f.Add(`{"previous_response_id":"resp_` + another + `","input":[{"type":"item_reference","id":"msg_` + seed + `_1"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, err := openairesponses.Dialect.Recollection.Recollect([]byte(body), find)
		if err == nil && got != nil && json.Valid([]byte(body)) && (!json.Valid(got.Body) || !json.Valid(got.Asked)) {
			t.Errorf("%s became\n%s\nof %s", body, got.Body, got.Asked)
		}
	})
}

func BenchmarkRecollect(b *testing.B) {
	history := `{"role":"user","content":"` + strings.Repeat("words and more words ", 50) + `"},`
	for name, body := range map[string]string{
		"nothing named": `{"model":"m","input":[` + strings.Repeat(history, 20) + history[:len(history)-1] + `]}`,
		"a response":    `{"model":"m","previous_response_id":"resp_` + another + `","input":[` + strings.Repeat(history, 20) + history[:len(history)-1] + `]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := openairesponses.Dialect.Recollection.Recollect([]byte(body), find); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
