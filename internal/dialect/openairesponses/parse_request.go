package openairesponses

import (
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// requestReader reads one request. Members that need others to have been read first are
// noted while the body is walked, and read afterwards.
type requestReader struct {
	r   *llm.Request
	err error
	at  int // index of the current item, for messages

	instructions, choice, text, reasoning, include []byte
	late                                           []llm.Tool // that stood in items of the input
	within                                         bool       // an item is being read

	item   item
	names  map[string]string // of called tools by id
	spaced bool              // a call names a namespace
	signs  []sign            // signatures of the current assistant turn that await their call
}

// ParseRequest implements dialect.Codec.
func (codec) ParseRequest(body []byte) (*llm.Request, error) {
	p := &requestReader{r: &llm.Request{Dialect: own, Messages: make([]llm.Message, 0, 8)}}
	in := jsonscan.NewReader(body)
	if !in.Object(func(key []byte) { p.member(key, &in) }) && p.err == nil {
		return nil, malformed(notObject(body, &in))
	}
	for _, step := range [...]func(){p.readInstructions, p.readChoice, p.readText, p.readReasoning, p.readInclude} {
		if p.err != nil {
			break
		}
		step()
	}
	if p.err != nil {
		return nil, p.err
	}
	p.r.Tools = append(p.r.Tools, p.late...)
	p.joinCalls()
	p.noteLast()
	return p.r, nil
}

// notObject says what is wrong with a body that could not be walked.
func notObject(body []byte, in *jsonscan.Reader) error {
	if err := in.Err(); err != nil {
		return err
	}
	return jsonscan.Members(body, func(_, _ []byte) bool { return true })
}

// member reads one member; in stands before its value. The long ones are walked where
// they stand, so that they are not read twice.
func (p *requestReader) member(key []byte, in *jsonscan.Reader) {
	switch {
	case p.err != nil:
	case string(key) == "input" && in.At('['):
		in.Array(func() {
			if raw := in.Raw(); p.err == nil && raw != nil {
				p.readItem(raw)
			}
		})
		p.attachSigns()
	case string(key) == "tools" && in.At('['):
		n := 0
		in.Array(func() {
			if raw := in.Raw(); p.err == nil && raw != nil {
				p.addListed("tools", n, raw)
				n++
			}
		})
	default:
		if v := in.Raw(); !isNull(v) {
			p.plain(key, v)
		}
	}
}

// plain reads any other member.
func (p *requestReader) plain(key, v []byte) {
	r := p.r
	switch string(key) {
	case "model":
		if !isString(v) {
			p.fail("model", "a string")
		}
		r.Model = text(v)
	case "stream":
		r.Stream = p.flag("stream", v)
	case "instructions":
		p.instructions = v
	case "input":
		if !isString(v) {
			p.fail("input", "a string or an array of items")
		}
		p.turn(llm.User, llm.Part{Kind: llm.Text, Text: v, Raw: inputMark})
	case "tools":
		p.fail("tools", "an array of tools")
	case "tool_choice":
		p.choice = v
	case "text":
		p.text = v
	case "reasoning":
		p.reasoning = v
	case "include":
		p.include = v
	case "max_output_tokens":
		n, ok := jsonscan.Int(v)
		if !ok {
			p.fail("max_output_tokens", "a whole number")
		}
		r.MaxOutput = llm.Known(n)
		r.Has.Add(llm.FMaxOutput)
	case "parallel_tool_calls":
		parallel := p.flag("parallel_tool_calls", v)
		if r.Choice.Parallel = &parallel; !parallel {
			r.Has.Add(llm.FParallel)
		}
	default:
		p.setting(key, v)
	}
}

// setting reads a plain parameter, or a member that only this dialect has.
func (p *requestReader) setting(key, v []byte) {
	for i := range settings {
		s := &settings[i]
		if string(key) != s.name {
			continue
		}
		if !s.form.fits(v) {
			p.fail(s.name, s.form.String())
			return
		}
		p.r.Set(s.feature, v)
		return
	}
	name := keyText(key)
	p.r.Own = append(p.r.Own, llm.Member{Name: name, Value: v})
	switch {
	case slices.Contains(refused[:], name), name == "background" && string(v) == "true":
		p.r.Refuse = append(p.r.Refuse, name)
	case !slices.Contains(ownMembers[:], name):
		p.r.Unname(name)
	}
}

// refused are members that point at what only the vendor has.
var refused = [...]string{"previous_response_id", "conversation", "prompt"}

// ownMembers are the published members that no feature stands for.
var ownMembers = [...]string{
	"background", "context_management", "max_tool_calls", "moderation", "prompt_cache_options", "stream_options", "truncation", "access_programs", "multi_agent",
}

// form is the form of a plain parameter.
type form uint8

const (
	number form = iota
	whole
	seed // a whole number of any size
	boolean
	str
	object
)

// String says what such a value is, for messages.
func (f form) String() string {
	return [...]string{"a number", "a whole number of no more than 64 bits", "a whole number", "true or false", "a string", "an object"}[f]
}

func (f form) fits(v []byte) (ok bool) {
	switch f {
	case number:
		_, ok = jsonscan.Float(v)
	case whole:
		_, ok = jsonscan.Int(v)
	case seed:
		_, ok = jsonscan.Int(v)
		ok = ok || jsonscan.IsWhole(v)
	case boolean:
		_, ok = jsonscan.Bool(v)
	case str:
		ok = isString(v)
	case object:
		ok = isObject(v)
	}
	return ok
}

// settings are the parameters that need no understanding: their values are neutral
// as they stand.
var settings = [...]struct {
	name    string
	feature llm.Feature
	form    form
}{
	{"temperature", llm.FTemperature, number},
	{"top_p", llm.FTopP, number},
	{"top_logprobs", llm.FTopLogprobs, whole},
	{"metadata", llm.FMetadata, object},
	{"store", llm.FStore, boolean},
	{"user", llm.FUser, str},
	{"safety_identifier", llm.FSafetyID, str},
	{"service_tier", llm.FTier, str},
	{"prompt_cache_key", llm.FCacheKey, str},
	{"prompt_cache_retention", llm.FCacheRetention, str},
	// Not the first vendor's, but in the open specification of the dialect
	// (https://www.openresponses.org) and known to several servers.
	{"presence_penalty", llm.FPresencePenalty, number},
	{"frequency_penalty", llm.FFrequencyPenalty, number},
	{"top_k", llm.FTopK, whole},
	{"seed", llm.FSeed, seed},
}

func (p *requestReader) fail(path, want string) {
	if p.err == nil {
		p.err = wrong(path, want)
	}
}

// failItem is fail for a member of the current item.
func (p *requestReader) failItem(member, want string) {
	path := "input[" + strconv.Itoa(p.at) + "]"
	if member != "" {
		path += "." + member
	}
	p.fail(path, want)
}

func (p *requestReader) flag(path string, v []byte) bool {
	b, ok := jsonscan.Bool(v)
	if !ok {
		p.fail(path, "true or false")
	}
	return b
}

// unname notes a path once.
func (p *requestReader) unname(prefix string, key []byte) {
	path := prefix + keyText(key)
	if !slices.Contains(p.r.Unnamed, path) {
		p.r.Unname(path)
	}
}

// keyText decodes a member's name.
func keyText(key []byte) string {
	quoted := append(append(append(make([]byte, 0, len(key)+2), '"'), key...), '"')
	return text(quoted)
}

// readInstructions makes the first system turn, which is known by its Raw.
func (p *requestReader) readInstructions() {
	switch {
	case p.instructions == nil:
	case isString(p.instructions):
		part := llm.Part{Kind: llm.Text, Text: p.instructions, Raw: instructionsMark}
		p.r.Messages = slices.Insert(p.r.Messages, 0, llm.Message{Role: llm.System, Parts: []llm.Part{part}})
		p.r.Has.Add(llm.FSystem)
	default:
		p.fail("instructions", "a string")
	}
}

// The Raw of a turn that was no item says where it stood.
var (
	instructionsMark = llm.Raw(`"instructions"`)
	inputMark        = llm.Raw(`"input"`) // the input was this one text
)

// noteLast notes features that only the end of the conversation tells.
func (p *requestReader) noteLast() {
	n := len(p.r.Messages)
	if n == 0 || p.r.Messages[n-1].Role != llm.Assistant {
		return
	}
	parts := p.r.Messages[n-1].Parts
	if len(parts) > 0 && parts[len(parts)-1].Kind == llm.Text {
		p.r.Has.Add(llm.FAssistantPrefill)
	}
}
