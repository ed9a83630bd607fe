package scripted

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// control serves tests in other languages, under /script/ with ?exchange=<name>:
//
//	release  lets one paused stream go on
//	gone     waits until a hanging stream's caller has left: {"at": <Unix milliseconds>}
//	calls    [{"uri", "header", "body"}] so far; a body that is no text is cut to its text
//	corpus   names of the recorded exchanges that may be asked for
func (u *Upstream) control(c *testup.Call) {
	at, err := url.Parse(c.URI)
	if err != nil {
		c.JSON(400, `{}`)
		return
	}
	name := at.Query().Get("exchange")
	switch strings.TrimPrefix(at.Path, "/script/") {
	case "release":
		u.Release(name)
		c.JSON(200, `{}`)
	case "gone":
		answer(c, map[string]any{"at": float64(u.Gone(name).UnixNano()) / float64(time.Millisecond)})
	case "calls":
		answer(c, u.seen(name))
	case "corpus":
		answer(c, u.Recordings())
	default:
		c.JSON(404, `{}`)
	}
}

type seen struct {
	URI    string              `json:"uri"`
	Header map[string][]string `json:"header"`
	Body   string              `json:"body"`
}

func (u *Upstream) seen(name string) []seen {
	out := []seen{}
	for _, c := range u.Calls(name) {
		out = append(out, seen{c.URI, c.Header, strings.ToValidUTF8(string(c.Body), "")})
	}
	return out
}

func answer(c *testup.Call, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		c.JSON(500, `{}`)
		return
	}
	c.JSON(200, string(b))
}
