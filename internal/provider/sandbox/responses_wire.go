package sandbox

import "encoding/json"

// The Responses dialect: https://platform.openai.com/docs/api-reference/responses.

type responsesRequest struct {
	Model        string          `json:"model"`
	Input        json.RawMessage `json:"input"`
	Instructions *string         `json:"instructions"`
	Stream       bool            `json:"stream"`
	Store        *bool           `json:"store"`
	Background   bool            `json:"background"`
	Previous     *string         `json:"previous_response_id"`
	MaxOutput    *int            `json:"max_output_tokens"`
	Parallel     *bool           `json:"parallel_tool_calls"`
	Tools        json.RawMessage `json:"tools"`
	ToolChoice   json.RawMessage `json:"tool_choice"`
	Text         json.RawMessage `json:"text"`
	Reasoning    json.RawMessage `json:"reasoning"`
	Metadata     json.RawMessage `json:"metadata"`
	Temperature  json.RawMessage `json:"temperature"`
	TopP         json.RawMessage `json:"top_p"`
	TopLogprobs  int             `json:"top_logprobs"`
	MaxCalls     *int            `json:"max_tool_calls"`
	SafetyID     *string         `json:"safety_identifier"`
	CacheKey     *string         `json:"prompt_cache_key"`
}

type responsesTool struct {
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
}

type responsesText struct {
	Format struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"schema"`
	} `json:"format"`
}

// responsesItem is an item of input, or of an earlier output.
type responsesItem struct {
	Type    string  `json:"type"`
	Role    string  `json:"role"`
	Content content `json:"content"`
	Output  content `json:"output"`
}

// response is the object of the same name. What the caller asked for stands in it again,
// every member that the dialect's open specification demands
// (https://www.openresponses.org/specification).
type response struct {
	ID           string             `json:"id"`
	Object       string             `json:"object"`
	CreatedAt    int64              `json:"created_at"`
	CompletedAt  *int64             `json:"completed_at"`
	Status       string             `json:"status"`
	Background   bool               `json:"background"`
	Error        *struct{}          `json:"error"`
	Incomplete   *incompleteDetails `json:"incomplete_details"`
	Instructions *string            `json:"instructions"`
	MaxOutput    *int               `json:"max_output_tokens"`
	MaxCalls     *int               `json:"max_tool_calls"`
	Model        string             `json:"model"`
	Output       []any              `json:"output"`
	Parallel     bool               `json:"parallel_tool_calls"`
	Presence     float64            `json:"presence_penalty"`
	Frequency    float64            `json:"frequency_penalty"`
	Previous     *string            `json:"previous_response_id"`
	CacheKey     *string            `json:"prompt_cache_key"`
	Reasoning    json.RawMessage    `json:"reasoning"`
	SafetyID     *string            `json:"safety_identifier"`
	Tier         string             `json:"service_tier"`
	Store        bool               `json:"store"`
	Temperature  json.RawMessage    `json:"temperature"`
	Text         json.RawMessage    `json:"text"`
	ToolChoice   json.RawMessage    `json:"tool_choice"`
	Tools        json.RawMessage    `json:"tools"`
	TopLogprobs  int                `json:"top_logprobs"`
	TopP         json.RawMessage    `json:"top_p"`
	Truncation   string             `json:"truncation"`
	Usage        *responsesUsage    `json:"usage"`
	Metadata     json.RawMessage    `json:"metadata"`
}

type incompleteDetails struct {
	Reason string `json:"reason"`
}

type responsesUsage struct {
	Input        int `json:"input_tokens"`
	InputDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"input_tokens_details"`
	Output        int `json:"output_tokens"`
	OutputDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
	Total int `json:"total_tokens"`
}

func newResponsesUsage(r reply) *responsesUsage {
	u := &responsesUsage{Input: r.in, Output: r.out, Total: r.in + r.out}
	u.OutputDetails.Reasoning = r.thinking
	return u
}

// messageItem, reasoningItem and callItem are what an output is made of.
type messageItem struct {
	ID      string       `json:"id"`
	Type    string       `json:"type"`
	Status  string       `json:"status"`
	Role    string       `json:"role"`
	Content []outputText `json:"content"`
}

type outputText struct {
	Type        string     `json:"type"`
	Text        string     `json:"text"`
	Annotations []struct{} `json:"annotations"`
	Logprobs    []struct{} `json:"logprobs"`
}

func newOutputText(text string) outputText {
	return outputText{Type: "output_text", Text: text, Annotations: []struct{}{}, Logprobs: []struct{}{}}
}

type reasoningItem struct {
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Summary   []summaryText `json:"summary"`
	Encrypted string        `json:"encrypted_content,omitempty"`
}

type summaryText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type callItem struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Status    string `json:"status"`
	CallID    string `json:"call_id"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// responsesEvent is one event of a stream; each kind has some of the members.
type responsesEvent struct {
	Type      string      `json:"type"`
	Sequence  int         `json:"sequence_number"`
	Response  *response   `json:"response,omitempty"`
	ItemID    string      `json:"item_id,omitempty"`
	Output    *int        `json:"output_index,omitempty"`
	Content   *int        `json:"content_index,omitempty"`
	Summary   *int        `json:"summary_index,omitempty"`
	Item      any         `json:"item,omitempty"`
	Part      any         `json:"part,omitempty"`
	Delta     string      `json:"delta,omitempty"`
	Text      *string     `json:"text,omitempty"`
	Arguments *string     `json:"arguments,omitempty"`
	Name      string      `json:"name,omitempty"`
	Logprobs  *[]struct{} `json:"logprobs,omitempty"`
}
