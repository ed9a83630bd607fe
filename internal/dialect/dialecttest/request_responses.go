package dialecttest

// responsesRequestShapes: https://platform.openai.com/docs/api-reference/responses/create
var responsesRequestShapes = shapes{
	"request": `model:text input:string|[]#item_* instructions?:string stream?:boolean tools?:[]#tool_* tool_choice?:any parallel_tool_calls?:boolean text?:#text
		reasoning?:#reasoning include?:[]text store?:boolean max_output_tokens?:integer temperature?:number top_p?:number top_logprobs?:integer metadata?:object user?:text
		safety_identifier?:text service_tier?:text prompt_cache_key?:text prompt_cache_retention?:text`,
	"text":               `format?:#format_* verbosity?:"low"|"medium"|"high"`,
	"format_text":        ``,
	"format_json_object": ``,
	"format_json_schema": `name:text description?:string schema:object strict?:boolean|null`,
	"reasoning":          `effort?:"none"|"minimal"|"low"|"medium"|"high"|"xhigh" summary?:"auto"|"concise"|"detailed"`,

	"item_message":                 `role:"system"|"developer"|"user"|"assistant" content:string|[]#part_*`,
	"item_function_call":           `call_id:text name:text arguments:string`,
	"item_custom_tool_call":        `call_id:text name:text input:string`,
	"item_function_call_output":    `call_id:text output:string|[]#part_*`,
	"item_custom_tool_call_output": `call_id:text output:string|[]#part_*`,
	"item_reasoning":               `summary:[]#part_* encrypted_content:text`,

	"part_input_text":   `text:text prompt_cache_breakpoint?:#mark`,
	"part_output_text":  `text:text annotations:[]object`,
	"part_refusal":      `refusal:text`,
	"part_summary_text": `text:string`,
	"part_input_image":  `image_url?:text file_id?:text detail?:"auto"|"low"|"high"|"original" prompt_cache_breakpoint?:#mark`,
	"part_input_file":   `file_data?:text file_url?:text file_id?:text filename?:text detail?:text prompt_cache_breakpoint?:#mark`,
	"part_input_audio":  `input_audio:#audio prompt_cache_breakpoint?:#mark`,
	"audio":             `data:text format:"wav"|"mp3"`,
	"mark":              `mode:"explicit"`,

	"tool_function":         `name:text description?:string parameters:object|null strict:boolean|null`,
	"tool_custom":           `name:text description?:string format?:object`,
	"tool_web_search":       `search_context_size?:text user_location?:object filters?:object`,
	"tool_code_interpreter": `container:#container`,
	"container":             `type:"auto"`,
}

func responsesRequest(o Object) string {
	return first(
		responsesRequestShapes.misshapen("request", map[string]any(o), "#request"),
		unless(!o.listed("input") || len(o.List("input")) > 0, "there is no input"),
		responsesItems(o),
		members(o.List("tools"), func(_ int, tool Object) string {
			why := unless(tool["name"] == nil || toolName.MatchString(tool.Text("name")), "a tool cannot have the name %q", tool.Text("name"))
			if tool["strict"] == true {
				why = first(why, strictSchema(tool["parameters"]))
			}
			return why
		}),
		responsesChosen(o),
		unless(o["max_output_tokens"] == nil || atLeast(o["max_output_tokens"], 16), "max_output_tokens is at least 16"),
		chatFormat(schemaOf(o.At("text", "format"))),
	)
}

func schemaOf(format Object) Object {
	if format.Text("type") != "json_schema" {
		return nil
	}
	return format
}

func atLeast(v any, n float64) bool {
	f, ok := v.(float64)
	return ok && f >= n
}

func responsesChosen(o Object) string {
	if o["tool_choice"] == nil || o["tool_choice"] == "auto" || o["tool_choice"] == "none" {
		return ""
	}
	names := map[string]bool{}
	for _, tool := range o.List("tools") {
		names[tool.Text("name")] = true
	}
	choice := o.At("tool_choice")
	name := choice.Text("name")
	return first(
		unless(len(names) > 0, "tool_choice without tools"),
		unless(name == "" || names[name], "the tool that is chosen is not there: %s", name),
		members(choice.List("tools"), func(_ int, tool Object) string {
			return unless(tool["name"] == nil || names[tool.Text("name")], "a tool that is allowed is not there: %s", tool.Text("name"))
		}),
	)
}

func responsesItems(o Object) string {
	open := pending{}
	return first(members(o.List("input"), func(i int, item Object) string {
		why := ""
		switch id := item.Text("call_id"); item.Text("type") {
		case "function_call":
			why = first(open.call(id), unless(toolName.MatchString(item.Text("name")), "a tool cannot have the name %q", item.Text("name")),
				unless(argumentsText(item["arguments"]), "the arguments are no JSON object in a string"), unless(len(id) <= 64, "the id %s is too long", id))
		case "custom_tool_call":
			why = open.call(id)
		case "function_call_output", "custom_tool_call_output":
			why = first(open.result(id), responsesContent("tool", item.List("output")))
		case "message":
			why = first(open.open(), responsesContent(item.Text("role"), item.List("content")))
		}
		return unless(why == "", "input[%d]: %s", i, why)
	}), open.open())
}

func responsesContent(role string, parts []Object) string {
	return members(parts, func(_ int, part Object) string {
		kind := part.Text("type")
		said := kind == "output_text" || kind == "refusal"
		sources := 0
		for _, m := range []string{"image_url", "file_id", "file_data", "file_url"} {
			if part[m] != nil {
				sources++
			}
		}
		url := part.Text("image_url") + part.Text("file_url")
		return first(
			unless(said == (role == "assistant"), "a part of the type %s in a turn of %s", kind, role),
			unless(role != "system" && role != "developer" || kind == "input_text", "a part of the type %s in a turn of %s", kind, role),
			unless(kind != "input_image" && kind != "input_file" || sources == 1, "a part with %d sources", sources),
			unless(url == "" || isURL(url) || isBase64URI(url), "the url is %.60s", url),
			unless(part["file_data"] == nil || isBase64URI(part.Text("file_data")) && fileName.MatchString(part.Text("filename")), "bytes of a file without a name that has an ending"),
		)
	})
}
