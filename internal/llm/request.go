package llm

// Role is who speaks.
type Role string

// The roles. Developer is kept apart from System because some vendors tell them apart.
// The answers of tools stand in a turn of ToolRole, all of them in one turn.
const (
	System    Role = "system"
	Developer Role = "developer"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool"
)

// Request is a conversation call in no vendor's form. Its spans point into the body it
// was read from. It is not changed once it was read, so that one Request can be
// written for several targets.
type Request struct {
	Dialect string // of the caller; what only that dialect has is written back only there
	Model   string // as the caller spelt it; a codec leaves it to its caller
	Stream  bool   // likewise, where the path says so
	// Previous is the id of the answer that the caller goes on from, where its turns stand
	// in Messages; "" = none.
	Previous string

	Messages []Message // in order, system turns where they stood
	Tools    []Tool
	Choice   ToolChoice
	Output   OutputFormat
	Thinking Reasoning
	// MaxOutput is the ceiling of output tokens, reasoning included.
	MaxOutput Count
	Stop      []Raw // JSON strings
	// Settings are members that need no understanding, each under its Feature, in the
	// value's neutral form (see the features). Their order is the caller's.
	Settings []Setting
	// Own are top-level members that only the caller's dialect has, known or not.
	Own []Member

	// Has are the features that the request makes use of.
	Has Features
	// Unnamed are paths of members, at any depth, that no Feature stands for, as the
	// caller's dialect writes them: messages[].content[].foo. No target but one of the
	// same dialect gets them.
	Unnamed []string
	// Refuse are paths of what no target of another dialect may go without, since
	// leaving it out would change what is asked (previous_response_id): such a call is
	// refused there.
	Refuse []string
}

// Setting is one plain parameter.
type Setting struct {
	Feature Feature
	Value   Raw
}

// Unasked reports whether a setting asks for what is so anyway: one answer, in text,
// without log probabilities.
func (s *Setting) Unasked() bool {
	switch s.Feature {
	case FN:
		return string(s.Value) == "1"
	case FLogprobs:
		return string(s.Value) == "false"
	case FTopLogprobs:
		return string(s.Value) == "0"
	case FModalities:
		return string(s.Value) == `["text"]`
	}
	return false
}

// Setting gives the value of a setting, nil when the caller did not send it (or null).
func (r *Request) Setting(f Feature) Raw {
	for i := range r.Settings {
		if r.Settings[i].Feature == f {
			return r.Settings[i].Value
		}
	}
	return nil
}

// Set notes a setting, and that the request has it unless it asks for what every vendor
// does unasked. null sets nothing.
func (r *Request) Set(f Feature, v Raw) {
	if len(v) == 0 || string(v) == "null" {
		return
	}
	s := Setting{f, v}
	r.Settings = append(r.Settings, s)
	if !s.Unasked() {
		r.Has.Add(f)
	}
}

// Prefilled reports whether the last turn is the assistant's and ends with words, so
// that it is to be continued.
func (r *Request) Prefilled() bool {
	n := len(r.Messages)
	if n == 0 || r.Messages[n-1].Role != Assistant {
		return false
	}
	parts := r.Messages[n-1].Parts
	for i := range parts {
		if parts[i].Kind == ToolCall {
			return false
		}
	}
	if len(parts) == 0 {
		return true
	}
	last := parts[len(parts)-1].Kind
	return last != Thinking && last != Vendor
}

// Unname notes a member that no Feature stands for.
func (r *Request) Unname(path string) { r.Unnamed = append(r.Unnamed, path) }

// OutputFormat asks for text (zero), any JSON object, or JSON of a schema.
type OutputFormat struct {
	Kind        string // "", "json", "schema"
	Name        string
	Description Raw // a JSON string
	Schema      Raw
	Strict      *bool
}

// Reasoning asks for thinking: by word, by budget, by the model's own choice, or not
// at all. Zero = the vendor's default.
type Reasoning struct {
	Mode    string // "", "off", "on" (a budget or an effort may say how much), "adaptive"
	Effort  string // "", none, minimal, low, medium, high, xhigh, max: as the caller wrote it
	Budget  Count  // tokens
	Summary string // how much of it to show: "", none, auto, concise, detailed
	// State asks for the blobs that let a later call go on from the reasoning without the
	// vendor's memory, where a vendor gives them on request only.
	State bool
}

// Message is one turn.
type Message struct {
	Role  Role
	Name  Raw // a JSON string; nil = none
	Parts []Part
	Own   []Member // see Request.Own
}

// Tool is something the model may call.
type Tool struct {
	Kind        ToolKind
	Name        string
	Description Raw // a JSON string
	Parameters  Raw // a JSON schema; nil = none given
	Strict      *bool
	Cache       string // see Part.Cache
	// Vendor is the dialect's own definition, whole, unless Kind is Function.
	Vendor Raw
	// Search are the limits of a WebSearch; nil = none.
	Search *Search
	// Group is the caller's definition of the named group of tools that this one stands
	// in, whole; nil = none. Name then begins with the group's name.
	Group Raw
	Own   []Member
}

// Search limits a web search of the vendor's.
type Search struct {
	Allowed, Blocked Raw // JSON arrays of domains
	Place            Raw // where the user is: an object of city, country, region, timezone
}

// ToolKind is what a tool is.
type ToolKind string

// The kinds of tool. Those that vendors run themselves and that several of them have
// are known by a neutral name; any other is Builtin.
const (
	Function  ToolKind = "function"
	Custom    ToolKind = "custom" // called with free text instead of JSON
	WebSearch ToolKind = "web_search"
	Code      ToolKind = "code"    // runs code at the vendor
	Builtin   ToolKind = "builtin" // only the caller's dialect has it
)

// ToolChoice says whether tools must be called.
type ToolChoice struct {
	Mode     string   // "", auto, none, required, tool (the one in Names), allowed (auto among Names), allowed_required
	Names    []string // of function tools
	Parallel *bool    // may several be called in one turn; nil = vendor's default
	Vendor   Raw      // the dialect's own words when Mode is "" and a choice was given that no Mode stands for
}
