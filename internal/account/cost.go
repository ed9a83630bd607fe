package account

import (
	"math"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// counts are what was consumed by kind, each token in exactly one kind; units are in
// millionths.
type counts struct {
	n     [kinds]int64
	known [kinds]bool // of units: whether it was reported
}

// maxCount bounds what one call can have consumed of anything; beyond it, as below
// zero, a report is nonsense.
const maxCount = 1e12

func plausible(n int64) bool { return 0 <= n && n <= maxCount }

// cost sums counts × rates, rounded once, half up, to a billionth of a dollar.
func (a *applied) cost(u *llm.Usage) gateway.Cost {
	if a.free {
		return gateway.Cost{Known: true}
	}
	var c counts
	if !a.billable(u) || !c.units(u) || !a.unitsKnown(&c) || !c.input(u) || !c.output(u, a.own[outputReasoning]) {
		return gateway.Cost{}
	}
	var total sum
	for k, n := range c.n {
		if n == 0 {
			continue
		}
		scale := uint64(tokenScale)
		if kind(k) >= tokenKinds {
			if !a.own[k] {
				continue
			}
			scale = kind(k).scale()
		}
		if a.rates[k] < 0 || !total.add(uint64(n), uint64(a.rates[k]), scale) {
			return gateway.Cost{}
		}
	}
	usd, ok := total.quotient(denominator)
	if !ok {
		return gateway.Cost{}
	}
	return gateway.Cost{USD: gateway.USD(usd), Known: true}
}

// billable reports whether the token counts that carry a price are known.
func (a *applied) billable(u *llm.Usage) bool {
	if !a.byTokens {
		return true
	}
	return (u.InputTokens.Known || a.rates[input] == 0) &&
		(u.OutputTokens.Known || !a.own[output] || a.rates[output] == 0)
}

// unitsKnown completes the units and reports whether they can be billed: a call is
// one request unless reported otherwise; a model that is billed by units alone needs
// one of them; searches need a price unless the price per request covers them.
func (a *applied) unitsKnown(c *counts) bool {
	if a.own[requests] && !c.known[requests] {
		c.n[requests], c.known[requests] = unitMicro, true
	}
	if c.n[searches] > 0 && !a.own[searches] && !a.own[requests] {
		return false
	}
	if a.byTokens {
		return true
	}
	for k := requests; k < kinds; k++ {
		if a.own[k] && c.known[k] {
			return true
		}
	}
	return false
}

// units reads what is billed beside tokens, and the parts of tokens that are kept
// there; false = a number that cannot be.
func (c *counts) units(u *llm.Usage) bool {
	if !plausible(u.Images.N) {
		return false
	}
	if u.Images.Known {
		c.n[images], c.known[images] = u.Images.N*unitMicro, true
	}
	for name, v := range u.Units {
		k, ok := unitKind(name)
		if !ok {
			continue
		}
		if math.IsNaN(v) || v < 0 || v > maxCount {
			return false
		}
		if k >= tokenKinds {
			v *= unitMicro
		}
		c.n[k], c.known[k] = int64(math.Round(v)), true
	}
	return true
}

// input divides the input tokens among their kinds. Audio or images that were also
// read from the cache count there once; where the vendor does not say how many they
// are, what exceeds the total must be them.
func (c *counts) input(u *llm.Usage) bool {
	total, read, write, audio := u.InputTokens.N, u.CacheReadTokens.N, u.CacheWriteTokens.N, u.AudioInputTokens.N
	if !plausible(total) || !plausible(read) || !plausible(write) || !plausible(audio) {
		return false
	}
	image, video := c.n[inputImage], c.n[inputVideo]
	cachedAudio := min(c.n[cacheAudioRead], audio, read)
	cachedImage := min(c.n[cacheImageRead], image, read-cachedAudio)
	over := read + write + video + audio - cachedAudio + image - cachedImage - total
	more := max(0, min(over, audio-cachedAudio, read-cachedAudio-cachedImage))
	cachedAudio, over = cachedAudio+more, over-more
	more = max(0, min(over, image-cachedImage, read-cachedAudio-cachedImage))
	cachedImage, over = cachedImage+more, over-more

	c.n[cacheWrite1h] = min(c.n[cacheWrite1h], write)
	c.n[cacheWrite] = write - c.n[cacheWrite1h]
	c.n[cacheAudioRead], c.n[cacheImageRead] = cachedAudio, cachedImage
	c.n[cacheRead] = read - cachedAudio - cachedImage
	c.n[inputAudio], c.n[inputImage] = audio-cachedAudio, image-cachedImage
	c.n[input] = max(0, -over)
	return true
}

// output divides the output tokens among their kinds; reasoning counts apart only
// where it has a price of its own.
func (c *counts) output(u *llm.Usage, reasoningApart bool) bool {
	total, audio, reasoning := u.OutputTokens.N, u.AudioOutputTokens.N, u.ReasoningTokens.N
	if !plausible(total) || !plausible(audio) || !plausible(reasoning) {
		return false
	}
	if !reasoningApart {
		reasoning = 0
	}
	c.n[outputAudio], c.n[outputReasoning] = audio, reasoning
	c.n[output] = max(0, total-audio-reasoning-c.n[outputImage]-c.n[outputVideo])
	return true
}
