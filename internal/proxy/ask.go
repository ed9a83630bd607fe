package proxy

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
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
)

// maxSpans bounds the members scanned for.
const maxSpans = 12

// wanted lists the members for an endpoint, in the order of the constants above.
func wanted(d *dialect.Dialect, e *dialect.Endpoint) []string {
	option := "stream_options"
	if d.UsageOption != nil {
		option = d.UsageOption.Object
	}
	names := []string{"model", "stream", option, "user", "metadata", "safety_identifier"}
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
	if x.ep.Streaming == dialect.ByMember {
		if err := x.scanStream(spans[wantStream].Of(body)); err != nil {
			return err
		}
	}
	x.ask.user = userOf(body, spans)
	return nil
}

func (x *exchange) scanModel(body []byte, at jsonscan.Span) error {
	switch {
	case x.ep.Model == dialect.InPath:
		x.ask.model = x.pathModel
		return nil
	case x.pathModel != "":
		return x.deployed(at.Of(body))
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

// deployed takes the model that the path names where the body may name one too: they
// must agree, since the vendor goes by the path.
func (x *exchange) deployed(raw []byte) error {
	x.ask.model = x.pathModel
	if raw == nil {
		return nil
	}
	if named, _ := jsonscan.String(raw); named != x.pathModel {
		return fault.Newf(fault.InvalidRequest, "The path names the deployment '%s', and the body another model.", clip(x.pathModel)).Field("model")
	}
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
			return clip(s)
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

// usageEdit asks for usage in a stream where the vendor reports it only on request,
// and says whether the extra event must be hidden from the caller again.
func (x *exchange) usageEdit(edits []edit) ([]edit, bool) {
	option := x.dialect.UsageOption
	body := x.body.bytes()
	at := x.ask.spans[wantUsageOption]
	raw := at.Of(body)
	pair := `"` + option.Member + `":true`
	switch {
	case raw == nil:
		in := x.ask.doc.Inside
		return append(edits, edit{jsonscan.Span{Start: in, End: in}, []byte(`"` + option.Object + `":{` + pair + `},`)}), true
	case raw[0] != '{':
		if jsonscan.IsNull(raw) {
			return append(edits, edit{at, []byte("{" + pair + "}")}), true
		}
		return edits, false // not what the dialect allows: the vendor shall say so
	}
	return usageMember(edits, at, raw, option.Member, pair)
}

func usageMember(edits []edit, at jsonscan.Span, raw []byte, member, pair string) ([]edit, bool) {
	var doc jsonscan.Doc
	var span [1]jsonscan.Span
	if err := doc.Scan(raw, []string{member}, span[:]); err != nil {
		return edits, false
	}
	if v := span[0]; v.Found() {
		if on, _ := jsonscan.Bool(v.Of(raw)); on {
			return edits, false
		}
		return append(edits, edit{jsonscan.Span{Start: at.Start + v.Start, End: at.Start + v.End}, []byte("true")}), true
	}
	if !doc.Empty {
		pair += ","
	}
	in := at.Start + doc.Inside
	return append(edits, edit{jsonscan.Span{Start: in, End: in}, []byte(pair)}), true
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
