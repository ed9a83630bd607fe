package openaichat

import (
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ParseRequest implements dialect.Codec.
func (codec) ParseRequest(body []byte) (*llm.Request, error) {
	p := reader{in: jsonscan.NewReader(body), size: len(body), r: &llm.Request{Dialect: string(name)}}
	if !p.in.At('{') {
		return nil, fault.New(fault.InvalidRequest, "The body must be a JSON object.")
	}
	p.in.Object(p.member)
	p.check(p.in.Err())
	if p.err == nil && p.r.Messages == nil {
		p.fail("messages", "an array of messages, and is missing")
	}
	if p.err != nil {
		return nil, p.err
	}
	switch {
	case p.r.Prefilled() && p.turn.prefix:
		p.r.Set(llm.FAssistantPrefill, llm.Raw("true")) // which some vendors want to be told
	case p.r.Prefilled():
		p.r.Has.Add(llm.FAssistantPrefill)
	}
	return p.r, nil
}

func calls(parts []llm.Part) bool {
	for i := range parts {
		if parts[i].Kind == llm.ToolCall {
			return true
		}
	}
	return false
}

// member reads one member of the body, which p.in stands before.
func (p *reader) member(key []byte) {
	if string(key) == "messages" {
		p.messages()
		return
	}
	v := p.in.Raw()
	if absent(v) {
		return
	}
	r := p.r
	switch string(key) {
	case "model":
		r.Model = p.word(v, "model")
	case "stream":
		if b := p.flag(v, "stream"); b != nil {
			r.Stream = *b
		}
	case "tools":
		p.tools(v)
	case "tool_choice":
		p.choice(v)
	case "parallel_tool_calls":
		if b := p.flag(v, "parallel_tool_calls"); b != nil {
			r.Choice.Parallel = b
		}
		if b := r.Choice.Parallel; b != nil && !*b {
			r.Has.Add(llm.FParallel)
		}
	case "functions":
		p.functions(v)
	case "function_call":
		p.functionChoice(v)
	case "response_format":
		p.format(v)
	case "max_completion_tokens":
		p.ceiling(p.whole(v, "max_completion_tokens"))
	case "max_tokens":
		if n := p.whole(v, "max_tokens"); !r.MaxOutput.Known {
			p.ceiling(n)
		}
	case "stop":
		p.stop(v)
	case "stream_options":
		p.streamOptions(v)
	default:
		p.plain(key, v)
	}
}

func (p *reader) ceiling(n llm.Count) {
	p.r.MaxOutput = n
	p.r.Has.Add(llm.FMaxOutput)
}

// plain reads a member that is a setting, asks for reasoning, or is of this dialect alone.
func (p *reader) plain(key, v []byte) {
	if p.reasoning(key, v) {
		return
	}
	for i := range settings {
		s := &settings[i]
		if string(key) != s.name && (s.alias == "" || string(key) != s.alias) {
			continue
		}
		if !s.fits(v) {
			want := s.form.want()
			if s.form == asInteger && jsonscan.IsWhole(v) {
				want = smallNumber
			}
			p.fail(s.name, want)
			return
		}
		p.r.Set(s.feature, v)
		return
	}
	p.keep(&p.r.Own, "", key, v)
}

// stop reads one sequence or several.
func (p *reader) stop(v []byte) {
	r := p.r
	switch v[0] {
	case '"':
		r.Stop = []llm.Raw{v}
	case '[':
		p.array(v, "stop", func(v []byte) {
			if s := p.text(v, "stop"); s != nil {
				r.Stop = append(r.Stop, s)
			}
		})
	default:
		p.fail("stop", "a string or an array of strings")
	}
	if len(r.Stop) > 0 {
		r.Has.Add(llm.FStop)
	}
}

func (p *reader) streamOptions(v []byte) {
	p.object(v, "stream_options", func(key, v []byte) {
		if string(key) != "include_usage" {
			p.keepAt(&p.r.Own, "", "stream_options."+memberName(key), v)
			return
		}
		if b := p.flag(v, "stream_options.include_usage"); b != nil && *b {
			p.r.Set(llm.FStreamUsage, v)
		}
	})
}

// format reads response_format.
func (p *reader) format(v []byte) {
	r, out, kind := p.r, &p.r.Output, ""
	before := len(r.Own)
	p.object(v, "response_format", func(key, v []byte) {
		switch string(key) {
		case "type":
			kind = p.word(v, "response_format.type")
		case "json_schema":
			p.schema(v)
		default:
			p.keepAt(&r.Own, "", "response_format."+memberName(key), v)
		}
	})
	switch kind {
	case "text", "":
		*out = llm.OutputFormat{}
	case "json_object":
		*out = llm.OutputFormat{Kind: "json"}
		r.Has.Add(llm.FJSON)
	case "json_schema":
		p.schemaAsked()
	default: // a grammar, a regular expression: one vendor's own
		*out = llm.OutputFormat{}
		r.Own = r.Own[:before]
		p.keepAt(&r.Own, "", "response_format", v)
	}
}

func (p *reader) schemaAsked() {
	r, out := p.r, &p.r.Output
	if out.Schema == nil {
		p.fail("response_format.json_schema.schema", "a JSON schema, and is missing")
		return
	}
	out.Kind = "schema"
	r.Has.Add(llm.FSchema)
	if out.Description != nil {
		r.Has.Add(llm.FSchemaName)
	}
	if out.Strict != nil {
		r.Has.Add(llm.FStrict)
	}
}

func (p *reader) schema(v []byte) {
	const at = "response_format.json_schema"
	out := &p.r.Output
	p.object(v, at, func(key, v []byte) {
		switch string(key) {
		case "name":
			out.Name = p.word(v, at+".name")
		case "description":
			out.Description = p.text(v, at+".description")
		case "schema":
			out.Schema = v
		case "strict":
			out.Strict = p.flag(v, at+".strict")
		default:
			p.keepAt(&p.r.Own, "", at+"."+memberName(key), v)
		}
	})
}
