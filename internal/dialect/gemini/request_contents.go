package gemini

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// skipValidator is what the vendor takes in the place of a signature that it gave and
// that is gone, or that it never gave because another vendor's model made the call
// (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
const skipValidator = "skip_thought_signature_validator"

// packedSkipValidator is the same of SDKs that take signatures for bytes.
const packedSkipValidator = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="

// contents writes the turns. Turns of one side that follow each other are one.
func (f *requestWriter) contents() {
	f.w.Array("contents")
	for i := range f.r.Messages {
		m := &f.r.Messages[i]
		switch {
		case f.instructs(i):
		case m.Role == llm.Assistant:
			f.turn(llm.Assistant, m.Parts)
		case m.Role == llm.ToolRole:
			f.results(m.Parts)
		default:
			f.turn(llm.User, m.Parts)
		}
	}
	f.close()
	f.w.End(']')
}

// begin opens a part of a side's turn, and the turn unless it is open.
func (f *requestWriter) begin(role llm.Role) {
	if f.role != role {
		f.close()
		f.role, f.signed = role, false
		if role == llm.Assistant {
			f.calls = f.calls[:0]
		}
		f.w.Begin('{')
		word := "user"
		if role == llm.Assistant {
			word = "model"
		}
		f.w.Text("role", word)
		f.w.Array("parts")
	}
	f.w.Begin('{')
}

// close ends the open turn.
func (f *requestWriter) close() {
	if f.role != "" {
		f.w.End(']')
		f.w.End('}')
	}
	f.role = ""
}

// end ends a part: its signature, and what only this dialect has.
func (f *requestWriter) end(signature *llm.Opaque, own []llm.Member) {
	if signature != nil {
		f.w.Text("thoughtSignature", signature.Value)
	}
	if f.own {
		for _, m := range own {
			if !strings.HasPrefix(m.Name, "functionCall.") && !strings.HasPrefix(m.Name, "functionResponse.") {
				f.w.AnyKey(m.Name)
				f.w.Raw(m.Value)
			}
		}
	}
	f.w.End('}')
}

// nested writes the own members of an object inside a part.
func (f *requestWriter) nested(prefix string, own []llm.Member) {
	if !f.own {
		return
	}
	for _, m := range own {
		if rest, ok := strings.CutPrefix(m.Name, prefix); ok {
			f.w.AnyKey(rest)
			f.w.Raw(m.Value)
		}
	}
}

// turn writes the parts of a user or of the model.
func (f *requestWriter) turn(role llm.Role, parts []llm.Part) {
	for i := range parts {
		p := &parts[i]
		if f.kept != nil && p.Kind != llm.ToolCall {
			f.dropKept(role)
		}
		switch p.Kind {
		case llm.Text, llm.Refusal:
			f.text(role, p)
		case llm.Thinking:
			f.thought(role, p)
		case llm.ToolCall:
			f.call(role, p)
		case llm.ToolResult: // one that stands among a user's words
			f.result(p)
			f.beside(p)
		case llm.Vendor:
			f.special(role, p)
		default:
			f.media(role, p)
		}
	}
	if f.kept != nil {
		f.dropKept(role)
	}
}

// signature finds the blob that belongs to a part; those of another target are lost.
func (f *requestWriter) signature(p *llm.Part) *llm.Opaque {
	if len(p.State) == 0 {
		return nil
	}
	var found *llm.Opaque
	for i := range p.State { // the last one: a dialect that knows no such place may have put others before it
		if o := &p.State[i]; o.Kind == signatureKind && f.to.Takes(o, ownName) {
			found = o
		}
	}
	if found == nil {
		f.lost.Add(llm.FThinkingState)
	}
	return found
}

func (f *requestWriter) text(role llm.Role, p *llm.Part) {
	signature := f.signature(p)
	if len(p.Text) <= 2 && signature == nil && len(p.Own) == 0 {
		return
	}
	f.begin(role)
	f.w.Member("text", textOr(p.Text))
	f.end(signature, p.Own)
}

func textOr(text llm.Raw) llm.Raw {
	if text == nil {
		return llm.Raw(`""`)
	}
	return text
}

// thought writes thoughts. They need no signature. A signature without text belongs to
// the call that follows, where dialects that have no place for it there put it.
func (f *requestWriter) thought(role llm.Role, p *llm.Part) {
	signature := f.signature(p)
	switch {
	case len(p.Text) > 2:
		f.begin(role)
		f.w.Member("text", p.Text)
		f.w.Flag("thought", true)
		f.end(signature, p.Own)
	case signature != nil:
		f.kept = signature
	}
}

// dropKept writes a signature that no call has taken as a part of its own.
func (f *requestWriter) dropKept(role llm.Role) {
	f.begin(role)
	f.w.Text("text", "")
	f.w.Flag("thought", true)
	f.end(f.kept, nil)
	f.kept = nil
}

// call writes a functionCall. Gemini 3 refuses a turn whose first call has no signature
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
func (f *requestWriter) call(role llm.Role, p *llm.Part) {
	signature := f.signature(p)
	if f.kept != nil {
		if signature != nil {
			f.dropKept(role)
		} else {
			signature, f.kept = f.kept, nil
		}
	}
	f.begin(role)
	if signature == nil && !f.signed && f.m.gen == gemini3 {
		signature = &llm.Opaque{Value: skipValidator}
	}
	f.signed = true
	w := &f.w
	w.Object("functionCall")
	f.callID(p.Call.ID)
	w.Text("name", f.toolName(p.Call.Name))
	if p.Call.Arguments != nil || !f.own {
		w.Member("args", dialect.ArgumentsObject(p.Call))
	}
	f.nested("functionCall.", p.Own)
	w.End('}')
	f.end(signature, p.Own)
	f.calls = append(f.calls, openCall{id: p.Call.ID, name: p.Call.Name})
}

// callID writes the id of a call unless it was made here or the target knows none.
func (f *requestWriter) callID(id string) {
	if id != "" && !strings.HasPrefix(id, madeID) && (f.own || !f.to.Traits.NoCallIDs) {
		f.w.Text("id", id)
	}
}

// results writes the answers of tools in the order of the calls: where there are no
// ids, name and order are all that pairs them. Media that do not fit into an answer
// follow after all of them.
func (f *requestWriter) results(parts []llm.Part) {
	written := make([]bool, len(parts))
	for _, c := range f.calls {
		for i := range parts {
			if res := parts[i].Result; !written[i] && res != nil && res.ID == c.id {
				f.result(&parts[i])
				written[i] = true
				break
			}
		}
	}
	for i := range parts {
		if !written[i] && parts[i].Result != nil {
			f.result(&parts[i])
		}
	}
	for i := range parts {
		if parts[i].Result != nil {
			f.beside(&parts[i])
		}
	}
}

// result writes a functionResponse.
func (f *requestWriter) result(p *llm.Part) {
	res := p.Result
	f.begin(llm.User)
	w := &f.w
	w.Object("functionResponse")
	f.callID(res.ID)
	w.Text("name", f.toolName(f.resultName(res)))
	f.response(res)
	f.inside(res)
	f.nested("functionResponse.", p.Own)
	w.End('}')
	f.end(nil, p.Own)
}

// resultName gives the name of the tool, which the vendor demands.
func (f *requestWriter) resultName(res *llm.Result) string {
	if res.Name != "" {
		return res.Name
	}
	for _, c := range f.calls {
		if c.id == res.ID {
			return c.name
		}
	}
	return "tool"
}

// response writes what a tool answered, which must be an object: {"output": …} or
// {"error": …} unless it is one (https://ai.google.dev/api/caching#FunctionResponse).
func (f *requestWriter) response(res *llm.Result) {
	w := &f.w
	key := "output"
	if res.Error {
		key = "error"
	}
	text := resultText(res)
	switch object := f.ownObject(res, text); {
	case object != nil && !res.Error:
		w.Member("response", object)
		return
	case len(res.JSON) > 0:
		w.Object("response")
		w.Member(key, res.JSON)
	case text != nil || res.Error:
		w.Object("response")
		w.Member(key, textOr(text))
	default:
		w.Object("response")
	}
	w.End('}')
}

// ownObject gives the object that an answer is. Beside media it has been read as text.
func (f *requestWriter) ownObject(res *llm.Result, text llm.Raw) llm.Raw {
	if len(res.JSON) > 0 && res.JSON[0] == '{' {
		return res.JSON
	}
	if f.own && len(res.Parts) > 1 && len(text) > 2 && text[1] == '{' {
		if s, ok := jsonscan.String(text); ok && json.Valid([]byte(s)) {
			return llm.Raw(s)
		}
	}
	return nil
}

// resultText joins the texts of an answer.
func resultText(res *llm.Result) llm.Raw {
	var texts [][]byte
	for i := range res.Parts {
		if p := &res.Parts[i]; p.Kind == llm.Text || p.Kind == llm.Refusal {
			texts = append(texts, p.Text)
		}
	}
	return jsonout.Join(`\n`, texts...)
}

// fits reports whether a media may stand inside a functionResponse
// (https://ai.google.dev/gemini-api/docs/function-calling#multimodal).
func (f *requestWriter) fits(p *llm.Part) bool {
	if p.Media == nil || p.Media.Parts != nil || p.Media.Text != nil {
		return false
	}
	if f.own {
		return true
	}
	if f.m.gen != gemini3 || p.Media.Data == nil || p.Media.Context != nil {
		return false
	}
	switch mediaType(p.Media, p.Kind) {
	case "image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain":
		return true
	}
	return false
}

// inside writes the media that fit into a functionResponse.
func (f *requestWriter) inside(res *llm.Result) {
	open := false
	for i := range res.Parts {
		p := &res.Parts[i]
		if !f.fits(p) {
			continue
		}
		if !open {
			f.w.Array("parts")
			open = true
		}
		f.w.Begin('{')
		f.place(p)
		for _, m := range p.Own {
			if f.own {
				f.w.AnyKey(m.Name)
				f.w.Raw(m.Value)
			}
		}
		f.w.End('}')
	}
	if open {
		f.w.End(']')
	}
}

// beside writes the media that do not, as parts of the same turn.
func (f *requestWriter) beside(p *llm.Part) {
	for i := range p.Result.Parts {
		if one := &p.Result.Parts[i]; one.Media != nil && !f.fits(one) {
			f.media(llm.User, one)
		}
	}
}

// special writes a part that only this dialect has; elsewhere it was lost on the way in.
func (f *requestWriter) special(role llm.Role, p *llm.Part) {
	if !f.own {
		return
	}
	signature := f.signature(p)
	f.begin(role)
	_ = jsonscan.Members(p.Raw, func(key, v []byte) bool {
		if k := nameOf(key); k != "thoughtSignature" && k != "thought_signature" {
			f.w.AnyKey(k)
			f.w.Raw(v)
		}
		return true
	})
	f.end(signature, nil)
}

// media writes an image, audio, video or document.
func (f *requestWriter) media(role llm.Role, p *llm.Part) {
	m := p.Media
	if m == nil {
		return
	}
	if m.Context != nil {
		f.text(role, &llm.Part{Kind: llm.Text, Text: m.Context})
	}
	if m.Parts != nil {
		f.turn(role, m.Parts)
		return
	}
	if m.Data == nil && m.Text == nil && m.URL == nil && m.FileID == nil {
		return
	}
	signature := f.signature(p)
	f.begin(role)
	f.place(p)
	f.end(signature, p.Own)
}

// place writes where a media is: its bytes, or a URI.
func (f *requestWriter) place(p *llm.Part) {
	w, m := &f.w, p.Media
	switch {
	case m.Data != nil:
		appendInline(w, p.Kind, m)
	case m.Text != nil:
		text, _ := jsonscan.String(m.Text)
		appendInline(w, p.Kind, &llm.Media{Type: plainType(m.Type), Data: []byte(base64.StdEncoding.EncodeToString([]byte(text)))})
	case m.FileID != nil:
		f.checkFile(p)
		appendFile(w, p.Kind, m, m.FileID)
	default:
		appendFile(w, p.Kind, m, m.URL)
	}
	if f.own {
		w.MemberIf("displayName", m.Name)
	}
	w.End('}')
}

func plainType(t string) string {
	if t == "" {
		return "text/plain"
	}
	return t
}

// checkFile refuses the id of a file that is another vendor's.
func (f *requestWriter) checkFile(p *llm.Part) {
	id, _ := jsonscan.String(p.Media.FileID)
	if f.own || isVendorsFile(id) || strings.HasPrefix(id, "gs://") {
		return
	}
	feature := llm.FFileID
	if p.Kind == llm.Image {
		feature = llm.FImageFile
	}
	f.fail(feature.String(), "The file '"+id+"' is not one of this provider's: upload it there and give its URI, or send its bytes.")
}
