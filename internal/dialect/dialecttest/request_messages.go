package dialecttest

import (
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// messagesRequestShapes: https://platform.claude.com/docs/en/api/messages
var messagesRequestShapes = shapes{
	"request": `model:text max_tokens:integer messages:[]#message system?:string|[]#block_text tools?:[]#tool tool_choice?:#choice_* thinking?:#thinking_* output_config?:#output
		temperature?:number top_p?:number top_k?:integer stop_sequences?:[]text metadata?:#metadata service_tier?:"auto"|"standard_only" stream?:boolean`,
	"message":   `role:"user"|"assistant" content:text|[]#block_*`,
	"metadata":  `user_id:text`,
	"output":    `effort?:"low"|"medium"|"high"|"xhigh"|"max" format?:#format`,
	"format":    `schema:object`,
	"mark":      `type:"ephemeral" ttl?:"5m"|"1h"`,
	"citations": `enabled:boolean`,

	"thinking_enabled":       `budget_tokens:integer display?:"summarized"|"omitted"`,
	"thinking_adaptive":      `display?:"summarized"|"omitted"`,
	"thinking_disabled":      ``,
	"thinking_between_tools": ``,

	"block_text":              `text:text cache_control?:#mark`,
	"block_image":             `source:#source_* cache_control?:#mark`,
	"block_document":          `source:#source_* title?:text context?:string citations?:#citations cache_control?:#mark`,
	"block_search_result":     `source:text title:text content:[]#block_text citations?:#citations cache_control?:#mark`,
	"block_thinking":          `thinking:string signature:text`,
	"block_redacted_thinking": `data:text`,
	"block_tool_use":          `id:text name:text input:object cache_control?:#mark`,
	"block_tool_result":       `tool_use_id:text content?:string|[]#block_* is_error?:boolean cache_control?:#mark`,
	"source_base64":           `media_type:text data:text`,
	"source_url":              `url:text`,
	"source_file":             `file_id:text`,
	"source_text":             `media_type:"text/plain" data:string`,
	"source_content":          `content:string|[]#block_*`,

	"tool":        `name:text type?:text description?:string input_schema?:object strict?:boolean cache_control?:#mark max_uses?:integer user_location?:object allowed_domains?:[]text blocked_domains?:[]text`,
	"choice_auto": `disable_parallel_tool_use?:boolean`,
	"choice_any":  `disable_parallel_tool_use?:boolean`,
	"choice_tool": `name:text disable_parallel_tool_use?:boolean`,
	"choice_none": ``,
}

var (
	messagesID   = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	messagesName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
)

func messagesRequest(o Object) string {
	forced := o.At("tool_choice").Text("type") == "any" || o.At("tool_choice").Text("type") == "tool"
	thinks := o.At("thinking").Text("type") == "enabled" || o.At("thinking").Text("type") == "adaptive"
	budget, _ := o.At("thinking").Number("budget_tokens")
	most, _ := o.Number("max_tokens")
	temperature, hot := o.Number("temperature")
	return first(
		messagesRequestShapes.misshapen("request", map[string]any(o), "#request"),
		unless(most > 0, "max_tokens is %v", most),
		messagesTurns(o),
		messagesTools(o),
		unless(strings.Count(compactJSON(o), `"cache_control"`) <= 4, "more than four cache marks"),
		unless(budget == 0 || budget >= 1024 && budget < most, "a budget of %v with max_tokens %v", budget, most),
		unless(!thinks || !forced, "a forced call beside thinking"),
		unless(!hot || temperature >= 0 && temperature <= 1, "a temperature of %v", temperature),
		unless(!hot || temperature == 1 || !thinks, "a temperature of %v beside thinking", temperature),
		unless(o["top_k"] == nil || !thinks, "top_k beside thinking"),
		closedSchema(o.At("output_config", "format")["schema"]),
	)
}

func messagesTools(o Object) string {
	names := map[string]bool{}
	why := members(o.List("tools"), func(_ int, tool Object) string {
		name := tool.Text("name")
		twice := names[name]
		names[name] = true
		return first(
			unless(messagesName.MatchString(name) && !twice, "a tool cannot have the name %q", name),
			unless(tool["type"] != nil || tool.At("input_schema").Text("type") == "object", "the schema of %s is no object", name),
			closedIf(tool["strict"] == true, tool["input_schema"]),
		)
	})
	choice := o.At("tool_choice")
	return first(why,
		unless(choice == nil || len(names) > 0, "tool_choice without tools"),
		unless(choice["name"] == nil || names[choice.Text("name")], "the tool that is chosen is not there: %s", choice.Text("name")),
	)
}

// messagesTurns: turns alternate, beginning with the user's; the results of a turn's
// calls stand first in the next one.
func messagesTurns(o Object) string {
	open := pending{}
	role := "assistant"
	turns := o.List("messages")
	why := members(turns, func(i int, m Object) string {
		why := unless(m.Text("role") != role, "two turns of the %s", role)
		role = m.Text("role")
		if m.listed("content") && len(m.List("content")) == 0 || blank(m["content"]) {
			why = first(why, "a turn without content")
		}
		results := true
		why = first(why, members(m.List("content"), func(_ int, b Object) string {
			kind := b.Text("type")
			results = results && kind == "tool_result"
			return first(unless(kind != "tool_result" || results, "a result after other blocks"), messagesBlock(role, b, open))
		}))
		if role == "user" {
			why = first(why, open.open())
		}
		return unless(why == "", "messages[%d]: %s", i, why)
	})
	last := ""
	if n := len(turns); n > 0 && role == "assistant" {
		last = turns[n-1].Text("content")
		if parts := turns[n-1].List("content"); len(parts) > 0 {
			last = parts[len(parts)-1].Text("text")
		}
	}
	return first(why, open.open(),
		unless(len(turns) > 0, "there are no turns"),
		unless(strings.TrimRight(last, " \t\r\n") == last, "the last turn of the assistant ends with white space"),
		messagesThinkingFirst(o),
	)
}

func messagesBlock(role string, b Object, open pending) string {
	switch kind := b.Text("type"); kind {
	case "text":
		return unless(!blank(b["text"]), "a blank text")
	case "tool_use":
		return first(unless(role == "assistant", "a call of the user's"), open.call(b.Text("id")),
			unless(messagesID.MatchString(b.Text("id")), "a call cannot have the id %q", b.Text("id")),
			unless(messagesName.MatchString(b.Text("name")), "a tool cannot have the name %q", b.Text("name")))
	case "thinking", "redacted_thinking":
		return unless(role == "assistant", "thinking of the user's")
	case "tool_result":
		return first(unless(role == "user", "a result of the assistant's"), open.result(b.Text("tool_use_id")),
			members(b.List("content"), func(_ int, inner Object) string {
				kind := inner.Text("type")
				if b["is_error"] == true && kind != "text" {
					return "the result of a tool that failed holds more than text"
				}
				return unless(kind == "text" && !blank(inner["text"]) || kind == "image" || kind == "document" || kind == "search_result", "a result holds %s", kind)
			}))
	default:
		return unless(role == "user", "a block of the type %s of the assistant's", kind)
	}
}

// messagesThinkingFirst: with a budget, the turn of the assistant's that the last results
// answer begins with thinking
// (https://platform.claude.com/docs/en/build-with-claude/extended-thinking#extended-thinking-with-tool-use).
func messagesThinkingFirst(o Object) string {
	turns := o.List("messages")
	n := len(turns)
	if o.At("thinking").Text("type") != "enabled" || n < 2 {
		return ""
	}
	results := turns[n-1].List("content")
	if len(results) == 0 || results[0].Text("type") != "tool_result" {
		return ""
	}
	before := turns[n-2].List("content")
	kind := ""
	if len(before) > 0 {
		kind = before[0].Text("type")
	}
	return unless(kind == "thinking" || kind == "redacted_thinking", "the turn before the results begins with %s, not with thinking", kind)
}

func closedIf(strict bool, schema any) string {
	if !strict {
		return ""
	}
	return closedSchema(schema)
}

// closedSchema says how a schema breaks the vendor's subset
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
func closedSchema(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	if dialect.Recursive([]byte(compactJSON(v))) {
		return "the schema holds itself"
	}
	if o["type"] == "object" && o["additionalProperties"] != false {
		return "an object of the schema is open"
	}
	for _, name := range []string{"minimum", "maximum", "minLength", "maxLength", "multipleOf", "oneOf", "maxItems", "uniqueItems", "patternProperties"} {
		if _, ok := o[name].(map[string]any); !ok && o[name] != nil {
			return "the schema has " + name
		}
	}
	for name, inner := range o {
		if name != "enum" && name != "const" && name != "default" {
			if why := eachSchema(inner, closedSchema); why != "" {
				return why
			}
		}
	}
	return ""
}
