package dialecttest

import "strings"

// cohereShapes: https://docs.cohere.com/v2/docs/streaming and the schemas of
// https://docs.cohere.com/reference/chat-stream
var cohereShapes = shapes{
	"message-start":    `id:text delta:#started`,
	"started":          `message:#message`,
	"message":          `role:"assistant" content?:[]any tool_plan?:string tool_calls?:[]any citations?:[]any`,
	"content-start":    `index:integer delta:#contentstart`,
	"contentstart":     `message:#contentin`,
	"contentin":        `content:#content_*`,
	"content_text":     `text:""`,
	"content_thinking": `thinking:""`,
	"content-delta":    `index:integer delta:#contentdelta logprobs?:#logprobs`,
	"contentdelta":     `message:#contentof`,
	"contentof":        `content:#contentpiece`,
	"contentpiece":     `text?:string thinking?:string`,
	"logprobs":         `token_ids:[]integer text?:string logprobs?:[]number`,
	"content-end":      `index:integer`,
	"tool-plan-delta":  `delta:#plandelta`,
	"plandelta":        `message:#plan`,
	"plan":             `tool_plan:string`,
	"tool-call-start":  `index:integer delta:#callstart`,
	"callstart":        `message:#callin`,
	"callin":           `tool_calls:#call`,
	"call":             `id:text type:"function" function:#function`,
	"function":         `name:text arguments:""`,
	"tool-call-delta":  `index:integer delta:#calldelta`,
	"calldelta":        `message:#callof`,
	"callof":           `tool_calls:#callpiece`,
	"callpiece":        `function:#arguments`,
	"arguments":        `arguments:string`,
	"tool-call-end":    `index:integer`,
	"citation-start":   `index:integer delta:#citationstart`,
	"citationstart":    `message:#citationin`,
	"citationin":       `citations:#citation`,
	"citation":         `start?:integer end?:integer text?:string sources?:[]#source_* content_index?:integer type?:"TEXT_CONTENT"|"THINKING_CONTENT"|"PLAN"`,
	"source_document":  `id?:string document?:object`,
	"source_tool":      `id?:string tool_output?:object`,
	"citation-end":     `index:integer`,
	"message-end":      `id?:string delta:#ended`,
	"ended":            `finish_reason:"COMPLETE"|"STOP_SEQUENCE"|"MAX_TOKENS"|"TOOL_CALL"|"ERROR"|"TIMEOUT" usage?:#usage error?:string`,
	"usage":            `billed_units?:#billed tokens?:#tokens cached_tokens?:integer`,
	"billed":           `input_tokens?:integer output_tokens?:integer search_units?:integer classifications?:integer`,
	"tokens":           `input_tokens?:integer output_tokens?:integer reasoning_tokens?:integer`,
}

// cohereCheck follows a stream of v2 chat.
type cohereCheck struct {
	begun, ended, over bool
	open               string // content, tool-call; "" = none
	kind               string // of the open content
	next               map[string]*counter
	cited              bool // a citation is open
	input              string
	calls              int
}

func newCohereCheck() checker {
	return &cohereCheck{next: map[string]*counter{"content": new(counter), "tool-call": new(counter), "citation": new(counter)}}
}

func (c *cohereCheck) event(name string, o Object) string {
	switch {
	case c.over:
		return "an event after the last"
	case name == done:
		c.over = true
		return ""
	case name != o.Text("type"):
		return "the event's name is not its type"
	}
	if why := cohereShapes.misshapen(name, map[string]any(o), "#"+name); why != "" {
		return why
	}
	if (name == "message-start") == c.begun || c.ended {
		return "message-start, the pieces and message-end come in this order"
	}
	family, step := name[:strings.LastIndexByte(name, '-')], name[strings.LastIndexByte(name, '-')+1:]
	switch family {
	case "message":
		return c.message(step, o)
	case "tool-plan":
		if c.open != "" || c.calls > 0 {
			return "the plan comes before the calls"
		}
		return ""
	case "citation":
		return c.citation(step, o)
	}
	return c.piece(family, step, o)
}

func (c *cohereCheck) message(step string, o Object) string {
	if c.begun = true; step == "start" {
		return ""
	}
	c.ended = true
	switch {
	case c.open != "" || c.cited:
		return "something is open at the end"
	case (o.At("delta").Text("finish_reason") == "TOOL_CALL") && c.calls == 0:
		return "TOOL_CALL without a call"
	}
	return ""
}

func (c *cohereCheck) citation(step string, o Object) string {
	index, _ := o.Number("index")
	if int(index) != int(*c.next["citation"]) || (step == "start") == c.cited {
		return "citations come one after the other, numbered from 0"
	}
	if c.cited = step == "start"; !c.cited {
		*c.next["citation"]++
	}
	return ""
}

// piece checks contents and calls, of which one is open at a time.
func (c *cohereCheck) piece(family, step string, o Object) string {
	index, _ := o.Number("index")
	if int(index) != int(*c.next[family]) || (step == "start") != (c.open == "") || c.open != "" && c.open != family {
		return "contents and calls come one after the other, each numbered from 0"
	}
	switch step {
	case "start":
		c.open, c.input, c.kind = family, "", o.At("delta", "message", "content").Text("type")
	case "end":
		if c.open = ""; family == "tool-call" {
			c.calls++
			if !isObject(c.input) {
				return "the arguments of the call are no JSON object: " + c.input
			}
		}
		*c.next[family]++
	default:
		if piece := o.At("delta", "message", "content"); family == "content" && (len(piece) != 1 || piece[c.kind] == nil) {
			return "a content of " + c.kind + " goes on as something else"
		}
		c.input += o.At("delta", "message", "tool_calls", "function").Text("arguments")
	}
	return ""
}

func (c *cohereCheck) end() string {
	switch {
	case !c.ended:
		return "the stream does not end with message-end"
	case !c.over: // as the vendor's own streams do: docs.cohere.com/v2/docs/streaming
		return "the stream does not end with [DONE]"
	}
	return ""
}
