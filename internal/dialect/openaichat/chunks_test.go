package openaichat_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// chunk is a chunk as OpenAI's SDKs see it: what must be there is no pointer.
type chunk struct {
	ID, Object, Model string
	Created           int64
	Choices           []struct {
		Index        *int
		Delta        map[string]json.RawMessage
		FinishReason *string `json:"finish_reason"`
	}
	Usage json.RawMessage
}

// toolDelta is one entry of tool_calls in a chunk.
type toolDelta struct {
	Index    *int
	ID, Type string
	Function *struct {
		Name      string
		Arguments *string
	}
	Custom *struct {
		Name  string
		Input *string
	}
}

// checkChunks checks the grammar of a stream of chunks: the first of each choice names
// the role, calls are counted from 0 and named once, each choice finishes once and
// last, usage stands alone and last, and [DONE] ends it. It gives what is wrong.
func checkChunks(stream []byte, asked bool) string {
	v := chunkChecker{asked: asked, begun: map[int]bool{}, done: map[int]bool{}, calls: map[int]int{}}
	f := dialect.NewSSE(nil)
	f.HoldUpTo(64 << 20)
	f.Feed(stream, func(e *dialect.Event) { v.event(string(e.Data)) })
	f.Close(func(e *dialect.Event) { v.wrong("the last event %q is not closed", e.Raw) })
	if v.why == "" && !v.ended {
		v.wrong("no [DONE]")
	}
	for i := range v.begun {
		if !v.done[i] {
			v.wrong("choice %d does not finish", i)
		}
	}
	return v.why
}

type chunkChecker struct {
	asked       bool
	id          string
	begun, done map[int]bool
	calls       map[int]int
	counted     bool
	ended       bool
	why         string
}

func (v *chunkChecker) wrong(format string, args ...any) {
	if v.why == "" {
		v.why = fmt.Sprintf(format, args...)
	}
}

func (v *chunkChecker) event(data string) {
	if v.ended {
		v.wrong("something follows [DONE]: %s", data)
	}
	if data == "[DONE]" {
		v.ended = true
		return
	}
	var c chunk
	if err := json.Unmarshal([]byte(data), &c); err != nil {
		v.wrong("%v: %s", err, data)
		return
	}
	if v.id == "" {
		v.id = c.ID
	}
	if !strings.HasPrefix(c.ID, "chatcmpl-") || c.ID != v.id || c.Object != "chat.completion.chunk" || c.Model == "" || c.Created == 0 || c.Choices == nil {
		v.wrong("the frame of %s", data)
	}
	if v.counted {
		v.wrong("a chunk follows the usage: %s", data)
	}
	switch {
	case len(c.Choices) == 0:
		v.counted = true
		if !v.asked || len(c.Usage) < 3 || c.Usage[0] != '{' {
			v.wrong("no choices: %s", data)
		}
	case v.asked != (string(c.Usage) == "null"):
		v.wrong("usage of %s", data)
	}
	for _, one := range c.Choices {
		v.choice(*one.Index, one.Delta, one.FinishReason, data)
	}
}

func (v *chunkChecker) choice(i int, delta map[string]json.RawMessage, finish *string, data string) {
	if !v.begun[i] && string(delta["role"]) != `"assistant"` {
		v.wrong("the first chunk of choice %d names no role: %s", i, data)
	}
	v.begun[i] = true
	if v.done[i] {
		v.wrong("choice %d goes on after its end: %s", i, data)
	}
	if delta == nil {
		v.wrong("no delta: %s", data)
	}
	var calls []toolDelta
	if raw := delta["tool_calls"]; raw != nil {
		if err := json.Unmarshal(raw, &calls); err != nil {
			v.wrong("%v: %s", err, data)
		}
	}
	for _, c := range calls {
		v.call(i, c, data)
	}
	if finish != nil {
		v.done[i] = true
	}
}

func (v *chunkChecker) call(i int, c toolDelta, data string) {
	if c.Index == nil || *c.Index > v.calls[i] || c.Function == nil && c.Custom == nil {
		v.wrong("a call out of order: %s", data)
		return
	}
	if first := *c.Index == v.calls[i]; first != (c.ID != "") || first != (c.Type != "") {
		v.wrong("a call is not named once: %s", data)
	} else if first {
		v.calls[i]++
	}
}
