package proxy

import (
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// startedKind is the kind under which what a vendor's URL has begun is remembered.
const startedKind = "upload"

// pointBack points the URLs that a caller is to call next at this gateway instead of
// the vendor, so that its key and its bytes stay here.
func (x *exchange) pointBack() {
	h := x.w.Header()
	for name, param := range x.dialect.BackURLs {
		for i, v := range h[name] {
			back, u := x.back(v)
			if u == nil {
				continue
			}
			h[name][i] = back
			if id := u.Query().Get(param); id != "" && !x.ownCredential() {
				x.noteObject(gateway.Object{ID: objectID(id), Kind: startedKind, Provider: x.lane.provider.Name, Credential: x.credentialName(), Gateway: x.gw.Name, Workspace: x.who.Workspace, KeyID: x.who.KeyID(), Created: x.began})
			}
		}
	}
}

// back gives a URL of the vendor as one of this gateway; nil when it is not the vendor's.
func (x *exchange) back(link string) (string, *url.URL) {
	u, err := url.Parse(link)
	if err != nil || u.Host != x.lane.host {
		return link, nil
	}
	u.Host, u.Scheme = x.r.Host, "http"
	if x.r.TLS != nil {
		u.Scheme = "https"
	}
	u.Path = strings.TrimSuffix(x.r.URL.Path, x.path) + u.Path
	return u.String(), u
}

// started gives what the query says was begun before, "" when nothing.
func (x *exchange) started() string {
	if x.r.URL.RawQuery == "" {
		return ""
	}
	for _, param := range x.dialect.BackURLs {
		if id := x.r.URL.Query().Get(param); id != "" {
			return id
		}
	}
	return ""
}

// pointLinks points the links of an object at this gateway. Without any it gives the
// object itself.
func (x *exchange) pointLinks(object []byte) []byte {
	links := x.ep.Object.Links
	if len(links) == 0 || len(links) > maxSpans {
		return object
	}
	var spans [maxSpans]jsonscan.Span
	if jsonscan.ScanObject(object, links, spans[:len(links)]) != nil {
		return object
	}
	var edits []edit
	for _, at := range spans[:len(links)] {
		link, ok := jsonscan.String(at.Of(object))
		if !ok {
			continue
		}
		if back, u := x.back(link); u != nil {
			edits = append(edits, edit{at, appendQuoted(nil, back)})
		}
	}
	if len(edits) == 0 {
		return object
	}
	var out []byte
	for _, part := range splice(nil, object, edits) {
		out = append(out, part...)
	}
	return out
}
