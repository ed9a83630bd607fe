package config

import (
	"fmt"
	"regexp"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// maxRollupMetadata bounds the keys of the metadata that calls are added up by: each has
// rows of its own.
const maxRollupMetadata = 5

var metadataKeyForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

func checkMetadataKey(text string) string {
	if metadataKeyForm.MatchString(text) {
		return ""
	}
	return "expected up to 64 letters, digits, dots, hyphens and underscores, such as team, found " + doctree.Quote(text)
}

func (l *loader) storage() {
	l.plainPassword("storage.url", l.cfg.Storage.URL)
	keys := l.cfg.Storage.RollupMetadata
	if len(keys) > maxRollupMetadata {
		l.bad("storage.rollup_metadata", "there are %d keys; at most %d are added up by", len(keys), maxRollupMetadata)
	}
	seen := map[string]bool{}
	for i, key := range keys {
		if seen[key] {
			l.bad(fmt.Sprintf("storage.rollup_metadata[%d]", i), "%q stands there twice", key)
		}
		seen[key] = true
	}
}
