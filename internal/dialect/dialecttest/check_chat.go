package dialecttest

// chatShapes: https://platform.openai.com/docs/api-reference/chat-streaming/streaming,
// and what other vendors of the dialect have added (reasoning_content, reasoning_details,
// annotations, images, extra_content).
var chatShapes = shapes{
	"chunk": `id:text object:"chat.completion.chunk" created:integer model:text choices:[]#choice service_tier?:string|null system_fingerprint?:string|null
		usage?:#usage|null`,
	"choice": `index:integer delta:#delta finish_reason:text|null logprobs?:#logprobs|null`,
	"delta": `role?:"assistant" content?:string|null refusal?:string|null tool_calls?:[]#call function_call?:#function reasoning_content?:string
		reasoning_details?:[]object annotations?:[]#annotation audio?:object images?:[]#image extra_content?:object`,
	"call":       `index:integer id?:text type?:"function"|"custom" function?:#function custom?:#custom extra_content?:object`,
	"function":   `name?:text arguments?:string`,
	"custom":     `name?:text input?:string`,
	"annotation": `type:"url_citation" url_citation:#url`,
	"url":        `url:string title:string start_index:integer end_index:integer content?:string`,
	"image":      `type:"image_url" image_url:#imageurl index?:integer`,
	"imageurl":   `url:text`,
	"logprobs":   `content:[]#logprob|null refusal:[]#logprob|null`,
	"logprob":    `token:string logprob:number bytes:[]integer|null top_logprobs:[]#toplogprob id?:integer`,
	"toplogprob": `token:string logprob:number bytes:[]integer|null id?:integer`,
	"usage": `prompt_tokens:integer completion_tokens:integer total_tokens:integer prompt_tokens_details?:#promptdetails
		completion_tokens_details?:#completiondetails cost?:number`,
	"promptdetails":     `cached_tokens?:integer cache_write_tokens?:integer audio_tokens?:integer image_tokens?:integer`,
	"completiondetails": `reasoning_tokens?:integer audio_tokens?:integer image_tokens?:integer accepted_prediction_tokens?:integer rejected_prediction_tokens?:integer`,
}

// chatCheck follows a stream of chat completions.
type chatCheck struct {
	head    [3]any // id, created and model of the first chunk
	choices map[any]*chatChoice
	begun   bool
	used    bool // usage has come
	over    bool
}

type chatChoice struct {
	role      bool
	finish    string
	calls     []string // arguments so far
	functions []bool
}

func newChatCheck() checker { return &chatCheck{choices: map[any]*chatChoice{}} }

func (c *chatCheck) event(name string, o Object) string {
	switch {
	case c.over:
		return "an event after the last"
	case name == done:
		c.over = true
		return ""
	case name != "":
		return "chunks have no names"
	}
	if why := chatShapes.misshapen("chunk", map[string]any(o), "#chunk"); why != "" {
		return why
	}
	head := [3]any{o["id"], o["created"], o["model"]}
	if c.begun && head != c.head {
		return "id, created and model are not those of the first chunk"
	}
	c.begun, c.head = true, head
	if why := c.usage(o); why != "" {
		return why
	}
	for _, choice := range o.List("choices") {
		if why := c.choice(choice); why != "" {
			return why
		}
	}
	return ""
}

// usage: the last chunk has it, and no choices; the others have null, or no such member.
func (c *chatCheck) usage(o Object) string {
	u := o.At("usage")
	switch {
	case c.used:
		return "a chunk after the usage"
	case u == nil && len(o.List("choices")) == 0:
		return "a chunk without choices and usage"
	case u == nil:
		return ""
	case len(o.List("choices")) > 0:
		return "usage beside choices"
	case len(c.choices) == 0 || c.unfinished():
		return "usage before the finish"
	}
	c.used = true
	in, _ := u.Number("prompt_tokens")
	out, _ := u.Number("completion_tokens")
	if total, _ := u.Number("total_tokens"); total != in+out {
		return "total_tokens is not the sum"
	}
	return ""
}

func (c *chatCheck) unfinished() bool {
	for _, choice := range c.choices {
		if choice.finish == "" {
			return true
		}
	}
	return false
}

func (c *chatCheck) choice(o Object) string {
	choice := c.choices[o["index"]]
	if choice == nil {
		choice = &chatChoice{}
		c.choices[o["index"]] = choice
	}
	delta := o.At("delta")
	switch {
	case choice.finish != "":
		return "a choice goes on after its finish"
	case (delta["role"] != nil) == choice.role:
		return "the role stands in the first delta, and in no other"
	}
	choice.role = true
	if why := choice.gathered(delta); why != "" {
		return why
	}
	if choice.finish = o.Text("finish_reason"); choice.finish == "tool_calls" {
		for i, arguments := range choice.calls {
			if choice.functions[i] && !isObject(arguments) {
				return "the arguments of a call are no JSON object: " + arguments
			}
		}
		if len(choice.calls) == 0 {
			return "tool_calls without a call"
		}
	}
	return ""
}

// gathered adds the pieces of calls: the first names the call, the others do not.
func (choice *chatChoice) gathered(delta Object) string {
	for _, call := range delta.List("tool_calls") {
		index, _ := call.Number("index")
		n := int(index)
		first := n == len(choice.calls)
		function, custom := call.At("function"), call.At("custom")
		named := call["id"] != nil && (function["name"] != nil || custom["name"] != nil) && call["type"] != nil
		switch {
		case n < 0 || n > len(choice.calls):
			return "calls are not numbered as they begin"
		case first != named || !first && (call["id"] != nil || call["type"] != nil || function["name"] != nil || custom["name"] != nil):
			return "id, type and name stand in the first piece of a call, and in no other"
		case first:
			choice.calls, choice.functions = append(choice.calls, ""), append(choice.functions, function != nil)
		case choice.functions[n] != (function != nil):
			return "a call changes its kind"
		}
		choice.calls[n] += function.Text("arguments") + custom.Text("input")
	}
	return ""
}

func (c *chatCheck) end() string {
	switch {
	case !c.over:
		return "the stream does not end with [DONE]"
	case len(c.choices) == 0 || c.unfinished():
		return "a choice has no finish_reason"
	}
	return ""
}
