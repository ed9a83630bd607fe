package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// FormatAnswer implements dialect.Codec.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	w := jsonout.Writer{B: dst}
	w.B = append(w.B, '{')
	if a.Blocked == "" {
		w.Array("candidates")
		for i := range a.Choices {
			choice(&w, i, &a.Choices[i])
		}
		w.End(']')
	} else {
		w.Object("promptFeedback")
		w.Text("blockReason", blockWord(a.Blocked))
		w.End('}')
	}
	writeUsage(&w, &a.Usage, a.Tier)
	head(&w, a.Model, a.ID, c)
	w.End('}')
	return w.B
}

// blockWord gives a reason that the vendor's SDKs know
// (https://ai.google.dev/api/generate-content#BlockReason).
func blockWord(why string) string {
	switch why {
	case "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK":
		return why
	}
	return "OTHER"
}

// head writes what names the answer.
func head(w *jsonout.Writer, model, id string, c *dialect.Call) {
	if model == "" {
		model = c.Model
	}
	if id == "" {
		id = c.ID
	}
	w.TextIf("modelVersion", model)
	w.TextIf("responseId", id)
}

// choice writes a candidate.
func choice(w *jsonout.Writer, n int, c *llm.Choice) {
	w.Begin('{')
	w.Object("content")
	w.Array("parts")
	p := partWriter{w: w}
	var g grounds
	for i := range c.Parts {
		part := &c.Parts[i]
		p.part(part)
		if len(part.Cites) > 0 {
			text, _ := jsonscan.String(part.Text)
			g.add(p.n-1, text, part.Cites)
		}
	}
	p.flush()
	if p.n == 0 {
		w.Raw([]byte(`{"text":""}`))
	}
	w.End(']')
	w.Text("role", "model")
	w.End('}')
	finish(w, c.Finish, c.Vendor, c.Refused())
	w.Number("index", int64(n))
	if !g.empty() {
		g.write(w)
	}
	if c.Logprobs != nil {
		writeLogprobs(w, c.Logprobs)
	}
	w.End('}')
}

// finish writes finishReason, in words of the vendor's own
// (https://ai.google.dev/api/generate-content#FinishReason); what they cannot say stands
// in finishMessage.
func finish(w *jsonout.Writer, f llm.Finish, vendor string, refused bool) {
	if told := f.OrRefusal(refused); told != f {
		f, vendor = told, "refusal"
	}
	word, exact := finishWord(f, vendor)
	w.Text("finishReason", word)
	if !exact && vendor != "" {
		w.Text("finishMessage", "The provider's reason: "+vendor)
	}
}

func finishWord(f llm.Finish, vendor string) (word string, exact bool) {
	if vendor == strings.ToUpper(vendor) && vendor != "" && vendor != "STOP" && finishOf(vendor, false) == f && f != llm.FinishUnknown {
		return vendor, true
	}
	switch f {
	case llm.FinishStop, llm.FinishTools:
		return "STOP", true
	case llm.FinishLength:
		return "MAX_TOKENS", true
	case llm.FinishFilter:
		return "SAFETY", true
	case llm.FinishRefusal:
		return "SAFETY", false
	case llm.FinishContext, llm.FinishPause:
		return "MAX_TOKENS", false
	case llm.FinishUnknown:
		switch vendor {
		case "OTHER", "LANGUAGE", "NO_IMAGE", "IMAGE_OTHER":
			return vendor, true
		}
	}
	return "OTHER", false
}

// writeUsage writes usageMetadata in the vendor's arithmetic: candidates exclude
// thoughts, the prompt includes what was cached.
func writeUsage(w *jsonout.Writer, u *llm.Usage, tier string) {
	if u.IsZero() && tier == "" {
		return
	}
	w.Object("usageMetadata")
	number := func(key string, c llm.Count) {
		if c.Known {
			w.Number(key, c.N)
		}
	}
	number("promptTokenCount", u.InputTokens)
	number("cachedContentTokenCount", u.CacheReadTokens)
	thoughts := u.ReasoningTokens
	if u.OutputTokens.Known { // some vendors count more thoughts than output
		thoughts.N = min(thoughts.N, u.OutputTokens.N)
		w.Number("candidatesTokenCount", u.OutputTokens.N-thoughts.N)
	}
	number("thoughtsTokenCount", thoughts)
	number("totalTokenCount", u.InputTokens.Add(u.OutputTokens))
	usageDetails(w, "promptTokensDetails", u.InputTokens, u.AudioInputTokens.N, int64(u.Units[llm.UnitImageInputTokens]))
	usageDetails(w, "candidatesTokensDetails", llm.Known(u.OutputTokens.N-thoughts.N), u.AudioOutputTokens.N, int64(u.Units[llm.UnitImageTokens]))
	if tier == "default" {
		tier = "standard"
	}
	w.TextIf("serviceTier", tier)
	w.End('}')
}

// usageDetails writes how a count divides, where it is not text alone.
func usageDetails(w *jsonout.Writer, key string, all llm.Count, audio, images int64) {
	if audio == 0 && images == 0 {
		return
	}
	w.Array(key)
	one := func(modality string, n int64) {
		if n > 0 {
			w.Begin('{')
			w.Text("modality", modality)
			w.Number("tokenCount", n)
			w.End('}')
		}
	}
	one("TEXT", all.N-audio-images)
	one("AUDIO", audio)
	one("IMAGE", images)
	w.End(']')
}

// partWriter writes parts of an answer.
type partWriter struct {
	w    *jsonout.Writer
	n    int          // written
	kept []llm.Opaque // blobs without text; see thought
}

// part writes a part: none, one or several of the vendor's.
func (p *partWriter) part(part *llm.Part) {
	switch part.Kind {
	case llm.Thinking:
		p.thought(part.Text, part.State)
	case llm.ToolCall:
		p.call(part.Call, part.State)
	case llm.Text, llm.Refusal:
		p.flush()
		if len(part.Text) > 2 || len(part.State) > 0 {
			p.text(part.Text, false, part.State)
		}
	case llm.Vendor:
		p.special(part.Raw, part.State)
	default:
		p.media(part.Kind, part.Media, part.State)
	}
}

// begin opens a part.
func (p *partWriter) begin() {
	p.w.Begin('{')
	p.n++
}

// end ends a part with its signature. A part has place for one: the others are thoughts
// that say nothing.
func (p *partWriter) end(state []llm.Opaque) {
	if len(state) > 0 {
		p.w.Text("thoughtSignature", dialect.Wrap(&state[0], ownName))
	}
	p.w.End('}')
	for i := 1; i < len(state); i++ {
		p.text(nil, true, state[i:i+1])
	}
}

func (p *partWriter) text(text llm.Raw, thought bool, state []llm.Opaque) {
	p.begin()
	p.w.Member("text", textOr(text))
	if thought {
		p.w.Flag("thought", true)
	}
	p.end(state)
}

// thought writes reasoning. A blob of which nothing is shown waits for the call that
// follows, since clients that leave out thoughts without text keep what signs a call.
func (p *partWriter) thought(text llm.Raw, state []llm.Opaque) {
	if len(text) > 2 {
		p.flush()
		p.text(text, true, state)
		return
	}
	p.kept = append(p.kept, state...)
}

// flush writes the blobs that no call has taken.
func (p *partWriter) flush() {
	for i := range p.kept {
		p.text(nil, true, p.kept[i:i+1])
	}
	p.kept = p.kept[:0]
}

// call writes a functionCall, whole.
func (p *partWriter) call(c *llm.Call, state []llm.Opaque) {
	if n := len(p.kept); n > 0 && len(state) == 0 {
		state = append([]llm.Opaque(nil), p.kept[n-1])
		p.kept = p.kept[:n-1]
	}
	p.flush()
	p.begin()
	w := p.w
	w.Object("functionCall")
	w.TextIf("id", c.ID)
	w.Text("name", c.Name)
	w.Member("args", dialect.ArgumentsObject(c))
	w.End('}')
	p.end(state)
}

func (p *partWriter) media(kind llm.PartKind, m *llm.Media, state []llm.Opaque) {
	if m == nil || m.Data == nil && m.URL == nil && m.FileID == nil {
		return
	}
	p.flush()
	p.begin()
	switch {
	case m.Data != nil:
		appendInline(p.w, kind, m)
	case m.URL != nil:
		appendFile(p.w, kind, m, m.URL)
	default:
		appendFile(p.w, kind, m, m.FileID)
	}
	p.w.End('}')
	p.end(state)
}

// special writes a part that only this dialect has, if it is one of its own.
func (p *partWriter) special(raw llm.Raw, state []llm.Opaque) {
	if !isSpecial(raw) {
		return
	}
	p.flush()
	p.begin()
	_ = jsonscan.Members(raw, func(key, v []byte) bool {
		if string(key) != "thoughtSignature" || len(state) == 0 {
			p.w.AnyKey(nameOf(key))
			p.w.Raw(v)
		}
		return true
	})
	p.end(state)
}

func isSpecial(raw llm.Raw) bool {
	r := jsonscan.NewReader(raw)
	one, ok := readPart(&r, ignore)
	return ok && (one.special || one.thought && one.inline != nil)
}
