package chaos_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// cut is a call whose vendor's stream ends after so many of its bytes.
type cut struct {
	caller, first string
	second        string // dialect of the fallback, "" = there is none
	at            int
	clean         bool // the answer ends as if it were whole
	pieces        int  // how many of its texts have come
	done          bool // all events have
	model         string
}

func (c *cut) String() string {
	way := "without a fallback"
	if c.second != "" {
		way = "with a fallback by " + c.second
	}
	return fmt.Sprintf("%s by %s %s, cut at byte %d (clean %v) behind %d texts", c.caller, c.first, way, c.at, c.clean, c.pieces)
}

// cutsOf are the cuts at every byte of a stream; those that look like an end stand about
// the ends of its events.
func cutsOf(scripts *perModel, caller, first, second string, clean bool) (out []*cut) {
	v := vendors[first]
	stream := v.stream(alpha...)
	var ends []int // of the events with text
	for i := range alpha {
		whole := v.before
		for _, p := range alpha[:i+1] {
			whole += fmt.Sprintf(v.piece, p)
		}
		ends = append(ends, len(whole))
	}
	for at := range len(stream) + 1 {
		if clean && !strings.Contains(stream[max(at-5, 0):min(at+5, len(stream))], "\n") {
			continue // as it is a little before
		}
		if at%thin != 0 && at < len(stream) {
			continue
		}
		c := &cut{caller: caller, first: first, second: second, at: at, clean: clean, done: at == len(stream)}
		for _, end := range ends {
			switch crlf := strings.HasSuffix(v.piece, "\r\n"); {
			case first == "array":
				end -= len(",\r\n")
			case clean && crlf:
				end -= len("\r\n\r\n") // without which an event that is the last is one too
			case clean:
				end -= len("\n\n")
			case crlf:
				end-- // the CR alone ends it
			}
			if at >= end {
				c.pieces++
			}
		}
		c.model = scripts.add(func(call *testup.Call) { c.serve(call, stream[:at]) })
		out = append(out, c)
	}
	return out
}

func (c *cut) serve(call *testup.Call, text string) {
	call.Raw(func(conn net.Conn, _ *bufio.ReadWriter) {
		out := rawAs(cmp.Or(vendors[c.first].media, events), text)
		if c.clean {
			out += "0\r\n\r\n"
		}
		_, _ = io.WriteString(conn, out)
	})
}

// judge says what is wrong with what the caller heard.
func (c *cut) judge(h *heard) string {
	text := strings.Join(alpha[:c.pieces], "")
	switch {
	case h.cut != nil || len(h.bad) > 0:
		return "a client cannot read it"
	case c.done:
		if h.status != 200 || h.text != text || len(h.errors) > 0 || !h.ended {
			return "it is not the whole answer"
		}
	case c.pieces == len(alpha) && h.status == 200 && h.text == text && (h.ended || c.clean) && len(h.errors) == 0: // all that counts has come
	case c.pieces > 0:
		if h.status != 200 || h.text != text || len(h.errors) != 1 {
			return "it is not what had come and one error"
		}
	case c.second != "":
		if h.status != 200 || h.text != omega || len(h.errors) > 0 || !h.ended || h.header.Get("sluice-attempts") != "2" {
			return "it is not the fallback's answer"
		}
	case h.text != "" || len(h.errors) != 1 || h.status == 200 && c.first != c.caller:
		return "it is not one error"
	}
	return ""
}

// compare says where the entry does not tell the truth.
func (c *cut) compare(h *heard, e gateway.Entry) string {
	want := "one-" + provider(c.first) + " 200 upstream"
	if len(h.errors) == 0 && c.pieces > 0 {
		want = "one-" + provider(c.first) + " 200 "
	}
	if c.second != "" && c.pieces == 0 {
		want += ", two-" + provider(c.second) + " 200 "
	}
	if got := told(&e); got != want || e.Status != h.status || (e.ErrorCode != "") != (len(h.errors) > 0) {
		return fmt.Sprintf("the entry says %q, %d %q; not %q", got, e.Status, e.ErrorCode, want)
	}
	return ""
}

func TestAStreamThatIsCutAtAnyByteGoesOnElsewhereOrEndsWithOneError(t *testing.T) {
	scripts := newPerModel()
	one, two := testup.New(t, scripts.serve), testup.New(t, well)
	g := start(t, "providers:\n"+provide("one", one.URL, "retries: { max: 0 }")+provide("two", two.URL, "retries: { max: 0 }"))
	for _, caller := range append(slices.Clone(callers), "array") {
		foreign := "messages"
		if caller == "messages" {
			foreign = "chat"
		}
		t.Run(caller, func(t *testing.T) {
			var all []*cut
			all = append(all, cutsOf(scripts, caller, caller, "", false)...)
			if caller != "array" {
				all = append(all, cutsOf(scripts, caller, caller, "", true)...)
			}
			all = append(all, cutsOf(scripts, caller, caller, foreign, false)...)
			all = append(all, cutsOf(scripts, caller, foreign, "", false)...)
			all = append(all, cutsOf(scripts, caller, foreign, caller, false)...)
			wrong := tryCuts(t, g, all)
			t.Logf("%d cuts, %d wrong", len(all), wrong)
		})
	}
}

// tryCuts makes the calls and reads some of their entries.
func tryCuts(t *testing.T, g *testgw.Gateway, all []*cut) (wrong int) {
	heardOf := make([]*heard, len(all))
	each(len(all), func(i int) {
		var head []string
		if c := all[i]; c.second != "" {
			head = []string{"sluice-fallback", "two-" + provider(c.second) + "/m"}
		}
		heardOf[i] = ask(t, g, all[i].caller, "one-"+provider(all[i].first)+"/"+all[i].model, true, head...)
	})
	for i, c := range all {
		h := heardOf[i]
		why := c.judge(h)
		if why == "" && i%8 == 0 {
			why = c.compare(h, g.Entry(h.id()))
		}
		if why == "" {
			continue
		}
		if wrong++; wrong <= 5 {
			t.Errorf("%s\n\t%s\n\t%d, text %q, errors %q, unread %q, ended %v, %v: %.600q", c, why, h.status, h.text, h.errors, h.bad, h.ended, h.cut, h.raw)
		}
	}
	return wrong
}

// provider is the end of the name of a provider for streams of a dialect.
func provider(dialect string) string {
	if dialect == "array" {
		return "gemini"
	}
	return dialect
}
