package chaos_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// trouble is one way in which a vendor fails.
type trouble struct {
	name   string
	do     func(v *vendor, c *testup.Call) // nil = the host itself is the trouble
	host   string                          // whose name begins that of the provider; "" = the scripted one
	of     string                          // "stream", "whole" or "" = both
	fault  string                          // the first attempt's in the entry
	status int                             // and its status
	code   string                          // what a caller is told who has nobody else
	spoke  bool                            // some content had come before
	serves bool                            // it is no trouble at all
	alone  bool                            // with nobody else, it is what the caller gets
}

func status(n int, fault, code string) trouble {
	return trouble{name: fmt.Sprint("status ", n), fault: fault, status: n, code: code, do: func(v *vendor, c *testup.Call) { c.JSON(n, v.errorBody(n)) }}
}

// says streams some text, an event at a time, and goes on with what is given.
func says(text func(v *vendor) string, then func(c *testup.Call)) func(*vendor, *testup.Call) {
	return func(v *vendor, c *testup.Call) {
		c.Stream(func(int) { pause(c, 3*time.Millisecond) }, testup.Events(strings.ReplaceAll(text(v), "\r\n", "\n"))...)
		if then != nil {
			then(c)
		}
	}
}

func begun(v *vendor) string { return v.before }
func spoken(v *vendor) string {
	return v.before + fmt.Sprintf(v.piece, alpha[0])
}
func hang(c *testup.Call) { pause(c, time.Minute) }

var troubles = []trouble{
	{name: "nobody listens", host: "closed", fault: "connect", code: "upstream_unreachable"},
	{name: "no such host", host: "nowhere", fault: "connect", code: "upstream_unreachable"},
	{name: "a certificate nobody signed", host: "untrusted", fault: "connect", code: "upstream_unreachable"},
	{name: "a handshake that stalls", host: "mute", fault: "timeout", code: "upstream_timeout"},

	{name: "a reset", fault: "upstream", code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) { conn.(*net.TCPConn).SetLinger(0) })
	}},
	{name: "no head", fault: "timeout", code: "upstream_timeout", do: func(_ *vendor, c *testup.Call) { hang(c) }},
	{name: "half a head", fault: "timeout", code: "upstream_timeout", do: func(_ *vendor, c *testup.Call) {
		c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Ty")
			_, _ = conn.Read(make([]byte, 1))
		})
	}},
	{name: "a head cut off", fault: "upstream", code: "upstream_error", do: func(_ *vendor, c *testup.Call) { c.Write("HTTP/1.1 200 OK\r\nContent-Ty") }},
	{name: "no HTTP", fault: "upstream", code: "upstream_error", do: func(_ *vendor, c *testup.Call) { c.Write("SSH-2.0-OpenSSH_9.6\r\n") }},
	{name: "a huge header", fault: "upstream", code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Write("HTTP/1.1 200 OK\r\nX-Huge: " + strings.Repeat("h", 200<<10) + "\r\n\r\n")
	}},

	status(401, "credential", "upstream_auth"),
	status(402, "credential", "upstream_rate_limited"),
	status(403, "credential", "upstream_auth"),
	status(429, "rate_limited", "upstream_rate_limited"),
	status(500, "upstream", "upstream_error"),
	status(502, "upstream", "upstream_error"),
	status(503, "upstream", "upstream_error"),
	status(504, "timeout", "upstream_timeout"),
	status(529, "upstream", "upstream_error"),
	{name: "an error that stalls", fault: "timeout", status: 500, code: "upstream_timeout", do: func(_ *vendor, c *testup.Call) {
		c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
			_, _ = io.WriteString(conn, "HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
			_, _ = conn.Read(make([]byte, 1))
		})
	}},
	{name: "a page for an error", fault: "upstream", status: 502, code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Answer(502, "text/html", []byte("<html><h1>Bad gateway</h1></html>"))
	}},
	{name: "a redirect", fault: "upstream", status: 302, code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Set("Location", "https://example.com/").Answer(302, "text/html", nil)
	}},

	{name: "a page", fault: "upstream", status: 200, code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Answer(200, "text/html", []byte("<html>Please log in</html>"))
	}},
	{name: "an empty answer", of: "whole", fault: "upstream", status: 200, code: "upstream_error", do: func(_ *vendor, c *testup.Call) {
		c.Answer(200, "application/json", nil)
	}},
	{name: "truncated JSON", of: "whole", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.Answer(200, "application/json", []byte(v.whole[:len(v.whole)*2/3]))
	}},
	{name: "200 and then an error", of: "whole", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.JSON(200, v.errorBody(500))
	}},
	{name: "a body that stalls", of: "whole", fault: "timeout", status: 200, code: "upstream_timeout", do: func(v *vendor, c *testup.Call) {
		c.Set("Content-Length", "1000").StreamAs("application/json", nil, v.whole[:40])
		hang(c)
	}},
	{name: "a body cut off", of: "whole", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.Write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n" + v.whole[:40])
	}},
	{name: "a body that drips", of: "whole", status: 200, serves: true, do: func(v *vendor, c *testup.Call) {
		body := fmt.Sprintf(v.whole, strings.Join(alpha, ""))
		var pieces []string
		for len(body) > 40 {
			pieces, body = append(pieces, body[:40]), body[40:]
		}
		c.StreamAs("application/json", func(int) { pause(c, 10*time.Millisecond) }, append(pieces, body)...)
	}},
	{name: "nothing said", of: "whole", fault: "upstream", status: 200, alone: true, do: func(v *vendor, c *testup.Call) {
		c.JSON(200, fmt.Sprintf(v.whole, ""))
	}},

	{name: "a stream for an error", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.JSON(200, v.errorBody(500))
	}},
	{name: "no events", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(func(*vendor) string { return "" }, nil)},
	{name: "no first event", of: "stream", fault: "timeout", status: 200, code: "upstream_timeout", do: says(func(*vendor) string { return "" }, hang)},
	{name: "pings and no first event", of: "stream", fault: "timeout", status: 200, code: "upstream_timeout", do: func(v *vendor, c *testup.Call) {
		c.Stream(nil, v.before)
		for c.More(": ping\n\n") {
			pause(c, 100*time.Millisecond)
			select {
			case <-c.Gone():
				return
			default:
			}
		}
	}},
	{name: "an end before content", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(begun, nil)},
	{name: "a cut before content", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) { c.Write(raw(v.before)) }},
	{name: "a reset before content", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
			_, _ = io.WriteString(conn, raw(v.before))
			pause(c, 30*time.Millisecond)
			_ = conn.(*net.TCPConn).SetLinger(0)
		})
	}},
	{name: "an error event first", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(func(v *vendor) string { return v.failed }, nil)},
	{name: "an error event before content", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(func(v *vendor) string { return v.before + v.failed }, nil)},
	{name: "an error event, then nothing", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(func(v *vendor) string { return v.before + v.failed }, hang)},
	{name: "nothing said in a stream", of: "stream", fault: "upstream", status: 200, alone: true, do: says(func(v *vendor) string { return v.before + v.after }, nil)},
	{name: "garbage", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: says(func(*vendor) string {
		return "data: <<<\n\nnonsense\n\n\x00\xff\xfe\n\ndata: {\"a\":\n\n"
	}, nil)},
	{name: "another framing", of: "stream", fault: "upstream", status: 200, code: "upstream_error", do: func(v *vendor, c *testup.Call) {
		c.StreamAs("text/plain", nil, v.stream(alpha...))
	}},
	{name: "a stream that drips", of: "stream", status: 200, serves: true, do: func(v *vendor, c *testup.Call) {
		stream := v.stream(alpha...)
		var pieces []string
		for len(stream) > 50 {
			pieces, stream = append(pieces, stream[:50]), stream[50:]
		}
		c.Stream(func(int) { pause(c, 5*time.Millisecond) }, append(pieces, stream)...)
	}},

	{name: "an error event after content", of: "stream", fault: "upstream", status: 200, spoke: true, do: says(func(v *vendor) string { return spoken(v) + v.failed }, nil)},
	{name: "an end after content", of: "stream", fault: "upstream", status: 200, spoke: true, do: says(spoken, nil)},
	{name: "a cut after content", of: "stream", fault: "upstream", status: 200, spoke: true, do: func(v *vendor, c *testup.Call) { c.Write(raw(spoken(v))) }},
	{name: "half an event after content", of: "stream", fault: "upstream", status: 200, spoke: true, do: func(v *vendor, c *testup.Call) {
		c.Write(raw(spoken(v) + v.piece[:30]))
	}},
	{name: "a stall after content", of: "stream", fault: "timeout", status: 200, spoke: true, do: says(spoken, hang)},
}

// cell is one call of the matrix.
type cell struct {
	*trouble
	caller, first, second string // dialects; second "" = there is none
	stream                bool
	model, provider       string
}

func (c *cell) String() string {
	way := c.caller + " by " + c.first
	if c.second != "" {
		way += ", then by " + c.second
	}
	if c.stream {
		way += ", as a stream"
	}
	return c.name + ": " + way
}

// cells are all troubles by caller, dialects of the targets, and form of the answer.
func cells(scripts *perModel) (out []*cell) {
	for i := range troubles {
		for j, caller := range callers {
			foreign := "messages"
			if caller == "messages" {
				foreign = "chat"
			}
			for k, way := range [][2]string{{caller, caller}, {caller, foreign}, {foreign, caller}, {caller, ""}, {foreign, ""}} {
				if (i+j+k)%thin != 0 {
					continue
				}
				for _, stream := range []bool{true, false} {
					c := &cell{trouble: &troubles[i], caller: caller, first: way[0], second: way[1], stream: stream}
					if c.of == "stream" && !stream || c.of == "whole" && stream {
						continue
					}
					host := c.host
					if host == "" {
						host = "one"
					}
					c.provider = host + "-" + c.first
					c.model = scripts.add(func(call *testup.Call) { c.do(vendors[c.first], call) })
					out = append(out, c)
				}
			}
		}
	}
	return out
}

func TestWhateverAVendorDoesTheCallerGetsAnAnswerOrOneErrorInItsDialect(t *testing.T) {
	scripts := newPerModel()
	all := cells(scripts)
	one, two := testup.New(t, scripts.serve), testup.New(t, well)
	var config strings.Builder
	config.WriteString("providers:\n" + provide("one", one.URL, patience) + provide("two", two.URL, "retries: { max: 0 }") +
		provide("closed", "http://"+closedPort, resolute) + provide("nowhere", "http://no-such-host.invalid", resolute) +
		provide("untrusted", untrusted(t), resolute) + provide("mute", "https://"+mute(t), patience) + "routes:\n")
	for _, c := range all {
		if c.second == "" {
			fmt.Fprintf(&config, "  r-%s: %s/%s\n", c.model, c.provider, c.model)
			continue
		}
		fmt.Fprintf(&config, "  r-%s: [ %s/%s, two-%s/m ]\n", c.model, c.provider, c.model, c.second)
	}
	g := start(t, config.String())
	heardOf := make([]*heard, len(all))
	eachOf(80, len(all), func(i int) { heardOf[i] = ask(t, g, all[i].caller, "r-"+all[i].model, all[i].stream) })
	each(len(all), func(i int) {
		c, h := all[i], heardOf[i]
		for _, wrong := range append(c.judge(h), c.compare(h, g.Entry(h.id()))...) {
			t.Errorf("%s\n\t%s\n\t%d in %v, text %q, errors %q, unread %q, ended %v, %v: %.600q", c, wrong, h.status, h.took, h.text, h.errors, h.bad, h.ended, h.cut, h.raw)
		}
	})
	t.Logf("%d calls", len(all))
}
