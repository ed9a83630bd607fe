package converse

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// block reads one content block: an object with one member that says what it is
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html).
func (p *parser) block(d *jsonscan.Reader) {
	p.object(d, "", func(key []byte) {
		switch string(key) {
		case "text":
			if v := p.text(d, "text"); v != nil {
				p.give(llm.Part{Kind: llm.Text, Text: v})
			}
		case "toolUse":
			p.toolUse(d)
		case "toolResult":
			p.toolResult(d)
		case "reasoningContent":
			p.reasoning(d)
		case "cachePoint":
			p.cachePoint(d)
		case "citationsContent":
			p.citations(d)
		case "guardContent":
			p.guarded(d)
		case "searchResult":
			p.searchResult(d)
		case "type": // some writers of unions repeat what the other member says
			d.Raw()
		default:
			p.otherBlock(d, key)
		}
	})
}

// otherBlock reads media, and what is not known.
func (p *parser) otherBlock(d *jsonscan.Reader, key []byte) {
	if kind := mediaKind(key); kind != 0 {
		part := p.media(d, kind, string(key))
		p.give(part)
		return
	}
	p.vendor(key, d.Raw())
	if len(key) > 0 && string(key) != "toolAddition" && string(key) != "toolRemoval" {
		p.unname(p.where(string(key), false))
	}
}

func mediaKind(key []byte) llm.PartKind {
	switch string(key) {
	case "image":
		return llm.Image
	case "document":
		return llm.File
	case "video":
		return llm.Video
	case "audio":
		return llm.Audio
	}
	return 0
}

// give adds a part with the state that stood before it.
func (p *parser) give(part llm.Part) {
	if len(p.later) > 0 && (part.Kind == llm.ToolCall || part.Kind == llm.Text) {
		part.State = append(part.State, p.later...)
		p.later = nil
	}
	p.add(part)
}

// flush keeps state that no part followed.
func (p *parser) flush() {
	if len(p.later) > 0 {
		p.add(llm.Part{Kind: llm.Text, Text: llm.Raw(`""`), State: p.later})
		p.later = nil
	}
}

// vendor adds a piece that only this dialect has.
func (p *parser) vendor(key, value []byte) {
	if value == nil || jsonscan.IsNull(value) {
		return
	}
	raw := append(make([]byte, 0, len(key)+len(value)+5), `{"`...)
	raw = append(append(append(raw, key...), `":`...), value...)
	p.add(llm.Part{Kind: llm.Vendor, Raw: append(raw, '}')})
	p.r.Has.Add(llm.FVendorPart)
}

// toolUse reads a call. One of a tool that the vendor runs itself is a piece of its own.
func (p *parser) toolUse(d *jsonscan.Reader) {
	if p.isServerTool(d) {
		p.vendor([]byte("toolUse"), d.Raw())
		return
	}
	c := &llm.Call{}
	part := llm.Part{Kind: llm.ToolCall, Call: c}
	p.object(d, "toolUse", func(key []byte) {
		switch string(key) {
		case "toolUseId":
			c.ID = p.word(d, "toolUse.toolUseId")
		case "name":
			c.Name = p.word(d, "toolUse.name")
		case "input":
			if v := d.Raw(); !jsonscan.IsNull(v) {
				c.Arguments = v
			}
		case "type":
			d.Raw()
		default:
			p.keep(&part.Own, "toolUse", key, d.Raw())
		}
	})
	if p.call != nil {
		c.Name = p.call.ToolName(c.Name)
	} else if c.ID == "" || c.Name == "" {
		p.bad("toolUse", "an object with toolUseId and name")
	}
	p.r.Has.Add(llm.FToolCall)
	p.give(part)
}

// isServerTool looks ahead, for the type may stand last.
func (p *parser) isServerTool(d *jsonscan.Reader) bool {
	ahead := *d
	v := ahead.Raw()
	return bytes.Contains(v, []byte("server_tool_use")) && string(jsonscan.Get(v, "type")) == `"server_tool_use"`
}

// toolResult reads what a tool answered. In a turn of the assistant's, and with a type,
// it is that of a tool that the vendor ran itself.
func (p *parser) toolResult(d *jsonscan.Reader) {
	ahead := *d
	if p.role != llm.User || jsonscan.Get(ahead.Raw(), "type") != nil {
		p.vendor([]byte("toolResult"), d.Raw())
		return
	}
	res := &llm.Result{}
	part := llm.Part{Kind: llm.ToolResult, Result: res}
	p.object(d, "toolResult", func(key []byte) {
		switch string(key) {
		case "toolUseId":
			res.ID = p.word(d, "toolResult.toolUseId")
		case "content":
			p.array(d, "toolResult.content", func() { p.resultBlock(d, res, &part.Own) })
		case "status":
			if string(p.text(d, "toolResult.status")) == `"error"` {
				res.Error = true
				p.r.Has.Add(llm.FResultError)
			}
		default:
			p.keep(&part.Own, "toolResult", key, d.Raw())
		}
	})
	if res.ID == "" {
		p.bad("toolResult.toolUseId", "the id of a tool call")
	}
	if res.JSON != nil && len(res.Parts) > 0 { // beside other pieces it is one of them
		res.Parts = append([]llm.Part{{Kind: llm.Text, Text: jsonout.Quote(string(res.JSON))}}, res.Parts...)
		res.JSON = nil
	}
	res.Name = p.calledName(res.ID)
	p.r.Has.Add(llm.FToolResult)
	p.give(part)
}

// resultBlock reads one piece of a tool's answer. One that is JSON alone is kept so; a
// further one is text.
func (p *parser) resultBlock(d *jsonscan.Reader, res *llm.Result, unknown *[]llm.Member) {
	p.object(d, "toolResult.content", func(key []byte) {
		kind := mediaKind(key)
		switch {
		case string(key) == "text":
			if v := p.text(d, "toolResult.content.text"); v != nil {
				res.Parts = append(res.Parts, llm.Part{Kind: llm.Text, Text: v})
			}
		case string(key) == "json":
			if v := d.Raw(); !jsonscan.IsNull(v) {
				addJSON(res, v)
			}
		case kind != 0:
			res.Parts = append(res.Parts, p.media(d, kind, "toolResult.content[]."+string(key)))
			p.r.Has.Add(llm.FResultMedia)
		case string(key) == "searchResult":
			res.Parts = append(res.Parts, p.searchPart(d, "toolResult.content[].searchResult"))
		default:
			p.keep(unknown, "toolResult.content[]", key, d.Raw())
		}
	})
}

// addJSON keeps an answer that is one JSON value and nothing else as that.
func addJSON(res *llm.Result, v llm.Raw) {
	if len(res.Parts) == 0 && res.JSON == nil && v[0] == '{' {
		res.JSON = v
		return
	}
	res.Parts = append(res.Parts, llm.Part{Kind: llm.Text, Text: jsonout.Quote(string(v))})
}

// reasoning reads a piece of reasoning, or state that belongs to another part.
func (p *parser) reasoning(d *jsonscan.Reader) {
	part := llm.Part{Kind: llm.Thinking}
	p.object(d, "reasoningContent", func(key []byte) {
		switch string(key) {
		case "reasoningText":
			p.object(d, "reasoningContent.reasoningText", func(key []byte) {
				switch string(key) {
				case "text":
					part.Text = p.text(d, "reasoningContent.reasoningText.text")
				case "signature":
					p.state(&part, p.word(d, "reasoningContent.reasoningText.signature"), kindSignature)
				default:
					p.keep(&part.Own, "reasoningContent.reasoningText", key, d.Raw())
				}
			})
		case "redactedContent":
			p.state(&part, p.word(d, "reasoningContent.redactedContent"), kindRedacted)
		default:
			p.keep(&part.Own, "reasoningContent", key, d.Raw())
		}
	})
	if len(part.Text) == len(`""`) && len(part.State) > 0 {
		part.Text = nil // the vendor wants the member, though nothing is shown
	}
	switch {
	case part.Text == nil && len(part.State) == 1 && part.State[0].Kind == kindThought && part.State[0].ID != "":
		p.thought(part.State[0])
		return
	case part.Text == nil && len(part.State) == 0:
		return
	}
	if part.Text != nil {
		p.r.Has.Add(llm.FThinking)
	}
	p.add(part)
}

// state reads a blob: the vendor's own, or an envelope.
func (p *parser) state(part *llm.Part, value, kind string) {
	if value == "" {
		return
	}
	p.r.Has.Add(llm.FThinkingState)
	if p.call != nil {
		part.State = append(part.State, llm.Opaque{Dialect: own, Provider: p.call.Provider, Model: p.call.Model, Kind: kind, Value: value})
		return
	}
	part.State = append(part.State, dialect.Unwrap(value, dialect.Converse, kind))
}

// thought puts a thought signature to what it belongs to: the call of its id, the text
// before it, or the part that follows.
func (p *parser) thought(o llm.Opaque) {
	id := o.ID
	o.ID = ""
	if p.begun {
		parts := p.r.Messages[len(p.r.Messages)-1].Parts
		for i := len(parts) - 1; i >= 0; i-- {
			part := &parts[i]
			if part.Kind == llm.Text && id == textBefore || part.Call != nil && part.Call.ID == id {
				part.State = append(part.State, o)
				return
			}
		}
	}
	if id == textBefore {
		p.add(llm.Part{Kind: llm.Text, Text: llm.Raw(`""`), State: []llm.Opaque{o}})
		return
	}
	p.later = append(p.later, o)
}

// cachePoint marks what stands before it.
func (p *parser) cachePoint(d *jsonscan.Reader) {
	ttl, raw := p.cacheTTL(d, "cachePoint")
	last := p.last()
	if last == nil {
		p.vendor([]byte("cachePoint"), raw)
		return
	}
	last.Cache = ttl
	p.r.Has.Add(llm.FCache)
}

// cacheTTL reads a cache point: its lifetime, and the whole.
func (p *parser) cacheTTL(d *jsonscan.Reader, member string) (ttl string, raw []byte) {
	ahead := *d
	raw, ttl = ahead.Raw(), "5m"
	var unknown []llm.Member
	p.object(d, member, func(key []byte) {
		switch string(key) {
		case "type":
			d.Raw()
		case "ttl":
			if t := p.word(d, member+".ttl"); t != "" && t != ttl {
				ttl = t
				p.r.Has.Add(llm.FCacheTTL)
			}
		default:
			p.keep(&unknown, member, key, d.Raw())
		}
	})
	return ttl, raw
}

// guarded reads text or an image that a guardrail shall look at: text and images to
// anyone else.
func (p *parser) guarded(d *jsonscan.Reader) {
	ahead := *d
	raw := ahead.Raw()
	var part llm.Part
	p.object(d, "guardContent", func(key []byte) {
		switch string(key) {
		case "text":
			part = llm.Part{Kind: llm.Text}
			p.object(d, "guardContent.text", func(key []byte) {
				if string(key) == "text" {
					part.Text = p.text(d, "guardContent.text.text")
				}
			})
		case "image":
			part = p.media(d, llm.Image, "guardContent.image")
		}
	})
	if part.Kind == 0 || part.Kind == llm.Text && part.Text == nil {
		return
	}
	p.keep(&part.Own, "", []byte("guardContent"), raw)
	p.give(part)
}
