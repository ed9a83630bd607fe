package front

import (
	"encoding/binary"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// maxFields is how many header lines a request may have.
const maxFields = 1000

// place is where a field stands in its head.
type place struct{ name, colon, value, end int }

// parseFields appends the places of the fields that stand in head from at on, up to an
// empty line. It makes their names canonical in place.
func parseFields(places []place, head []byte, at int) ([]place, error) {
	for {
		line, n := cutLine(head[at:])
		if len(line) == 0 {
			return places, nil
		}
		p, err := parseField(line, at)
		if err != nil {
			return places, err
		}
		if places = append(places, p); len(places) > maxFields {
			return places, &refusal{http.StatusRequestHeaderFieldsTooLarge, "there are too many header fields"}
		}
		at += n
	}
}

// parseField finds the parts of a line that begins at the head's byte at.
func parseField(line []byte, at int) (place, error) {
	if isBlank(line[0]) {
		return place{}, bad("a header line is folded") // RFC 9112 §5.2
	}
	colon := canonicalize(line)
	if colon <= 0 {
		return place{}, bad("a header line has no valid name before a colon") // §5.1
	}
	value, end := colon+1, len(line)
	for value < end && isBlank(line[value]) {
		value++
	}
	for end > value && isBlank(line[end-1]) {
		end--
	}
	if !validValue(line[value:end]) {
		return place{}, bad("a header value holds a control character") // RFC 9110 §5.5
	}
	return place{at, at + colon, at + value, at + end}, nil
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// The forms of a token's byte in a canonical name (RFC 9110 §5.6.2); 0 = no such byte.
var upper, lower = func() (up, low [256]byte) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		up[c], low[c] = byte(c), byte(c)
		switch {
		case 'a' <= c && c <= 'z':
			up[c] = byte(c) - 'a' + 'A'
		case 'A' <= c && c <= 'Z':
			low[c] = byte(c) - 'A' + 'a'
		}
	}
	return up, low
}()

// canonicalize rewrites the name at the start of a line (content-type: becomes
// Content-Type:) and gives the place of the colon; -1 when there is no token before it.
func canonicalize(line []byte) int {
	form := &upper
	for i, c := range line {
		if c == ':' {
			return i
		}
		to := form[c]
		if to == 0 {
			return -1
		}
		line[i] = to
		form = &lower
		if c == '-' {
			form = &upper
		}
	}
	return -1
}

// validValue reports whether s may stand as a field value (RFC 9110 §5.5): no control
// byte but the tab. It looks at eight bytes at once.
func validValue[T string | []byte](s T) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	var word [8]byte
	i := 0
	for ; i+8 <= len(s); i += 8 {
		copy(word[:], s[i:i+8])
		x := binary.LittleEndian.Uint64(word[:])
		del := x ^ ones*0x7f
		// A byte below 0x20, or one that is 0x7f; bytes beside one may be suspected too.
		suspect := ((x - ones*0x20) &^ x & tops) | ((del - ones) &^ del & tops)
		if suspect != 0 && !validBytes(s[i:i+8]) {
			return false
		}
	}
	return validBytes(s[i:])
}

func validBytes[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 0x20 && c != '\t') || c == 0x7f {
			return false
		}
	}
	return true
}

// framing is what the fields say about the connection and the body.
type framing struct {
	hosts, codings, lengths int
	host, coding, length    string
	differ                  bool // lengths do
}

// takeFields makes the header of the request, and learns from it how to go on.
func (x *exchange) takeFields(text string) error {
	var f framing
	for _, p := range x.places {
		name, value := text[p.name:p.colon], text[p.value:p.end]
		switch name {
		case "Host":
			f.host, f.hosts = value, f.hosts+1
			continue
		case "Transfer-Encoding":
			f.coding, f.codings = value, f.codings+1
			continue
		case "Content-Length":
			f.differ = f.differ || (f.lengths > 0 && f.length != value)
			f.length = value
			if f.lengths++; f.lengths > 1 {
				continue
			}
		}
		if old := x.header[name]; old != nil {
			x.header[name] = append(old, value)
			continue
		}
		x.values = append(x.values, value)
		n := len(x.values)
		x.header[name] = x.values[n-1 : n : n]
	}
	if err := x.takeHost(&f); err != nil {
		return err
	}
	if err := x.takeLength(&f); err != nil {
		return err
	}
	return x.takeConnection()
}

// takeHost obeys RFC 9112 §3.2.
func (x *exchange) takeHost(f *framing) error {
	p := &x.plain
	switch {
	case f.hosts > 1:
		return bad("there is more than one Host header")
	case f.hosts == 0 && p.ProtoMinor == 1:
		return bad("the Host header is missing")
	case !httpguts.ValidHostHeader(f.host):
		return bad("the Host header is malformed")
	}
	p.Host = f.host
	if p.URL != nil && p.URL.Host != "" {
		p.Host = p.URL.Host
	}
	return nil
}

// takeLength obeys RFC 9112 §6.3, and refuses what could be understood in two ways.
func (x *exchange) takeLength(f *framing) error {
	switch {
	case f.codings > 0 && f.lengths > 0:
		return bad("there are both Content-Length and Transfer-Encoding")
	case f.codings > 0 && x.plain.ProtoMinor == 0:
		return bad("HTTP/1.0 has no Transfer-Encoding")
	case f.codings > 1 || (f.codings == 1 && !strings.EqualFold(f.coding, "chunked")):
		return &refusal{http.StatusNotImplemented, "unsupported transfer encoding"}
	case f.codings == 1:
		x.length = -1
		return x.takeTrailer()
	case f.differ:
		return bad("there are several Content-Length headers")
	case f.lengths == 0:
		return nil
	}
	n, err := strconv.ParseUint(f.length, 10, 63)
	if err != nil || f.length[0] == '+' {
		return bad("the Content-Length is no number")
	}
	x.length = int64(n)
	return nil
}

// takeTrailer takes away the announcement of trailers, which are dropped.
func (x *exchange) takeTrailer() error {
	for _, v := range x.header["Trailer"] {
		for name := range strings.SplitSeq(v, ",") {
			switch textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name)) {
			case "Transfer-Encoding", "Trailer", "Content-Length":
				return bad("a trailer has the name of a header that frames the message") // RFC 9110 §6.5.1
			}
		}
	}
	delete(x.header, "Trailer")
	return nil
}

// takeConnection reads the fields that steer the exchange.
func (x *exchange) takeConnection() error {
	h, p, w := x.header, &x.plain, &x.answer
	if conn := h["Connection"]; conn != nil {
		p.Close = httpguts.HeaderValuesContainsToken(conn, "close")
		w.wants10 = p.ProtoMinor == 0 && !p.Close && httpguts.HeaderValuesContainsToken(conn, "keep-alive")
	}
	w.close = p.Close || (p.ProtoMinor == 0 && !w.wants10)
	p.Close = w.close
	if v := h["Expect"]; v != nil && v[0] != "" {
		switch {
		case !httpguts.HeaderValuesContainsToken(v[:1], "100-continue"):
			x.expect = expectOther
		case p.ProtoMinor == 1 && x.length != 0:
			x.expect = expectContinue
		}
	}
	// RFC 9111 §5.4: an old client's way to say no-cache.
	if v := h["Pragma"]; v != nil && v[0] == "no-cache" && h["Cache-Control"] == nil {
		h["Cache-Control"] = []string{"no-cache"}
	}
	return nil
}
