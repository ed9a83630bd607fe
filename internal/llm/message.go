package llm

import "encoding/json"

// Role is who speaks.
type Role string

// The roles. Developer is kept apart from System because some vendors tell them apart.
const (
	System    Role = "system"
	Developer Role = "developer"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool"
)

// Raw is a span of the original JSON, kept as written so that translation need not
// decode and encode it: tool arguments, schemas. It belongs to the message it came from.
type Raw = json.RawMessage

// Request is a conversation call.
type Request struct {
	Model    string
	Messages []Message
	Tools    []Tool
	Choice   ToolChoice
	Parallel *bool // may tools be called in parallel; nil = vendor's default

	MaxOutput        Count
	Temperature      *float64
	TopP             *float64
	TopK             Count
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Stop             []string
	Seed             Count
	N                Count
	Logprobs         *bool
	TopLogprobs      Count

	Output      OutputFormat
	Reasoning   Reasoning
	ServiceTier string
	User        string
	Metadata    map[string]string
	Stream      bool
	StreamUsage bool // the caller asked for usage in the stream
	// Extra are members that no field above stands for, by the dialect's own name.
	Extra map[string]Raw
}

// OutputFormat asks for text (zero), any JSON object, or JSON of a schema.
type OutputFormat struct {
	Kind   string // "", "json", "schema"
	Name   string
	Schema Raw
	Strict *bool
}

// Reasoning asks for thinking: by word, by budget, or not at all.
type Reasoning struct {
	Effort  string // "", none, minimal, low, medium, high, …
	Budget  Count  // tokens
	Summary string // how much of it to show
}

// Message is one turn.
type Message struct {
	Role  Role
	Name  string
	Parts []Part
}

// PartKind says which fields of a Part count.
type PartKind string

// The kinds of part.
const (
	Text       PartKind = "text"
	Image      PartKind = "image"
	Audio      PartKind = "audio"
	File       PartKind = "file"
	ToolCall   PartKind = "tool_call"
	ToolResult PartKind = "tool_result"
	Thinking   PartKind = "reasoning"
	Refusal    PartKind = "refusal"
	Citation   PartKind = "citation"
)

// Part is one piece of a turn.
type Part struct {
	Kind  PartKind
	Text  string // Text, Thinking, Refusal
	Media *Media // Image, Audio, File
	Call  *Call  // ToolCall
	// Result answers the call with the same ID.
	Result *Result
	// Opaque is a vendor's state that must come back unchanged, and only to where it came from.
	Opaque *Opaque
	// Cache marks the end of a prefix to be cached by the vendor; "" = no mark, else the lifetime asked for.
	Cache string
	// Extra are members that no field above stands for.
	Extra map[string]Raw
}

// Media is bytes, or a place where they are.
type Media struct {
	Type   string // media type
	Data   []byte // decoded; nil when URL or FileID says where
	URL    string
	FileID string
	Name   string
	Detail string
}

// Call is a tool call by the model.
type Call struct {
	ID        string
	Name      string
	Arguments Raw    // a JSON object; as written
	Text      string // what the model wrote when it is no valid JSON
}

// Result is a tool's answer.
type Result struct {
	ID    string
	Name  string
	Parts []Part
	Error bool
}

// Opaque is a vendor's blob with its provenance.
type Opaque struct {
	Provider string
	Model    string
	Kind     string // signature, redacted, encrypted, thought_signature, details
	Value    string
}

// Tool is something the model may call.
type Tool struct {
	Kind        string // "function", else a vendor's built-in by its own name
	Name        string
	Description string
	Parameters  Raw
	Strict      *bool
	Cache       string
	Builtin     Raw // the vendor's own definition when Kind is no function
}

// ToolChoice says whether tools must be called.
type ToolChoice struct {
	Mode string // "", auto, none, required, tool
	Name string // with tool
}

// Answer is a whole answer.
type Answer struct {
	ID      string
	Model   string
	Choices []Choice
	Usage   Usage
	Tier    string
	Extra   map[string]Raw
}

// Choice is one alternative.
type Choice struct {
	Message Message
	Finish  Finish
	Vendor  string // the vendor's own word for the finish
}

// Finish is why an answer ended.
type Finish string

// The finishes; an unknown one keeps the vendor's word in Choice.Vendor.
const (
	FinishStop    Finish = "stop"
	FinishLength  Finish = "length"
	FinishTools   Finish = "tool_calls"
	FinishFilter  Finish = "content_filter"
	FinishPause   Finish = "pause"
	FinishUnknown Finish = "unknown"
)

// EventKind says what a stream event is.
type EventKind string

// The grammar: Start, then per part PartStart, Delta…, PartEnd, then Finished, then
// UsageEvent at most once as the last word, then End. Fail may come anywhere and is last.
const (
	Start      EventKind = "start"
	PartStart  EventKind = "part_start"
	Delta      EventKind = "delta"
	PartEnd    EventKind = "part_end"
	Finished   EventKind = "finished"
	UsageEvent EventKind = "usage"
	Fail       EventKind = "fail"
	End        EventKind = "end"
)

// Event is one step of a streamed answer.
type Event struct {
	Kind   EventKind
	Choice int
	Part   int // index of the part within its choice
	// Piece carries what is new: on PartStart the part without its content, on Delta
	// the next fragment (Text, Call.Text as argument fragment, Media.Data, Opaque).
	Piece  Part
	Finish Finish
	Vendor string
	Usage  Usage
	ID     string // on Start
	Model  string // on Start
	Err    error  // on Fail
}
