package proxy

import (
	"bytes"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/route"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// objectID gives the part of an id, name or URL of a vendor's object that names it:
// "files/abc" and "https://host/v1beta/files/abc" are "abc".
func objectID(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return path.Base(s)
}

// planHome plans the call: where the objects that it names live, or by its model.
func (x *exchange) planHome(ask *route.Ask) error {
	if x.gw.CallerCredentials {
		if err := x.planWay(ask); err == nil && x.ownCredential() {
			return nil // what lives in the caller's own account is its own affair
		}
	}
	if err := x.findHome(); err != nil {
		return err
	}
	if x.home == nil {
		return x.planWay(ask)
	}
	plan, err := x.planAtHome(ask)
	x.plan = plan
	return err
}

// planAtHome plans a call that names objects, which live at one provider.
func (x *exchange) planAtHome(ask *route.Ask) ([]route.Target, error) {
	if ask.Provider != "" && ask.Provider != x.home.Provider {
		return nil, fault.Newf(fault.InvalidRequest, "The header sluice-provider says '%s', and this object lives at '%s'.", clip(ask.Provider), x.home.Provider).Field("sluice-provider")
	}
	home := x.view.Providers[x.home.Provider]
	if home == nil {
		return nil, fault.Newf(fault.NotFound, "The provider '%s' where this object lives is no longer configured.", x.home.Provider)
	}
	if ask.Model == "" {
		return []route.Target{{Provider: home}}, nil
	}
	if x.view.routes.Has(ask.Model) {
		if err := x.planWay(ask); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(x.plan, func(t route.Target) bool { return t.Provider != home }), nil
	}
	for _, n := range x.view.Resolve(ask.Model) {
		if n.Provider == home {
			return []route.Target{{Provider: home, Model: n.Model}}, nil
		}
	}
	return nil, fault.Newf(fault.InvalidRequest, "The call names an object that lives at '%s', and a model that is not there.", home.Name).Field("model")
}

// findHome looks up every object that the call names. A foreign one does not exist.
func (x *exchange) findHome() error {
	named := x.refers()
	if x.ep.Object.Names && x.pathID != "" {
		if named == nil {
			named = map[string]string{}
		}
		named[x.pathID] = x.ep.Object.Kind
	}
	if id := x.started(); id != "" {
		if named == nil {
			named = map[string]string{}
		}
		named[id] = startedKind
	}
	for _, id := range x.deepRefers() {
		if named == nil {
			named = map[string]string{}
		}
		named[id] = "file"
	}
	for id, kind := range named {
		if x.said != nil && id == x.said.Previous {
			continue // it lives here
		}
		if err := x.visit(id, kind); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) visit(id, kind string) error {
	o, err := x.p.objects.Find(kind, objectID(id))
	if err != nil {
		return fault.New(fault.Overloaded, "Sluice cannot look up where this object lives, since its store is away.").With(err).After(time.Second)
	}
	if o == nil && x.lenient {
		return nil // nobody's, as far as Sluice knows
	}
	if o == nil || o.Deleted || o.Workspace != x.who.Workspace {
		return fault.Newf(fault.NotFound, "There is no %s '%s' here.", kind, clip(id))
	}
	if x.pinned != nil && o.Provider != x.pinned.Name {
		return fault.Newf(fault.NotFound, "There is no %s '%s' at this provider.", kind, clip(id))
	}
	if x.home != nil && (x.home.Provider != o.Provider || x.home.Credential != o.Credential) {
		return fault.New(fault.InvalidRequest, "The call names objects that live in different places.")
	}
	x.home = o
	return nil
}

// checkObjects looks up the objects of a call whose provider is fixed by its path.
func (x *exchange) checkObjects() error {
	if x.pinned == nil || x.home != nil || x.ownCredential() {
		return nil
	}
	return x.findHome()
}

// ownCredential reports whether the caller brought its own vendor credential: the
// objects behind it are the caller's own affair.
func (x *exchange) ownCredential() bool {
	if !x.gw.CallerCredentials || x.way.Route != "" || x.presented() == "" {
		return false
	}
	l := x.lane
	switch {
	case l != nil:
	case x.pinned != nil:
		l = x.view.lanes[x.pinned.Name]
	case len(x.plan) > 0:
		l = x.view.lanes[x.plan[0].Provider.Name]
	default:
		return false
	}
	return l.presents()
}

// presents reports whether a credential is sent to the provider at all, and not one
// that the operator fixed.
func (l *lane) presents() bool {
	if name, _ := l.provider.AuthField("x"); name != "" {
		return !overridden(l.forced, name)
	}
	name, _ := l.provider.AuthQuery("x")
	return name != ""
}

// fileMembers are the members by which bodies of any dialect name stored files.
var fileMembers = []string{"file_id", "file_ids", "fileUri", "file_uri"}

// freeMembers hold what callers' own tools and programs mean, whatever it is called.
var freeMembers = []string{"args", "arguments", "response", "parameters", "parametersJsonSchema", "input_schema", "schema", "responseSchema", "metadata"}

func keyIn(key []byte, names []string) bool {
	for _, n := range names {
		if jsonscan.KeyIs(key, n) {
			return true
		}
	}
	return false
}

// What every such member begins with, and what any spelling of it with escapes holds.
// Both begin with a byte that is rare in text, since the search is paid by every call.
var fileMark, escapeMark = []byte(`"file`), []byte(`\u00`)

// deepRefers gives the stored files that a conversation names anywhere in its body.
// Bodies that cannot hold one are passed over at the cost of a search.
func (x *exchange) deepRefers() []string {
	if x.ep.Body != dialect.JSON {
		return nil
	}
	body := x.body.bytes()
	if !bytes.Contains(body, fileMark) && !bytes.Contains(body, escapeMark) {
		return nil
	}
	w := fileWalk{}
	w.value(body, 0)
	return w.ids
}

// fileWalk collects stored files from a JSON value.
type fileWalk struct{ ids []string }

func (w *fileWalk) value(raw []byte, depth int) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || depth > jsonscan.MaxDepth {
		return
	}
	switch raw[0] {
	case '{':
		toolCall := depth > 0 && isToolCall(raw)
		_ = jsonscan.Members(raw, func(key, v []byte) bool {
			switch {
			case keyIn(key, fileMembers):
				w.take(v)
			case keyIn(key, freeMembers), toolCall && jsonscan.KeyIs(key, "input"):
			default:
				w.value(v, depth+1)
			}
			return true
		})
	case '[':
		_ = jsonscan.Elements(raw, func(v []byte) bool { w.value(v, depth+1); return true })
	}
}

// isToolCall reports whether an object is a call of a tool, whose input is the tool's own.
func isToolCall(raw []byte) bool {
	kind, _ := jsonscan.String(jsonscan.Get(raw, "type"))
	return kind == "tool_use" || kind == "server_tool_use" || kind == "mcp_tool_use"
}

// take takes a string or an array of strings. A URL of somewhere else is no object.
func (w *fileWalk) take(raw []byte) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		_ = jsonscan.Elements(raw, func(v []byte) bool { w.take(v); return true })
		return
	}
	s, ok := jsonscan.String(raw)
	if !ok || s == "" || (strings.Contains(s, "://") && !strings.Contains(s, "/files/")) {
		return
	}
	w.ids = append(w.ids, s)
}

// learnObject notes the objects that the answer tells of.
func (x *exchange) learnObject(answer []byte) {
	if x.isKept() {
		return // it is known, or another tenant's
	}
	rule := x.ep.Object
	x.learnYield(answer)
	switch {
	case rule.Deletes && x.home != nil:
		gone := *x.home
		gone.Deleted = true
		x.noteObject(gone)
		return
	case !rule.Creates || rule.IDAt == "" || x.ownCredential():
		return
	}
	if id := createdID(rule.IDAt, answer); id != "" {
		o := x.newObject(objectID(id))
		if x.ep.Op == llm.OpBatches {
			o.Hold = x.ticketFor()
		}
		x.noteObject(o)
	}
}

// learnYield notes what an object has brought forth, such as the output file of a batch.
func (x *exchange) learnYield(answer []byte) {
	if len(x.ep.Object.Yields) == 0 || x.ownCredential() {
		return
	}
	for path, kind := range x.ep.Object.Yields {
		id, ok := jsonscan.String(jsonscan.Get(answer, strings.Split(path, ".")...))
		if !ok || id == "" {
			continue
		}
		o := x.newObject(objectID(id))
		o.Kind, o.Hold = kind, x.yieldHold(path, answer)
		if known, err := x.p.objects.Find(kind, o.ID); err == nil && known == nil {
			x.noteObject(o)
		}
	}
}

func (x *exchange) newObject(id string) gateway.Object {
	return gateway.Object{ID: id, Kind: x.ep.Object.Kind, Provider: x.lane.provider.Name, Credential: x.credentialName(), Gateway: x.gw.Name, Workspace: x.who.Workspace, KeyID: x.who.KeyID(), Created: x.began}
}

func (x *exchange) noteObject(o gateway.Object) {
	for _, seen := range x.objects {
		if seen.Kind == o.Kind && seen.ID == o.ID && seen.Deleted == o.Deleted {
			return
		}
	}
	x.objects = append(x.objects, o)
	x.p.objects.Remember(x.objects[len(x.objects)-1:])
}

// learnStreamed notes the object that a streamed answer's id names.
func (x *exchange) learnStreamed() {
	if x.ep.Object.Creates && !x.isKept() && x.report != nil && x.report.ID != "" && !x.ownCredential() && x.ep.Op == llm.OpChat {
		x.noteObject(x.newObject(objectID(x.report.ID)))
	}
}

// answerList relays a list with the elements of other workspaces cut out.
func (x *exchange) answerList(resp *upstream.Response) error {
	body, err := readUpTo(resp, listLimit)
	if err != nil {
		return err
	}
	if len(body) >= listLimit {
		return fault.New(fault.UpstreamError, "The provider's list is larger than Sluice reads.")
	}
	x.waited += resp.Waited
	resp.Waited = 0
	if !x.ownCredential() {
		plain, err := decoded(resp.Header.Get("Content-Encoding"), body, listLimit)
		if err != nil {
			return fault.New(fault.UpstreamError, "The provider's list is encoded in a way that Sluice does not know.").With(err)
		}
		if body, err = x.ownItems(plain); err != nil {
			return err
		}
	}
	x.firstByte = time.Now()
	w := x.relayHead(resp)
	delete(x.w.Header(), "Content-Encoding")
	w.set("Content-Length", itoa(int64(len(body))))
	x.keepAnswer(resp, body)
	x.writeHead(http.StatusOK)
	return x.writeAll(body)
}

const listLimit = 32 << 20

// ownItems cuts what is not the workspace's own out of a list's array.
func (x *exchange) ownItems(body []byte) ([]byte, error) {
	var doc jsonscan.Doc
	var span [1]jsonscan.Span
	if err := doc.Scan(body, []string{x.ep.Object.Items}, span[:]); err != nil {
		return nil, fault.New(fault.UpstreamError, "The provider's list is malformed.").With(err)
	}
	if !span[0].Found() {
		return nil, fault.New(fault.UpstreamError, "The provider's list has not the form that Sluice knows, so it cannot tell whose these are.")
	}
	items := span[0].Of(body)
	var elements [][]byte
	var ids []string
	_ = jsonscan.Elements(items, func(v []byte) bool {
		id, ok := jsonscan.String(jsonscan.Get(v, "id"))
		if !ok {
			id, _ = jsonscan.String(jsonscan.Get(v, "name"))
		}
		elements, ids = append(elements, v), append(ids, objectID(id))
		return true
	})
	own, err := x.p.objects.Own(x.who.Workspace, x.ep.Object.Kind, ids)
	if err != nil {
		return nil, fault.New(fault.Overloaded, "Sluice cannot tell whose these are, since its store is away.").With(err).After(time.Second)
	}
	out := append(make([]byte, 0, len(body)), body[:span[0].Start]...)
	out = append(out, '[')
	n := 0
	for i, v := range elements {
		if !own[ids[i]] {
			continue
		}
		if n++; n > 1 {
			out = append(out, ',')
		}
		out = append(out, x.pointLinks(v)...)
	}
	out = append(out, ']')
	return append(out, body[span[0].End:]...), nil
}
