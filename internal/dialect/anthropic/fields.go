package anthropic

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// named are the paths of all fields, but for those that only this dialect has and that
// stand where nothing but their path tells of them.
var named = func() map[string]bool {
	m := make(map[string]bool, len(fields))
	for i := range fields {
		f := &fields[i]
		if m[f.Path] = true; f.Feature == 0 && !f.Frame && deep(f.Path) {
			delete(m, f.Path)
		}
	}
	return m
}()

func deep(path string) bool {
	for _, at := range [...]string{atInner, atPiece, "thinking", "output_config"} {
		if strings.HasPrefix(path, at+".") {
			return true
		}
	}
	return false
}

// Parts of examples.
const (
	hi     = `{"role":"user","content":"hi"}`
	called = `{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}`
)

// asks is a whole request with further members.
func asks(members string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[` + hi + `],` + members + `}`
}

// holds is a whole request with a block in it.
func holds(blocks string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[{"role":"user","content":[` + blocks + `]}]}`
}

// answers is a whole request with a block of the assistant's before the last turn.
func answers(blocks string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[` + hi + `,{"role":"assistant","content":[` + blocks + `]},` + hi + `]}`
}

func has(tools string) string { return asks(`"tools":[` + tools + `]`) }

// returns is a whole request with members of a tool's result in it.
func returns(members string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[` + hi + `,` + called + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1",` + members + `}]}]}`
}

const (
	image   = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}`
	paper   = `{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}`
	atBlock = "messages[].content[]"
	atInner = "messages[].content[].content[]"
	atPiece = "messages[].content[].source.content[]"
)

const (
	partOfVendor = "part of a block that the vendor's own tools write"
	partOfTool   = "of the vendor's own tools"
)

// parts are the blocks that other dialects have, too.
var parts = []string{"text", "image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result"}

// fields are the members of a request, of
// https://platform.claude.com/docs/en/api/messages and of its beta, as the vendor's own
// SDKs of November 2026 have them (anthropic-sdk-go 1.84.0). What stands inside a member
// that is kept whole is not listed again.
var fields = []dialect.Field{
	{Path: "model", Frame: true},
	{Path: "stream", Frame: true},
	{Path: "messages", Frame: true},
	{Path: "messages[].role (assistant, last)", Feature: llm.FAssistantPrefill, Example: `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[` + hi + `,{"role":"assistant","content":"Well"}]}`, Note: "a last turn of the assistant's, which is continued"},
	{Path: "messages[].role", Frame: true},
	{Path: "messages[].role", Feature: llm.FSystemLater, Example: `{"model":"claude-opus-5","max_tokens":64,"messages":[` + hi + `,{"role":"system","content":"Be brief."}]}`, Note: "system, after the first of the others"},
	{Path: "messages[].content", Frame: true},
	{Path: "messages[].clear_at", Example: `{"model":"claude-opus-5","max_tokens":64,"messages":[` + hi + `,{"role":"system","content":"x","clear_at":"never"}]}`},
	{Path: "messages[].output_config", Example: `{"model":"claude-opus-5","max_tokens":64,"messages":[` + hi + `,{"role":"system","content":[],"output_config":{"effort":"low"}}]}`, Note: "with its effort"},

	{Path: "max_tokens", Feature: llm.FMaxOutput, Example: `{"model":"claude-sonnet-4-5","max_tokens":64,"messages":[` + hi + `]}`},
	{Path: "temperature", Feature: llm.FTemperature, Example: asks(`"temperature":0.5`)},
	{Path: "top_p", Feature: llm.FTopP, Example: asks(`"top_p":0.5`)},
	{Path: "top_k", Feature: llm.FTopK, Example: asks(`"top_k":5`)},
	{Path: "stop_sequences", Feature: llm.FStop, Example: asks(`"stop_sequences":["END"]`)},
	{Path: "metadata.user_id", Feature: llm.FUser, Example: asks(`"metadata":{"user_id":"u1"}`)},
	{Path: "metadata", Frame: true},
	{Path: "service_tier", Feature: llm.FTier, Example: asks(`"service_tier":"standard_only"`)},
	{Path: "cache_control", Feature: llm.FCache, Example: asks(`"cache_control":{"type":"ephemeral"}`), Note: "read as a mark on the last block, which it stands for"},
	{Path: "cache_control.type", Frame: true},
	{Path: "cache_control.ttl", Feature: llm.FCacheTTL, Example: asks(`"cache_control":{"type":"ephemeral","ttl":"1h"}`)},

	{Path: "system", Feature: llm.FSystem, Example: asks(`"system":"Be brief."`)},
	{Path: "system[].text", Feature: llm.FSystem, Example: asks(`"system":[{"type":"text","text":"Be brief."}]`)},
	{Path: "system[].type", Frame: true},
	{Path: "system[].cache_control", Feature: llm.FCache, Example: asks(`"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]`)},
	{Path: "system[].cache_control.type", Frame: true},
	{Path: "system[].cache_control.ttl", Feature: llm.FCacheTTL, Example: asks(`"system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}]`)},
	{Path: "system[].citations", Feature: llm.FCitations, Example: asks(`"system":[{"type":"text","text":"x","citations":[` + cited + `]}]`)},

	{Path: "thinking", Frame: true},
	{Path: "thinking.type", Feature: llm.FThinkingEffort, Example: asks(`"thinking":{"type":"adaptive"}`), Note: "adaptive"},
	{Path: "thinking.type", Feature: llm.FThinkingOff, Example: asks(`"thinking":{"type":"disabled"}`), Note: "disabled; between_tools is read as the nearest to it"},
	{Path: "thinking.budget_tokens", Feature: llm.FThinkingBudget, Example: asks(`"thinking":{"type":"enabled","budget_tokens":1024}`)},
	{Path: "thinking.display", Feature: llm.FThinkingSummary, Example: asks(`"thinking":{"type":"adaptive","display":"summarized"}`)},
	{Path: "thinking.block_binding", Example: asks(`"thinking":{"type":"adaptive","block_binding":{"prefix_mismatch_behavior":"drop"}}`)},
	{Path: "output_config", Frame: true},
	{Path: "output_config.effort", Feature: llm.FThinkingEffort, Example: asks(`"output_config":{"effort":"low"}`)},
	{Path: "output_config.task_budget", Example: asks(`"output_config":{"task_budget":{"type":"tokens","total":20000}}`)},
	{Path: "output_config.format", Feature: llm.FSchema, Example: asks(`"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}`)},
	{Path: "output_config.format.type", Frame: true},
	{Path: "output_config.format.schema", Feature: llm.FSchema, Example: asks(`"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}`)},
	{Path: "output_format", Feature: llm.FSchema, Example: asks(`"output_format":{"type":"json_schema","schema":{"type":"object"}}`), Note: "the older place of output_config.format"},
	{Path: "output_format.type", Frame: true},
	{Path: "output_format.schema", Feature: llm.FSchema, Example: asks(`"output_format":{"type":"json_schema","schema":{"type":"object"}}`)},

	{Path: "tool_choice", Frame: true},
	{Path: "tool_choice.type", Feature: llm.FChoiceRequired, Example: asks(`"tool_choice":{"type":"any"}`), Note: "any"},
	{Path: "tool_choice.type", Feature: llm.FChoiceNone, Example: asks(`"tool_choice":{"type":"none"}`), Note: "none"},
	{Path: "tool_choice.name", Feature: llm.FChoiceTool, Example: asks(`"tool_choice":{"type":"tool","name":"f"}`)},
	{Path: "tool_choice.disable_parallel_tool_use", Feature: llm.FParallel, Example: asks(`"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`)},

	{Path: "tools", Feature: llm.FTools, Example: has(`{"name":"f","input_schema":{"type":"object"}}`)},
	{Path: "tools[].type", Frame: true},
	{Path: "tools[].type", Feature: llm.FWebSearch, Example: has(`{"type":"web_search_20250305","name":"web_search"}`), Note: "web_search_…"},
	{Path: "tools[].type", Feature: llm.FCode, Example: has(`{"type":"code_execution_20250825","name":"code_execution"}`), Note: "code_execution_…"},
	{Path: "tools[].type", Feature: llm.FBuiltin, Example: has(`{"type":"bash_20250124","name":"bash"}`), Note: "bash, text_editor, computer, memory, web_fetch, tool_search, advisor, mcp_toolset … of any date"},
	{Path: "tools[].name", Frame: true},
	{Path: "tools[].description", Feature: llm.FTools, Example: has(`{"name":"f","description":"d","input_schema":{"type":"object"}}`)},
	{Path: "tools[].input_schema", Feature: llm.FTools, Example: has(`{"name":"f","input_schema":{"type":"object"}}`)},
	{Path: "tools[].strict", Feature: llm.FToolStrict, Example: has(`{"name":"f","strict":true,"input_schema":{"type":"object"}}`)},
	{Path: "tools[].cache_control", Feature: llm.FToolCache, Example: has(`{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}`)},
	{Path: "tools[].cache_control.type", Frame: true},
	{Path: "tools[].cache_control.ttl", Feature: llm.FCacheTTL, Example: has(`{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}`)},
	{Path: "tools[].input_examples", Feature: llm.FToolExamples, Example: has(`{"name":"f","input_schema":{"type":"object"},"input_examples":[{}]}`)},
	{Path: "tools[].allowed_callers", Example: has(`{"name":"f","input_schema":{"type":"object"},"allowed_callers":["direct"]}`)},
	{Path: "tools[].defer_loading", Example: has(`{"name":"f","input_schema":{"type":"object"},"defer_loading":true}`)},
	{Path: "tools[].eager_input_streaming", Example: has(`{"name":"f","input_schema":{"type":"object"},"eager_input_streaming":true}`)},
	{Path: "tools[].user_location", Feature: llm.FSearchPlace, Example: has(`{"type":"web_search_20250305","name":"web_search","user_location":{"type":"approximate","city":"Ghent"}}`), Note: "of a web search"},
	{Path: "tools[].allowed_domains", Feature: llm.FSearchAllowed, Example: has(`{"type":"web_search_20250305","name":"web_search","allowed_domains":["example.com"]}`), Note: "of a web search"},
	{Path: "tools[].blocked_domains", Feature: llm.FSearchBlocked, Example: has(`{"type":"web_search_20250305","name":"web_search","blocked_domains":["example.com"]}`), Note: "of a web search"},
	{Path: "tools[].max_uses", Example: has(`{"type":"web_search_20250305","name":"web_search","max_uses":3}`), Note: "of a web search"},
	{Path: "tools[].response_inclusion", Example: has(`{"type":"web_search_20250305","name":"web_search","response_inclusion":"full"}`), Note: "of a web search"},
	{Path: "tools[].caching", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].citations", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].configs", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].default_config", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].display_height_px", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].display_width_px", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].display_number", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].enable_zoom", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].max_characters", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].max_content_tokens", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].max_tokens", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].mcp_server_name", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].model", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].tools", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].url_sources", Feature: llm.FBuiltin, Note: partOfTool},
	{Path: "tools[].use_cache", Feature: llm.FBuiltin, Note: partOfTool},

	{Path: atBlock + ".type", Frame: true},
	{Path: atBlock + ".text", Frame: true},
	{Path: atBlock + ".citations", Feature: llm.FCitations, Example: answers(`{"type":"text","text":"x","citations":[` + cited + `]}`), Note: "the sources of a text"},
	{Path: atBlock + ".citations.enabled", Feature: llm.FFileCites, Example: holds(paper + `,"citations":{"enabled":true}}`), Note: "of a document"},
	{Path: atBlock + ".cache_control", Feature: llm.FCache, Example: holds(`{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}`)},
	{Path: atBlock + ".cache_control.type", Frame: true},
	{Path: atBlock + ".cache_control.ttl", Feature: llm.FCacheTTL, Example: holds(`{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}`)},
	{Path: atBlock + ".source", Frame: true},
	{Path: atBlock + ".source.type", Frame: true},
	{Path: atBlock + ".source.media_type", Frame: true},
	{Path: atBlock + ".source.data", Feature: llm.FImageData, Example: holds(image), Note: "of an image"},
	{Path: atBlock + ".source.data", Feature: llm.FFileData, Example: holds(`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="}}`), Note: "of a document"},
	{Path: atBlock + ".source.data", Feature: llm.FFileText, Example: holds(paper + `}`), Note: "of a document that is text"},
	{Path: atBlock + ".source.url", Feature: llm.FImageURL, Example: holds(`{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}`), Note: "of an image"},
	{Path: atBlock + ".source.url", Feature: llm.FFileURL, Example: holds(`{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}`), Note: "of a document"},
	{Path: atBlock + ".source.file_id", Feature: llm.FImageFile, Example: holds(`{"type":"image","source":{"type":"file","file_id":"file_1"}}`), Note: "of an image"},
	{Path: atBlock + ".source.file_id", Feature: llm.FFileID, Example: holds(`{"type":"document","source":{"type":"file","file_id":"file_1"}}`), Note: "of a document"},
	{Path: atBlock + ".source.content", Feature: llm.FFileText, Example: holds(`{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}}`), Note: "of a document that is given in pieces"},
	{Path: atPiece + ".type", Frame: true},
	{Path: atPiece + ".text", Feature: llm.FFileText, Example: holds(`{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}}`)},
	{Path: atPiece + ".source", Feature: llm.FImageData, Example: holds(`{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"},` + image + `]}}`)},
	{Path: atPiece + ".citations", Feature: llm.FCitations},
	{Path: atPiece + ".cache_control", Feature: llm.FCache, Example: holds(`{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}}`)},
	{Path: atPiece + ".transformations", Example: holds(`{"type":"document","source":{"type":"content","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="},"transformations":{"oversized_image":"resize"}}]}}`)},
	{Path: atBlock + ".title", Feature: llm.FFileName, Example: holds(paper + `,"title":"t"}`)},
	{Path: atBlock + ".source", Feature: llm.FFound, Example: holds(foundBlock), Note: "of a search_result, with all of it"},
	{Path: atBlock + ".context", Feature: llm.FFileContext, Example: holds(paper + `,"context":"c"}`)},
	{Path: atBlock + ".transformations", Example: holds(`{"type":"image","source":{"type":"url","url":"https://example.com/a.png"},"transformations":{"oversized_image":"resize"}}`)},

	{Path: atBlock + ".id", Feature: llm.FToolCall, Example: answers(`{"type":"tool_use","id":"t1","name":"f","input":{}}`)},
	{Path: atBlock + ".name", Feature: llm.FToolCall, Example: answers(`{"type":"tool_use","id":"t1","name":"f","input":{}}`)},
	{Path: atBlock + ".input", Feature: llm.FToolCall, Example: answers(`{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}`)},
	{Path: atBlock + ".caller", Example: answers(`{"type":"tool_use","id":"t1","name":"f","input":{},"caller":{"type":"direct"}}`)},
	{Path: atBlock + ".toolset_name", Example: answers(`{"type":"tool_use","id":"t1","name":"f","input":{},"toolset_name":"s"}`)},
	{Path: atBlock + ".tool_use_id", Feature: llm.FToolResult, Example: returns(`"content":"ok"`)},
	{Path: atBlock + ".content", Feature: llm.FToolResult, Example: returns(`"content":"ok"`)},
	{Path: atInner + ".type", Frame: true},
	{Path: atInner + ".text", Feature: llm.FToolResult, Example: returns(`"content":[{"type":"text","text":"ok"}]`)},
	{Path: atInner + ".source", Feature: llm.FResultMedia, Example: returns(`"content":[` + image + `]`)},
	{Path: atInner + ".source", Feature: llm.FFound, Example: returns(`"content":[` + foundBlock + `]`), Note: "of a search_result, with all of it"},
	{Path: atInner + ".title", Feature: llm.FFileName, Example: returns(`"content":[` + paper + `,"title":"t"}]`)},
	{Path: atInner + ".context", Feature: llm.FFileContext, Example: returns(`"content":[` + paper + `,"context":"c"}]`)},
	{Path: atInner + ".citations", Feature: llm.FCitations},
	{Path: atInner + ".citations.enabled", Feature: llm.FFileCites, Example: returns(`"content":[` + paper + `,"citations":{"enabled":true}}]`)},
	{Path: atInner + ".cache_control", Feature: llm.FCache, Example: returns(`"content":[{"type":"text","text":"ok","cache_control":{"type":"ephemeral"}}]`)},
	{Path: atInner + ".cache_control.ttl", Feature: llm.FCacheTTL, Example: returns(`"content":[{"type":"text","text":"ok","cache_control":{"type":"ephemeral","ttl":"1h"}}]`)},
	{Path: atInner + ".transformations", Example: returns(`"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="},"transformations":{"oversized_image":"resize"}}]`)},
	{Path: atInner + ".tool_name", Feature: llm.FVendorPart, Example: returns(`"content":[{"type":"tool_reference","tool_name":"f"}]`)},
	{Path: atInner + ".content", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".url", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".page_age", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".encrypted_content", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".file_id", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".state_changes", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atInner + ".tabs", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".content.*", Feature: llm.FVendorPart, Note: "what the vendor's own tools returned"},
	{Path: atBlock + ".is_error", Feature: llm.FResultError, Example: returns(`"content":"no","is_error":true`)},
	{Path: atBlock + ".thinking", Feature: llm.FThinking, Example: answers(`{"type":"thinking","thinking":"hm","signature":"c2ln"}`)},
	{Path: atBlock + ".signature", Feature: llm.FThinkingState, Example: answers(`{"type":"thinking","thinking":"hm","signature":"c2ln"}`)},
	{Path: atBlock + ".data", Feature: llm.FThinkingState, Example: answers(`{"type":"redacted_thinking","data":"ZGF0YQ=="}`)},
	{Path: atBlock + ".type", Feature: llm.FVendorPart, Besides: parts, Example: answers(`{"type":"server_tool_use","id":"s1","name":"web_search","input":{}}`), Note: "server_tool_use, …_tool_result, mcp_…, container_upload, compaction, tool_addition … with all that stands inside"},
	{Path: atBlock + ".server_name", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".mcp_server_name", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".file_id", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".encrypted_content", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".from", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".to", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".tool", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".tools", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".tool_changes", Feature: llm.FVendorPart, Note: partOfVendor},
	{Path: atBlock + ".trigger", Feature: llm.FVendorPart, Note: partOfVendor},

	{Path: "compaction", Example: asks(`"compaction":{"type":"auto"}`)},
	{Path: "container", Example: asks(`"container":"c1"`)},
	{Path: "context_management", Example: asks(`"context_management":{"edits":[]}`)},
	{Path: "diagnostics", Example: asks(`"diagnostics":{"previous_message_id":"msg_1"}`)},
	{Path: "fallback_credit_token", Example: asks(`"fallback_credit_token":{"mode":"auto"}`)},
	{Path: "fallbacks", Example: asks(`"fallbacks":[{"model":"claude-opus-5"}]`)},
	{Path: "inference_geo", Example: asks(`"inference_geo":"us"`)},
	{Path: "mcp_servers", Example: asks(`"mcp_servers":[{"type":"url","name":"m","url":"https://example.com"}]`)},
	{Path: "speed", Example: asks(`"speed":"fast"`)},
	{Path: "anthropic_version", Example: asks(`"anthropic_version":"vertex-2023-10-16"`), Note: "at the clouds that host the models"},
	{Path: "anthropic_beta", Example: asks(`"anthropic_beta":["x"]`), Note: "at the clouds that host the models"},
}

const foundBlock = `{"type":"search_result","source":"https://example.com","title":"t","content":[{"type":"text","text":"x"}]}`

const cited = `{"type":"char_location","cited_text":"x","document_index":0,"document_title":"t","start_char_index":0,"end_char_index":1}`

// answerFields are the members of an answer
// (https://platform.claude.com/docs/en/api/messages#response).
var answerFields = []dialect.Field{
	{Path: "id", Feature: llm.AID, Example: says(``, ``)},
	{Path: "type", Frame: true},
	{Path: "role", Frame: true},
	{Path: "model", Feature: llm.AModel, Example: says(``, ``)},
	{Path: "content", Frame: true},
	{Path: "content[].type", Frame: true},
	{Path: "content[].text", Feature: llm.AText, Example: says(`{"type":"text","text":"x"}`, ``)},
	{Path: "content[].citations", Feature: llm.ACitations, Example: says(`{"type":"text","text":"x","citations":[`+cited+`]}`, ``)},
	{Path: "content[].thinking", Feature: llm.AThinking, Example: says(`{"type":"thinking","thinking":"hm","signature":"c2ln"}`, ``)},
	{Path: "content[].signature", Feature: llm.AThinkingState, Example: says(`{"type":"thinking","thinking":"hm","signature":"c2ln"}`, ``)},
	{Path: "content[].data", Feature: llm.AThinkingState, Example: says(`{"type":"redacted_thinking","data":"ZGF0YQ=="}`, ``)},
	{Path: "content[].id", Feature: llm.AToolCall, Example: says(`{"type":"tool_use","id":"t1","name":"f","input":{}}`, ``)},
	{Path: "content[].name", Feature: llm.AToolCall, Example: says(`{"type":"tool_use","id":"t1","name":"f","input":{}}`, ``)},
	{Path: "content[].input", Feature: llm.AToolCall, Example: says(`{"type":"tool_use","id":"t1","name":"f","input":{}}`, ``)},
	{Path: "content[].caller"},
	{Path: "content[].type", Feature: llm.AVendorPart, Besides: parts, Example: says(`{"type":"server_tool_use","id":"s1","name":"web_search","input":{}}`, ``), Note: "blocks of the vendor's own tools, with all that stands inside"},
	{Path: "content[].content", Feature: llm.AVendorPart, Note: partOfVendor},
	{Path: "content[].tool_use_id", Feature: llm.AVendorPart, Note: partOfVendor},
	{Path: "content[].server_name", Feature: llm.AVendorPart, Note: partOfVendor},
	{Path: "content[].file_id", Feature: llm.AVendorPart, Note: partOfVendor},
	{Path: "stop_reason", Feature: llm.AFinish, Example: says(``, ``)},
	{Path: "stop_sequence", Feature: llm.AStopText, Example: says(``, `,"stop_sequence":"END"`)},
	{Path: "stop_details", Example: says(``, `,"stop_details":{"type":"refusal"}`)},
	{Path: "container", Example: says(``, `,"container":{"id":"c1"}`)},
	{Path: "context_management", Example: says(``, `,"context_management":{"applied_edits":[]}`)},
	{Path: "diagnostics", Example: says(``, `,"diagnostics":{}`)},
	{Path: "usage", Frame: true},
	{Path: "usage.input_tokens", Feature: llm.AUsage, Example: says(``, `,"usage":{"input_tokens":1,"output_tokens":1}`)},
	{Path: "usage.output_tokens", Feature: llm.AUsage, Example: says(``, `,"usage":{"input_tokens":1,"output_tokens":1}`)},
	{Path: "usage.cache_creation_input_tokens", Feature: llm.AUsageCache, Example: says(``, `,"usage":{"input_tokens":1,"cache_creation_input_tokens":1,"output_tokens":1}`)},
	{Path: "usage.cache_read_input_tokens", Feature: llm.AUsageCache, Example: says(``, `,"usage":{"input_tokens":1,"cache_read_input_tokens":1,"output_tokens":1}`)},
	{Path: "usage.cache_creation", Feature: llm.AUsageCache, Note: "by lifetime"},
	{Path: "usage.output_tokens_details", Feature: llm.AUsageReasoning, Example: says(``, `,"usage":{"input_tokens":1,"output_tokens":2,"output_tokens_details":{"thinking_tokens":1}}`)},
	{Path: "usage.server_tool_use", Feature: llm.AUsage, Note: "web searches and fetches"},
	{Path: "usage.iterations", Feature: llm.AUsage, Note: "compactions are added to the counts, an advisor's tokens stand beside them"},
	{Path: "usage.service_tier", Feature: llm.ATier, Example: says(``, `,"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard"}`)},
	{Path: "usage.speed", Feature: llm.ATier},
	{Path: "usage.inference_geo"},
}

// says is a whole answer.
func says(blocks, members string) string {
	return `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[` + blocks + `],"stop_reason":"end_turn"` + members + `}`
}
