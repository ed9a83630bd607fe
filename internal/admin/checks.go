package admin

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/llm"
)

const (
	maxName     = 200
	maxPatterns = 100
	maxPattern  = 256
	maxMetadata = 4 << 10
	maxSecret   = 512
)

func checkText(field, s string, most int) error {
	switch {
	case s == "":
		return invalid(field, field+" is needed")
	case len(s) > most:
		return invalid(field, field+" is longer than "+strconv.Itoa(most)+" bytes")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, isControl):
		return invalid(field, field+" holds characters that cannot be shown")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

func checkPatterns(field string, patterns []string) error {
	if len(patterns) > maxPatterns {
		return invalid(field, field+" has more than "+strconv.Itoa(maxPatterns)+" patterns")
	}
	for _, p := range patterns {
		if err := checkText(field, p, maxPattern); err != nil {
			return err
		}
	}
	return nil
}

// operations that a key may be limited to.
func operations() []string {
	var names []string
	for _, o := range []llm.Operation{llm.OpChat, llm.OpCompletions, llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription,
		llm.OpVideos, llm.OpRerank, llm.OpFiles, llm.OpBatches, llm.OpCountTokens, llm.OpModels, llm.OpResponses, llm.OpCached, llm.OpRealtime, llm.OpPassthrough} {
		names = append(names, string(o))
	}
	return names
}

func checkOperations(names []string) error {
	known := operations()
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		e := invalid("operations", "there is no operation "+strconv.Quote(name)+"; there are "+strings.Join(known, ", "))
		if near := nearest(name, known); near != "" {
			e.Message, e.Details.Suggestion = "there is no operation "+strconv.Quote(name)+"; did you mean "+strconv.Quote(near)+"?", near
		}
		return e
	}
	if len(names) > len(known) {
		return invalid("operations", "operations names some twice")
	}
	return nil
}

// expiry reads a time, or a duration from now on.
func expiry(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		d, err := config.ParseDuration(text)
		if err != nil {
			return nil, invalid("expires", "expires is a time such as 2030-01-31T12:00:00Z or a duration such as 30d")
		}
		at = now.Add(d)
	}
	at = at.UTC().Truncate(time.Microsecond)
	switch {
	case !at.After(now):
		return nil, invalid("expires", "expires lies in the past")
	case at.Year() > 9999:
		return nil, invalid("expires", "expires is too far away; leave it out for a key that never expires")
	}
	return &at, nil
}

// checkMetadata gives the metadata in its shortest form; nil = none.
func checkMetadata(raw json.RawMessage) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var compact bytes.Buffer
	if raw[0] != '{' || json.Compact(&compact, raw) != nil {
		return nil, invalid("metadata", "metadata must be a JSON object")
	}
	if compact.Len() > maxMetadata {
		return nil, invalid("metadata", "metadata is larger than 4 KiB")
	}
	return compact.Bytes(), nil
}

// checkSecret accepts what can stand in a header as it is.
func checkSecret(s string) error {
	switch {
	case s == "":
		return nil
	case len(s) < auth.MinSecret:
		return invalid("secret", auth.ErrShortSecret.Error())
	case len(s) > maxSecret:
		return invalid("secret", "secret is longer than "+strconv.Itoa(maxSecret)+" characters")
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return invalid("secret", "secret may hold only visible ASCII characters, no spaces")
	}
	return nil
}

// regionForm is a region, or the beginning of several: eu, us-east-1.
var regionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

func checkRegions(names []string) error {
	if len(names) > maxPatterns {
		return invalid("regions", "regions has more than "+strconv.Itoa(maxPatterns)+" names")
	}
	for _, name := range names {
		if !regionForm.MatchString(name) {
			return invalid("regions", strconv.Quote(name)+" is no region such as eu or us-east-1, in lower-case letters")
		}
	}
	return nil
}

// networks gives the networks that a key may be used from, in their usual spelling; an
// address alone is a network of one.
func networks(list []string) ([]string, error) {
	if err := checkPatterns("networks", list); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(list))
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if a, alone := netip.ParseAddr(text); alone == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, invalid("networks", strconv.Quote(text)+" is no network such as 10.0.0.0/8")
		}
		out = append(out, p.Masked().String())
	}
	return out, nil
}

// newID makes the id of a new object.
func newID(prefix string) (string, error) {
	id, err := uuid.NewV7()
	return prefix + id.String(), err
}

// now is the time to store, as exact as stores keep it.
func (a *api) now() time.Time { return a.Clock().UTC().Truncate(time.Microsecond) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
