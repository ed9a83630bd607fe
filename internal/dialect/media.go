package dialect

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ReadURL notes a URL of a caller's in m: a data: URI (RFC 2397) as its bytes, any
// other as a URL.
func ReadURL(m *llm.Media, url llm.Raw) {
	const prefix = `"data:`
	if len(url) < len(prefix)+1 || !strings.EqualFold(string(url[:len(prefix)]), prefix) {
		m.URL = url
		return
	}
	body := []byte(url[len(prefix) : len(url)-1])
	if bytes.IndexByte(body, '\\') >= 0 { // some writers escape every slash
		s, _ := jsonscan.String(url)
		var ok bool
		if body, ok = Unwrapped(s[min(len(prefix)-1, len(s)):]); !ok {
			m.URL = url
			return
		}
	}
	head, data, ok := bytes.Cut(body, []byte{','})
	if !ok {
		m.URL = url
		return
	}
	kind, params, _ := strings.Cut(string(head), ";")
	if kind != "" {
		m.Type = kind
	}
	if !strings.HasSuffix(params, "base64") {
		data = []byte(base64.StdEncoding.EncodeToString(percentDecoded(data)))
	}
	m.Data = data
}

// Base64 gives base64 in a JSON string as it stands between quotes anywhere, without the
// line ends that some writers break it with. What no base64 can hold stays escaped.
func Base64(v llm.Raw) []byte {
	if text, ok := jsonscan.Plain(v); ok {
		return text
	}
	s, ok := jsonscan.String(v)
	if !ok {
		return nil
	}
	if text, ok := Unwrapped(s); ok {
		return text
	}
	return v[1 : len(v)-1]
}

// Unwrapped takes the line ends out of base64 that stood escaped in a JSON string, as
// some writers break it. It gives false for what would not stand between quotes as it
// is.
func Unwrapped(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n' || c == '\r':
		case c < 0x20 || c == '"' || c == '\\':
			return nil, false
		default:
			out = append(out, c)
		}
	}
	return out, true
}

func percentDecoded(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// AppendDataURI appends a media's bytes as a data: URI, as it stands between quotes.
func AppendDataURI(dst []byte, m *llm.Media) []byte {
	dst = append(dst, "data:"...)
	dst = jsonout.AppendEscaped(dst, MediaType(m))
	dst = append(dst, ";base64,"...)
	return append(dst, m.Data...)
}

// FileName gives a document's name (a JSON string) with an ending, for vendors that tell
// documents apart by it: the name itself where it has one, else with the one given.
func FileName(name llm.Raw, ending string) llm.Raw {
	at := bytes.LastIndexByte(name, '.')
	if tail := name[at+1 : len(name)-1]; at > 0 && len(tail) > 0 && len(tail) <= 5 && bytes.IndexByte(tail, ' ') < 0 {
		return name
	}
	out := append(make(llm.Raw, 0, len(name)+len(ending)), name[:len(name)-1]...)
	return append(jsonout.AppendEscaped(out, ending), '"')
}

// MediaType gives a media's type: as said, else as its first bytes tell.
func MediaType(m *llm.Media) string {
	if m.Type != "" && m.Type != "application/octet-stream" || len(m.Data) == 0 {
		return m.Type
	}
	head := m.Data[:min(len(m.Data), 684)&^3]
	bytes := make([]byte, base64.StdEncoding.DecodedLen(len(head)))
	n, _ := base64.StdEncoding.Decode(bytes, head)
	kind, _, _ := strings.Cut(http.DetectContentType(bytes[:n]), ";")
	return kind
}
