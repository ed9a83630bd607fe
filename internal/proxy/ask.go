package proxy

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The members that a request body is scanned for; an endpoint's own references to
// objects follow after these.
const (
	wantModel = iota
	wantStream
	wantUsageOption
	wantUser
	wantMetadata
	wantSafetyID
	// Of conversations and completions alone; the members of the ceiling follow.
	wantTier
	wantModalities
	wantCeiling
)

// maxSpans bounds the members scanned for.
const maxSpans = 18

// wanted lists the members for an endpoint, in the order of the constants above.
func wanted(d *dialect.Dialect, e *dialect.Endpoint) []string {
	option := "stream_options"
	if d.UsageOption != nil {
		option = d.UsageOption.Object
	}
	names := []string{"model", "stream", option, "user", "metadata", "safety_identifier"}
	if answersInTokens(e.Op) { // what the ceiling of the answer is foreseen by
		names = append(names, serviceTier, modalities)
		for _, name := range d.Ceiling.Members() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for path := range e.Object.Refers {
		if name, _, _ := strings.Cut(path, "."); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > maxSpans {
		panic("BUG: too many members to scan for")
	}
	return names
}

// ask is what the request says, as spans of its body.
type ask struct {
	doc   jsonscan.Doc
	spans [maxSpans]jsonscan.Span
	model string // as the caller wrote it, wherever it stood
	user  string
	// characters are what speech is made of; vendors bill them and report nothing.
	characters int
}

// scan reads the few members needed of a JSON body.
func (x *exchange) scan() error {
	body := x.body.bytes()
	spans := x.ask.spans[:len(x.ep.want)]
	if err := x.ask.doc.Scan(body, x.ep.want, spans); err != nil {
		return badJSON(err)
	}
	if err := x.scanModel(body, spans[wantModel]); err != nil {
		return err
	}
	if x.ep.Streaming == dialect.ByMember || x.ep.Streaming == dialect.Unless {
		x.stream = x.ep.Streaming == dialect.Unless
		if err := x.scanStream(spans[wantStream].Of(body)); err != nil {
			return err
		}
	}
	x.ask.user = userOf(body, spans)
	if x.ep.Op == llm.OpSpeech {
		text, _ := jsonscan.String(jsonscan.Get(body, "input"))
		x.ask.characters = utf8.RuneCountInString(text)
	}
	return nil
}

func (x *exchange) scanModel(body []byte, at jsonscan.Span) error {
	switch {
	case x.ep.Model == dialect.InPath, x.pathModel != "":
		x.ask.model = x.pathModel // a deployment: what the body may name besides does not count
		return nil
	case x.ep.Model != dialect.InBody:
		return nil
	case !at.Found():
		if x.native != "" || optionalModel(x.ep.Op) {
			return nil
		}
		return fault.New(fault.InvalidRequest, "The member 'model' is missing.").Field("model")
	}
	model, ok := jsonscan.String(at.Of(body))
	if !ok || model == "" {
		return fault.New(fault.InvalidRequest, "The member 'model' must be a non-empty string.").Field("model")
	}
	x.ask.model = model
	return nil
}

// optionalModel reports operations whose vendors choose a model when none is named.
func optionalModel(op llm.Operation) bool {
	return op == llm.OpModerations || op == llm.OpImages || op == llm.OpVideos || op == llm.OpResponses
}

func (x *exchange) scanStream(raw []byte) error {
	if raw == nil || jsonscan.IsNull(raw) {
		return nil
	}
	on, ok := jsonscan.Bool(raw)
	if !ok {
		return fault.New(fault.InvalidRequest, "The member 'stream' must be true or false.").Field("stream")
	}
	x.stream = on
	return nil
}

// userOf gives the end user that the caller named, in whichever member its dialect has.
func userOf(body []byte, spans []jsonscan.Span) string {
	for _, raw := range [][]byte{spans[wantUser].Of(body), spans[wantSafetyID].Of(body), jsonscan.Get(spans[wantMetadata].Of(body), "user_id")} {
		if s, ok := jsonscan.String(raw); ok && s != "" {
			return gateway.UserName(s)
		}
	}
	return ""
}

func badJSON(err error) error {
	var e *jsonscan.Error
	if !errors.As(err, &e) {
		return fault.New(fault.InvalidRequest, "The body is not readable.").With(err)
	}
	f := fault.New(fault.InvalidRequest, "The body is refused: "+e.Error()+".")
	if e.Reason == jsonscan.DuplicateKey {
		f.Param = e.Key
	}
	return f
}

// edit replaces the bytes of one span; an empty span inserts.
type edit struct {
	at   jsonscan.Span
	with []byte
}

// splice gives the body as segments with the edits made; edits must be in rising
// order and must not overlap. No byte outside of them changes or is copied.
func splice(dst [][]byte, body []byte, edits []edit) [][]byte {
	from := 0
	for _, e := range edits {
		if e.at.Start > from {
			dst = append(dst, body[from:e.at.Start])
		}
		if len(e.with) > 0 {
			dst = append(dst, e.with)
		}
		from = e.at.End
	}
	if from < len(body) {
		dst = append(dst, body[from:])
	}
	return dst
}

// modelEdit puts the vendor's id in place of what the caller wrote, if they differ. A
// prefix that the caller's dialect has before ids stays.
func (x *exchange) modelEdit(edits []edit, model string) []edit {
	at := x.ask.spans[wantModel]
	if bareModel(x.ask.model) != x.ask.model && bareModel(model) == model {
		model = modelsPrefix + model
	}
	if x.ep.Model != dialect.InBody || !at.Found() || model == x.ask.model {
		return edits
	}
	return append(edits, edit{at, appendQuoted(x.scratch.text[:0], model)})
}

// repeatEdits puts the vendor's id in place of the path's model where the body names it
// once more.
func (x *exchange) repeatEdits(edits []edit, model string) []edit {
	if len(x.ep.Repeats) == 0 || bareModel(x.ask.model) == model {
		return edits
	}
	body := x.body.bytes()
	for _, path := range x.ep.Repeats {
		eachValue(body, strings.Split(path, "."), func(raw []byte) {
			name, ok := jsonscan.String(raw)
			if !ok || bareModel(name) != bareModel(x.ask.model) {
				return
			}
			prefix := strings.TrimSuffix(name, bareModel(name))
			edits = append(edits, edit{spanOf(body, raw), appendQuoted(nil, prefix+model)})
		})
	}
	return edits
}

// eachValue calls fn for every value at a path, * standing for every element.
func eachValue(v []byte, path []string, fn func(raw []byte)) {
	switch {
	case len(v) == 0:
	case len(path) == 0:
		fn(v)
	case path[0] == "*":
		_ = jsonscan.Elements(v, func(e []byte) bool { eachValue(e, path[1:], fn); return true })
	default:
		eachValue(jsonscan.Get(v, path[0]), path[1:], fn)
	}
}

// spanOf says where a part of a body stands in it; the part must share its memory.
func spanOf(body, part []byte) jsonscan.Span {
	start := int(uintptr(unsafe.Pointer(unsafe.SliceData(part))) - uintptr(unsafe.Pointer(unsafe.SliceData(body))))
	return jsonscan.Span{Start: start, End: start + len(part)}
}

// usageEdit asks for usage in a stream where the vendor reports it only on request,
// and says whether the extra event must be hidden from the caller again.
func (x *exchange) usageEdit(edits []edit) ([]edit, bool, error) {
	option := x.dialect.UsageOption
	body := x.body.bytes()
	at := x.ask.spans[wantUsageOption]
	raw := at.Of(body)
	pair := `"` + option.Member + `":true`
	switch {
	case raw == nil:
		in := x.ask.doc.Inside
		return append(edits, edit{jsonscan.Span{Start: in, End: in}, []byte(`"` + option.Object + `":{` + pair + `},`)}), true, nil
	case raw[0] == '{':
		return usageMember(edits, at, raw, option.Member, pair)
	case jsonscan.IsNull(raw):
		return append(edits, edit{at, []byte("{" + pair + "}")}), true, nil
	}
	return edits, false, nil // not what the dialect allows: the vendor shall say so
}

func usageMember(edits []edit, at jsonscan.Span, raw []byte, member, pair string) ([]edit, bool, error) {
	var doc jsonscan.Doc
	var span [1]jsonscan.Span
	if err := doc.Scan(raw, []string{member}, span[:]); err != nil {
		return nil, false, badJSON(err)
	}
	if v := span[0]; v.Found() {
		if on, _ := jsonscan.Bool(v.Of(raw)); on {
			return edits, false, nil
		}
		return append(edits, edit{jsonscan.Span{Start: at.Start + v.Start, End: at.Start + v.End}, []byte("true")}), true, nil
	}
	if !doc.Empty {
		pair += ","
	}
	in := at.Start + doc.Inside
	return append(edits, edit{jsonscan.Span{Start: in, End: in}, []byte(pair)}), true, nil
}

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// refers gives the vendor ids that the body names, by kind.
func (x *exchange) refers() map[string]string {
	if len(x.ep.Object.Refers) == 0 || x.ep.Body != dialect.JSON {
		return nil
	}
	body := x.body.bytes()
	found := map[string]string{}
	for path, kind := range x.ep.Object.Refers {
		name, rest, deep := strings.Cut(path, ".")
		raw := bytes.TrimSpace(x.ask.spans[slices.Index(x.ep.want, name)].Of(body))
		if deep {
			raw = jsonscan.Get(raw, strings.Split(rest, ".")...)
		}
		if id, ok := jsonscan.String(raw); ok && id != "" {
			found[id] = kind
		}
	}
	return found
}

// modelsPrefix is what some dialects write before a model's id.
const modelsPrefix = "models/"

// bareModel strips it.
func bareModel(model string) string { return strings.TrimPrefix(model, modelsPrefix) }
