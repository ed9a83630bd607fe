package tokens

import "bytes"

// What media cost flat. Vendors charge by pixels, pages and seconds, which stand in the
// media themselves; these are what usual ones come to.
const (
	imageTokens  = 1000 // a screenshot or photograph
	pageTokens   = 1800 // a page of a document, as text and picture
	pageBytes    = 50_000
	soundTokens  = 25 // a second
	soundBytes   = 16_000
	elsewhere    = 1000 // what is named by a URL or an id
	minPayload   = 128  // letters from which base64 is taken for media
	payloadTaste = 96
)

// payload takes a string that holds media: a data URI, or base64. It gives false when
// the string is text.
func (t *tally) payload(text []byte) bool {
	kind := text
	if rest, ok := bytes.CutPrefix(text, []byte("data:")); ok {
		i := bytes.IndexByte(rest[:min(len(rest), 200)], ',')
		if i < 0 {
			return false
		}
		kind, text = rest[:i], rest[i+1:]
	} else if len(text) < minPayload || !isBase64(text[:payloadTaste]) {
		return false
	}
	size := int64(len(text)) / 4 * 3
	if n, known := mediaTokens(kind, size); known {
		t.media += n
		return true
	}
	t.letters += size
	t.text.cost += size / 4 * token
	return true
}

func isBase64(b []byte) bool {
	for _, c := range b {
		if k := classes[c]; k != lower && k != upper && k != digit && c != '+' && c != '/' && c != '-' && c != '_' && c != '\\' {
			return false
		}
	}
	return true
}

// mediaTokens tells media apart by their data URI, or by how the base64 of each format
// begins. It gives false for a text, and for what may be one.
func mediaTokens(kind []byte, size int64) (n int64, known bool) {
	has := func(begins ...string) bool {
		for _, b := range begins {
			if bytes.HasPrefix(kind, []byte(b)) {
				return true
			}
		}
		return false
	}
	switch {
	case has("application/pdf", "JVBERi"):
		return (1 + size/pageBytes) * pageTokens, true
	case has("image/", "iVBORw", "/9j/", "R0lGOD", "UklGR"):
		return imageTokens, true
	case has("audio/", "video/", "SUQz", "//u", "//t", "T2dn", "AAAA", "GkXf"):
		return (1 + size/soundBytes) * soundTokens, true
	}
	return 0, false
}
