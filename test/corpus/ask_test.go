package corpus_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// ask is one way for a caller to make a recorded request, and what must come of it at
// the vendor.
type ask struct {
	door     string // data-plane, native or bare
	endpoint *endpoint
	op       string

	path    string // at the gateway, with query
	arrives string // the path at the vendor, "" = as recorded
	header  http.Header
	body    []byte

	model     string // as the vendor spells it, "" = none
	requested string // as the caller writes it
	stream    bool   // the caller asked for a stream
	plain     []byte // the body as the vendor must get it, but for the usage option
	adds      bool   // the usage option must be spliced in
	overrides bool   // the path names a deployment, and the body another model
}

// shape is how the answers read; "" = the gateway reads nothing of them.
func (a *ask) shape() string {
	if a.endpoint == nil {
		return ""
	}
	return a.endpoint.shape
}

// asks lists the doors through which a recorded request can go.
func asks(r *recording, h *home) []*ask {
	body, contentType, streams := r.original(h)
	var all []*ask
	for _, a := range []*ask{throughDataPlane(r, h, body, contentType), bare(r, h, body), throughNative(r, h, body, contentType)} {
		if a == nil {
			continue
		}
		a.stream = a.streams(r.request.Path, streams)
		a.adds = addsUsage(a, h)
		a.finish(r, h, contentType)
		all = append(all, a)
	}
	return all
}

var alwaysStreams = regexp.MustCompile(`:stream(?:GenerateContent|RawPredict)$|/(?:converse-stream|invoke-with-response-stream)$`)

// streams reports whether a request asks for a stream, by path or body.
func (a *ask) streams(path string, said bool) bool {
	switch {
	case alwaysStreams.MatchString(path):
		return true
	case a.op == passthrough:
		return false
	case a.shape() == "ollama": // unless it says otherwise
		v, err := strconv.ParseBool(string(memberOf(a.plain, "stream")))
		return a.op != "embeddings" && (err != nil || v)
	}
	return said
}

// original is the body that was sent to the vendor, or a minimal one where it was not
// kept, and whether it asks for a stream.
func (r *recording) original(h *home) (body []byte, contentType string, streams bool) {
	body, contentType = r.sent()
	if body == nil && r.request.Method == "POST" {
		body, contentType = r.minimal(h)
	}
	if strings.HasPrefix(contentType, "multipart/") {
		v, _, _ := formValue(body, "stream")
		return body, contentType, string(v) == "true"
	}
	var o struct {
		Stream bool `json:"stream"`
	}
	_ = json.Unmarshal(body, &o)
	return body, contentType, o.Stream
}

const unnamedModel = "model-of-the-recording"

func (r *recording) minimal(h *home) (body []byte, contentType string) {
	model := unnamedModel
	var o struct {
		Model string `json:"model"`
	}
	if r.Framing == "json" && json.Unmarshal(r.body, &o) == nil && o.Model != "" {
		model = o.Model
	}
	e := h.find("POST", h.dataPlane(r.request.Path))
	switch {
	case e != nil && e.place == inForm:
		return fmt.Appendf(nil, "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n\x00\xff\r\n"+
			"--b0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n%s\r\n--b0--\r\n", model), "multipart/form-data; boundary=b0"
	case e != nil && e.place == inPath:
		return []byte(`{ "contents":[] }`), "application/json"
	}
	return fmt.Appendf(nil, "{\n  \"model\" : %q, \"stream\":%v ,\"input\":\"hi\"\n}", model, r.streams()), "application/json"
}

// throughDataPlane asks by the dialect's own path with model provider/model; nil when
// there is no such path, or the recording names its model in no way that fits it.
func throughDataPlane(r *recording, h *home, body []byte, contentType string) *ask {
	path := h.dataPlane(r.request.Path)
	e := h.find(r.request.Method, path)
	if e == nil || e.own || e.op == "models" || h.kind == "ollama" && h.base == "" {
		return nil
	}
	if h.rewrites(e, body) {
		return nil
	}
	a := &ask{door: "data-plane", endpoint: e, op: e.op, path: path, plain: body, body: body}
	switch e.place {
	case inBody, inForm:
		return a.namedInBody(r, h, contentType)
	case inPath:
		return a.namedInPath(r, h)
	}
	return a
}

// namedInBody writes the provider before the model in the body; nil when there is none.
func (a *ask) namedInBody(r *recording, h *home, contentType string) *ask {
	from, to := modelAt(a.plain, contentType)
	if model := claude(r.request.Path); model != "" && from < 0 { // it stands in the path at Google's
		a.model, a.requested = model, h.name+"/"+model
		end := len(bytes.TrimRight(a.plain[:bytes.LastIndexByte(a.plain, '}')], " \n\r\t"))
		a.body = slices.Insert(slices.Clone(a.plain), end, []byte(`,"model":"`+a.requested+`"`)...)
		return a
	}
	if from < 0 {
		return nil
	}
	a.model = unquoted(a.plain[from:to])
	if d := deployment(r.request.Path); d != "" && d != a.model {
		return nil
	}
	a.requested = h.name + "/" + a.model
	a.body = replaced(a.plain, from, to, a.requested)
	return a
}

// namedInPath writes the provider before the model in the path; nil when the vendor does
// not have the operation with that model.
func (a *ask) namedInPath(r *recording, h *home) *ask {
	at := a.endpoint.path.FindStringSubmatchIndex(a.path)
	a.model = unescaped(a.path[at[2]:at[3]])
	a.requested = h.name + "/" + a.model
	if !h.offers(a.endpoint, a.model) {
		return nil
	}
	slash := "/"
	if a.endpoint.shape == "converse" {
		slash = "%2F"
	}
	a.path = a.path[:at[2]] + h.name + slash + a.path[at[2]:]
	a.arrives = h.spelt(r.request.Path)
	return a
}

// bare asks with a model written as Gemini's SDKs write it, provider by header.
func bare(r *recording, h *home, body []byte) *ask {
	path := h.dataPlane(r.request.Path)
	e := h.find(r.request.Method, path)
	from, to := modelAt(body, "application/json")
	if e == nil || e.op != "cached_contents" || from < 0 {
		return nil
	}
	a := &ask{door: "bare", endpoint: e, op: e.op, path: path, plain: body, body: body, requested: unquoted(body[from:to])}
	a.model = strings.TrimPrefix(a.requested, "models/")
	a.header = http.Header{"Sluice-Provider": {h.name}}
	return a
}

// throughNative asks by the vendor's own path, nothing changed. That path may be
// written with base_url's own path or without.
func throughNative(r *recording, h *home, body []byte, contentType string) *ask {
	path := h.tail(r.request.Path)
	if r.seed()%2 == 0 {
		path = r.request.Path
	}
	if path == "/" {
		return nil
	}
	a := &ask{door: "native", endpoint: h.behind(r.request.Method, r.request.Path), op: passthrough, path: "/providers/" + h.name + path, body: body, plain: body}
	if a.endpoint == nil {
		return a
	}
	a.op = a.endpoint.op
	switch a.endpoint.place {
	case inBody, inForm:
		if from, to := modelAt(body, contentType); from >= 0 {
			a.requested = unquoted(body[from:to])
		}
		if d := deployment(path); d != "" { // whatever the body says besides
			a.overrides, a.requested = d != a.requested, d
		}
	case inPath:
		a.requested = unescaped(a.endpoint.path.FindStringSubmatch(h.tail(r.request.Path))[1])
	}
	if a.op == "models" {
		_, a.requested, _ = strings.Cut(r.request.Path, "/models/")
	}
	a.model = a.requested
	return a
}

// addsUsage reports whether Sluice must ask for the usage of a stream itself.
func addsUsage(a *ask, h *home) bool {
	if !a.stream || a.shape() != "chat" || h.spec.StreamUsage != provider.UsageOnRequest {
		return false
	}
	var o struct {
		Options struct {
			Include bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	_ = json.Unmarshal(a.body, &o)
	return !o.Options.Include
}

// The caller's secrets, none of which may reach a vendor.
var callerSecrets = []string{testgw.Key, "session=of-the-caller", "10.11.12.13", "private-to-the-gateway"}

// finish sets query and header.
func (a *ask) finish(r *recording, h *home, contentType string) {
	if q := r.rawQuery(); q != "" {
		a.path += "?" + q
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	for name, v := range r.request.Headers {
		a.header.Set(name, v)
	}
	if contentType != "" {
		a.header.Set("Content-Type", contentType)
	}
	if a.door == "data-plane" && a.model == "" {
		a.header.Set("Sluice-Provider", h.name)
	}
	a.header.Set("Cookie", callerSecrets[1])
	a.header.Set("X-Forwarded-For", callerSecrets[2])
	a.header.Set("Sluice-Metadata", `{"team":"`+callerSecrets[3]+`"}`)
	switch a.family(h) {
	case "anthropic":
		a.header.Set("X-Api-Key", testgw.Key)
		if a.header.Get("Anthropic-Version") == "" {
			a.header.Set("Anthropic-Version", "2023-06-01")
		}
	case "gemini":
		a.header.Set("X-Goog-Api-Key", testgw.Key)
	default:
		a.header.Set("Authorization", "Bearer "+testgw.Key)
	}
}

var deployments = regexp.MustCompile(`/deployments/([^/]+)/`)

// deployment is the model that a path of Azure's classic surface names.
func deployment(path string) string {
	if m := deployments.FindStringSubmatch(path); m != nil {
		return m[1]
	}
	return ""
}

// modelAt gives where the value of the model stands in a body; -1 = nowhere.
func modelAt(body []byte, contentType string) (from, to int) {
	if strings.HasPrefix(contentType, "multipart/") {
		v, from, ok := formValue(body, "model")
		if !ok || len(v) == 0 {
			return -1, -1
		}
		return from, from + len(v)
	}
	return member(body, "model")
}

// family is that of the endpoint, else the provider's.
func (a *ask) family(h *home) string { return cmp.Or(families[a.shape()], h.family()) }

// memberOf gives the value of a top-level member as it is written.
func memberOf(body []byte, name string) []byte {
	var o map[string]json.RawMessage
	_ = json.Unmarshal(body, &o)
	return o[name]
}

// member gives where the value of a top-level member stands; -1 = nowhere.
func member(body []byte, name string) (from, to int) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return -1, -1
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return -1, -1
		}
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return -1, -1
		}
		if key == name && len(v) > 2 && v[0] == '"' {
			end := int(d.InputOffset())
			return end - len(v), end
		}
	}
	return -1, -1
}

var formModel = `(?i)content-disposition: *form-data; *name="?%s"?\r\n(?:[^\r\n]+\r\n)*\r\n`

// formValue finds a text field of a multipart body.
func formValue(body []byte, name string) (v []byte, from int, ok bool) {
	at := regexp.MustCompile(fmt.Sprintf(formModel, name)).FindIndex(body)
	if at == nil {
		return nil, -1, false
	}
	end := bytes.Index(body[at[1]:], []byte("\r\n--"))
	if end < 0 {
		return nil, -1, false
	}
	return body[at[1] : at[1]+end], at[1], true
}

func unquoted(v []byte) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// replaced puts a model in place of another, quoted where that was.
func replaced(body []byte, from, to int, model string) []byte {
	with := model
	if body[from] == '"' {
		with = `"` + model + `"`
	}
	out := append([]byte(nil), body[:from]...)
	return append(append(out, with...), body[to:]...)
}

// arrived says what is wrong with what came at the vendor.
func (a *ask) arrived(r *recording, h *home, got *arrival) string {
	switch {
	case got.times != 1:
		return fmt.Sprintf("the vendor was called %d times", got.times)
	case got.method != r.request.Method:
		return "the vendor got the method " + got.method
	}
	path, rawQuery, _ := strings.Cut(got.uri, "?")
	if want := cmp.Or(a.arrives, r.request.Path); path != want {
		return fmt.Sprintf("the vendor got the path %s, want %s", path, want)
	}
	query, err := url.ParseQuery(strings.ReplaceAll(rawQuery, ";", "%3B"))
	if err != nil || len(query) != len(r.request.Query) {
		return fmt.Sprintf("the vendor got the query %q, want %q", rawQuery, r.rawQuery())
	}
	for _, p := range r.request.Query {
		if v := query[p[0]]; len(v) != 1 || v[0] != p[1] {
			return fmt.Sprintf("the vendor got the query %q, want %q", rawQuery, r.rawQuery())
		}
	}
	if why := a.bodyArrived(got.body); why != "" {
		return why
	}
	return a.headArrived(r, h, got)
}

// bodyArrived undoes the named edits and compares every byte with the recorded body.
func (a *ask) bodyArrived(got []byte) string {
	if !a.adds {
		if bytes.Equal(got, a.plain) {
			return ""
		}
		return "the vendor got another body: " + differ(got, a.plain)
	}
	for _, edit := range [][2]string{
		{`"stream_options":{"include_usage":true},`, ""}, {`"include_usage":true,`, ""}, {`"include_usage":true`, ""},
		{`{"include_usage":true}`, "null"}, {`"include_usage":true`, `"include_usage":false`}, {`"include_usage": true`, `"include_usage": false`},
	} {
		if bytes.Equal(bytes.Replace(got, []byte(edit[0]), []byte(edit[1]), 1), a.plain) {
			return ""
		}
	}
	if bytes.Equal(got, a.plain) {
		return "the vendor was not asked for usage"
	}
	return "the vendor got another body, but for the usage option: " + differ(got, a.plain)
}

func (a *ask) headArrived(r *recording, h *home, got *arrival) string {
	var all bytes.Buffer
	_ = got.header.Write(&all)
	for _, secret := range callerSecrets {
		if strings.Contains(all.String()+got.uri+string(got.body), secret) {
			return fmt.Sprintf("the vendor saw %q", secret)
		}
	}
	if why := h.credentialArrived(got); why != "" {
		return why
	}
	for name := range r.request.Headers {
		if want, have := a.header.Get(name), got.header.Get(name); have != want {
			return fmt.Sprintf("the header %s arrived as %q, want %q", name, have, want)
		}
	}
	return ""
}

// differ shows two texts from where they part.
func differ(got, want []byte) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-20)
	show := func(b []byte) string { return fmt.Sprintf("%.120q", b[min(from, len(b)):min(len(b), from+120)]) }
	return fmt.Sprintf("%d bytes, want %d; from byte %d: %s, want %s", len(got), len(want), i, show(got), show(want))
}
