package dialecttest

import "strings"

// converseShapes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_ResponseSyntax
var converseShapes = shapes{
	"messageStart":      `role:"assistant" p?:string`,
	"contentBlockStart": `contentBlockIndex:integer start:#start p?:string`,
	"contentBlockDelta": `contentBlockIndex:integer delta:#delta p?:string`,
	"contentBlockStop":  `contentBlockIndex:integer p?:string`,
	"messageStop":       `stopReason:text additionalModelResponseFields?:any p?:string`,
	"metadata":          `usage:#usage metrics:#metrics trace?:object performanceConfig?:object serviceTier?:#tier p?:string`,

	"start":      `toolUse?:#tool image?:#image toolResult?:object`,
	"tool":       `toolUseId:text name:text`,
	"image":      `format:text`,
	"delta":      `text?:string toolUse?:#input reasoningContent?:#reasoning citation?:#citation image?:#imagedelta toolResult?:[]object`,
	"input":      `input:string`,
	"reasoning":  `text?:string signature?:text redactedContent?:text`,
	"imagedelta": `source?:#bytes error?:object`,
	"bytes":      `bytes:text`,
	"citation":   `title?:string source?:string sourceContent?:[]#quote location?:object`,
	"quote":      `text?:string`,
	"metrics":    `latencyMs:integer`,
	"tier":       `type:text`,
	"usage": `inputTokens:integer outputTokens:integer totalTokens:integer cacheReadInputTokens?:integer cacheWriteInputTokens?:integer cacheDetails?:[]#cache
		serverToolUsage?:object`,
	"cache": `ttl:text inputTokens:integer`,
}

// converseKinds are the members of which a delta has exactly one.
var converseKinds = [...]string{"text", "toolUse", "reasoningContent", "citation", "image", "toolResult"}

// converseCheck follows a stream of ConverseStream.
type converseCheck struct {
	step  string // the last event outside of blocks
	next  counter
	open  bool
	index any
	kind  string // what the open block holds; "" = not yet known
	input string
	calls int
	bad   string // arguments that are no object
}

func newConverseCheck() checker { return &converseCheck{} }

func (c *converseCheck) event(name string, o Object) string {
	if why := converseShapes.misshapen(name, map[string]any(o), "#"+name); why != "" {
		return why
	}
	after := map[string]string{"messageStart": "", "messageStop": "messageStart", "metadata": "messageStop"}
	if want, ok := after[name]; ok {
		if c.step != want || c.open {
			return "messageStart, the blocks, messageStop and metadata come in this order"
		}
		c.step = name
		return c.stopped(o)
	}
	if c.step != "messageStart" {
		return "a block outside of the message"
	}
	return c.block(name, o)
}

func (c *converseCheck) stopped(o Object) string {
	switch u := o.At("usage"); {
	case o.Text("stopReason") == "tool_use" && c.calls == 0:
		return "tool_use without a call"
	case o.Text("stopReason") == "tool_use" && c.bad != "":
		return "the input of a call is no JSON object: " + c.bad
	case u != nil:
		sum := 0.0
		for _, m := range []string{"inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"} {
			n, _ := u.Number(m)
			sum += n
		}
		if total, _ := u.Number("totalTokens"); total != sum {
			return "totalTokens is not the sum"
		}
	}
	return ""
}

// block: text and reasoning have no start, tools and images have one.
func (c *converseCheck) block(name string, o Object) string {
	switch name {
	case "contentBlockStart":
		if c.open || !c.next.next(o["contentBlockIndex"]) {
			return "blocks come one after the other, numbered from 0"
		}
		c.open, c.index, c.kind, c.input = true, o["contentBlockIndex"], "", ""
		for _, kind := range converseKinds {
			if o.At("start")[kind] != nil {
				c.kind = kind
			}
		}
		if c.kind == "" {
			return "a block that starts as nothing"
		}
		return ""
	case "contentBlockStop":
		return c.stop(o)
	}
	kind, kinds := "", 0
	for _, k := range converseKinds {
		if o.At("delta")[k] != nil {
			kind = k
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return "a delta is one thing"
	case !c.open && (kind == "toolUse" || kind == "image" || kind == "toolResult"):
		return "a " + kind + " without a start"
	case !c.open && !c.next.next(o["contentBlockIndex"]):
		return "blocks come one after the other, numbered from 0"
	case !c.open:
		c.open, c.index, c.kind, c.input = true, o["contentBlockIndex"], strings.Replace(kind, "citation", "text", 1), ""
	}
	if o["contentBlockIndex"] != c.index || kind != c.kind && (kind != "citation" || c.kind != "text") {
		return "a delta of " + kind + " in a block of " + c.kind
	}
	c.input += o.At("delta", "toolUse").Text("input")
	if r := o.At("delta", "reasoningContent"); r != nil && len(r) != 1 {
		return "a piece of reasoning is one thing"
	}
	return ""
}

func (c *converseCheck) stop(o Object) string {
	if !c.open || o["contentBlockIndex"] != c.index {
		return "no such block is open"
	}
	c.open = false
	if c.kind == "toolUse" {
		c.calls++
		if c.input != "" && !isObject(c.input) {
			c.bad = c.input
		}
	}
	return ""
}

func (c *converseCheck) end() string {
	if c.step != "metadata" {
		return "the stream does not end with metadata"
	}
	return ""
}
