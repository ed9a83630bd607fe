package dialecttest

import "fmt"

// chatRequestShapes: https://platform.openai.com/docs/api-reference/chat/create
var chatRequestShapes = shapes{
	"request": `model:text messages:[]#message stream?:boolean stream_options?:#streamoptions tools?:[]#tool_* tool_choice?:any parallel_tool_calls?:boolean
		response_format?:#format_* max_completion_tokens?:integer max_tokens?:integer stop?:string|[]text temperature?:number top_p?:number frequency_penalty?:number
		presence_penalty?:number seed?:integer n?:integer logprobs?:boolean top_logprobs?:integer logit_bias?:object user?:text safety_identifier?:text metadata?:object
		service_tier?:text store?:boolean prompt_cache_key?:text prompt_cache_retention?:text verbosity?:"low"|"medium"|"high" modalities?:[]text audio?:object
		prediction?:object web_search_options?:object reasoning_effort?:"none"|"minimal"|"low"|"medium"|"high"|"xhigh"`,
	"streamoptions":    `include_usage?:boolean include_obfuscation?:boolean`,
	"message":          `role:"system"|"developer"|"user"|"assistant"|"tool" content?:string|[]#part_*|null name?:text tool_calls?:[]#call_* tool_call_id?:text refusal?:text`,
	"part_text":        `text:text prompt_cache_breakpoint?:#mark`,
	"part_refusal":     `refusal:text`,
	"part_image_url":   `image_url:#imageurl prompt_cache_breakpoint?:#mark`,
	"imageurl":         `url:text detail?:"auto"|"low"|"high"|"original"`,
	"part_input_audio": `input_audio:#audio prompt_cache_breakpoint?:#mark`,
	"audio":            `data:text format:"wav"|"mp3"`,
	"part_file":        `file:#file prompt_cache_breakpoint?:#mark`,
	"file":             `file_data?:text file_id?:text filename?:text`,
	"mark":             `mode:"explicit" ttl?:text`,
	"call_function":    `id:text function:#called`,
	"called":           `name:text arguments:string`,
	"call_custom":      `id:text custom:#freely`,
	"freely":           `name:text input:string`,
	"tool_function":    `function:#function`,
	"function":         `name:text description?:string parameters?:object strict?:boolean|null`,
	"tool_custom":      `custom:#custom`,
	"custom":           `name:text description?:string format?:object`,

	"format_text":        ``,
	"format_json_object": ``,
	"format_json_schema": `json_schema:#schema`,
	"schema":             `name:text description?:string schema:object strict?:boolean|null`,
}

func chatRequest(o Object) string {
	return first(
		chatRequestShapes.misshapen("request", map[string]any(o), "#request"),
		unless(len(o.List("messages")) > 0, "there are no messages"),
		chatTurns(o),
		members(o.List("tools"), chatTool),
		chatChosen(o),
		unless(o["parallel_tool_calls"] == nil || o["tools"] != nil, "parallel_tool_calls without tools"),
		unless(len(list(o["stop"])) <= 4, "more than four stop sequences"),
		unless(o["max_tokens"] == nil || o["max_completion_tokens"] == nil, "two ceilings"),
		unless(o["top_logprobs"] == nil || o["logprobs"] == true, "top_logprobs without logprobs"),
		chatFormat(o.At("response_format", "json_schema")),
	)
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func chatTool(_ int, tool Object) string {
	f := tool.At("function")
	name := f.Text("name") + tool.At("custom").Text("name")
	why := unless(toolName.MatchString(name), "a tool cannot have the name %q", name)
	if f["strict"] == true {
		why = first(why, strictSchema(f["parameters"]))
	}
	return first(why, unless(f == nil || f["parameters"] == nil || f.At("parameters").Text("type") == "object", "the parameters of %s are no object", name))
}

func chatFormat(schema Object) string {
	if schema == nil {
		return ""
	}
	why := unless(toolName.MatchString(schema.Text("name")), "a schema cannot have the name %q", schema.Text("name"))
	if schema["strict"] == true {
		why = first(why, strictSchema(schema["schema"]))
	}
	return why
}

// chatChosen: what is chosen must be there.
func chatChosen(o Object) string {
	if o["tool_choice"] == nil {
		return ""
	}
	names := map[string]bool{}
	for _, tool := range o.List("tools") {
		names[tool.At("function").Text("name")+tool.At("custom").Text("name")] = true
	}
	if len(names) == 0 {
		return "tool_choice without tools"
	}
	choice := o.At("tool_choice")
	if name := choice.At("function").Text("name") + choice.At("custom").Text("name"); name != "" && !names[name] {
		return "the tool that is chosen is not there: " + name
	}
	return members(choice.At("allowed_tools").List("tools"), func(_ int, tool Object) string {
		name := tool.At("function").Text("name") + tool.At("custom").Text("name")
		return unless(names[name], "a tool that is allowed is not there: %s", name)
	})
}

// chatTurns: the results of a turn's calls follow it before anything else.
func chatTurns(o Object) string {
	open := pending{}
	return first(members(o.List("messages"), func(i int, m Object) string {
		at := fmt.Sprintf("messages[%d]: ", i)
		role := m.Text("role")
		if role != "tool" {
			if why := open.open(); why != "" {
				return at + why
			}
		}
		why := chatContent(role, m)
		switch role {
		case "tool":
			why = first(why, open.result(m.Text("tool_call_id")))
		case "assistant":
			why = first(why, unless(m["content"] != nil || m["tool_calls"] != nil || m["refusal"] != nil, "a turn without content"))
			for _, call := range m.List("tool_calls") {
				id := call.Text("id")
				why = first(why, open.call(id), unless(len(id) <= 40, "the id %s is too long", id),
					unless(call["custom"] != nil || argumentsText(call.At("function")["arguments"]), "the arguments are no JSON object in a string"))
			}
		default:
			why = first(why, unless(m["content"] != nil, "a turn without content"))
		}
		return unless(why == "", "%s%s", at, why)
	}), open.open())
}

// chatContent: only a user's turn holds more than words.
func chatContent(role string, m Object) string {
	if m.listed("content") && len(m.List("content")) == 0 {
		return "an empty list of parts"
	}
	return members(m.List("content"), func(_ int, part Object) string {
		kind := part.Text("type")
		url := part.At("image_url").Text("url")
		return first(
			unless(kind == "text" || role == "user" || role == "assistant" && kind == "refusal", "a part of the type %s in a turn of %s", kind, role),
			unless(kind != "image_url" || isURL(url) || isBase64URI(url), "the image's url is %.60s", url),
			unless(kind != "file" || part.At("file")["file_id"] != nil || isBase64URI(part.At("file").Text("file_data")) && fileName.MatchString(part.At("file").Text("filename")), "a file has an id, or bytes and a name with an ending"),
		)
	})
}
