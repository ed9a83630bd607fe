package converse

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// fields lists what a request may hold
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
func fields() []dialect.Field {
	return slices.Concat(
		[]dialect.Field{
			{Path: "messages", Frame: true}, {Path: "messages[].role", Frame: true}, {Path: "messages[].content", Frame: true},
		},
		blockFields("messages[].content[]", user),
		callFields(),
		resultFields(),
		systemFields(),
		toolFields(),
		settingFields(),
		extraFields(),
	)
}

// The frames of examples.
func user(block string) string { return `{"messages":[{"role":"user","content":[` + block + `]}]}` }

func assistant(block string) string {
	return `{"messages":[{"role":"user","content":[{"text":"hi"}]},{"role":"assistant","content":[` + block + `]}]}`
}

const exampleCall = `{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}`

func result(members string) string {
	return `{"messages":[{"role":"user","content":[{"text":"hi"}]},{"role":"assistant","content":[` + exampleCall + `]},{"role":"user","content":[{"toolResult":{"toolUseId":"t1",` + members + `}}]}]}`
}

func answered(block string) string { return result(`"content":[` + block + `]`) }

// blockFields are those of the blocks that both messages and tools' results have.
func blockFields(at string, frame func(string) string) []dialect.Field {
	return slices.Concat(
		[]dialect.Field{{Path: at + ".text", Frame: true}},
		imageFields(at+".image", frame),
		documentFields(at+".document", frame),
		videoFields(at+".video", frame),
		searchFields(at+".searchResult", frame),
	)
}

func imageFields(at string, frame func(string) string) []dialect.Field {
	return slices.Concat([]dialect.Field{
		{Path: at, Feature: llm.FImageData}, {Path: at + ".format", Feature: llm.FImageData}, {Path: at + ".source", Feature: llm.FImageData},
		{Path: at + ".source.bytes", Feature: llm.FImageData, Example: frame(`{"image":{"format":"png","source":{"bytes":"aGk="}}}`)},
	}, s3Fields(at, llm.FImageFile, frame(`{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}}}`)), errorFields(at, frame(`{"image":{"format":"png","source":{"bytes":"aGk="},"error":{"message":"m"}}}`)))
}

// errorFields stand in what a model gave back as an image or a sound.
func errorFields(at, example string) []dialect.Field {
	return []dialect.Field{{Path: at + ".error", Example: example}, {Path: at + ".error.message"}}
}

func s3Fields(at string, f llm.Feature, example string) []dialect.Field {
	return []dialect.Field{
		{Path: at + ".source.s3Location", Feature: f},
		{Path: at + ".source.s3Location.uri", Feature: f, Example: example},
		{Path: at + ".source.s3Location.bucketOwner", Example: example},
	}
}

func documentFields(at string, frame func(string) string) []dialect.Field {
	one := func(more string) string { return frame(`{"document":{"format":"txt","name":"a",` + more + `}}`) }
	const source = `"source":{"bytes":"aGk="}`
	return slices.Concat([]dialect.Field{
		{Path: at, Feature: llm.FFileData}, {Path: at + ".format", Feature: llm.FFileData}, {Path: at + ".source", Feature: llm.FFileData},
		{Path: at + ".source.bytes", Feature: llm.FFileData, Example: one(source)},
		{Path: at + ".source.text", Feature: llm.FFileText, Example: one(`"source":{"text":"hi"}`)},
		{Path: at + ".source.content", Feature: llm.FFileText},
		{Path: at + ".source.content[].text", Feature: llm.FFileText, Example: one(`"source":{"content":[{"text":"hi"}]}`)},
		{Path: at + ".name", Feature: llm.FFileName, Example: one(source)},
		{Path: at + ".context", Feature: llm.FFileContext, Example: one(source + `,"context":"a letter"`)},
		{Path: at + ".citations", Feature: llm.FFileCites},
		{Path: at + ".citations.enabled", Feature: llm.FFileCites, Example: one(source + `,"citations":{"enabled":true}`)},
	}, s3Fields(at, llm.FFileID, one(`"source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}`)))
}

func videoFields(at string, frame func(string) string) []dialect.Field {
	return slices.Concat([]dialect.Field{
		{Path: at, Feature: llm.FVideo}, {Path: at + ".format", Feature: llm.FVideo}, {Path: at + ".source", Feature: llm.FVideo},
		{Path: at + ".source.bytes", Feature: llm.FVideo, Example: frame(`{"video":{"format":"mp4","source":{"bytes":"aGk="}}}`)},
	}, s3Fields(at, llm.FVideo, frame(`{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}}}`)))
}

func audioFields(at string) []dialect.Field {
	return slices.Concat([]dialect.Field{
		{Path: at, Feature: llm.FAudioData}, {Path: at + ".format", Feature: llm.FAudioData}, {Path: at + ".source", Feature: llm.FAudioData},
		{Path: at + ".source.bytes", Feature: llm.FAudioData, Example: user(`{"audio":{"format":"mp3","source":{"bytes":"aGk="}}}`)},
	}, s3Fields(at, llm.FAudioData, user(`{"audio":{"format":"mp3","source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}}}`)), errorFields(at, user(`{"audio":{"format":"mp3","source":{"bytes":"aGk="},"error":{"message":"m"}}}`)))
}

func searchFields(at string, frame func(string) string) []dialect.Field {
	return []dialect.Field{
		{Path: at, Feature: llm.FFound, Example: frame(`{"searchResult":{"source":"u","title":"t","content":[{"text":"hi"}],"citations":{"enabled":true}}}`)},
		{Path: at + ".source", Feature: llm.FFound, Example: frame(`{"searchResult":{"source":"u","title":"t","content":[{"text":"hi"}]}}`)},
		{Path: at + ".title", Feature: llm.FFound, Example: frame(`{"searchResult":{"source":"u","title":"t","content":[{"text":"hi"}]}}`)},
		{Path: at + ".content", Feature: llm.FFound}, {Path: at + ".content[].text", Feature: llm.FFound},
		{Path: at + ".citations", Feature: llm.FFileCites}, {Path: at + ".citations.enabled", Feature: llm.FFileCites},
	}
}

// callFields are those of the other blocks of messages.
func callFields() []dialect.Field {
	const at = "messages[].content[]."
	return slices.Concat(audioFields(at+"audio"), []dialect.Field{
		{Path: at + "toolUse", Feature: llm.FToolCall, Example: assistant(exampleCall)},
		{Path: at + "toolUse.toolUseId", Feature: llm.FToolCall}, {Path: at + "toolUse.name", Feature: llm.FToolCall}, {Path: at + "toolUse.input", Feature: llm.FToolCall},
		{Path: at + "toolUse.type", Feature: llm.FVendorPart, Example: assistant(`{"toolUse":{"toolUseId":"t1","name":"f","input":{},"type":"server_tool_use"}}`), Note: "a call of a tool that the vendor runs itself"},
		{Path: at + "reasoningContent", Feature: llm.FThinking}, {Path: at + "reasoningContent.reasoningText", Feature: llm.FThinking},
		{Path: at + "reasoningContent.reasoningText.text", Feature: llm.FThinking, Example: assistant(`{"reasoningContent":{"reasoningText":{"text":"so","signature":"c2ln"}}}`)},
		{Path: at + "reasoningContent.reasoningText.signature", Feature: llm.FThinkingState, Example: assistant(`{"reasoningContent":{"reasoningText":{"text":"so","signature":"c2ln"}}}`)},
		{Path: at + "reasoningContent.redactedContent", Feature: llm.FThinkingState, Example: assistant(`{"reasoningContent":{"redactedContent":"c2ln"}}`)},
		{Path: at + "cachePoint", Feature: llm.FCache, Example: user(`{"text":"hi"},{"cachePoint":{"type":"default"}}`)}, {Path: at + "cachePoint.type", Feature: llm.FCache},
		{Path: at + "cachePoint.ttl", Feature: llm.FCacheTTL, Example: user(`{"text":"hi"},{"cachePoint":{"type":"default","ttl":"1h"}}`)},
		{Path: at + "toolAddition", Feature: llm.FVendorPart, Example: user(`{"toolAddition":{"tool":{"name":"f"}}}`)},
		{Path: at + "toolAddition.tool", Feature: llm.FVendorPart}, {Path: at + "toolAddition.tool.name", Feature: llm.FVendorPart},
		{Path: at + "toolAddition.tool.serverName", Feature: llm.FVendorPart}, {Path: at + "toolAddition.tool.type", Feature: llm.FVendorPart},
		{Path: at + "toolRemoval", Feature: llm.FVendorPart, Example: user(`{"toolRemoval":{"tool":{"name":"f"}}}`)},
		{Path: at + "toolRemoval.tool", Feature: llm.FVendorPart}, {Path: at + "toolRemoval.tool.name", Feature: llm.FVendorPart},
		{Path: at + "toolRemoval.tool.serverName", Feature: llm.FVendorPart}, {Path: at + "toolRemoval.tool.type", Feature: llm.FVendorPart},
	}, guardFields(at+"guardContent", user), citedFields(at+"citationsContent"))
}

func guardFields(at string, frame func(string) string) []dialect.Field {
	return []dialect.Field{
		{Path: at, Example: frame(`{"guardContent":{"text":{"text":"hi"}}}`), Note: "text and images to targets of other dialects, which no guardrail looks at there"},
		{Path: at + ".text"}, {Path: at + ".text.text"}, {Path: at + ".text.qualifiers"},
		{Path: at + ".image"}, {Path: at + ".image.format"}, {Path: at + ".image.source"}, {Path: at + ".image.source.bytes"},
	}
}

func citedFields(at string) []dialect.Field {
	all := []dialect.Field{{
		Path: at, Feature: llm.FCitations,
		Example: assistant(`{"citationsContent":{"content":[{"text":"so"}],"citations":[{"title":"t","sourceContent":[{"text":"s"}],"location":{"documentChar":{"documentIndex":0,"start":1,"end":2}}}]}}`),
	}}
	for _, p := range []string{
		"content", "content[].text", "citations", "citations[].title", "citations[].source", "citations[].sourceContent", "citations[].sourceContent[].text", "citations[].location",
		"citations[].location.web", "citations[].location.web.url", "citations[].location.web.domain",
		"citations[].location.searchResultLocation", "citations[].location.searchResultLocation.searchResultIndex", "citations[].location.searchResultLocation.start", "citations[].location.searchResultLocation.end",
	} {
		all = append(all, dialect.Field{Path: at + "." + p, Feature: llm.FCitations})
	}
	for _, kind := range []string{"documentChar", "documentPage", "documentChunk"} {
		where := at + ".citations[].location." + kind
		for _, p := range []string{where, where + ".documentIndex", where + ".start", where + ".end"} {
			all = append(all, dialect.Field{Path: p, Feature: llm.FCitations})
		}
	}
	return all
}

// resultFields are those of what tools answer.
func resultFields() []dialect.Field {
	const at = "messages[].content[].toolResult"
	all := []dialect.Field{
		{Path: at, Feature: llm.FToolResult, Example: answered(`{"text":"21"}`)},
		{Path: at + ".toolUseId", Feature: llm.FToolResult}, {Path: at + ".content", Feature: llm.FToolResult},
		{Path: at + ".content[].json", Feature: llm.FToolResult, Example: answered(`{"json":{"a":1}}`)},
		{Path: at + ".status", Feature: llm.FResultError, Example: result(`"content":[{"text":"no"}],"status":"error"`)},
		{Path: at + ".type", Feature: llm.FVendorPart, Example: result(`"content":[],"type":"nova_code_interpreter_result"`), Note: "the result of a tool that the vendor runs itself"},
	}
	blocks := blockFields(at+".content[]", answered)
	for i := range blocks {
		if blocks[i].Feature != 0 && blocks[i].Feature != llm.FFileName && blocks[i].Feature != llm.FFileContext && blocks[i].Feature != llm.FFileCites && blocks[i].Feature != llm.FFileText && blocks[i].Feature != llm.FFound {
			blocks[i].Feature = llm.FResultMedia
		}
	}
	return append(all, blocks...)
}

func systemFields() []dialect.Field {
	frame := func(block string) string {
		return `{"system":[` + block + `],"messages":[{"role":"user","content":[{"text":"hi"}]}]}`
	}
	return slices.Concat([]dialect.Field{
		{Path: "system", Feature: llm.FSystem},
		{Path: "system[].text", Feature: llm.FSystem, Example: frame(`{"text":"be brief"}`)},
		{Path: "system[].cachePoint", Feature: llm.FCache, Example: frame(`{"text":"be brief"},{"cachePoint":{"type":"default"}}`)},
		{Path: "system[].cachePoint.type", Feature: llm.FCache},
		{Path: "system[].cachePoint.ttl", Feature: llm.FCacheTTL, Example: frame(`{"text":"be brief"},{"cachePoint":{"type":"default","ttl":"1h"}}`)},
	}, guardFields("system[].guardContent", frame))
}
