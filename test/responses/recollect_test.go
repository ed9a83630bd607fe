package responses_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// The vendor's first answer thinks, speaks and calls a tool; the others are a text.
const (
	looks = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[
		{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"I look."},
		{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city": "Rome"}}],
		"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":5}}`
	speaks = `{"id":"msg_2","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Sunny."}],
		"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":5}}`
)

// messagesVendor calls a tool until it has a result.
func messagesVendor(c *testup.Call) {
	answer := looks
	if strings.Contains(string(c.Body), `"tool_result"`) || !strings.Contains(string(c.Body), "weather") {
		answer = speaks
	}
	if !strings.Contains(string(c.Body), `"stream":true`) {
		c.JSON(200, answer)
		return
	}
	c.Stream(nil, testup.Events(messagesStream(answer))...)
}

// messagesStream gives an answer as the vendor would stream it.
func messagesStream(answer string) string {
	var m struct {
		Content    []map[string]any `json:"content"`
		StopReason string           `json:"stop_reason"`
	}
	if err := json.Unmarshal([]byte(answer), &m); err != nil {
		panic(err)
	}
	var b strings.Builder
	event := func(kind, format string, args ...any) {
		fmt.Fprintf(&b, "event: %s\ndata: {\"type\":%q%s}\n\n", kind, kind, fmt.Sprintf(format, args...))
	}
	event("message_start", `,"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}`)
	for i, part := range m.Content {
		begin := map[string]any{"type": part["type"]}
		var deltas []map[string]any
		switch part["type"] {
		case "thinking":
			begin["thinking"], begin["signature"] = "", ""
			deltas = []map[string]any{{"type": "thinking_delta", "thinking": part["thinking"]}, {"type": "signature_delta", "signature": part["signature"]}}
		case "text":
			begin["text"] = ""
			deltas = []map[string]any{{"type": "text_delta", "text": part["text"]}}
		case "tool_use":
			begin["id"], begin["name"], begin["input"] = part["id"], part["name"], map[string]any{}
			input, _ := json.Marshal(part["input"])
			deltas = []map[string]any{{"type": "input_json_delta", "partial_json": string(input)}}
		}
		block, _ := json.Marshal(begin)
		event("content_block_start", `,"index":%d,"content_block":%s`, i, block)
		for _, d := range deltas {
			delta, _ := json.Marshal(d)
			event("content_block_delta", `,"index":%d,"delta":%s`, i, delta)
		}
		event("content_block_stop", `,"index":%d`, i)
	}
	event("message_delta", `,"delta":{"stop_reason":%q,"stop_sequence":null},"usage":{"output_tokens":5}`, m.StopReason)
	event("message_stop", "")
	return b.String()
}

// first is a call that the model answers with a tool call.
func first() object {
	return object{
		"model": "claude/claude-sonnet-4-5", "instructions": "Be brief.", "input": "Weather?", "reasoning": object{"effort": "low"},
		"tools": []object{weather},
	}
}

var weather = object{"type": "function", "name": "weather", "parameters": object{"type": "object", "properties": object{"city": object{"type": "string"}}}}

// result is the answer to the tool call of a response.
func result(t *testing.T, response object) object {
	t.Helper()
	for _, item := range response["output"].([]any) {
		if o := item.(object); o["type"] == "function_call" {
			return object{"type": "function_call_output", "call_id": o["call_id"], "output": "sunny"}
		}
	}
	t.Fatalf("no call in %v", response["output"])
	return nil
}

// whole is the conversation that the vendor must get with the tool's result.
const whole = `[{"role":"user","content":"Weather?"},
	{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"I look."},{"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}}]},
	{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"sunny"}]}%s]`

// eachWay runs a test not streamed and streamed.
func eachWay(t *testing.T, test func(t *testing.T, stream bool)) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprintf("stream=%v", stream), func(t *testing.T) { test(t, stream) })
	}
}

func TestAConversationGoesOnFromAResponseOfAForeignModel(t *testing.T) {
	eachWay(t, func(t *testing.T, stream bool) {
		s := newStage(t, messagesVendor)
		one := s.ask(stream, first())

		next := first()
		next["previous_response_id"], next["input"] = one["id"], []object{result(t, one)}
		two := s.ask(stream, next)
		same(t, "the vendor got", s.got("messages"), fmt.Sprintf(whole, ""))
		same(t, "the system prompt is", s.got("system"), `"Be brief."`)
		if two["previous_response_id"] != one["id"] {
			t.Errorf("previous_response_id is %v", two["previous_response_id"])
		}

		next["previous_response_id"], next["input"] = two["id"], "Thanks."
		delete(next, "instructions") // those of an earlier call are not carried over
		s.ask(stream, next)
		same(t, "the vendor got", s.got("messages"), fmt.Sprintf(whole, `,{"role":"assistant","content":"Sunny."},{"role":"user","content":"Thanks."}`))
		if got := s.got("system"); got != "" {
			t.Errorf("the system prompt is %s", got)
		}

		next["previous_response_id"], next["input"] = one["id"], []object{result(t, one), {"role": "user", "content": "In French."}} // another branch
		s.ask(stream, next)
		same(t, "the vendor got", s.got("messages"), strings.Replace(fmt.Sprintf(whole, ""), `"content":"sunny"}]`, `"content":"sunny"},{"type":"text","text":"In French."}]`, 1))
	})
}

func TestItemsOfAForeignModelCanBeNamed(t *testing.T) {
	eachWay(t, func(t *testing.T, stream bool) {
		s := newStage(t, messagesVendor)
		one := s.ask(stream, first())

		input := []object{{"role": "user", "content": []object{{"type": "input_text", "text": "Weather?"}}}}
		for _, item := range one["output"].([]any) {
			reference := object{"type": "item_reference", "id": item.(object)["id"]}
			input = append(input, reference, reference) // some clients name an item for each of its parts
		}
		next := first()
		next["input"] = append(input, result(t, one))
		two := s.ask(stream, next)
		same(t, "the vendor got", s.got("messages"), fmt.Sprintf(whole, ""))

		last := object{"model": "claude/claude-sonnet-4-5", "previous_response_id": two["id"], "input": "Thanks.", "reasoning": object{"effort": "low"}, "tools": []object{weather}}
		s.ask(stream, last)
		same(t, "the vendor got", s.got("messages"), fmt.Sprintf(whole, `,{"role":"assistant","content":"Sunny."},{"role":"user","content":"Thanks."}`))
	})
}

func TestAConversationMovesFromAForeignModelToTheVendorItself(t *testing.T) {
	s := newStage(t, messagesVendor)
	one := s.ask(false, first())
	s.up.Script(func(c *testup.Call) {
		c.JSON(200, `{"id":"resp_vendors","object":"response","created_at":1,"status":"completed","model":"gpt-5","output":[]}`)
	})
	next := first()
	next["model"], next["previous_response_id"], next["input"] = "openai/gpt-5", one["id"], []object{result(t, one)}
	if got := s.ask(false, next)["id"]; got != "resp_vendors" {
		t.Errorf("the answer is %v", got)
	}
	if got := s.got("previous_response_id"); got != "" {
		t.Errorf("the vendor is asked to go on from %s", got)
	}
	for _, want := range []string{`"Weather?"`, `"I look."`, `"toolu_1"`, `"sunny"`} {
		if got := s.got("input"); !strings.Contains(got, want) {
			t.Errorf("the input lacks %s: %s", want, got)
		}
	}
	next["previous_response_id"] = "resp_vendors"
	s.ask(false, next)
	if got := s.got("previous_response_id"); got != `"resp_vendors"` {
		t.Errorf("the vendor is asked to go on from %s", got)
	}
}

// unknown are calls that name a response and an item.
func unknown(response object) map[string]object {
	id := response["id"].(string)
	item := response["output"].([]any)[0].(object)["id"].(string)
	return map[string]object{
		"Previous response with id '" + id + "' not found.": {"model": "claude/claude-sonnet-4-5", "previous_response_id": id, "input": "go on"},
		"Item with id '" + item + "' not found.":            {"model": "claude/claude-sonnet-4-5", "input": []object{{"type": "item_reference", "id": item}}},
	}
}

func TestWhatIsNotKeptIsNotFound(t *testing.T) {
	s := newStage(t, messagesVendor)
	private := first()
	private["store"] = false
	s.AdminPost("/api/v1/workspaces", `{"id":"other","name":"other"}`, nil)
	var foreign struct{ Secret string }
	s.AdminPost("/api/v1/keys", `{"name":"second","workspace":"other"}`, &foreign)

	cases := map[string]struct {
		asked object
		key   string
	}{
		"store is false":    {private, testgw.Key},
		"another workspace": {first(), foreign.Secret},
	}
	for name, c := range cases {
		one := s.ask(false, c.asked)
		before := len(s.up.Calls())
		for message, body := range unknown(one) {
			status, answer := s.try(c.key, false, body)
			if status != http.StatusBadRequest || !strings.Contains(string(answer), message) || !strings.Contains(string(answer), "invalid_request_error") {
				t.Errorf("%s: %d %s", name, status, answer)
			}
		}
		if len(s.up.Calls()) != before {
			t.Errorf("%s: it reached the vendor", name)
		}
		r := s.Request(http.MethodGet, "/v1/responses/"+one["id"].(string), nil)
		if resp, answer := s.Do(r); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: a response that no vendor has stored: %d %s", name, resp.StatusCode, answer)
		}
	}
}

func TestAStreamThatFailsCannotBeGoneOnFrom(t *testing.T) {
	s := newStage(t, func(c *testup.Call) {
		c.Stream(nil, strings.Split(messagesStream(looks), "event: message_delta")[0])
	})
	_, answer := s.try(testgw.Key, true, first())
	_, rest, _ := strings.Cut(string(answer), `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	status, answer := s.try(testgw.Key, false, object{"model": "claude/claude-sonnet-4-5", "previous_response_id": id, "input": "go on"})
	if !strings.HasPrefix(id, "resp_") || status != http.StatusBadRequest {
		t.Errorf("going on from %q: %d %s", id, status, answer)
	}
}

func TestAnOperationWithoutCounterpartIsNotTranslated(t *testing.T) {
	s := newStage(t, messagesVendor)
	resp, answer := s.Post("/v1/responses/compact", `{"model":"claude/claude-sonnet-4-5","input":"hi"}`)
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(answer), "/v1/responses/compact") || len(s.up.Calls()) != 0 {
		t.Errorf("%d %s", resp.StatusCode, answer)
	}
	s.up.Script(func(c *testup.Call) { c.JSON(200, `{"id":"c","object":"response.compaction","output":[]}`) })
	const body = `{"model": "gpt-5", "input": "hi"}`
	if resp, answer := s.Post("/v1/responses/compact", body); resp.StatusCode != 200 || string(s.up.Last().Body) != body {
		t.Errorf("%d %s; the vendor got %s", resp.StatusCode, answer, s.up.Last().Body)
	}
}

func TestANamedConversationIsCounted(t *testing.T) {
	s := newStage(t, messagesVendor)
	one := s.ask(false, first())
	next := first()
	next["previous_response_id"], next["input"] = one["id"], []object{result(t, one)}
	s.up.Script(func(c *testup.Call) { c.JSON(200, `{"input_tokens":42}`) })
	resp, answer := s.Post("/v1/responses/input_tokens", string(text(t, next)))
	if resp.StatusCode != 200 || !strings.Contains(string(answer), "42") {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	same(t, "the vendor got", s.got("messages"), fmt.Sprintf(whole, ""))
}
