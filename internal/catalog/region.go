package catalog

import (
	"path"
	"strings"
)

// InRegion reports whether a region lies in what a word of a policy means: the word is the
// region, or a glob that matches it, or the region begins with the word and a hyphen (eu
// is eu-central-1). An unknown region, "", lies nowhere.
func InRegion(word, region string) bool {
	if region == "" || word == "" {
		return false
	}
	if word == region || strings.HasPrefix(region, word) && region[len(word)] == '-' {
		return true
	}
	ok, err := path.Match(word, region)
	return err == nil && ok
}
