package dialecttest

import "regexp"

// converseRequestShapes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax
var converseRequestShapes = shapes{
	"request": `messages:[]#message system?:[]#systemblock inferenceConfig?:#inference toolConfig?:#tools outputConfig?:#output additionalModelRequestFields?:object
		requestMetadata?:object serviceTier?:#tier performanceConfig?:object`,
	"message":     `role:"user"|"assistant" content:[]#block`,
	"systemblock": `text?:text cachePoint?:#point`,
	"point":       `type:"default" ttl?:"5m"|"1h"`,
	"inference":   `maxTokens?:integer temperature?:number topP?:number stopSequences?:[]text`,
	"tier":        `type:"default"|"priority"|"flex"|"reserved"`,
	"output":      `textFormat?:#format effort?:text`,
	"format":      `type:"json_schema" structure:#structure`,
	"structure":   `jsonSchema:#schema`,
	"schema":      `schema:text name?:text description?:string`,

	"block":         `text?:text image?:#image document?:#document video?:#video audio?:#audio toolUse?:#call toolResult?:#result reasoningContent?:#reasoning cachePoint?:#point searchResult?:#found`,
	"found":         `source:text title:text content:[]#piece citations:#citations`,
	"image":         `format:"png"|"jpeg"|"gif"|"webp" source:#source`,
	"document":      `format:"pdf"|"csv"|"doc"|"docx"|"xls"|"xlsx"|"html"|"txt"|"md" name:text source:#docsource context?:string citations?:#citations`,
	"citations":     `enabled:boolean`,
	"video":         `format:text source:#source`,
	"audio":         `format:text source:#source`,
	"source":        `bytes?:text s3Location?:#s3`,
	"docsource":     `bytes?:text text?:text content?:[]#piece s3Location?:#s3`,
	"piece":         `text:text`,
	"s3":            `uri:text bucketOwner?:text`,
	"call":          `toolUseId:text name:text input:object`,
	"result":        `toolUseId:text content:[]#resultblock status?:"success"|"error"`,
	"resultblock":   `text?:text json?:any image?:#image document?:#document video?:#video searchResult?:#found`,
	"reasoning":     `reasoningText?:#reasoningtext redactedContent?:text`,
	"reasoningtext": `text:string signature?:text`,

	"tools":  `tools:[]#tool toolChoice?:#choice`,
	"tool":   `toolSpec?:#spec cachePoint?:#point systemTool?:#named`,
	"spec":   `name:text description?:text inputSchema:#input strict?:boolean`,
	"input":  `json:object`,
	"choice": `auto?:object any?:object tool?:#named`,
	"named":  `name:text`,
}

var (
	converseID   = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,64}$`)
	documentName = regexp.MustCompile(`^[a-zA-Z0-9 ()\[\]-]{1,200}$`)
)

func converseRequest(o Object) string {
	temperature, hot := o.At("inferenceConfig").Number("temperature")
	return first(
		converseRequestShapes.misshapen("request", map[string]any(o), "#request"),
		converseTurns(o),
		converseTools(o),
		closedSchema(map[string]any(Decode(o.At("outputConfig", "textFormat", "structure", "jsonSchema").Text("schema")))),
		unless(!hot || temperature >= 0 && temperature <= 1, "a temperature of %v", temperature),
		members(o.List("system"), func(_ int, b Object) string { return unless(len(b) == 1 && !blank(b["text"]), "a block is one thing") }),
	)
}

func converseTools(o Object) string {
	names := map[string]bool{}
	tools := o.At("toolConfig").List("tools")
	why := members(tools, func(_ int, tool Object) string {
		name := tool.At("toolSpec").Text("name")
		twice := names[name]
		if tool["toolSpec"] != nil {
			names[name] = true
		}
		return first(unless(len(tool) == 1, "a tool is one thing"),
			unless(tool["toolSpec"] == nil || toolName.MatchString(name) && !twice, "a tool cannot have the name %q", name),
			unless(tool["toolSpec"] == nil || tool.At("toolSpec", "inputSchema", "json").Text("type") == "object", "the schema of %s is no object", name),
			closedIf(tool.At("toolSpec")["strict"] == true, tool.At("toolSpec", "inputSchema")["json"]))
	})
	chosen := o.At("toolConfig", "toolChoice", "tool").Text("name")
	called := false
	for _, m := range o.List("messages") {
		for _, b := range m.List("content") {
			called = called || b["toolUse"] != nil || b["toolResult"] != nil
		}
	}
	return first(why,
		unless(o["toolConfig"] == nil || len(tools) > 0, "toolConfig without tools"),
		unless(chosen == "" || names[chosen], "the tool that is chosen is not there: %s", chosen),
		unless(!called || o["toolConfig"] != nil, "calls in the history, and no toolConfig"),
		unless(len(o.At("toolConfig", "toolChoice")) < 2, "two choices"),
	)
}

// converseTurns: turns alternate, beginning with the user's; the results of a turn's
// calls stand in the next one.
func converseTurns(o Object) string {
	open := pending{}
	role := "assistant"
	documents := map[string]bool{}
	turns := o.List("messages")
	return first(unless(len(turns) > 0, "there are no turns"), members(turns, func(i int, m Object) string {
		why := unless(m.Text("role") != role, "two turns of the %s", role)
		role = m.Text("role")
		why = first(why, unless(len(m.List("content")) > 0, "a turn without content"))
		attached, said := false, false
		why = first(why, members(m.List("content"), func(n int, b Object) string {
			attached = attached || b["document"] != nil
			said = said || b["text"] != nil
			return first(unless(b["cachePoint"] == nil || n > 0, "a cachePoint with nothing before it"), converseBlock(role, b, open, documents))
		}))
		if role == "user" {
			why = first(why, open.open())
		}
		return unless(why == "" && (!attached || said), "messages[%d]: %s", i, first(why, "a document without a text"))
	}), open.open())
}

func converseBlock(role string, b Object, open pending, documents map[string]bool) string {
	if len(b) != 1 {
		return "a block is one thing"
	}
	if blank(b["text"]) {
		return "a blank text"
	}
	if call := b.At("toolUse"); call != nil {
		id := call.Text("toolUseId")
		return first(unless(role == "assistant", "a call of the user's"), open.call(id), unless(converseID.MatchString(id), "a call cannot have the id %q", id),
			unless(toolName.MatchString(call.Text("name")), "a tool cannot have the name %q", call.Text("name")))
	}
	if r := b.At("toolResult"); r != nil {
		return first(unless(role == "user", "a result of the assistant's"), open.result(r.Text("toolUseId")), unless(len(r.List("content")) > 0, "a result without content"),
			members(r.List("content"), func(_ int, inner Object) string {
				return first(unless(len(inner) == 1 && !blank(inner["text"]), "a block is one thing"), converseDocument(inner.At("document"), documents))
			}))
	}
	media := b["image"] != nil || b["document"] != nil || b["video"] != nil || b["audio"] != nil
	return first(
		unless(!media || role == "user", "media of the assistant's"),
		unless(b["reasoningContent"] == nil || role == "assistant" && len(b.At("reasoningContent")) == 1, "a piece of reasoning is one thing, and the assistant's"),
		converseDocument(b.At("document"), documents),
	)
}

// converseDocument: names are of some letters only, and differ.
func converseDocument(d Object, names map[string]bool) string {
	if d == nil {
		return ""
	}
	name := d.Text("name")
	twice := names[name]
	names[name] = true
	return first(unless(documentName.MatchString(name) && !twice, "a document cannot have the name %q", name), unless(len(d.At("source")) == 1, "a source is one thing"))
}
