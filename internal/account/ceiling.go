package account

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Most is the most that a call can consume, as far as its request tells.
type Most struct {
	Input, Output int64 // tokens
	Characters    int64 // of speech
	Caches        bool  // the request asks for its beginning to be cached
	Media         bool  // the request holds, or asks for, more than text
	Tier          string
	Batch         bool // at batch rates, where they are known
}

// Ceiling gives the most that a call can cost: every token at the dearest rate that its
// request allows. ok is false when that cannot be told: the model's price is unknown, or
// it is billed by something that a request does not show. What a vendor's own tools cost
// beside tokens (searches) is not in it.
func (c *Catalogue) Ceiling(m *Model, most Most, at time.Time) (usd gateway.USD, ok bool) {
	if !m.Priced() {
		return 0, false
	}
	tier := 0
	if most.Tier != "" || most.Batch {
		tier = max(m.tierIndex(most.Tier, most.Batch), 0)
	}
	a := m.priceAt(at).band(most.Input).on(m, tier)
	if a.free {
		return 0, true
	}
	in, out := []kind{input}, []kind{output, outputReasoning}
	if most.Caches {
		in = append(in, cacheWrite, cacheWrite1h)
	}
	if most.Media {
		in = append(in, inputAudio, inputImage, inputVideo)
		out = append(out, outputAudio, outputImage, outputVideo)
	}
	var total sum
	ok = a.byTokens || a.own[characters] && most.Characters > 0 || a.own[requests]
	if a.byTokens {
		ok = a.add(&total, in, most.Input) && a.add(&total, out, most.Output)
	}
	if a.own[requests] {
		ok = ok && a.addUnits(&total, requests, 1)
	}
	if a.own[characters] {
		ok = ok && a.addUnits(&total, characters, most.Characters)
	}
	n, fits := total.quotient(denominator)
	return gateway.USD(n), ok && fits
}

// add adds tokens at the dearest of some rates; false = that rate is not known.
func (a *applied) add(total *sum, of []kind, tokens int64) bool {
	if tokens <= 0 {
		return true
	}
	dearest := unknown
	for _, k := range of {
		dearest = max(dearest, a.rates[k])
	}
	return dearest >= 0 && plausible(tokens) && total.add(uint64(tokens), uint64(dearest), tokenScale)
}

func (a *applied) addUnits(total *sum, k kind, n int64) bool {
	return a.rates[k] >= 0 && plausible(n) && total.add(uint64(n)*unitMicro, uint64(a.rates[k]), k.scale())
}

// Affords gives how many output tokens at most the money pays for beside the input,
// at the rates of Ceiling; 0 = not even the input.
func (c *Catalogue) Affords(m *Model, most Most, usd gateway.USD, at time.Time) int64 {
	low, high := int64(0), most.Output
	for low < high { // the largest output whose ceiling is within the money
		mid := low + (high-low+1)/2
		most.Output = mid
		if cost, ok := c.Ceiling(m, most, at); ok && cost <= usd {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}
