package openairesponses_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
)

// requiredMembers are those that the dialect's open specification wants in a response.
var requiredMembers = strings.Fields(`id object created_at completed_at status incomplete_details model previous_response_id instructions
	output error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature
	reasoning user usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key`)

func missing(o dialecttest.Object, members ...string) string {
	for _, m := range members {
		if _, ok := o[m]; !ok {
			return m
		}
	}
	return ""
}

// eventMembers are what each event must hold beside its type and number.
var eventMembers = map[string]string{
	"response.created": "response", "response.in_progress": "response", "response.completed": "response", "response.incomplete": "response", "response.failed": "response",
	"response.output_item.added": "output_index item", "response.output_item.done": "output_index item",
	"response.content_part.added": "item_id output_index content_index part", "response.content_part.done": "item_id output_index content_index part",
	"response.output_text.delta": "item_id output_index content_index delta logprobs", "response.output_text.done": "item_id output_index content_index text logprobs",
	"response.output_text.annotation.added": "item_id output_index content_index annotation_index annotation",
	"response.refusal.delta":                "item_id output_index content_index delta", "response.refusal.done": "item_id output_index content_index refusal",
	"response.function_call_arguments.delta": "item_id output_index delta", "response.function_call_arguments.done": "item_id output_index arguments name",
	"response.custom_tool_call_input.delta": "item_id output_index delta", "response.custom_tool_call_input.done": "item_id output_index input",
	"response.reasoning_summary_part.added": "item_id output_index summary_index part", "response.reasoning_summary_part.done": "item_id output_index summary_index part",
	"response.reasoning_summary_text.delta": "item_id output_index summary_index delta", "response.reasoning_summary_text.done": "item_id output_index summary_index text",
}

// grammar follows a stream as a strict client does.
type grammar struct {
	seq      float64
	items    []dialecttest.Object // as added
	done     []dialecttest.Object
	deltas   map[string]string // what came in pieces, by item and part
	contents map[string]bool   // open parts
	over     bool
}

// wellFormed says what is wrong with a stream, "" = nothing.
func wellFormed(stream []byte) string {
	g := &grammar{seq: -1, deltas: map[string]string{}, contents: map[string]bool{}}
	for event := range strings.SplitSeq(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		name, data, ok := strings.Cut(event, "\ndata: ")
		o := dialecttest.Decode(data)
		if !ok || o == nil {
			return "no event: " + event
		}
		if name != "event: "+o.Text("type") {
			return "the event line is not the type: " + event
		}
		if why := g.event(o); why != "" {
			return why + ": " + event
		}
	}
	if !g.over {
		return "the stream does not end"
	}
	return ""
}

func (g *grammar) event(o dialecttest.Object) string {
	members, known := eventMembers[o.Text("type")]
	if !known {
		return "an unknown event"
	}
	if m := missing(o, append(strings.Fields(members), "sequence_number")...); m != "" {
		return m + " is missing"
	}
	if o["sequence_number"] != g.seq+1 {
		return "the number does not rise by one"
	}
	g.seq++
	if g.over {
		return "an event after the last"
	}
	if (g.seq < 2) != (o.Text("type") == "response.created" || o.Text("type") == "response.in_progress") {
		return "a beginning where none may be"
	}
	if r := o.At("response"); r != nil {
		return g.response(o.Text("type"), r)
	}
	return g.step(o)
}

func (g *grammar) response(kind string, r dialecttest.Object) string {
	if m := missing(r, requiredMembers...); m != "" {
		return "the response has no " + m
	}
	if kind == "response.created" || kind == "response.in_progress" {
		return ""
	}
	g.over = true
	if "response."+r.Text("status") != kind {
		return "status and event differ"
	}
	if len(g.done) != len(g.items) || slices.ContainsFunc(g.done, func(o dialecttest.Object) bool { return o == nil }) {
		return "items are open at the end"
	}
	if !reflect.DeepEqual(r.List("output"), g.done) && len(g.done) > 0 {
		return "the output is not what the items were"
	}
	return ""
}

func (g *grammar) step(o dialecttest.Object) string {
	index := int(o["output_index"].(float64))
	switch o.Text("type") {
	case "response.output_item.added":
		if index != len(g.items) {
			return "items are not numbered as they begin"
		}
		g.items, g.done = append(g.items, o.At("item")), append(g.done, nil)
		return ""
	case "response.output_item.done":
		return g.itemDone(index, o.At("item"))
	}
	if index >= len(g.items) || g.done[index] != nil {
		return "an event of an item that is not open"
	}
	if o.Text("item_id") != g.items[index].Text("id") {
		return "the item has another id"
	}
	return g.inside(index, o)
}

func (g *grammar) itemDone(index int, item dialecttest.Object) string {
	if index >= len(g.items) || g.done[index] != nil || item.Text("id") != g.items[index].Text("id") || item.Text("type") != g.items[index].Text("type") {
		return "an item ends that was not begun"
	}
	for key := range g.contents {
		if strings.HasPrefix(key, item.Text("id")+"/") {
			return "a part of the item is open"
		}
	}
	for kind, m := range map[string]string{"function_call": "arguments", "custom_tool_call": "input"} {
		if text, ok := item[m].(string); ok && item.Text("type") == kind && text != g.deltas[item.Text("id")+"/"] {
			return "the pieces of the call are not its " + m
		}
	}
	g.done[index] = item
	return ""
}

// inside checks an event of a part of an item.
func (g *grammar) inside(index int, o dialecttest.Object) string {
	part := ""
	for _, m := range []string{"content_index", "summary_index"} {
		if n, ok := o[m]; ok {
			part = fmt.Sprint(n)
		}
	}
	key := o.Text("item_id") + "/" + part
	switch kind := o.Text("type"); {
	case strings.HasSuffix(kind, "part.added"):
		g.contents[key] = true
	case strings.HasSuffix(kind, "part.done"):
		if !g.contents[key] {
			return "a part ends that is not open"
		}
		delete(g.contents, key)
	case part != "" && !g.contents[key]:
		return "an event of a part that is not open"
	case strings.HasSuffix(kind, ".delta"):
		g.deltas[key] += o.Text("delta")
	case strings.HasSuffix(kind, ".done"):
		whole := o.Text("text") + o.Text("arguments") + o.Text("input") + o.Text("refusal")
		if whole != g.deltas[key] {
			return "the pieces are not the whole"
		}
	}
	return ""
}

func compact(b []byte) string {
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		return "no JSON: " + err.Error() + ": " + string(b)
	}
	return out.String()
}
