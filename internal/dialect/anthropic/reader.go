package anthropic

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// reader reads one caller's request. The first thing that is of the wrong type ends it.
//
// Paths are the vendor's, [] for each element; a fault's path has the numbers instead.
type reader struct {
	in    jsonscan.Reader
	req   *llm.Request
	err   *fault.Fault
	index [3]int // of the elements that are being read, outermost first
	parts []llm.Part
	// pending is state of a call in another vendor's form, which stood in a block of its
	// own before that call.
	pending []llm.Opaque
	system  []llm.Part // of the top-level member, wherever it stood
	choice  llm.Raw    // tool_choice as it stood
	mark    string     // the top-level cache mark
	turns   bool       // a turn that is no system's has been read
}

// ParseRequest implements dialect.Codec. Of a body of count_tokens, which has no
// max_tokens, it reads what is there.
func (codec) ParseRequest(body []byte) (*llm.Request, error) {
	p := &reader{in: jsonscan.NewReader(body), req: &llm.Request{Dialect: string(dialect.Messages)}}
	turns := 4 + min(len(body)/512, 128)
	p.req.Messages = make([]llm.Message, 1, turns) // the first is kept for the system's
	p.parts = make([]llm.Part, 0, turns)
	p.req.Thinking.State = true // signatures are always part of this dialect's answers
	if !p.in.At('{') {
		return nil, fault.New(fault.InvalidRequest, "The request body must be a JSON object.")
	}
	p.in.Object(func(key []byte) { p.member(key) })
	switch {
	case p.err != nil:
		return nil, p.err
	case p.in.Err() != nil:
		return nil, fault.New(fault.InvalidRequest, "The request body is not valid JSON: "+p.in.Err().Error()+".").With(p.in.Err())
	}
	p.finish()
	return p.req, nil
}

// member reads one member of the body.
func (p *reader) member(key []byte) {
	if p.err != nil {
		return
	}
	switch string(key) {
	case "messages":
		p.messages()
		return
	case "tools":
		p.tools()
		return
	}
	v := p.in.Raw()
	if v == nil || jsonscan.IsNull(v) {
		return
	}
	switch string(key) {
	case "system":
		p.readSystem(v)
	case "model":
		p.req.Model = p.word("", "model", v)
	case "stream":
		b, ok := jsonscan.Bool(v)
		p.expect(ok, "", "stream", "true or false")
		p.req.Stream = b
	case "max_tokens":
		p.req.MaxOutput = p.count("", "max_tokens", v)
		p.req.Has.Add(llm.FMaxOutput)
	case "temperature":
		p.number(llm.FTemperature, "temperature", v)
	case "top_p":
		p.number(llm.FTopP, "top_p", v)
	case "top_k":
		p.number(llm.FTopK, "top_k", v)
	case "stop_sequences":
		p.readStop(v)
	case "metadata":
		p.readMetadata(v)
	case "service_tier":
		p.readTier(v)
	case "tool_choice":
		p.readChoice(v)
	case "thinking":
		p.readThinking(v)
	case "output_config":
		p.readOutput(v)
	case "output_format":
		p.readFormat("output_format", v)
	case "cache_control":
		p.mark = p.cacheMark("", v)
	default:
		p.own(&p.req.Own, "", key, v)
	}
}

// finish puts what was read in its place and order.
func (p *reader) finish() {
	r := p.req
	if len(p.system) == 0 {
		r.Messages = r.Messages[1:]
	} else {
		r.Messages[0] = llm.Message{Role: llm.System, Parts: p.system}
		r.Has.Add(llm.FSystem)
	}
	p.checkChoice()
	if len(r.Messages) == 0 {
		return
	}
	last := &r.Messages[len(r.Messages)-1]
	if r.Prefilled() {
		r.Has.Add(llm.FAssistantPrefill)
	}
	if n := len(last.Parts); p.mark != "" && n > 0 && last.Parts[n-1].Cache == "" {
		// https://platform.claude.com/docs/en/build-with-claude/prompt-caching#automatic-caching:
		// a mark at the top level stands for one on the last block.
		last.Parts[n-1].Cache = p.mark
	}
}

// fail notes that a member is not what it has to be.
func (p *reader) fail(at, name, want string) {
	if p.err == nil {
		path := p.numbered(join(at, name))
		p.err = fault.Newf(fault.InvalidRequest, "%s must be %s.", path, want).Field(path)
	}
}

func (p *reader) expect(ok bool, at, name, want string) {
	if !ok {
		p.fail(at, name, want)
	}
}

func join(at, name string) string {
	if at == "" || name == "" {
		return at + name
	}
	return at + "." + name
}

// numbered puts the numbers of the current elements into a path.
func (p *reader) numbered(path string) string {
	for _, i := range p.index {
		path = strings.Replace(path, "[]", "["+strconv.Itoa(i)+"]", 1)
	}
	return path
}

// own notes a member that only this dialect has. What no Field names is unnamed, too.
func (p *reader) own(list *[]llm.Member, at string, key, v []byte) {
	m := member(key, v)
	*list = append(*list, m)
	p.unname(at, m.Name)
}

// member keeps a member as it is, its name decoded.
func member(key, v []byte) llm.Member {
	if bytes.IndexByte(key, '\\') < 0 {
		return llm.Member{Name: string(key), Value: v}
	}
	name, _ := jsonscan.String(append(append([]byte{'"'}, key...), '"'))
	return llm.Member{Name: name, Value: v}
}

func (p *reader) unname(at, name string) {
	if path := join(at, name); !named[path] {
		p.req.Unname(path)
	}
}

// text reads a string and leaves it as it is written; nil = not there.
func (p *reader) text(at, name string, v []byte) llm.Raw {
	if v == nil || jsonscan.IsNull(v) {
		return nil
	}
	p.expect(v[0] == '"', at, name, "a string")
	return v
}

// word reads a string that is to be understood.
func (p *reader) word(at, name string, v []byte) string {
	s, ok := jsonscan.String(p.text(at, name, v))
	p.expect(ok || v == nil || jsonscan.IsNull(v), at, name, "a string")
	return s
}

func (p *reader) count(at, name string, v []byte) llm.Count {
	n, ok := jsonscan.Int(v)
	p.expect(ok, at, name, "a whole number")
	return llm.Count{N: n, Known: ok}
}

func (p *reader) number(f llm.Feature, name string, v []byte) {
	_, ok := jsonscan.Float(v)
	p.expect(ok, "", name, "a number")
	p.req.Set(f, v)
}

func (p *reader) flag(at, name string, v []byte) bool {
	b, ok := jsonscan.Bool(v)
	p.expect(ok, at, name, "true or false")
	return b
}

// object calls fn with the members of an object that are not null.
func (p *reader) object(at, name string, v []byte, fn func(key, value []byte)) {
	err := jsonscan.Members(v, func(key, value []byte) bool {
		if !jsonscan.IsNull(value) {
			fn(key, value)
		}
		return p.err == nil
	})
	p.expect(err == nil, at, name, "an object")
}
