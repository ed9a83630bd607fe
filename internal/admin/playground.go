package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// maxAsk bounds the body of a call from the playground, images in it.
const maxAsk = 32 << 20

// chatPath is where the data plane takes a conversation in the shape that most clients know.
const chatPath = "/v1/chat/completions"

func (a *api) playgroundRoutes() []route {
	return []route{
		{Access: editors, Method: post, Path: "/playground", Name: "askPlayground", Summary: "Make a call through the data plane as the person who asks: rights, limits, cache, routes and the log are those of any call.",
			Body: reflect.TypeFor[NewCall](), Most: maxAsk, Stream: "What the data plane answers, status and sluice-… headers included: JSON, or server-sent events where the body says stream.", Status: http.StatusOK, serve: a.askPlayground},
	}
}

// NewCall is a call to be made.
type NewCall struct {
	Workspace string            `json:"workspace" doc:"Whose call it is; may be left out by who has the role in one alone, and by admins, for the default one."`
	Gateway   string            `json:"gateway" doc:"The default one unless given."`
	Headers   map[string]string `json:"headers" doc:"sluice-… headers of the call, such as sluice-cache."`
	Body      json.RawMessage   `json:"body" required:"true" doc:"The call in the shape of OpenAI's chat completions, model and stream in it."`
}

// askPlayground makes a call as the person who asks, and answers what it is answered.
func (a *api) askPlayground(c *call) (any, error) {
	var asked NewCall
	if err := c.decode(&asked); err != nil {
		return nil, err
	}
	workspace, err := c.askedIn(asked.Workspace)
	if err != nil {
		return nil, err
	}
	r, err := c.requestOf(&asked)
	if err != nil {
		return nil, err
	}
	if a.Ask == nil {
		return nil, notServing()
	}
	if _, err := a.Store.Workspace(c.ctx(), workspace); err != nil {
		return nil, named(err, "workspace", workspace)
	}
	a.Ask(c.w, r, c.who.as(workspace, "playground"))
	return nil, nil
}

// askedIn gives the workspace of a call, in which its caller has the route's role.
func (c *call) askedIn(workspace string) (string, error) {
	if workspace == "" {
		switch ids := c.within(); {
		case ids == nil:
			return gateway.DefaultWorkspace, nil
		case len(ids) == 1:
			return ids[0], nil
		default:
			return "", invalid("workspace", "workspace is needed: one of "+strings.Join(ids, ", "))
		}
	}
	return workspace, named(c.in(workspace), "workspace", workspace)
}

// requestOf makes the request that the data plane gets.
func (c *call) requestOf(asked *NewCall) (*http.Request, error) {
	if len(asked.Body) == 0 || asked.Body[0] != '{' {
		return nil, invalid("body", "body must be the call, a JSON object with model and messages")
	}
	path := chatPath
	if asked.Gateway != "" {
		path = "/gateways/" + url.PathEscape(asked.Gateway) + path
	}
	r, err := http.NewRequestWithContext(c.ctx(), http.MethodPost, "http://sluice"+path, bytes.NewReader(asked.Body))
	if err != nil {
		return nil, invalid("gateway", "gateway is no name of a gateway")
	}
	r.RemoteAddr, r.Proto, r.ProtoMajor, r.ProtoMinor = c.r.RemoteAddr, c.r.Proto, c.r.ProtoMajor, c.r.ProtoMinor
	for name, value := range asked.Headers {
		if !strings.HasPrefix(strings.ToLower(name), "sluice-") || strings.EqualFold(name, "sluice-key") || slices.ContainsFunc([]byte(value), control) {
			return nil, invalid("headers", "headers may hold sluice-… headers of one line, sluice-key not among them; "+asStored(name)+" is none")
		}
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", c.r.UserAgent())
	return r, nil
}

func control(b byte) bool { return b < ' ' && b != '\t' || b == 0x7f }

// as gives the caller as the data plane knows callers: the person, in a workspace where
// the role was looked at. via says where the call came from; it stands in the entry's
// metadata.
func (w *caller) as(workspace, via string) *gateway.Principal {
	metadata, err := json.Marshal(map[string]string{"via": via})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return &gateway.Principal{Workspace: workspace, User: w.name(), Role: w.roles[workspace], Metadata: metadata}
}
