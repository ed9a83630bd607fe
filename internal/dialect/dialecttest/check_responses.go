package dialecttest

import (
	"fmt"
	"reflect"
	"strings"
)

// responsesShapes: https://platform.openai.com/docs/api-reference/responses-streaming and,
// for what a response must hold, https://www.openresponses.org/specification
var responsesShapes = shapes{
	"response": `id:text object:"response" created_at:integer completed_at:integer|null status:text incomplete_details:#incomplete|null model:text
		previous_response_id:string|null instructions:string|[]object|null output:[]#item_* error:#error|null tools:[]object tool_choice:string|object
		truncation:"auto"|"disabled" parallel_tool_calls:boolean text:object top_p:number|null presence_penalty:number frequency_penalty:number top_logprobs:integer
		temperature:number|null reasoning:#reasoning|null usage:#usage|null max_output_tokens:integer|null max_tool_calls:integer|null store:boolean background:boolean
		service_tier:string metadata:object|null safety_identifier:string|null prompt_cache_key:string|null prompt_cache_retention?:string|null user:string|null conversation?:object`,
	"incomplete": `reason:text`,
	"error":      `code:text message:string`,
	"reasoning":  `effort:string|null summary:string|null context?:string|null mode?:string|null`,
	"usage":      `input_tokens:integer output_tokens:integer total_tokens:integer input_tokens_details:#indetails output_tokens_details:#outdetails`,
	"indetails":  `cached_tokens:integer cache_write_tokens?:integer audio_tokens?:integer`,
	"outdetails": `reasoning_tokens:integer audio_tokens?:integer`,

	"item_message":               `id:text status:"in_progress"|"completed"|"incomplete" role:"assistant" content:[]#part_* phase?:string`,
	"item_function_call":         `id:text call_id:text name:text arguments:string status:"in_progress"|"completed"|"incomplete" namespace?:text caller?:object`,
	"item_custom_tool_call":      `id:text call_id:text name:text input:string status?:"in_progress"|"completed"|"incomplete" namespace?:text`,
	"item_tool_search_call":      `id:text call_id:string|null execution:text arguments:any status:text`,
	"item_reasoning":             `id:text summary:[]#part_* content?:[]#part_* encrypted_content?:text|null status?:text`,
	"item_image_generation_call": `id:text status:text result:string|null output_format?:string`,

	"part_output_text":    `text:string annotations:[]#note_* logprobs:[]#logprob`,
	"part_refusal":        `refusal:string`,
	"part_summary_text":   `text:string`,
	"part_reasoning_text": `text:string`,

	"note_url_citation":            `url:string title:string start_index:integer end_index:integer`,
	"note_file_citation":           `file_id:string filename:string index:integer`,
	"note_container_file_citation": `container_id:string file_id:string filename:string start_index:integer end_index:integer`,
	"note_file_path":               `file_id:string index:integer`,
	"logprob":                      `token:string logprob:number bytes:[]integer|null top_logprobs:[]#toplogprob id?:integer`,
	"toplogprob":                   `token:string logprob:number bytes:[]integer|null id?:integer`,

	"response.created":     `sequence_number:integer response:#response`,
	"response.in_progress": `sequence_number:integer response:#response`,
	"response.completed":   `sequence_number:integer response:#response`,
	"response.incomplete":  `sequence_number:integer response:#response`,
	"response.failed":      `sequence_number:integer response:#response`,

	"response.output_item.added":             `sequence_number:integer output_index:integer item:#item_*`,
	"response.output_item.done":              `sequence_number:integer output_index:integer item:#item_*`,
	"response.content_part.added":            `sequence_number:integer item_id:text output_index:integer content_index:integer part:#part_*`,
	"response.content_part.done":             `sequence_number:integer item_id:text output_index:integer content_index:integer part:#part_*`,
	"response.output_text.delta":             `sequence_number:integer item_id:text output_index:integer content_index:integer delta:string logprobs:[]#logprob`,
	"response.output_text.done":              `sequence_number:integer item_id:text output_index:integer content_index:integer text:string logprobs:[]#logprob`,
	"response.output_text.annotation.added":  `sequence_number:integer item_id:text output_index:integer content_index:integer annotation_index:integer annotation:#note_*`,
	"response.refusal.delta":                 `sequence_number:integer item_id:text output_index:integer content_index:integer delta:string`,
	"response.refusal.done":                  `sequence_number:integer item_id:text output_index:integer content_index:integer refusal:string`,
	"response.function_call_arguments.delta": `sequence_number:integer item_id:text output_index:integer delta:string`,
	"response.function_call_arguments.done":  `sequence_number:integer item_id:text output_index:integer name:text arguments:string`,
	"response.custom_tool_call_input.delta":  `sequence_number:integer item_id:text output_index:integer delta:string`,
	"response.custom_tool_call_input.done":   `sequence_number:integer item_id:text output_index:integer input:string`,
	"response.reasoning_summary_part.added":  `sequence_number:integer item_id:text output_index:integer summary_index:integer part:#part_*`,
	"response.reasoning_summary_part.done":   `sequence_number:integer item_id:text output_index:integer summary_index:integer part:#part_*`,
	"response.reasoning_summary_text.delta":  `sequence_number:integer item_id:text output_index:integer summary_index:integer delta:string`,
	"response.reasoning_summary_text.done":   `sequence_number:integer item_id:text output_index:integer summary_index:integer text:string`,
}

// responsesCheck follows a stream of Responses.
type responsesCheck struct {
	number counter
	id     string
	items  []*responsesItem
	over   bool
}

// responsesItem is an item and its parts; done is the item as it ended.
type responsesItem struct {
	added, done Object
	parts       []Object // as added; nil once they have ended
	ended       []Object // as they ended
	text        []string // what came in pieces
	whole       []bool   // the text was told whole
	input       string   // of a call
	inputWhole  bool
}

func newResponsesCheck() checker { return &responsesCheck{} }

func (c *responsesCheck) event(name string, o Object) string {
	if o == nil || name != o.Text("type") {
		return "the event's name is not its type"
	}
	if why := responsesShapes.misshapen(name, map[string]any(o), "#"+name); why != "" {
		return why
	}
	n := c.number
	switch {
	case !c.number.next(o["sequence_number"]):
		return "sequence_number rises by one from 0"
	case c.over:
		return "an event after the last"
	case (n == 0) != (name == "response.created"), (n == 1) != (name == "response.in_progress"):
		return "response.created and response.in_progress stand at the beginning"
	}
	if r := o.At("response"); r != nil {
		return c.response(name, r)
	}
	return c.step(name, o)
}

func (c *responsesCheck) response(name string, r Object) string {
	if c.id == "" {
		c.id = r.Text("id")
	}
	if r.Text("id") != c.id {
		return "the response has another id"
	}
	if name == "response.created" || name == "response.in_progress" {
		if r.Text("status") != "in_progress" || len(r.List("output")) > 0 || r["usage"] != nil {
			return "a response that begins is in_progress and holds nothing"
		}
		return ""
	}
	c.over = true
	if name != "response."+r.Text("status") || (r["incomplete_details"] != nil) != (name == "response.incomplete") {
		return "status, event and incomplete_details differ"
	}
	var ended []Object
	for _, item := range c.items {
		if item.done == nil {
			return "an item is open at the end"
		}
		ended = append(ended, item.done)
	}
	if !reflect.DeepEqual(r.List("output"), ended) {
		return "the output is not what the items were"
	}
	u := r.At("usage")
	in, _ := u.Number("input_tokens")
	out, _ := u.Number("output_tokens")
	if total, _ := u.Number("total_tokens"); total != in+out {
		return "total_tokens is not the sum"
	}
	return ""
}

func (c *responsesCheck) step(name string, o Object) string {
	index, _ := o.Number("output_index")
	n := int(index)
	if name == "response.output_item.added" {
		return c.added(n, o.At("item"))
	}
	if n < 0 || n >= len(c.items) || c.items[n].done != nil {
		return "no such item is open"
	}
	item := c.items[n]
	if name == "response.output_item.done" {
		return item.end(o.At("item"))
	}
	switch {
	case o.Text("item_id") != item.added.Text("id"):
		return "the item has another id"
	case o["content_index"] == nil && o["summary_index"] == nil:
		return item.called(name, o)
	}
	return item.part(name, o)
}

func (c *responsesCheck) added(n int, item Object) string {
	if n != len(c.items) {
		return "items are numbered as they begin"
	}
	for _, other := range c.items {
		if other.added.Text("id") == item.Text("id") {
			return "two items have one id"
		}
	}
	if len(item.List("content"))+len(item.List("summary")) > 0 || item.Text("arguments")+item.Text("input") != "" {
		return "an item that begins holds nothing"
	}
	c.items = append(c.items, &responsesItem{added: item})
	return ""
}

// called checks the pieces of a call.
func (i *responsesItem) called(name string, o Object) string {
	kind := map[string]string{"function_call": "response.function_call_arguments.", "custom_tool_call": "response.custom_tool_call_input."}[i.added.Text("type")]
	if kind == "" || !strings.HasPrefix(name, kind) || i.inputWhole {
		return "the item has no such event"
	}
	if strings.HasSuffix(name, ".delta") {
		i.input += o.Text("delta")
		return ""
	}
	i.inputWhole = true
	if o.Text("arguments")+o.Text("input") != i.input {
		return "the pieces are not the whole"
	}
	return ""
}

// part checks an event of a part of a message or of a summary.
func (i *responsesItem) part(name string, o Object) string {
	index, summary := o.Number("summary_index")
	if !summary {
		index, _ = o.Number("content_index")
	}
	n := int(index)
	if summary != (i.added.Text("type") == "reasoning") {
		return "the item has no such parts"
	}
	if strings.HasSuffix(name, "part.added") {
		if n != len(i.parts) {
			return "parts are numbered as they begin"
		}
		part := o.At("part")
		if part.Text("text")+part.Text("refusal") != "" {
			return "a part that begins holds nothing"
		}
		i.parts, i.ended, i.text, i.whole = append(i.parts, part), append(i.ended, nil), append(i.text, ""), append(i.whole, false)
		return ""
	}
	if n < 0 || n >= len(i.parts) || i.parts[n] == nil {
		return "no such part is open"
	}
	return i.inside(name, n, o)
}

// partEvents say of which kind of part an event is.
var partEvents = map[string]string{
	"response.output_text.delta": "output_text", "response.output_text.done": "output_text", "response.output_text.annotation.added": "output_text",
	"response.refusal.delta": "refusal", "response.refusal.done": "refusal",
	"response.reasoning_summary_text.delta": "summary_text", "response.reasoning_summary_text.done": "summary_text",
}

func (i *responsesItem) inside(name string, n int, o Object) string {
	kind := i.parts[n].Text("type")
	if want, ok := partEvents[name]; ok && want != kind {
		return "an event of " + want + " in a part of " + kind
	}
	switch {
	case strings.HasSuffix(name, "part.done"):
		part := o.At("part")
		if !i.whole[n] || part.Text("type") != kind || part.Text("text")+part.Text("refusal") != i.text[n] {
			return "the part that ends is not what came"
		}
		i.parts[n], i.ended[n] = nil, part
	case strings.HasSuffix(name, ".delta"):
		if i.whole[n] {
			return "a piece after the whole"
		}
		i.text[n] += o.Text("delta")
	case strings.HasSuffix(name, ".done"):
		if i.whole[n] || o.Text("text")+o.Text("refusal") != i.text[n] {
			return "the pieces are not the whole"
		}
		i.whole[n] = true
	}
	return ""
}

// end checks the whole item against its pieces.
func (i *responsesItem) end(item Object) string {
	switch {
	case item.Text("id") != i.added.Text("id") || item.Text("type") != i.added.Text("type"):
		return "the item that ends is not the one that began"
	case item.Text("status") == "in_progress":
		return "an item that ends is in_progress"
	case item.Text("arguments")+item.Text("input") != i.input:
		return "the pieces of the call are not the whole"
	case i.input == "" && item.Text("type") == "function_call":
		return "a call without arguments has {}"
	}
	parts := item.List("content")
	if item.Text("type") == "reasoning" {
		parts = item.List("summary")
	}
	if len(parts) != len(i.ended) {
		return fmt.Sprintf("the item ends with %d parts, and %d came", len(parts), len(i.ended))
	}
	for n, part := range parts {
		if !reflect.DeepEqual(part, i.ended[n]) {
			return "a part of the item is not what it was"
		}
	}
	i.done = item
	return ""
}

func (c *responsesCheck) end() string {
	if !c.over {
		return "the stream does not end"
	}
	return ""
}
