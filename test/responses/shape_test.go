package responses_test

import (
	"fmt"
	"slices"
	"strings"
)

// shapes are the members that the open specification of the dialect demands of each
// object, and their types (https://www.openresponses.org/specification). A type is one of
// string, integer, number, boolean, object, null, any, "literal", a #shape, or []type;
// several are joined by |. A ? after a member's name says that it may be missing.
var shapes = map[string]string{
	"response": `id:string object:"response" created_at:integer completed_at:integer|null status:string incomplete_details:#incomplete|null model:string
		previous_response_id:string|null instructions:string|null output:[]#item error:#error|null tools:[]#tool tool_choice:"auto"|"none"|"required"|object
		truncation:"auto"|"disabled" parallel_tool_calls:boolean text:#text top_p:number presence_penalty:number frequency_penalty:number top_logprobs:integer
		temperature:number reasoning:#reasoning|null usage:#usage|null max_output_tokens:integer|null max_tool_calls:integer|null store:boolean background:boolean
		service_tier:string metadata:any safety_identifier:string|null prompt_cache_key:string|null`,
	"incomplete":     `reason:string`,
	"error":          `code:string message:string`,
	"tool":           `type:"function" name:string description:string|null parameters:object|null strict:boolean|null`,
	"text":           `format?:#format verbosity?:string`,
	"format":         `type:string`,
	"reasoning":      `effort:string|null summary:string|null`,
	"usage":          `input_tokens:integer output_tokens:integer total_tokens:integer input_tokens_details:#input_details output_tokens_details:#output_details`,
	"input_details":  `cached_tokens:integer`,
	"output_details": `reasoning_tokens:integer`,

	"item message":       `id:string status:"in_progress"|"completed"|"incomplete" role:"assistant" content:[]#content`,
	"item function_call": `id:string call_id:string name:string arguments:string status:"in_progress"|"completed"|"incomplete"`,
	"item reasoning":     `id:string summary:[]#content content?:[]#content encrypted_content?:string`,

	"content output_text":    `text:string annotations:[]#annotation logprobs?:[]#logprob`,
	"content refusal":        `refusal:string`,
	"content summary_text":   `text:string`,
	"content reasoning_text": `text:string`,
	"annotation":             `type:"url_citation" url:string start_index:integer end_index:integer title:string`,
	"logprob":                `token:string logprob:number bytes:[]integer top_logprobs:[]#top_logprob`,
	"top_logprob":            `token:string logprob:number bytes:[]integer`,

	"event response.created":                       `response:#response`,
	"event response.in_progress":                   `response:#response`,
	"event response.completed":                     `response:#response`,
	"event response.incomplete":                    `response:#response`,
	"event response.output_item.added":             `output_index:integer item:#item`,
	"event response.output_item.done":              `output_index:integer item:#item`,
	"event response.content_part.added":            `item_id:string output_index:integer content_index:integer part:#content`,
	"event response.content_part.done":             `item_id:string output_index:integer content_index:integer part:#content`,
	"event response.output_text.delta":             `item_id:string output_index:integer content_index:integer delta:string logprobs?:[]#logprob`,
	"event response.output_text.done":              `item_id:string output_index:integer content_index:integer text:string logprobs?:[]#logprob`,
	"event response.function_call_arguments.delta": `item_id:string output_index:integer delta:string`,
	"event response.function_call_arguments.done":  `item_id:string output_index:integer arguments:string`,
	"event response.reasoning_summary_part.added":  `item_id:string output_index:integer summary_index:integer part:#content`,
	"event response.reasoning_summary_part.done":   `item_id:string output_index:integer summary_index:integer part:#content`,
	"event response.reasoning_summary_text.delta":  `item_id:string output_index:integer summary_index:integer delta:string`,
	"event response.reasoning_summary_text.done":   `item_id:string output_index:integer summary_index:integer text:string`,
}

// byType are objects whose shape depends on their type.
var byType = []string{"item", "content", "event"}

// misshapen says where a value is not of a type, "" = nowhere.
func misshapen(path string, v any, kinds string) string {
	for kind := range strings.SplitSeq(kinds, "|") {
		if is(v, kind) {
			return within(path, v, kind)
		}
	}
	return fmt.Sprintf("%s is %v, not %s", path, v, kinds)
}

// is looks at a value's outer form.
func is(v any, kind string) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null" || kind == "any"
	case bool:
		return kind == "boolean" || kind == "any"
	case string:
		return kind == "string" || kind == `"`+v+`"` || kind == "any"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v)) || kind == "any"
	case []any:
		return strings.HasPrefix(kind, "[]") || kind == "any"
	}
	return strings.HasPrefix(kind, "#") || kind == "object" || kind == "any"
}

// within looks at what a value holds.
func within(path string, v any, kind string) string {
	if element, ok := strings.CutPrefix(kind, "[]"); ok {
		for i, e := range v.([]any) {
			if why := misshapen(fmt.Sprintf("%s[%d]", path, i), e, element); why != "" {
				return why
			}
		}
	}
	name, ok := strings.CutPrefix(kind, "#")
	if !ok {
		return ""
	}
	o := v.(object)
	if slices.Contains(byType, name) {
		name = fmt.Sprint(name, " ", o["type"])
	}
	shape, ok := shapes[name]
	if !ok {
		return fmt.Sprintf("%s is of no known shape: %s", path, name)
	}
	for member := range strings.FieldsSeq(shape) {
		key, kinds, _ := strings.Cut(member, ":")
		key, optional := strings.CutSuffix(key, "?")
		value, there := o[key]
		switch {
		case there:
			if why := misshapen(path+"."+key, value, kinds); why != "" {
				return why
			}
		case !optional:
			return path + "." + key + " is missing"
		}
	}
	return ""
}
