package gemini

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// madeID begins the ids that are made for calls without one: they pair a call with its
// result for dialects that need ids, and are not written back.
const madeID = "sluice_call_"

// onePart reads a part of a turn and puts it where it belongs.
func (p *requestParser) onePart(r *jsonscan.Reader) {
	var own []llm.Member
	var detail llm.Raw
	before := *r
	one, ok := readPart(r, func(key []byte, v llm.Raw) {
		name := camel(key)
		own = append(own, llm.Member{Name: name, Value: v})
		if name == "mediaResolution" {
			detail = v
			return
		}
		p.unname("contents[].parts[]." + name)
	})
	switch {
	case r.Err() != nil:
	case !ok:
		p.failAt("", "must be an object.")
	case one.special, one.thought && (one.inline != nil || one.file != nil): // an image that was thought
		p.r.Has.Add(llm.FVendorPart)
		p.add(llm.Part{Kind: llm.Vendor, Raw: before.Raw()}, one.signature)
	case one.call != nil:
		p.call(one.call, one.signature, own)
	case one.response != nil:
		p.response(one.response, own)
	case one.solid() != nil:
		m := p.media(&one)
		p.mark(&m)
		m.Own = own
		m.Media.Detail = detailOf(detail)
		if m.Media.Detail != "" {
			p.r.Has.Add(llm.FImageDetail)
		}
		p.add(m, one.signature)
	default:
		p.words(&one, own)
	}
}

// camel gives the camelCase spelling of what stands beside a part's data.
func camel(key []byte) string {
	switch string(key) {
	case "video_metadata":
		return "videoMetadata"
	case "media_resolution":
		return "mediaResolution"
	case "part_metadata":
		return "partMetadata"
	case "media_processing":
		return "mediaProcessing"
	case "audio_transcription":
		return "audioTranscription"
	case "speech_metadata":
		return "speechMetadata"
	}
	return nameOf(key)
}

// detailOf reads how closely to look at a media
// (https://ai.google.dev/gemini-api/docs/media-resolution).
func detailOf(v llm.Raw) string {
	level, _ := jsonscan.String(jsonscan.Get(v, "level"))
	switch level {
	case "MEDIA_RESOLUTION_LOW":
		return "low"
	case "MEDIA_RESOLUTION_HIGH", "MEDIA_RESOLUTION_ULTRA_HIGH":
		return "high"
	case "MEDIA_RESOLUTION_MEDIUM":
		return "auto"
	}
	return ""
}

// words reads text and thoughts.
func (p *requestParser) words(one *part, own []llm.Member) {
	if one.text != nil && !p.isTextAt(one.text, "text") {
		return
	}
	switch {
	case one.thought:
		p.thought(one)
	case p.role == llm.Assistant && one.signature == nil && own == nil:
		if len(one.text) > 2 { // the last chunk of a stream has an empty text, which one SDK sends back as {}
			p.goOn(one.text)
		}
	case one.text == nil && one.signature == nil && len(own) == 0:
		p.failAt("", "holds nothing that is known: text, inlineData, fileData, functionCall or functionResponse.")
	default:
		text := one.text
		if text == nil {
			text = llm.Raw(`""`)
		}
		p.add(llm.Part{Kind: llm.Text, Text: text, Own: own}, one.signature)
	}
}

// goOn takes an unsigned text of the model's. Texts that follow each other are one: they
// are the chunks of a stream as an SDK has kept them, and a single one may be nothing
// but white space, which other vendors refuse.
func (p *requestParser) goOn(text llm.Raw) {
	if len(p.run) == 0 {
		p.add(llm.Part{Kind: llm.Text, Text: text}, nil)
	}
	p.run = append(p.run, text)
}

// flush joins the texts that belong together.
func (p *requestParser) flush() {
	if len(p.run) > 1 {
		m := p.last()
		texts := make([][]byte, len(p.run))
		for i, t := range p.run {
			texts[i] = t
		}
		m.Parts[len(m.Parts)-1].Text = jsonout.Join("", texts...)
	}
	p.run = p.run[:0]
}

// add puts a part into the current turn.
func (p *requestParser) add(part llm.Part, signature llm.Raw) {
	p.flush()
	if signature != nil {
		if !p.isTextAt(signature, "thoughtSignature") {
			return
		}
		o := callersState(signature)
		if o.Value == skipValidator || o.Value == packedSkipValidator {
			p.add(part, nil) // the caller says that it has none
			return
		}
		if part.Kind == llm.ToolCall && o.Kind != signatureKind {
			p.add(llm.Part{Kind: llm.Thinking, State: []llm.Opaque{o}}, nil)
		} else {
			part.State = []llm.Opaque{o}
		}
		p.r.Has.Add(llm.FThinkingState)
	}
	m := p.last()
	if m.Role != p.role {
		if p.role == llm.Assistant {
			p.open = p.open[:0]
		}
		m = p.turn(p.role)
		p.begun = p.content
	} else if p.role == llm.User && p.begun != p.content {
		m = p.turn(p.role)
		p.begun = p.content
	}
	m.Parts = append(m.Parts, part)
}

// thought reads reasoning text. A blob of another dialect signs all of the text that a
// stream gave before it, and no text at all where it is a redacted piece.
func (p *requestParser) thought(one *part) {
	t := llm.Part{Kind: llm.Thinking, Text: one.text}
	if len(t.Text) <= 2 {
		t.Text = nil
	} else {
		p.r.Has.Add(llm.FThinking)
	}
	if t.Text == nil && one.signature == nil {
		return
	}
	if p.add(t, one.signature); p.err != nil {
		return
	}
	m := p.last()
	last := &m.Parts[len(m.Parts)-1]
	if len(last.State) == 0 || last.State[0].Dialect == string(ownName) || last.State[0].Kind == "redacted" {
		return
	}
	from := len(m.Parts) - 1
	for from > 0 && m.Parts[from-1].Kind == llm.Thinking && len(m.Parts[from-1].State) == 0 {
		from--
	}
	texts := make([][]byte, 0, len(m.Parts)-from)
	for i := from; i < len(m.Parts); i++ {
		texts = append(texts, m.Parts[i].Text)
	}
	last.Text = jsonout.Join("", texts...)
	m.Parts[from] = *last
	m.Parts = m.Parts[:from+1]
}

// media reads inlineData and fileData.
func (p *requestParser) media(one *part) llm.Part {
	member, v := "inlineData", one.inline
	read := readInline
	if v == nil {
		member, v, read = "fileData", one.file, readFile
	}
	if v[0] != '{' {
		p.failAt(member, "must be an object.")
		return llm.Part{Kind: llm.File, Media: &llm.Media{}}
	}
	return read(v, func(key []byte, _ llm.Raw) { p.unname("contents[].parts[]." + member + "." + string(key)) })
}

// mark notes what a media makes use of.
func (p *requestParser) mark(part *llm.Part) {
	m, has := part.Media, &p.r.Has
	if m.Name != nil {
		has.Add(llm.FFileName)
	}
	switch part.Kind {
	case llm.Audio:
		has.Add(llm.FAudioData)
	case llm.Video:
		has.Add(llm.FVideo)
	case llm.Image:
		has.Add(choose(m, llm.FImageData, llm.FImageURL, llm.FImageFile))
	default:
		has.Add(choose(m, llm.FFileData, llm.FFileURL, llm.FFileID))
	}
}

func choose(m *llm.Media, data, url, id llm.Feature) llm.Feature {
	switch {
	case m.FileID != nil:
		return id
	case m.URL != nil:
		return url
	}
	return data
}

// call reads a functionCall.
func (p *requestParser) call(v, signature llm.Raw, own []llm.Member) {
	c, err := readCall(v, func(key []byte, v llm.Raw) {
		own = append(own, llm.Member{Name: "functionCall." + nameOf(key), Value: v})
		p.unname("contents[].parts[].functionCall." + string(key))
	})
	p.brokenAt("functionCall", err)
	if c.args != nil && c.args[0] != '{' {
		p.failAt("functionCall.args", "must be an object.")
	}
	if c.name == "" {
		p.failAt("functionCall.name", "is missing.")
	}
	if c.id == "" {
		c.id = p.makeID()
	}
	p.r.Has.Add(llm.FToolCall)
	p.add(llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: c.id, Name: c.name, Arguments: c.args}, Own: own}, signature)
	p.open = append(p.open, openCall{id: c.id, name: c.name})
}

func (p *requestParser) makeID() string {
	p.made++
	return madeID + strconv.Itoa(p.made)
}

// response reads a functionResponse into the turn of tools.
func (p *requestParser) response(v llm.Raw, own []llm.Member) {
	const path = "contents[].parts[].functionResponse."
	res := &llm.Result{}
	var answer llm.Raw
	err := jsonscan.Members(v, func(key, v []byte) bool {
		switch string(key) {
		case "id":
			res.ID, _ = jsonscan.String(v)
		case "name":
			res.Name, _ = jsonscan.String(v)
		case "response":
			answer = v
		case "parts":
			p.resultMedia(res, v)
		default:
			own = append(own, llm.Member{Name: "functionResponse." + nameOf(key), Value: v})
			p.unname(path + string(key))
		}
		return p.err == nil
	})
	p.brokenAt("functionResponse", err)
	if answer != nil && answer[0] != '{' && !jsonscan.IsNull(answer) {
		p.failAt("functionResponse.response", "must be an object.")
		return
	}
	p.resultWords(res, answer)
	p.pair(res)
	p.flush()
	p.r.Has.Add(llm.FToolResult)
	if res.Error {
		p.r.Has.Add(llm.FResultError)
	}
	m := p.last()
	if m.Role != llm.ToolRole {
		m = p.turn(llm.ToolRole)
	}
	m.Parts = append(m.Parts, llm.Part{Kind: llm.ToolResult, Result: res, Own: own})
}

// resultWords reads the answer of a tool: {"output": text} and {"error": text}, alone,
// are the text itself; anything else is an object
// (https://ai.google.dev/api/caching#FunctionResponse).
func (p *requestParser) resultWords(res *llm.Result, answer llm.Raw) {
	var key string
	var value llm.Raw
	n := 0
	_ = jsonscan.Members(answer, func(k, v []byte) bool {
		key, value = string(k), v
		n++
		return n < 2
	})
	switch {
	case n == 0:
	case n == 1 && value[0] == '"' && (key == "output" || key == "error"):
		res.Error = key == "error"
		res.Parts = append([]llm.Part{{Kind: llm.Text, Text: value}}, res.Parts...)
	case len(res.Parts) > 0:
		res.Parts = append([]llm.Part{{Kind: llm.Text, Text: jsonout.Quote(string(answer))}}, res.Parts...)
	default:
		res.JSON = answer
	}
}

// resultMedia reads functionResponse.parts.
func (p *requestParser) resultMedia(res *llm.Result, v llm.Raw) {
	if jsonscan.IsNull(v) {
		return
	}
	const path = "contents[].parts[].functionResponse.parts[]."
	err := each(v, func(v []byte) bool {
		r := jsonscan.NewReader(v)
		var own []llm.Member
		one, ok := readPart(&r, func(key []byte, v llm.Raw) {
			p.unname(path + camel(key))
			own = append(own, llm.Member{Name: string(key), Value: v})
		})
		if !ok {
			p.failAt("functionResponse.parts", "must hold objects.")
		}
		if one.inline == nil && one.file == nil {
			return p.err == nil
		}
		m := p.media(&one)
		m.Own = own
		res.Parts = append(res.Parts, m)
		p.r.Has.Add(llm.FResultMedia)
		return p.err == nil
	})
	p.brokenAt("functionResponse.parts", err)
}

// pair finds the call that a result answers: by its id, else by name and order.
func (p *requestParser) pair(res *llm.Result) {
	best := -1
	for i := range p.open {
		c := &p.open[i]
		switch {
		case res.ID != "" && c.id == res.ID:
			best = i
		case c.answered || best >= 0:
			continue
		case c.name == res.Name || res.Name == "":
			best = i
		}
		if best >= 0 && p.open[best].id == res.ID {
			break
		}
	}
	if best < 0 {
		if res.ID == "" {
			res.ID = p.makeID()
		}
		return
	}
	c := &p.open[best]
	c.answered = true
	res.ID = c.id
	if res.Name == "" {
		res.Name = c.name
	}
}
