package dialect

import (
	"bytes"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// maxMessage bounds a message that is shown to callers.
const maxMessage = 2000

// envelope is what a vendor's error body says, whatever its shape.
type envelope struct {
	message string
	typ     string // the vendor's type, status word or exception name
	code    string // the vendor's code as text
	reason  string // a finer word where the vendor gives one beside type and code
	param   string
	status  int // an HTTP status that the body states
}

// readEnvelope reads any known shape of error body; of an unknown one it takes the text.
func readEnvelope(h http.Header, body []byte) envelope {
	var e envelope
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")))
	if len(body) > 0 && body[0] == '[' { // one vendor's streams answer an error in an array
		_ = jsonscan.Elements(body, func(v []byte) bool { body = v; return false })
	}
	switch {
	case len(body) == 0:
	case body[0] == '{':
		e.readObject(body)
	case body[0] == '"':
		e.message, _ = jsonscan.String(body)
	case body[0] == '<' || strings.Contains(h.Get("Content-Type"), "html"):
		e.message = htmlText(body)
	default:
		e.message = string(body[:min(len(body), maxMessage)])
	}
	if name, _, _ := strings.Cut(h.Get("X-Amzn-Errortype"), ":"); name != "" {
		e.typ = name
	}
	e.message = shorten(strings.ToValidUTF8(e.message, "\uFFFD"))
	return e
}

// readObject reads the members of the outermost object, then those of what it holds.
func (e *envelope) readObject(obj []byte) {
	e.readMembers(obj)
	switch v := jsonscan.Get(obj, "error"); first(v) {
	case '{':
		e.readMembers(v)
		e.readDetails(jsonscan.Get(v, "details"))
		set(&e.reason, jsonscan.Get(v, "innererror", "code"))
		e.addRaw(jsonscan.Get(v, "metadata", "raw"))
	case '"':
		set(&e.message, v)
	}
	if e.message == "" {
		e.readDetail(jsonscan.Get(obj, "detail"))
	}
	if e.message == "" {
		_ = jsonscan.Elements(jsonscan.Get(obj, "errors"), func(v []byte) bool {
			e.readDetail(v)
			return e.message == ""
		})
	}
}

// readMembers takes the names that vendors use, on whichever level they stand.
func (e *envelope) readMembers(obj []byte) {
	_ = jsonscan.Members(obj, func(key, v []byte) bool {
		switch string(key) {
		case "message", "Message", "error_message":
			set(&e.message, v)
		case "type", "error_type", "__type":
			if string(v) != `"error"` { // an envelope's own type, no error's
				set(&e.typ, v)
			}
		case "status":
			if len(v) > 2 && v[1] >= 'A' && v[1] <= 'Z' { // NOT_FOUND; not the state of an object
				set(&e.typ, v)
			}
			e.setStatus(v)
		case "code":
			set(&e.code, v)
			e.setStatus(v)
		case "raw_status_code", "status_code":
			e.setStatus(v)
		case "param":
			set(&e.param, v)
		}
		return true
	})
}

// readDetails takes the reason of a google.rpc.ErrorInfo.
func (e *envelope) readDetails(details []byte) {
	_ = jsonscan.Elements(details, func(v []byte) bool {
		set(&e.reason, jsonscan.Get(v, "reason"))
		return e.reason == ""
	})
}

// readDetail reads {detail}: a text, an object with a message, or a list of
// validation problems with msg and loc.
func (e *envelope) readDetail(v []byte) {
	switch first(v) {
	case '"':
		set(&e.message, v)
	case '{':
		set(&e.message, jsonscan.Get(v, "msg"))
		e.readMembers(v)
		if at := location(jsonscan.Get(v, "loc")); at != "" && e.message != "" {
			e.param, e.message = at, at+": "+e.message
		}
	case '[':
		_ = jsonscan.Elements(v, func(one []byte) bool {
			e.readDetail(one)
			return e.message == ""
		})
	}
}

// location joins the steps of a validation problem's place.
func location(loc []byte) string {
	var steps []string
	_ = jsonscan.Elements(loc, func(v []byte) bool {
		var step string
		if set(&step, v); step != "" && step != "body" {
			steps = append(steps, step)
		}
		return true
	})
	return strings.Join(steps, ".")
}

// addRaw appends what the vendor behind the vendor said.
func (e *envelope) addRaw(raw []byte) {
	var text string
	if set(&text, raw); text != "" {
		e.message += ": " + text
	}
}

func (e *envelope) setStatus(v []byte) {
	n, ok := jsonscan.Int(bytes.Trim(v, `"`))
	if ok && n >= 400 && n < 600 {
		e.status = int(n)
	}
}

// set takes a string or a number as text; anything else changes nothing.
func set(dst *string, v []byte) {
	switch c := first(v); {
	case c == '"':
		if s, ok := jsonscan.String(v); ok {
			*dst = s
		}
	case c == '-' || c >= '0' && c <= '9':
		*dst = string(v)
	}
}

func first(v []byte) byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// shorten cuts a message to a bounded length at a character's border.
func shorten(s string) string {
	s = strings.TrimSpace(s)
	if len(s) <= maxMessage {
		return s
	}
	n := maxMessage
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

var (
	pageTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	pageTags  = regexp.MustCompile(`(?is)<(script|style).*?</(script|style)>|<[^>]*>`)
)

// htmlText makes one short line of a page: its title, else its text without tags.
func htmlText(page []byte) string {
	const maxLine = 200
	page = page[:min(len(page), maxErrorText)]
	text := pageTags.ReplaceAll(page, []byte(" "))
	if m := pageTitle.FindSubmatch(page); m != nil {
		text = m[1]
	}
	line := strings.Join(strings.Fields(string(text)), " ")
	return line[:min(len(line), maxLine)]
}

// without is what is said of an answer that says nothing.
func without(status int) string {
	word := http.StatusText(status)
	if word == "" {
		word = "an error"
	}
	return "the provider answered " + strconv.Itoa(status) + " (" + word + ") without a message"
}
