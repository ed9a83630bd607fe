package llm

import "encoding/json"

// PartKind says which fields of a Part count.
type PartKind uint8

// The kinds of part.
const (
	Text PartKind = iota + 1
	Image
	Audio
	File // a document: PDF, text …
	Video
	ToolCall
	ToolResult
	Thinking // Text may be nil: a vendor that shows nothing of it, or a redacted piece
	Refusal
	Vendor // only one dialect has it: Raw
)

// Part is one piece of a turn.
type Part struct {
	Kind   PartKind
	Text   Raw     // JSON string: Text, Thinking, Refusal
	Media  *Media  // Image, Audio, File, Video
	Call   *Call   // ToolCall
	Result *Result // ToolResult
	// State are the vendor's blobs that belong to this piece and must come back with it.
	State []Opaque
	// Cites are the sources of a Text.
	Cites []Citation
	// Cache marks the end of a prefix that the vendor shall cache; "" = no mark, else the
	// lifetime asked for: "5m" where none was said, "1h".
	Cache string
	// Apart says of a Text of the assistant's that it began a message of its own in the
	// caller's words, though it stands in one turn with what was before it.
	Apart bool
	// Raw is the whole piece in the words of the dialect it came from: Vendor.
	Raw Raw
	// Own are members that only the dialect it came from has; see Request.Own.
	Own []Member
}

// Media is bytes, or a place where they are.
type Media struct {
	Type string // media type; "" = not said
	// Data is base64 (RFC 4648 section 4, padded) without quotes; nil when URL, FileID
	// or Text say what it is.
	Data   []byte
	Text   Raw    // a JSON string: a document that is plain text
	URL    Raw    // a JSON string; never a data: URI
	FileID Raw    // a JSON string: the vendor's id
	Name   Raw    // a JSON string: the file's name or title
	Detail string // how closely to look: low, high, auto
	// Format is the short name of an audio format where a dialect has no media type: wav, mp3.
	Format string
	// Parts are the pieces of a document that is given in pieces.
	Parts []Part
	// Source is where a search of the caller's has found the document (a JSON string);
	// nil = it is no search result.
	Source Raw
	// Context are words about a document that are not cited (a JSON string); Cites says
	// that it shall be cited.
	Context Raw
	Cites   bool
}

// Call is a tool call by the model.
type Call struct {
	ID   string // "" when the vendor gave none
	Name string
	// Arguments as they came. Quoted says that they are a JSON string that holds JSON, as
	// OpenAI writes them; else they are the JSON value itself. nil = none.
	Arguments Raw
	Quoted    bool
	// Custom says that the arguments are free text (a JSON string).
	Custom bool
}

// Result is a tool's answer to the call with the same ID.
type Result struct {
	ID    string
	Name  string // "" where the dialect has none; a reader fills it from the call before it
	Parts []Part // Text, Image, File …
	// JSON is the answer as an object, in dialects that have it so; Parts is empty then.
	JSON  Raw
	Error bool
}

// Opaque is a vendor's blob with its provenance. It is written only for the target it
// came from; see dialect.Envelope.
type Opaque struct {
	Dialect  string // whose form the value has
	Provider string // "" = unknown: it came in its own dialect's field
	Model    string // as it was asked for at the provider
	Kind     string // signature, redacted, encrypted, thought_signature, details
	ID       string // of the item it belongs to, where the dialect has one
	Value    string // decoded
}

// Citation is a source of a text.
type Citation struct {
	URL, Title, Text Raw // JSON strings; Text is what was quoted
	Start, End       Count
	Raw              Raw // as the dialect it came from wrote it
}

// text gives the arguments as a stream has them: a JSON string that holds JSON.
func (c *Call) text() Raw {
	if c.Quoted || c.Custom || len(c.Arguments) == 0 {
		return c.Arguments
	}
	b, err := json.Marshal(string(c.Arguments))
	if err != nil {
		return nil // no string fails to be marshalled
	}
	return b
}
