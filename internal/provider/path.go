package provider

import "strings"

// URLPath gives what stands after the origin for a data-plane path: base_url's own
// path joined with r.Path, escaped as r.Path is, with "?query" where the vendor's
// paths carry one; r.Root leaves base_url's own path out. Dot segments in r.Path are removed and never climb above base_url.
func (p *Provider) URLPath(r PathRequest) string {
	r.Path = cleanPath(r.Path)
	if r.Root {
		return r.Path
	}
	_, base := p.split()
	if p.Spec.Path != nil {
		return base + p.Spec.Path(p, r)
	}
	if p.Spec.Shape == OpenAIShape {
		return base + TrimVersion(r.Path)
	}
	return base + r.Path
}

// NativePath gives what stands after the origin for a path of the vendor's own, as the
// caller wrote it after /providers/{provider}: appended to base_url, except that leading
// segments which repeat the end of base_url's path are not doubled. rest is escaped,
// has no query, and keeps its escapes; dot segments are removed.
func (p *Provider) NativePath(rest string) string {
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	rest = cleanPath(rest)
	_, base := p.split()
	if p.Spec.Beside != nil && p.Spec.Beside(rest) {
		base = strings.TrimSuffix(base, "/v1")
	}
	return base + rest[overlap(base, rest):]
}

// Origin gives scheme and host of base_url: "https://api.example.com".
func (p *Provider) Origin() string {
	origin, _ := p.split()
	return origin
}

// BasePath gives base_url's own path without a trailing slash, "" when it has none.
func (p *Provider) BasePath() string {
	_, base := p.split()
	return base
}

func (p *Provider) split() (origin, path string) {
	host := 0
	if i := strings.Index(p.BaseURL, "://"); i >= 0 {
		host = i + len("://")
	}
	slash := strings.IndexByte(p.BaseURL[host:], '/')
	if slash < 0 {
		return p.BaseURL, ""
	}
	return p.BaseURL[:host+slash], strings.TrimRight(p.BaseURL[host+slash:], "/")
}

// TrimVersion removes the leading /v1 of a data-plane path: OpenAI's SDKs take it as
// part of their base URL.
func TrimVersion(path string) string {
	rest, ok := strings.CutPrefix(path, "/v1")
	if ok && (rest == "" || rest[0] == '/') {
		return rest
	}
	return path
}

// overlap is the length of the longest run of whole leading segments of rest that base
// ends with. Both begin with a slash, or are empty.
func overlap(base, rest string) int {
	for i := 0; i < len(base); i++ {
		if base[i] != '/' {
			continue
		}
		tail := base[i:]
		if strings.HasPrefix(rest, tail) && (len(rest) == len(tail) || rest[len(tail)] == '/') {
			return len(tail)
		}
	}
	return 0
}

// cleanPath removes dot segments, also those that a vendor's server would only see
// after decoding (%2e, or behind %2F and %5C). Everything else stays as written.
func cleanPath(path string) string {
	if !mayHoldDots(path) {
		return path
	}
	var out []string
	for _, seg := range strings.Split(path, "/") {
		switch decodeDots(seg) {
		case ".":
		case "..":
			if len(out) > 1 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, dropInnerDots(seg))
		}
	}
	if len(out) == 1 {
		return "/"
	}
	return strings.Join(out, "/")
}

// mayHoldDots is the cheap test that almost every path passes without an allocation.
func mayHoldDots(path string) bool {
	for i := 0; i < len(path); i++ {
		switch path[i] {
		case '.':
			if i == 0 || path[i-1] == '/' || path[i-1] == '\\' || endsEscape(path[:i]) {
				return true
			}
		case '%':
			if i+2 < len(path) && path[i+1] == '2' && path[i+2]|0x20 == 'e' {
				return true
			}
		}
	}
	return false
}

func endsEscape(s string) bool {
	if len(s) < 3 {
		return false
	}
	e := strings.ToLower(s[len(s)-3:])
	return e == "%2f" || e == "%5c"
}

// decodeDots reads %2e as a dot where the segment may be a dot segment.
func decodeDots(seg string) string {
	if len(seg) > len("%2e%2e") {
		return seg
	}
	return strings.NewReplacer("%2e", ".", "%2E", ".").Replace(seg)
}

// dropInnerDots removes dot segments that stand between escaped slashes of one segment.
func dropInnerDots(seg string) string {
	var b strings.Builder
	for seg != "" {
		n, sep := nextEscapedSlash(seg)
		if d := decodeDots(seg[:n]); d != "." && d != ".." {
			b.WriteString(seg[:n+sep])
		}
		seg = seg[n+sep:]
	}
	return b.String()
}

// nextEscapedSlash finds the next %2F, %5C or backslash: where, and how long it is.
func nextEscapedSlash(seg string) (at, length int) {
	for i := range len(seg) {
		if seg[i] == '\\' {
			return i, 1
		}
		if i+3 <= len(seg) && endsEscape(seg[:i+3]) {
			return i, 3
		}
	}
	return len(seg), 0
}
