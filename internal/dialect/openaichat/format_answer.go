package openaichat

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answerWriter writes an answer for one caller, whole or in chunks.
type answerWriter struct {
	jsonout.Writer
	c      *dialect.Call
	legacy bool // the caller wrote functions instead of tools
}

// FormatAnswer implements dialect.Codec.
func (codec) FormatAnswer(dst []byte, a *llm.Answer, c *dialect.Call) []byte {
	w := answerWriter{Writer: jsonout.Writer{B: append(dst, '{')}, c: c, legacy: legacy(c.Request)}
	w.Text("id", answerID(a.ID, c))
	w.Text("object", "chat.completion")
	w.Number("created", createdAt(a.Created, c))
	w.Text("model", modelName(a.Model, c))
	w.Array("choices")
	for i := range a.Choices {
		w.choice(i, &a.Choices[i])
	}
	if len(a.Choices) == 0 { // nothing was answered: the dialect's readers expect a choice
		w.choice(0, &llm.Choice{Finish: llm.FinishFilter})
	}
	w.End(']')
	if !a.Usage.IsZero() {
		w.Key("usage")
		w.usage(&a.Usage)
	}
	w.TextIf("service_tier", a.Tier)
	w.End('}')
	return w.B
}

// answerID keeps an id of the dialect's own form and makes one of any other.
func answerID(id string, c *dialect.Call) string {
	if strings.HasPrefix(id, "chatcmpl-") {
		return id
	}
	return "chatcmpl-" + c.ID
}

func createdAt(created int64, c *dialect.Call) int64 {
	if created == 0 {
		return c.Time.Unix()
	}
	return created
}

func modelName(model string, c *dialect.Call) string {
	switch {
	case model != "":
		return model
	case c.Model != "":
		return c.Model
	}
	return c.Asked
}

func (w *answerWriter) choice(i int, c *llm.Choice) {
	w.Begin('{')
	w.Number("index", int64(i))
	w.message(c)
	if c.Logprobs != nil {
		w.logprobs(c.Logprobs)
	} else {
		w.Member("logprobs", nil)
	}
	w.Text("finish_reason", w.finish(c.Finish, c.Vendor))
	w.End('}')
}

func (w *answerWriter) logprobs(content llm.Raw) {
	w.Object("logprobs")
	w.Member("content", content)
	w.Member("refusal", nil)
	w.End('}')
}

// finish gives the dialect's word for a finish; an unknown one keeps the vendor's.
func (w *answerWriter) finish(f llm.Finish, vendor string) string {
	switch f {
	case llm.FinishLength, llm.FinishContext, llm.FinishPause: // a turn that pauses is not finished
		return "length"
	case llm.FinishTools:
		if w.legacy {
			return "function_call"
		}
		return "tool_calls"
	case llm.FinishFilter, llm.FinishRefusal:
		return "content_filter"
	case llm.FinishError, llm.FinishUnknown:
		if vendor != "" {
			return vendor
		}
		if f == llm.FinishError {
			return "error"
		}
	}
	return "stop"
}

// message writes one message. What stands in parts is joined: the dialect has one text.
func (w *answerWriter) message(c *llm.Choice) {
	var texts, refusals, thoughts [][]byte
	var stateful bool
	for i := range c.Parts {
		p := &c.Parts[i]
		switch p.Kind {
		case llm.Text:
			texts = append(texts, p.Text)
		case llm.Refusal:
			refusals = append(refusals, p.Text)
		case llm.Thinking:
			if len(p.Text) > 0 {
				thoughts = append(thoughts, p.Text)
			}
			stateful = stateful || len(p.State) > 0
		}
	}
	w.Object("message")
	w.Text("role", "assistant")
	w.Member("content", jsonout.Join("", texts...))
	w.Member("refusal", jsonout.Join("", refusals...))
	if len(thoughts) > 0 {
		w.Member("reasoning_content", jsonout.Join("", thoughts...))
	}
	if stateful {
		w.details(c.Parts)
	}
	w.annotations(c.Parts)
	w.media(c.Parts)
	w.toolCalls(c.Parts)
	w.textState(c.Parts)
	w.End('}')
}

// details writes reasoning_details: what the caller must send back.
func (w *answerWriter) details(parts []llm.Part) {
	w.Array("reasoning_details")
	n := 0
	for i := range parts {
		if parts[i].Kind == llm.Thinking {
			w.thought(n, parts[i].Text, parts[i].State)
			n++
		}
	}
	w.End(']')
}

// thought writes the entries of one part: its text with its first blob, and any
// further blob on its own.
func (w *answerWriter) thought(n int, text llm.Raw, state []llm.Opaque) {
	if len(state) == 0 {
		appendSealed(&w.Writer, n, text, "")
		return
	}
	for i := range state {
		o := &state[i]
		if o.Kind == kindDetails && o.Provider == "" && o.Dialect == string(name) {
			appendEntry(&w.Writer, o.Value, text)
		} else {
			appendSealed(&w.Writer, n, text, dialect.Wrap(o, name))
		}
		text = nil
	}
}

func (w *answerWriter) annotations(parts []llm.Part) {
	open, said := false, int64(0)
	for i := range parts {
		from := said
		if parts[i].Kind == llm.Text {
			said += dialect.Characters(parts[i].Text)
		}
		for n := range parts[i].Cites {
			if len(parts[i].Cites[n].URL) == 0 {
				continue
			}
			if !open {
				w.Array("annotations")
				open = true
			}
			w.annotation(&parts[i].Cites[n], from, said)
		}
	}
	if open {
		w.End(']')
	}
}

var emptyText = llm.Raw(`""`)

// annotation writes a source in the dialect's form, which is for pages of the web alone and
// requires all its members. Places are counted in characters of the message's text; from
// and to are those of the piece that it is of.
func (w *answerWriter) annotation(c *llm.Citation, from, to int64) {
	start, end := dialect.CitedAt(c, from, to)
	w.Begin('{')
	w.Text("type", "url_citation")
	w.Object("url_citation")
	w.Number("start_index", start)
	w.Number("end_index", end)
	w.Member("url", c.URL)
	w.Member("title", or(c.Title, emptyText))
	w.MemberIf("content", c.Text)
	w.End('}')
	w.End('}')
}

func or(v, other llm.Raw) llm.Raw {
	if len(v) == 0 {
		return other
	}
	return v
}

// media writes images and audio.
func (w *answerWriter) media(parts []llm.Part) {
	open := false
	for i := range parts {
		if parts[i].Kind != llm.Image {
			continue
		}
		if !open {
			w.Array("images")
			open = true
		}
		w.image(i, parts[i].Media)
	}
	if open {
		w.End(']')
	}
	for i := range parts {
		if parts[i].Kind == llm.Audio {
			w.audio(parts[i].Media, parts[i].Text)
			return
		}
	}
}

// image: https://openrouter.ai/docs/features/multimodal/image-generation
func (w *answerWriter) image(index int, m *llm.Media) {
	w.Begin('{')
	w.Text("type", "image_url")
	w.Object("image_url")
	w.Key("url")
	if m.URL != nil {
		w.Raw(m.URL)
	} else {
		w.B = append(dialect.AppendDataURI(append(w.B, '"'), m), '"')
	}
	w.End('}')
	w.Number("index", int64(index))
	w.End('}')
}

// audio writes an audio with all the members that the dialect requires. It says when
// the vendor forgets it, which other vendors never promised to remember.
func (w *answerWriter) audio(m *llm.Media, transcript llm.Raw) {
	w.Object("audio")
	w.Member("id", or(m.FileID, llm.Raw(`"audio_`+w.c.ID+`"`)))
	w.Key("data")
	w.B = append(append(append(w.B, '"'), m.Data...), '"')
	w.Number("expires_at", w.c.Time.Unix())
	w.Member("transcript", or(transcript, emptyText))
	w.End('}')
}

func (w *answerWriter) toolCalls(parts []llm.Part) {
	if w.legacy {
		w.functionCall(parts)
		return
	}
	n := 0
	for i := range parts {
		if parts[i].Kind != llm.ToolCall {
			continue
		}
		if n++; n == 1 {
			w.Array("tool_calls")
		}
		w.toolCall(&parts[i], n)
	}
	if n > 0 {
		w.End(']')
	}
}

func (w *answerWriter) toolCall(p *llm.Part, n int) {
	c := p.Call
	w.Begin('{')
	w.Text("id", w.callID(c.ID, n))
	if c.Custom || dialect.CalledFreely(w.c.Request, c.Name) {
		w.Text("type", "custom")
		w.Object("custom")
		w.Text("name", c.Name)
		w.Member("input", dialect.CustomInput(c))
	} else {
		w.Text("type", "function")
		w.Object("function")
		w.Text("name", c.Name)
		w.Member("arguments", dialect.ArgumentsText(c))
	}
	w.End('}')
	w.callState(p.State)
	w.End('}')
}

func (w *answerWriter) callID(id string, n int) string {
	if id == "" {
		return w.c.MadeID(0, n)
	}
	return id
}

// callState writes what must come back with a call
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
func (w *answerWriter) callState(state []llm.Opaque) {
	if len(state) == 0 {
		return
	}
	w.Object("extra_content")
	w.Object("google")
	w.Text("thought_signature", dialect.Wrap(&state[0], name))
	w.End('}')
	w.End('}')
}

func (w *answerWriter) functionCall(parts []llm.Part) {
	for i := range parts {
		if parts[i].Kind == llm.ToolCall {
			w.Object("function_call")
			w.Text("name", parts[i].Call.Name)
			w.Member("arguments", dialect.ArgumentsText(parts[i].Call))
			w.End('}')
			return
		}
	}
}

// textState writes what must come back with the text.
func (w *answerWriter) textState(parts []llm.Part) {
	for i := range parts {
		if k := parts[i].Kind; (k == llm.Text || k == llm.Image) && len(parts[i].State) > 0 {
			w.callState(parts[i].State)
			return
		}
	}
}

// usage writes a usage object: what is not known of the required members is zero.
func (w *answerWriter) usage(u *llm.Usage) {
	in, out := u.InputTokens.Or(0), u.OutputTokens.Or(0)
	w.Begin('{')
	w.Number("prompt_tokens", in)
	w.Number("completion_tokens", out)
	w.Number("total_tokens", in+out)
	if u.CacheReadTokens.Known || u.CacheWriteTokens.Known || u.AudioInputTokens.Known {
		w.Object("prompt_tokens_details")
		w.known("cached_tokens", u.CacheReadTokens)
		w.known("cache_write_tokens", u.CacheWriteTokens)
		w.known("audio_tokens", u.AudioInputTokens)
		w.End('}')
	}
	if u.ReasoningTokens.Known || u.AudioOutputTokens.Known {
		w.Object("completion_tokens_details")
		w.known("reasoning_tokens", u.ReasoningTokens)
		w.known("audio_tokens", u.AudioOutputTokens)
		w.End('}')
	}
	w.End('}')
}

func (w *answerWriter) known(member string, n llm.Count) {
	if n.Known {
		w.Number(member, n.N)
	}
}
