package account

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// kind is something that has a price of its own: first the token kinds, whose prices
// are per million, then the units, whose names say what one price buys.
type kind uint8

const (
	input kind = iota
	output
	cacheRead
	cacheWrite
	cacheWrite1h
	inputAudio
	inputImage
	inputVideo
	cacheAudioRead
	cacheImageRead
	outputAudio
	outputImage
	outputVideo
	outputReasoning
	citation
	tokenKinds // how many kinds are counted in tokens
)

const (
	requests kind = tokenKinds + iota
	searches
	fileSearches
	searchUnits
	pages
	annotatedPages
	textMessages
	images
	characters
	hours
	kinds // how many kinds there are
)

// kindInfo describes a kind; per is how many units one price buys.
type kindInfo struct {
	name string
	per  uint64
}

// kindTable is in the order of the constants. A price list that spells a kind
// otherwise is refused.
var kindTable = [kinds]kindInfo{
	input:           {name: "input"},
	output:          {name: "output"},
	cacheRead:       {name: "cache_read"},
	cacheWrite:      {name: "cache_write"},
	cacheWrite1h:    {name: "cache_write_1h"},
	inputAudio:      {name: "input_audio"},
	inputImage:      {name: "input_image"},
	inputVideo:      {name: "input_video"},
	cacheAudioRead:  {name: "cache_audio_read"},
	cacheImageRead:  {name: "cache_image_read"},
	outputAudio:     {name: "output_audio"},
	outputImage:     {name: "output_image"},
	outputVideo:     {name: "output_video"},
	outputReasoning: {name: "output_reasoning"},
	citation:        {name: "citation"},
	requests:        {name: "per_1000_requests", per: 1000},
	searches:        {name: "per_1000_searches", per: 1000},
	fileSearches:    {name: "per_1000_file_searches", per: 1000},
	searchUnits:     {name: "per_1000_search_units", per: 1000},
	pages:           {name: "per_1000_pages", per: 1000},
	annotatedPages:  {name: "per_1000_annotated_pages", per: 1000},
	textMessages:    {name: "per_1000_messages", per: 1000},
	images:          {name: "per_image", per: 1},
	characters:      {name: "per_million_characters", per: 1_000_000},
	hours:           {name: "per_hour", per: 3600},
}

// unitKind finds the kind that counts a unit of usage. Names that llm does not have
// are those of units that few vendors report.
func unitKind(unit string) (kind, bool) {
	switch unit {
	case llm.UnitCacheWrite1h:
		return cacheWrite1h, true
	case llm.UnitImageInputTokens:
		return inputImage, true
	case llm.UnitImageTokens:
		return outputImage, true
	case llm.UnitCachedAudio:
		return cacheAudioRead, true
	case "cached_image_tokens":
		return cacheImageRead, true
	case "video_input_tokens":
		return inputVideo, true
	case "video_output_tokens":
		return outputVideo, true
	case "citation_tokens":
		return citation, true
	case llm.UnitRequests:
		return requests, true
	case llm.UnitSearches:
		return searches, true
	case "file_searches":
		return fileSearches, true
	case llm.UnitSearchUnits:
		return searchUnits, true
	case llm.UnitPages:
		return pages, true
	case "annotated_pages":
		return annotatedPages, true
	case "text_messages":
		return textMessages, true
	case llm.UnitImages:
		return images, true
	case llm.UnitCharacters:
		return characters, true
	case llm.UnitSeconds:
		return hours, true
	}
	return 0, false
}

// scale brings tokens and every unit to one denominator: a count × its price × its
// scale is in billionths of a dollar times denominator. Units are counted in
// millionths, since seconds come with decimals.
const (
	denominator = 9_000_000_000_000
	tokenScale  = denominator / 1_000_000
	unitMicro   = 1_000_000
)

func (k kind) scale() uint64 { return denominator / (unitMicro * kindTable[k].per) }

func kindNamed(name string) (kind, bool) {
	for k := range kinds {
		if kindTable[k].name == name {
			return k, true
		}
	}
	return 0, false
}

// Kinds are the names under which a price may be given, tokens first. Prices of
// tokens are in dollars per million; the other names say what they are per.
func Kinds() []string {
	names := make([]string, 0, kinds)
	for _, k := range kindTable {
		names = append(names, k.name)
	}
	return names
}

// CheckPrice reports the first fault of a configured price: an unknown kind or an
// impossible number. The message names both and what is possible.
func CheckPrice(price map[string]float64) error {
	names := make([]string, 0, len(price))
	for name := range price {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, ok := kindNamed(name); !ok {
			return fmt.Errorf("unknown kind of price %q; there are %s", name, strings.Join(Kinds(), ", "))
		}
		if _, err := NanoOf(price[name]); err != nil {
			return fmt.Errorf("price of %s: %w", name, err)
		}
	}
	return nil
}
