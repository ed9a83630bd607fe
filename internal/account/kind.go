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

// kindInfo describes a kind. Which unit of llm.Usage it counts, and how many of them
// one price buys, matter for units only.
type kindInfo struct {
	name string
	unit string
	per  uint64
}

// kindTable is in the order of the constants. A price list that spells a kind
// otherwise is refused.
var kindTable = [kinds]kindInfo{
	input:           {name: "input"},
	output:          {name: "output"},
	cacheRead:       {name: "cache_read"},
	cacheWrite:      {name: "cache_write"},
	cacheWrite1h:    {name: "cache_write_1h", unit: llm.UnitCacheWrite1h},
	inputAudio:      {name: "input_audio"},
	inputImage:      {name: "input_image", unit: llm.UnitImageInputTokens},
	inputVideo:      {name: "input_video", unit: "video_input_tokens"},
	cacheAudioRead:  {name: "cache_audio_read", unit: llm.UnitCachedAudio},
	cacheImageRead:  {name: "cache_image_read", unit: "cached_image_tokens"},
	outputAudio:     {name: "output_audio"},
	outputImage:     {name: "output_image", unit: llm.UnitImageTokens},
	outputVideo:     {name: "output_video", unit: "video_output_tokens"},
	outputReasoning: {name: "output_reasoning"},
	citation:        {name: "citation", unit: "citation_tokens"},
	requests:        {name: "per_1000_requests", unit: llm.UnitRequests, per: 1000},
	searches:        {name: "per_1000_searches", unit: llm.UnitSearches, per: 1000},
	fileSearches:    {name: "per_1000_file_searches", unit: "file_searches", per: 1000},
	searchUnits:     {name: "per_1000_search_units", unit: llm.UnitSearchUnits, per: 1000},
	pages:           {name: "per_1000_pages", unit: llm.UnitPages, per: 1000},
	annotatedPages:  {name: "per_1000_annotated_pages", unit: "annotated_pages", per: 1000},
	textMessages:    {name: "per_1000_messages", unit: "text_messages", per: 1000},
	images:          {name: "per_image", unit: llm.UnitImages, per: 1},
	characters:      {name: "per_million_characters", unit: llm.UnitCharacters, per: 1_000_000},
	hours:           {name: "per_hour", unit: llm.UnitSeconds, per: 3600},
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

// unitKind finds the kind that counts a unit of usage.
func unitKind(unit string) (kind, bool) {
	for k := range kinds {
		if kindTable[k].unit == unit && unit != "" {
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
