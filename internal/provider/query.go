package provider

import (
	"net/url"
	"strings"
)

// Target joins what URLPath or NativePath gave with the caller's raw query, less what
// must not leave the gateway: the caller's own key (?key=). A parameter that the path
// already carries is not repeated.
func Target(path, rawQuery string) string {
	rawQuery = cleanQuery(path, rawQuery)
	switch {
	case rawQuery == "":
		return path
	case strings.IndexByte(path, '?') >= 0:
		return path + "&" + rawQuery
	}
	return path + "?" + rawQuery
}

// AddQuery appends one parameter of the gateway's own to a path, escaped.
func AddQuery(path, name, value string) string {
	sep := "?"
	if strings.IndexByte(path, '?') >= 0 {
		sep = "&"
	}
	return path + sep + url.QueryEscape(name) + "=" + url.QueryEscape(value)
}

// cleanQuery drops the parameters that may not pass. A query without one is returned
// as it is, byte for byte.
func cleanQuery(path, raw string) string {
	if raw == "" {
		return ""
	}
	_, own, _ := strings.Cut(path, "?")
	keep := make([]string, 0, 4)
	dropped := false
	for _, field := range strings.Split(raw, "&") {
		name, _, _ := strings.Cut(field, "=")
		if isKeyParameter(name) || own != "" && hasParameter(own, name) {
			dropped = true
			continue
		}
		keep = append(keep, field)
	}
	if !dropped {
		return raw
	}
	return strings.Join(keep, "&")
}

// isKeyParameter compares the decoded name, since %6Bey is key to every server.
func isKeyParameter(name string) bool {
	return unescapeName(name) == "key"
}

func hasParameter(query, name string) bool {
	for field := range strings.SplitSeq(query, "&") {
		have, _, _ := strings.Cut(field, "=")
		if have == name {
			return true
		}
	}
	return false
}

// unescapeName decodes %XX of letters; anything malformed stays as written.
func unescapeName(name string) string {
	if strings.IndexByte(name, '%') < 0 {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) && isHex(name[i+1]) && isHex(name[i+2]) {
			b.WriteByte(unhex(name[i+1])<<4 | unhex(name[i+2]))
			i += 2
			continue
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
