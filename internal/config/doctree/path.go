package doctree

import (
	"regexp"
	"strconv"
)

var bareKey = regexp.MustCompile(`^(?:[A-Za-z0-9_<>-]+|\*)$`)

const maxShownKey = 64

// Join gives the path of a key below path: a.b, or a["b.c"] when the key is no word.
func Join(path, key string) string {
	if !bareKey.MatchString(key) || len(key) > maxShownKey {
		return path + "[" + Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// Index gives the path of a list's item: a[0].
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Quote quotes text for people, cut when long.
func Quote(s string) string {
	if r := []rune(s); len(r) > maxShownKey {
		s = string(r[:maxShownKey]) + "…"
	}
	return strconv.Quote(s)
}
