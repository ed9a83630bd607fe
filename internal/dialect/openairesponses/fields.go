package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Pieces of examples.
const (
	asked   = `{"input":"hi",`
	asking  = `{"input":[{"role":"user","content":[`
	called  = `{"input":[{"role":"user","content":"hi"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}`
	aTool   = `{"input":"hi","tools":[{"type":"function","name":"f","parameters":{"type":"object"}`
	aSearch = `{"input":[{"role":"user","content":"hi"},{"type":"web_search_call","id":"ws_1","status":"completed"}]}`
)

// fields are the members of a request
// (https://platform.openai.com/docs/api-reference/responses/create).
var fields = []dialect.Field{
	{Path: "model", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "input", Frame: true, Note: "a text, or items"},
	{Path: "instructions", Feature: llm.FSystem, Example: asked + `"instructions":"be brief"}`},

	{Path: "input[].type", Frame: true},
	{Path: "input[].id", Frame: true, Note: "the vendor's own bookkeeping"},
	{Path: "input[].status", Frame: true, Note: "the vendor's own bookkeeping"},
	{Path: "input[].role", Frame: true},
	{Path: "input[].role (system)", Feature: llm.FSystem, Example: `{"input":[{"role":"system","content":"be brief"},{"role":"user","content":"hi"}]}`},
	{Path: "input[].role (system, later)", Feature: llm.FSystemLater, Example: `{"input":[{"role":"user","content":"hi"},{"role":"system","content":"be brief"}]}`},
	{Path: "input[].role (developer)", Feature: llm.FDeveloper, Example: `{"input":[{"role":"developer","content":"be brief"},{"role":"user","content":"hi"}]}`},
	{Path: "input[].role (assistant, last)", Feature: llm.FAssistantPrefill, Example: `{"input":[{"role":"user","content":"hi"},{"role":"assistant","content":"Well,"}]}`},
	{Path: "input[].phase", Example: `{"input":[{"role":"user","content":"hi"},{"type":"message","role":"assistant","phase":"commentary","content":"Well,"},{"role":"user","content":"go on"}]}`},
	{Path: "input[].content", Frame: true},
	{Path: "input[].content[].type", Frame: true},
	{Path: "input[].content[].text", Frame: true},
	{Path: "input[].content[].refusal", Feature: llm.FRefusal, Example: `{"input":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]}`},
	{Path: "input[].content[].annotations", Feature: llm.FCitations, Example: `{"input":[{"role":"assistant","content":[{"type":"output_text","text":"so","annotations":[{"type":"url_citation","url":"https://example.com","title":"t","start_index":0,"end_index":2}]}]}]}`},
	{Path: "input[].content[].logprobs", Frame: true, Note: "of an earlier answer; no vendor reads them"},
	{Path: "input[].content[].image_url", Feature: llm.FImageURL, Example: asking + `{"type":"input_image","image_url":"https://example.com/a.png"}]}]}`},
	{Path: "input[].content[].image_url (data URI)", Feature: llm.FImageData, Example: asking + `{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}`},
	{Path: "input[].content[].file_id (image)", Feature: llm.FImageFile, Example: asking + `{"type":"input_image","file_id":"file-1"}]}]}`},
	{Path: "input[].content[].detail", Feature: llm.FImageDetail, Example: asking + `{"type":"input_image","image_url":"https://example.com/a.png","detail":"low"}]}]}`},
	{Path: "input[].content[].file_url", Feature: llm.FFileURL, Example: asking + `{"type":"input_file","file_url":"https://example.com/a.pdf"}]}]}`},
	{Path: "input[].content[].file_data", Feature: llm.FFileData, Example: asking + `{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]}]}`},
	{Path: "input[].content[].file_id", Feature: llm.FFileID, Example: asking + `{"type":"input_file","file_id":"file-1"}]}]}`},
	{Path: "input[].content[].filename", Feature: llm.FFileName, Example: asking + `{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]}]}`},
	{Path: "input[].content[].input_audio", Feature: llm.FAudioData, Example: asking + `{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]}]}`},
	{Path: "input[].content[].prompt_cache_breakpoint", Feature: llm.FCache, Example: asking + `{"type":"input_text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit"}}]}]}`},
	{Path: "input[].content[].prompt_cache_breakpoint.ttl", Feature: llm.FCacheTTL, Example: asking + `{"type":"input_text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}}]}]}`},
	{Path: "input[] (function_call)", Feature: llm.FToolCall, Example: called + `]}`, Note: "call_id, name, namespace and arguments; likewise a tool_search_call of the client's"},
	{Path: "input[] (custom_tool_call)", Feature: llm.FCustomTool, Example: `{"input":[{"role":"user","content":"hi"},{"type":"custom_tool_call","call_id":"c","name":"f","input":"x"},{"type":"custom_tool_call_output","call_id":"c","output":"1"}]}`, Note: "call_id, name, input"},
	{Path: "input[] (function_call_output)", Feature: llm.FToolResult, Example: called + `,{"type":"function_call_output","call_id":"c","output":"ok"}]}`, Note: "call_id and output; likewise custom_tool_call_output and tool_search_output"},
	{Path: "input[].output[]", Feature: llm.FResultMedia, Example: called + `,{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"https://example.com/a.png"}]}]}`, Note: "images and files"},
	{Path: "input[].caller", Example: `{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}","caller":{"type":"direct"}}]}`},
	{Path: "input[].async", Example: `{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}","async":true}]}`},
	{Path: "input[] (reasoning).summary", Feature: llm.FThinking, Example: `{"input":[{"role":"user","content":"hi"},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}]},{"role":"assistant","content":"so"}]}`, Note: "or content"},
	{Path: "input[] (reasoning).encrypted_content", Feature: llm.FThinkingState, Example: `{"input":[{"role":"user","content":"hi"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA"},{"role":"assistant","content":"so"}]}`},
	{Path: "input[] (items of hosted tools)", Feature: llm.FVendorPart, Example: aSearch, Note: "calls and outputs of web and file search, computer use, code interpreter, image generation, shells, patches and MCP; programs"},
	{Path: "input[] (additional_tools)", Feature: llm.FTools, Example: `{"input":[{"role":"user","content":"hi"},{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"}]}]}`, Note: "they join the other tools"},
	{Path: "input[] (item_reference)", Refuse: true, Example: `{"input":[{"type":"item_reference","id":"msg_1"}]}`, Note: "an item that the gateway remembers is put in its place"},
	{Path: "input[] (compaction)", Refuse: true, Example: `{"input":[{"type":"compaction","encrypted_content":"gAAA"},{"role":"user","content":"hi"}]}`},

	{Path: "tools", Feature: llm.FTools, Example: aTool + `}]}`, Note: "type, name, description and parameters of functions; those of a namespace are told with its name before theirs"},
	{Path: "tools[].strict", Feature: llm.FToolStrict, Example: aTool + `,"strict":true}]}`},
	{Path: "tools[].defer_loading", Example: aTool + `,"defer_loading":true}]}`},
	{Path: "tools[].allowed_callers", Example: aTool + `,"allowed_callers":["direct"]}]}`},
	{Path: "tools[].output_schema", Example: aTool + `,"output_schema":{"type":"object"}}]}`},
	{Path: "tools[].async", Example: aTool + `,"async":true}]}`},
	{Path: "tools[] (custom)", Feature: llm.FCustomTool, Example: asked + `"tools":[{"type":"custom","name":"patch","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}}]}`, Note: "name, description and format"},
	{Path: "tools[] (web_search)", Feature: llm.FWebSearch, Example: asked + `"tools":[{"type":"web_search"}]}`},
	{Path: "tools[].filters", Frame: true},
	{Path: "tools[].filters.allowed_domains", Feature: llm.FSearchAllowed, Example: asked + `"tools":[{"type":"web_search","filters":{"allowed_domains":["example.com"]}}]}`, Note: "of a web search"},
	{Path: "tools[].filters.blocked_domains", Feature: llm.FSearchBlocked, Example: asked + `"tools":[{"type":"web_search","filters":{"blocked_domains":["example.com"]}}]}`, Note: "of a web search"},
	{Path: "tools[].search_context_size", Example: asked + `"tools":[{"type":"web_search","search_context_size":"low"}]}`, Note: "of a web search"},
	{Path: "tools[].user_location", Feature: llm.FSearchPlace, Example: asked + `"tools":[{"type":"web_search","user_location":{"type":"approximate","city":"Ghent"}}]}`, Note: "of a web search"},
	{Path: "tools[] (code_interpreter)", Feature: llm.FCode, Example: asked + `"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}`},
	{Path: "tools[].container", Example: asked + `"tools":[{"type":"code_interpreter","container":"cntr_1"}]}`, Note: "one of the caller's; an empty one is what every vendor gives"},
	{Path: "tools[] (other hosted tools)", Feature: llm.FBuiltin, Example: asked + `"tools":[{"type":"file_search","vector_store_ids":["vs_1"]}]}`, Note: "file_search, computer use, mcp, image_generation, shells, apply_patch, tool_search at the vendor"},

	{Path: "tool_choice", Frame: true, Note: "auto"},
	{Path: "tool_choice (none)", Feature: llm.FChoiceNone, Example: aTool + `}],"tool_choice":"none"}`},
	{Path: "tool_choice (required)", Feature: llm.FChoiceRequired, Example: aTool + `}],"tool_choice":"required"}`},
	{Path: "tool_choice.name", Feature: llm.FChoiceTool, Example: aTool + `}],"tool_choice":{"type":"function","name":"f"}}`},
	{Path: "tool_choice.tools", Feature: llm.FChoiceAllowed, Example: aTool + `}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}}`},
	{Path: "tool_choice.type", Example: asked + `"tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"}}`, Note: "of hosted tools, with server_label"},
	{Path: "parallel_tool_calls", Feature: llm.FParallel, Example: aTool + `}],"parallel_tool_calls":false}`},
	{Path: "max_tool_calls", Example: asked + `"max_tool_calls":3}`},

	{Path: "text.format (json_object)", Feature: llm.FJSON, Example: asked + `"text":{"format":{"type":"json_object"}}}`},
	{Path: "text.format.schema", Feature: llm.FSchema, Example: asked + `"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}}}`},
	{Path: "text.format.name", Frame: true},
	{Path: "text.format.description", Feature: llm.FSchemaName, Example: asked + `"text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"}}}}`},
	{Path: "text.format.strict", Feature: llm.FStrict, Example: asked + `"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}}`},
	{Path: "text.verbosity", Feature: llm.FVerbosity, Example: asked + `"text":{"verbosity":"low"}}`},

	{Path: "reasoning.effort", Feature: llm.FThinkingEffort, Example: asked + `"reasoning":{"effort":"high"}}`},
	{Path: "reasoning.effort (none)", Feature: llm.FThinkingOff, Example: asked + `"reasoning":{"effort":"none"}}`},
	{Path: "reasoning.summary", Feature: llm.FThinkingSummary, Example: asked + `"reasoning":{"summary":"auto"}}`},
	{Path: "reasoning.generate_summary", Feature: llm.FThinkingSummary, Example: asked + `"reasoning":{"generate_summary":"auto"}}`},
	{Path: "reasoning.context", Example: asked + `"reasoning":{"context":"all_turns"}}`},
	{Path: "reasoning.mode", Example: asked + `"reasoning":{"mode":"pro"}}`},

	{Path: "include (reasoning.encrypted_content)", Frame: true, Note: "state of reasoning is always carried"},
	{Path: "include (what belongs to hosted tools)", Example: asked + `"include":["file_search_call.results"]}`},
	{Path: "include (message.output_text.logprobs)", Feature: llm.FLogprobs, Example: asked + `"include":["message.output_text.logprobs"]}`},
	{Path: "top_logprobs", Feature: llm.FTopLogprobs, Example: asked + `"top_logprobs":2}`},
	{Path: "max_output_tokens", Feature: llm.FMaxOutput, Example: asked + `"max_output_tokens":100}`},
	{Path: "temperature", Feature: llm.FTemperature, Example: asked + `"temperature":0.5}`},
	{Path: "top_p", Feature: llm.FTopP, Example: asked + `"top_p":0.5}`},
	{Path: "metadata", Feature: llm.FMetadata, Example: asked + `"metadata":{"k":"v"}}`},
	{Path: "store", Feature: llm.FStore, Example: asked + `"store":true}`},
	{Path: "user", Feature: llm.FUser, Example: asked + `"user":"u"}`},
	{Path: "safety_identifier", Feature: llm.FSafetyID, Example: asked + `"safety_identifier":"u"}`},
	{Path: "service_tier", Feature: llm.FTier, Example: asked + `"service_tier":"flex"}`},
	{Path: "prompt_cache_key", Feature: llm.FCacheKey, Example: asked + `"prompt_cache_key":"k"}`},
	{Path: "prompt_cache_retention", Feature: llm.FCacheRetention, Example: asked + `"prompt_cache_retention":"24h"}`},
	{Path: "presence_penalty", Feature: llm.FPresencePenalty, Example: asked + `"presence_penalty":1}`, Note: "of other servers of this dialect, as the next three"},
	{Path: "frequency_penalty", Feature: llm.FFrequencyPenalty, Example: asked + `"frequency_penalty":1}`},
	{Path: "top_k", Feature: llm.FTopK, Example: asked + `"top_k":3}`},
	{Path: "seed", Feature: llm.FSeed, Example: asked + `"seed":3}`},

	{Path: "previous_response_id", Refuse: true, Example: asked + `"previous_response_id":"resp_1"}`, Note: "a conversation that the gateway remembers is put in its place"},
	{Path: "conversation", Refuse: true, Example: asked + `"conversation":"conv_1"}`},
	{Path: "prompt", Refuse: true, Example: `{"prompt":{"id":"pmpt_1"}}`},
	{Path: "background", Refuse: true, Example: asked + `"background":true}`},
	{Path: "truncation", Example: asked + `"truncation":"auto"}`},
	{Path: "context_management", Example: asked + `"context_management":[{"type":"compaction","compact_threshold":100000}]}`},
	{Path: "moderation", Example: asked + `"moderation":{"model":"omni-moderation-latest"}}`},
	{Path: "prompt_cache_options", Example: asked + `"prompt_cache_options":{"mode":"explicit"}}`},
	{Path: "stream_options", Example: asked + `"stream_options":{"include_obfuscation":false}}`},
	{Path: "multi_agent", Example: asked + `"multi_agent":{"enabled":true}}`},
	{Path: "access_programs", Example: asked + `"access_programs":{"cyber":"standard"}}`},
}
