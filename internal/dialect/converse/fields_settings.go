package converse

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// setting frames an example of a top-level member.
func setting(members string) string {
	return `{"messages":[{"role":"user","content":[{"text":"hi"}]}],` + members + `}`
}

func toolFields() []dialect.Field {
	const tools = "toolConfig.tools"
	one := func(more string) string {
		return setting(`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}` + more + `}}]}`)
	}
	choice := func(c string) string {
		return setting(`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":` + c + `}`)
	}
	system := func(name string) string {
		return setting(`"toolConfig":{"tools":[{"systemTool":{"name":"` + name + `"}}]}`)
	}
	cached := func(point string) string {
		return setting(`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}},{"cachePoint":` + point + `}]}`)
	}
	return []dialect.Field{
		{Path: "toolConfig", Feature: llm.FTools}, {Path: tools, Feature: llm.FTools},
		{Path: tools + "[].toolSpec", Feature: llm.FTools, Example: one("")},
		{Path: tools + "[].toolSpec.name", Feature: llm.FTools},
		{Path: tools + "[].toolSpec.description", Feature: llm.FTools, Example: one(`,"description":"d"`)},
		{Path: tools + "[].toolSpec.inputSchema", Feature: llm.FTools}, {Path: tools + "[].toolSpec.inputSchema.json", Feature: llm.FTools},
		{Path: tools + "[].toolSpec.strict", Feature: llm.FToolStrict, Example: one(`,"strict":true`)},
		{Path: tools + "[].systemTool", Feature: llm.FBuiltin, Example: system("nova_canvas")},
		{Path: tools + "[].systemTool.name", Feature: llm.FBuiltin},
		{Path: tools + "[].systemTool(nova_grounding)", Feature: llm.FWebSearch, Example: system(grounding)},
		{Path: tools + "[].systemTool(nova_code_interpreter)", Feature: llm.FCode, Example: system(interpreter)},
		{Path: tools + "[].cachePoint", Feature: llm.FToolCache, Example: cached(`{"type":"default"}`)},
		{Path: tools + "[].cachePoint.type", Feature: llm.FToolCache},
		{Path: tools + "[].cachePoint.ttl", Feature: llm.FCacheTTL, Example: cached(`{"type":"default","ttl":"1h"}`)},
		{Path: "toolConfig.toolChoice", Feature: llm.FTools},
		{Path: "toolConfig.toolChoice.auto", Feature: llm.FTools, Example: choice(`{"auto":{}}`)},
		{Path: "toolConfig.toolChoice.any", Feature: llm.FChoiceRequired, Example: choice(`{"any":{}}`)},
		{Path: "toolConfig.toolChoice.tool", Feature: llm.FChoiceTool, Example: choice(`{"tool":{"name":"f"}}`)},
		{Path: "toolConfig.toolChoice.tool.name", Feature: llm.FChoiceTool},
	}
}

func settingFields() []dialect.Field {
	schema := setting(`"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"n","description":"d"}}}}`)
	return []dialect.Field{
		{Path: "inferenceConfig", Frame: true},
		{Path: "inferenceConfig.maxTokens", Feature: llm.FMaxOutput, Example: setting(`"inferenceConfig":{"maxTokens":9}`)},
		{Path: "inferenceConfig.temperature", Feature: llm.FTemperature, Example: setting(`"inferenceConfig":{"temperature":0.5}`)},
		{Path: "inferenceConfig.topP", Feature: llm.FTopP, Example: setting(`"inferenceConfig":{"topP":0.5}`)},
		{Path: "inferenceConfig.stopSequences", Feature: llm.FStop, Example: setting(`"inferenceConfig":{"stopSequences":["x"]}`)},
		{Path: "outputConfig", Feature: llm.FSchema}, {Path: "outputConfig.textFormat", Feature: llm.FSchema}, {Path: "outputConfig.textFormat.type", Feature: llm.FSchema},
		{Path: "outputConfig.textFormat.structure", Feature: llm.FSchema}, {Path: "outputConfig.textFormat.structure.jsonSchema", Feature: llm.FSchema},
		{Path: "outputConfig.textFormat.structure.jsonSchema.schema", Feature: llm.FSchema, Example: schema, Note: "JSON in a string"},
		{Path: "outputConfig.textFormat.structure.jsonSchema.name", Frame: true},
		{Path: "outputConfig.textFormat.structure.jsonSchema.description", Feature: llm.FSchemaName, Example: schema},
		{Path: "outputConfig.effort", Feature: llm.FThinkingEffort, Example: setting(`"outputConfig":{"effort":"low"}`)},
		{Path: "requestMetadata", Feature: llm.FMetadata, Example: setting(`"requestMetadata":{"a":"b"}`)}, {Path: "requestMetadata.*", Feature: llm.FMetadata},
		{Path: "serviceTier", Feature: llm.FTier}, {Path: "serviceTier.type", Feature: llm.FTier, Example: setting(`"serviceTier":{"type":"priority"}`)},
		{Path: "performanceConfig", Example: setting(`"performanceConfig":{"latency":"optimized"}`)}, {Path: "performanceConfig.latency"},
		{Path: "guardrailConfig", Refuse: true, Example: setting(`"guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1","trace":"enabled"}`), Note: "the check cannot be left out"},
		{Path: "guardrailConfig.guardrailIdentifier", Refuse: true}, {Path: "guardrailConfig.guardrailVersion", Refuse: true}, {Path: "guardrailConfig.trace", Refuse: true}, {Path: "guardrailConfig.streamProcessingMode", Refuse: true},
		{Path: "promptVariables", Refuse: true, Example: setting(`"promptVariables":{"a":{"text":"b"}}`), Note: "the prompt is kept at the vendor"},
		{Path: "promptVariables.*", Refuse: true},
		{Path: "additionalModelResponseFieldPaths", Example: setting(`"additionalModelResponseFieldPaths":["/stop_sequence"]`)},
	}
}

// extraFields are members of additionalModelRequestFields that are understood: models
// take any.
func extraFields() []dialect.Field {
	const at = "additionalModelRequestFields"
	one := func(members string) string { return setting(`"` + at + `":{` + members + `}`) }
	return []dialect.Field{
		{Path: at, Example: one(`"anthropic_beta":["b"]`), Note: "what is not listed here reaches models of this dialect only"},
		{Path: at + ".thinking", Feature: llm.FThinkingBudget},
		{Path: at + ".thinking.type", Feature: llm.FThinkingOff, Example: one(`"thinking":{"type":"disabled"}`)},
		{Path: at + ".thinking.budget_tokens", Feature: llm.FThinkingBudget, Example: one(`"thinking":{"type":"enabled","budget_tokens":1024}`)},
		{Path: at + ".thinking.display", Feature: llm.FThinkingSummary, Example: one(`"thinking":{"type":"adaptive","display":"summarized"}`)},
		{Path: at + ".output_config.effort", Feature: llm.FThinkingEffort, Example: one(`"output_config":{"effort":"low"}`)},
		{Path: at + ".reasoning_config", Feature: llm.FThinkingEffort, Example: one(`"reasoning_config":"high"`)},
		{Path: at + ".reasoning_effort", Feature: llm.FThinkingEffort, Example: one(`"reasoning_effort":"high"`)},
		{Path: at + ".reasoningConfig", Feature: llm.FThinkingEffort},
		{Path: at + ".reasoningConfig.type", Feature: llm.FThinkingEffort},
		{Path: at + ".reasoningConfig.maxReasoningEffort", Feature: llm.FThinkingEffort, Example: one(`"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}`)},
		{Path: at + ".top_k", Feature: llm.FTopK, Example: one(`"top_k":5`)},
		{Path: at + ".inferenceConfig.topK", Feature: llm.FTopK, Example: one(`"inferenceConfig":{"topK":5}`)},
		{Path: at + ".tool_choice.type", Feature: llm.FChoiceNone, Example: one(`"tool_choice":{"type":"none"}`)},
		{Path: at + ".tool_choice.disable_parallel_tool_use", Feature: llm.FParallel, Example: one(`"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`)},
	}
}
