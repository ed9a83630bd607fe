// Package dialect is the contract that every API dialect keeps: which paths it has,
// where a request names its model, how answers and streams report usage, how errors
// look, and (Codec) how its messages map to llm. It also frames streams. It knows no
// provider and sends nothing.
package dialect

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Name names a dialect as it stands in `speaks:` and in entries.
type Name string

// The dialects. OpenAI is the shape of OpenAI's operations beside the two
// conversation dialects (embeddings, images, audio, files …).
const (
	Chat      Name = "chat"
	Responses Name = "responses"
	OpenAI    Name = "openai"
	Messages  Name = "messages"
	Gemini    Name = "gemini"
	Converse  Name = "converse"
	Cohere    Name = "cohere"
)

// Dialect is one API dialect: a value, data first. Optional abilities are nil.
// A Dialect is immutable and safe for concurrent use.
type Dialect struct {
	Name Name
	// Family groups dialects that share error shape and headers: "openai",
	// "anthropic", "gemini", "bedrock", "cohere".
	Family string
	// Endpoints are the paths of the data plane that belong to this dialect.
	Endpoints []Endpoint
	// Claims reports whether a request's headers say that it speaks this dialect's
	// family, for paths that several dialects share; nil = no header says so.
	Claims func(http.Header) bool
	// FormatModels renders a list of model names, FormatModel one of them; nil where
	// the dialect has no such answer.
	FormatModels func(names []string) []byte
	FormatModel  func(name string) []byte
	// NewMeter makes a reader of one answer of an operation.
	NewMeter func(llm.Operation) Meter
	// ParseError reads a vendor's error answer of this dialect: kind, message, code
	// and time to wait. It takes any body, however malformed, and never fails.
	// The body stays the caller's property; what is kept of it is copied.
	ParseError func(status int, h http.Header, body []byte) *fault.Fault
	// FormatError renders a fault as this dialect's own error answer (JSON) and says
	// with which status.
	FormatError func(f *fault.Fault, requestID string) (status int, body []byte)
	// ErrorHead gives further header fields of an error answer, canonical names, that the
	// dialect's SDKs read; nil = none.
	ErrorHead func(f *fault.Fault, requestID string) [][2]string
	// FormatStreamError renders a fault as this dialect's in-stream error, framed,
	// with whatever ends a stream properly after an error.
	FormatStreamError func(f *fault.Fault, requestID string) []byte
	// KeepAlive is what may be sent inside an idle stream before its first event
	// without disturbing the dialect's SDKs; nil = nothing may.
	KeepAlive []byte
	// UsageOption, for dialects whose streams report usage only on request, is the
	// body member to ask with; nil elsewhere.
	UsageOption *UsageOption
	// BackURLs are answer headers (canonical) that hold a URL of the vendor which the
	// caller is to call next, each with the query parameter that names what was begun.
	// They are pointed at the gateway, and what was begun goes home.
	BackURLs map[string]string
	// Digest are the member paths that a Meter needs of a message too large to hold
	// (see jsonscan.Digest).
	Digest []string
	// StreamType is the media type of the dialect's streams; "" = text/event-stream.
	StreamType string
	// StreamQuery is the query parameter (alt=sse) without which a stream comes as one
	// JSON array instead of events; "" = streams are always events.
	StreamQuery string
	// InlineMedia reports whether a request of this dialect needs the bytes of a media
	// that its caller gave by URL; nil = never. The proxy fetches them before
	// FormatRequest is called, and Media.Data is set beside Media.URL.
	InlineMedia func(m *llm.Media) bool
	// Codec maps conversations to llm and back; nil = the dialect has no conversation, or
	// is only forwarded.
	Codec Codec
	// Ceiling says where a conversation's request bounds its answer; nil = nowhere.
	Ceiling *Ceiling
	// SignsThoughts says that the dialect's own vendors refuse reasoning that bears no
	// state of theirs.
	SignsThoughts bool
	// Continues says that a last turn of the assistant's is one that the dialect's models
	// go on with, where FormatRequest does not say that FAssistantPrefill was lost.
	Continues bool
	// Recollection, for dialects whose requests may name earlier answers; nil elsewhere.
	Recollection Recollection
	// Ops map the operations beside conversation to llm and back; one that is not there
	// is only forwarded.
	Ops map[llm.Operation]*Op
	// Fields and Carries are the dialect's part of the loss ledger: what its requests may
	// hold, and what it can express as a target. A feature that is not in Carries is
	// Dropped. AnswerFields and AnswerCarries are the same for answers: what a vendor of
	// the dialect may send, and what a caller of the dialect can be given.
	Fields        []Field
	Carries       map[llm.Feature]Carry
	AnswerFields  []Field
	AnswerCarries map[llm.Feature]Carry
}

// UsageOption says how a caller's body asks for usage in a stream: Object.Member = true.
type UsageOption struct{ Object, Member string }

// BodyKind says what a request's body is.
type BodyKind uint8

const (
	NoBody    BodyKind = iota
	JSON               // one JSON object, read whole and scanned
	Multipart          // form fields and files; spilled to disk when large
	Opaque             // any bytes; flows through unread
)

// Place says where a request names its model.
type Place uint8

const (
	Nowhere Place = iota
	InBody        // a top-level JSON member "model"
	InPath        // the path's {model}
	InForm        // a multipart field "model"
)

// Streaming says when an answer is a stream.
type Streaming uint8

const (
	Never    Streaming = iota
	ByMember           // when the top-level member (or form field) "stream" is true
	Unless             // unless the top-level member "stream" is false
	Always             // the path says so
)

// Endpoint is one path of the data plane.
//
// Pattern's segments are literals, {id} (one segment) or {model} (the rest, slashes and
// %2F included, but for what the pattern has after it: a colon and a verb, or a segment).
type Endpoint struct {
	Method    string // "" = any
	Pattern   string
	Op        llm.Operation
	Body      BodyKind
	Model     Place
	Streaming Streaming
	Object    ObjectRule
	// Repeats are further members of a JSON body that name the path's model, as dotted
	// paths in which * stands for every element of an array.
	Repeats []string
	// Shared marks a path that several dialects have; headers decide (see Claims).
	Shared bool
	// Own marks an operation that only this dialect has, whatever its Op counts as: it is
	// forwarded, and never translated.
	Own bool
}

// ObjectRule says which vendor ids an endpoint creates, names or lists.
// The zero value: none.
type ObjectRule struct {
	Kind    string // file, batch, response, cached_content, video; "" = none
	Creates bool   // the answer's id member is a new object
	Names   bool   // the path's {id} is an object
	Deletes bool   // a successful answer means that it is gone
	Lists   bool   // the answer lists objects in Items
	IDAt    string // member path of the id in the answer: "id", "file.name"; of several, "a|b.c", the first that is there counts
	Items   string // member of the array in a list: "data", "files"
	// Yields are answer members that name further objects of the same owner, as dotted
	// path → kind: {"output_file_id": "file"}.
	Yields map[string]string
	// Links are answer members (of each item, in a list) that hold a URL of the vendor
	// which SDKs call next; they are pointed at the gateway.
	Links []string
	// Refers are request members that name objects, as dotted path → kind:
	// {"input_file_id": "file", "previous_response_id": "response"}.
	Refers map[string]string
}

// Meter reads what one answer says about itself while its bytes pass. It holds
// bounded memory, keeps no reference to its arguments, and serves one answer on one
// goroutine.
type Meter interface {
	// Event takes one whole stream event: its name ("" when unnamed) and data.
	Event(name, data []byte) Sign
	// Answer takes a whole answer that is not a stream, with its content type.
	Answer(contentType string, body []byte)
	// Report gives what is known so far.
	Report() *Report
}

// Sign says what a stream event was, as a set.
type Sign uint8

const (
	// Content: text, tool call, reasoning, refusal or media: the commit point.
	Content Sign = 1 << iota
	// UsageOnly: an extra event that exists only because usage was asked for.
	UsageOnly
	// Failed: an error event; Report().Fault says which.
	Failed
	// Ended: the dialect's proper end of the stream (or of the answer's last content).
	Ended
)

// Has reports whether s contains any of t.
func (s Sign) Has(t Sign) bool { return s&t != 0 }

// Report is what an answer said about itself. Strings are copies.
type Report struct {
	Usage        llm.Usage
	Model        string // as the vendor spells the one that answered
	ID           string // the answer's own id
	FinishReason string // the vendor's own word
	ServiceTier  string // the tier that was served, "" when not said
	Fault        *fault.Fault
	Ended        bool // the stream came to its proper end
	Open         bool // one of several answers has begun and not finished
}
