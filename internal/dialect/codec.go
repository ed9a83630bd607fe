package dialect

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Codec is the translating half of a dialect: its conversations (llm.OpChat) as neutral
// words and back. A Codec is immutable and safe for concurrent use.
//
// Readers are lenient in what they do not understand (it goes to Own and Unnamed) and
// strict in what they do: a member of the wrong type is a fault.InvalidRequest that
// names it. What they give points into the body. Writers append to dst and are
// deterministic: the same request gives the same bytes.
type Codec interface {
	// ParseRequest reads a caller's body. Tool results get the name of their call.
	ParseRequest(body []byte) (*llm.Request, error)
	// FormatRequest writes a request for a target, and says what was lost beyond what
	// Carries says. An error is a fault.UnsupportedParameter or InvalidRequest.
	FormatRequest(dst []byte, r *llm.Request, to *Target) (Written, error)
	// ParseAnswer reads a vendor's whole answer. An error in a successful answer is a
	// *fault.Fault.
	ParseAnswer(body []byte, c *Call) (*llm.Answer, error)
	// FormatAnswer writes an answer for a caller.
	FormatAnswer(dst []byte, a *llm.Answer, c *Call) []byte
	// NewStreamParser reads a vendor's stream.
	NewStreamParser(c *Call) StreamParser
	// NewStreamFormatter writes a caller's stream.
	NewStreamFormatter(c *Call) StreamFormatter
}

// Target is where a request goes.
type Target struct {
	Provider string // the provider's name: provenance of reasoning state
	Model    string // the vendor's id
	Stream   bool
	Facts    Facts
	Traits   Traits
}

// Facts are what is known of the target's model. Zero = unknown.
type Facts struct {
	MaxOutput   int  // tokens
	Known       bool // the flags below say something
	Reasoning   bool // the model can reason
	Temperature bool // it takes the parameter
}

// Traits are the ways in which a provider's form of a dialect differs from that of the
// dialect's own vendor. The zero value is the vendor itself.
type Traits struct {
	// MaxTokens: chat providers that know max_tokens only.
	MaxTokens bool
	// NoDeveloper: the role developer is not known, system is.
	NoDeveloper bool
	// NoSchema: response_format json_schema is not known, json_object is.
	NoSchema bool
	// EchoReasoning names the member in which an assistant's turn carries its reasoning
	// back: reasoning_content, reasoning, reasoning_details, or content (as parts of type
	// thinking); "" = it must not be sent.
	EchoReasoning string
	// Reasoning says how reasoning is asked for in the chat dialect: "" =
	// reasoning_effort, "object" = reasoning{effort, max_tokens}, "thinking" =
	// thinking{type} beside reasoning_effort, "enable_thinking" = enable_thinking and
	// thinking_budget.
	Reasoning string
	// Efforts are the words of reasoning_effort that the provider takes, least first, with
	// spaces between them; "" = none low medium high, and for the dialect's own vendor what
	// its model takes.
	Efforts string
	// Files says how documents are sent: "" = file with the bytes, "file" = likewise, or a
	// URL instead of the bytes, "document_url" and "file_url" = under these names, bytes or
	// URL (the former with audio as a bare string too).
	Files string
	// Lacks are features that this provider refuses or does not know, though its dialect
	// can express them: they are left out and told.
	Lacks llm.Features
	// Seed names the member of the seed where that is not seed.
	Seed string
	// NoUsageOption: stream_options is refused; usage comes unasked.
	NoUsageOption bool
	// StrictTurns: no turn of a user may follow a tool's, and a last turn of the assistant
	// is marked as one to be continued.
	StrictTurns bool
	// CacheMarks: parts may bear cache_control.
	CacheMarks bool
	// ShortToolIDs: tool ids are nine letters or digits.
	ShortToolIDs bool
	// BytesIn is the dialect in which this provider refuses media by URL, though the
	// dialect has them; "" = none.
	BytesIn Name
	// NoCallIDs: a cloud's form of the Gemini dialect, whose calls and results have no ids.
	NoCallIDs bool
	// NoParallel: parallel_tool_calls is not known.
	NoParallel bool
	// TopK, MinP: chat providers that know top_k, min_p.
	TopK, MinP bool
	// Version, for Messages at a cloud: the body has anthropic_version with this value
	// and anthropic_beta, and neither model nor stream; "" = the vendor's own API.
	Version string
}

// Written is a request in a target's form.
type Written struct {
	Body []byte
	// Lost are features of the request that this target or model does not get, though
	// its dialect could express them.
	Lost llm.Features
	// Names maps tool names that had to be rewritten to what the caller called them;
	// nil = none.
	Names map[string]string
	// Header are further headers that the request needs (betas), canonical names.
	Header [][2]string
}

// Call is what readers and writers of an answer know of the call it answers. They do
// not change it.
type Call struct {
	ID       string       // the gateway's request id: seeds made ids, which differ from call to call
	Provider string       // who answers
	Model    string       // as it was asked for at the provider
	Asked    string       // the model as the caller spelt it
	Time     time.Time    // when the call began, for dialects that tell
	Request  *llm.Request // what the caller asked
	// Names: see Written.
	Names map[string]string
	// Array: a Gemini stream as one JSON array instead of events.
	Array bool
}

// ToolName gives the caller's name of a tool.
func (c *Call) ToolName(vendor string) string {
	if own, ok := c.Names[vendor]; ok {
		return own
	}
	return vendor
}

// StreamParser turns one framed event into llm events, appended to dst. What it gives
// is valid until its next call. It serves one stream on one goroutine and keeps
// bounded memory.
type StreamParser interface {
	Parse(dst []llm.Event, name, data []byte) []llm.Event
	// End is called once after the last event. When the stream did not come to its
	// dialect's proper end, the last event is a Fail.
	End(dst []llm.Event) []llm.Event
}

// StreamFormatter turns one llm event into framed bytes, appended to dst. It keeps no
// reference to the event.
type StreamFormatter interface {
	Format(dst []byte, e *llm.Event) []byte
}

// StreamFailer is what a StreamFormatter may be besides: one whose dialect's errors in a
// stream go on from its events. Where it is not, Dialect.FormatStreamError says all.
type StreamFailer interface {
	// FormatFailure writes what ends the stream with a fault, framed, appended to dst.
	FormatFailure(dst []byte, f *fault.Fault, requestID string) []byte
}
