package llm

import (
	"encoding/json"
	"strconv"
)

// Count is a number that may be unknown. The zero value is unknown, and unknown is
// null in JSON, never 0.
type Count struct {
	N     int64
	Known bool
}

// Known makes a known Count.
func Known(n int64) Count { return Count{N: n, Known: true} }

// Or gives the number, or the given one when unknown.
func (c Count) Or(n int64) int64 {
	if c.Known {
		return c.N
	}
	return n
}

// Add sums two counts; unknown plus known is known, unknown plus unknown is unknown.
func (c Count) Add(d Count) Count {
	return Count{N: c.Or(0) + d.Or(0), Known: c.Known || d.Known}
}

// AppendJSON appends the number or null.
func (c Count) AppendJSON(dst []byte) []byte {
	if !c.Known {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, c.N, 10)
}

// MarshalJSON renders the number or null.
func (c Count) MarshalJSON() ([]byte, error) { return c.AppendJSON(nil), nil }

// UnmarshalJSON reads a number or null.
func (c *Count) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*c = Count{}
		return nil
	}
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*c = Known(n)
	return nil
}

// Usage is what a call consumed, in one meaning for every vendor.
//
// InputTokens counts all input, cached or not, audio and images included; the cache
// and audio counts are parts of it, never added to it. OutputTokens counts all
// output, reasoning and audio included; ReasoningTokens and AudioOutputTokens are
// parts of it. Vendors that exclude such parts (Anthropic: cached input; Gemini:
// thoughts) are summed where their answer is read, so that nothing is counted twice.
type Usage struct {
	InputTokens       Count `json:"input_tokens"`
	OutputTokens      Count `json:"output_tokens"`
	CacheReadTokens   Count `json:"cache_read_tokens"`
	CacheWriteTokens  Count `json:"cache_write_tokens"` // all lifetimes together
	ReasoningTokens   Count `json:"reasoning_tokens"`
	AudioInputTokens  Count `json:"audio_input_tokens"`
	AudioOutputTokens Count `json:"audio_output_tokens"`
	Images            Count `json:"images"`
	// Units are what vendors bill beside tokens, by name (see the Unit constants);
	// nil when there are none. The map belongs to the Usage.
	Units map[string]float64 `json:"units"`
}

// Names of units. An unknown unit of a vendor keeps the vendor's name.
const (
	UnitRequests         = "requests"
	UnitImages           = "images"
	UnitSeconds          = "seconds" // of audio or video
	UnitCharacters       = "characters"
	UnitPages            = "pages"
	UnitSearches         = "searches"              // web searches and the like
	UnitSearchUnits      = "search_units"          // rerank
	UnitCacheWrite1h     = "cache_write_1h_tokens" // the part of CacheWriteTokens with the one-hour lifetime
	UnitImageInputTokens = "image_input_tokens"    // the part of InputTokens that is images, where billed apart
	UnitImageTokens      = "image_output_tokens"   // the part of OutputTokens that is images, where billed apart
	UnitCachedAudio      = "cached_audio_tokens"   // the part of AudioInputTokens that was cached
)

// IsZero reports whether nothing at all is known.
func (u *Usage) IsZero() bool {
	return !u.InputTokens.Known && !u.OutputTokens.Known && !u.CacheReadTokens.Known && !u.CacheWriteTokens.Known &&
		!u.ReasoningTokens.Known && !u.AudioInputTokens.Known && !u.AudioOutputTokens.Known && !u.Images.Known && len(u.Units) == 0
}

// SetUnit records n of a unit; it makes the map on first use.
func (u *Usage) SetUnit(name string, n float64) {
	if u.Units == nil {
		u.Units = make(map[string]float64, 2)
	}
	u.Units[name] = n
}
