package dialecttest

import "regexp"

// cohereName: https://docs.cohere.com/v1/reference/chat#request.body.tools.name
var cohereName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// cohereRequestShapes: https://docs.cohere.com/reference/chat
var cohereRequestShapes = shapes{
	"request": `model:text messages:[]#message tools?:[]#tool tool_choice?:"REQUIRED"|"NONE" strict_tools?:boolean documents?:[]#document response_format?:#format thinking?:#thinking
		max_tokens?:integer stop_sequences?:[]text temperature?:number p?:number k?:integer seed?:integer frequency_penalty?:number presence_penalty?:number logprobs?:boolean
		stream?:boolean safety_mode?:text citation_options?:object`,
	"message":        `role:"system"|"user"|"assistant"|"tool" content?:text|[]#part_* tool_calls?:[]#call tool_plan?:text tool_call_id?:text citations?:[]object`,
	"part_text":      `text:text`,
	"part_thinking":  `thinking:text`,
	"part_image_url": `image_url:#imageurl`,
	"imageurl":       `url:text detail?:"auto"|"low"|"high"`,
	"part_document":  `document:#document`,
	"document":       `id?:text data:object`,
	"call":           `id:text type:"function" function:#called`,
	"called":         `name:text arguments:string`,
	"tool":           `type:"function" function:#function`,
	"function":       `name:text description?:string parameters:object`,
	"format":         `type:"json_object"|"text" json_schema?:object`,
	"thinking":       `type:"enabled"|"disabled" token_budget?:integer`,
}

func cohereRequest(o Object) string {
	temperature, hot := o.Number("temperature")
	p, nucleus := o.Number("p")
	_, frequent := o.Number("frequency_penalty")
	_, present := o.Number("presence_penalty")
	names := map[string]bool{}
	return first(
		cohereRequestShapes.misshapen("request", map[string]any(o), "#request"),
		cohereTurns(o),
		members(o.List("tools"), func(_ int, tool Object) string {
			name := tool.At("function").Text("name")
			twice := names[name]
			names[name] = true
			return first(unless(cohereName.MatchString(name) && !twice, "a tool cannot have the name %q", name),
				unless(tool.At("function", "parameters").Text("type") == "object", "the parameters of %s are no object", name))
		}),
		unless(o["tool_choice"] == nil || len(o.List("tools")) > 0, "tool_choice without tools"),
		unless(o["response_format"] == nil || o["documents"] == nil && o["tools"] == nil, "response_format beside documents or tools"),
		unless(!hot || temperature >= 0 && temperature <= 1, "a temperature of %v", temperature),
		unless(!nucleus || p >= 0.01 && p <= 0.99, "a p of %v", p),
		unless(!frequent || !present, "two penalties"),
		unless(len(list(o["stop_sequences"])) <= 5, "more than five stop sequences"),
	)
}

// cohereTurns: the system speaks first, if at all; results follow their calls.
func cohereTurns(o Object) string {
	open := pending{}
	turns := o.List("messages")
	return first(unless(len(turns) > 0, "there are no messages"), members(turns, func(i int, m Object) string {
		role := m.Text("role")
		why := unless(role != "system" || i == 0, "the system speaks after the beginning")
		if role != "tool" {
			why = first(why, open.open())
		}
		why = first(why, unless(m["content"] != nil || m["tool_calls"] != nil, "a turn without content"), unless(!m.listed("content") || len(m.List("content")) > 0, "an empty list of parts"),
			members(m.List("content"), func(_ int, part Object) string {
				kind := part.Text("type")
				url := part.At("image_url").Text("url")
				return first(unless(kind == "text" || kind == "thinking" && role == "assistant" || kind == "image_url" && role == "user" || kind == "document" && role == "tool",
					"a part of the type %s in a turn of %s", kind, role),
					unless(kind != "image_url" || isURL(url) || isBase64URI(url), "the image's url is %.60s", url))
			}))
		if role == "tool" {
			why = first(why, open.result(m.Text("tool_call_id")))
		}
		for _, call := range m.List("tool_calls") {
			why = first(why, unless(role == "assistant", "a call of the %s", role), open.call(call.Text("id")),
				unless(cohereName.MatchString(call.At("function").Text("name")), "a tool cannot have the name %q", call.At("function").Text("name")), unless(argumentsText(call.At("function")["arguments"]), "the arguments are no JSON object in a string"))
		}
		return unless(why == "", "messages[%d]: %s", i, why)
	}), open.open())
}
