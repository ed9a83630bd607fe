package analytics

import (
	"encoding/binary"
	"math"
)

// Sketches is how many sketches a roll-up has, one for each of sketched.
const Sketches = 4

// sketched are the numbers whose quantiles are known. Roll-ups are kept by position.
var sketched = [Sketches]Number{LatencyMS, FirstByteMS, GatewayUS, ProviderMS}

// SketchOf gives the place of a number's sketch, and whether it has one.
func SketchOf(n Number) (int, bool) {
	for i, s := range sketched {
		if s == n {
			return i, true
		}
	}
	return 0, false
}

// Accuracy is how far a quantile is from a value of that rank at most, relatively.
const Accuracy = 0.01

const (
	noKey   = 0 // no value
	zeroKey = 1 // values below 1
	oneKey  = 2 // of the value 1; each further key is gamma times as large
	maxKey  = 2047
)

// gamma is the ratio of neighbouring bins: values that share one are within Accuracy of
// its middle. https://www.vldb.org/pvldb/vol12/p2195-masson.pdf (section 2.1)
const gamma = (1 + Accuracy) / (1 - Accuracy)

var logGamma = math.Log(gamma)

// keyOf gives the bin of a value.
func keyOf(v int64) uint16 {
	if v < 1 {
		return zeroKey
	}
	return uint16(min(oneKey+math.Ceil(math.Log(float64(v))/logGamma), maxKey))
}

// valueOf gives the middle of a bin.
func valueOf(key int) float64 {
	if key <= zeroKey {
		return 0
	}
	return 2 * math.Exp(float64(key-oneKey)*logGamma) / (gamma + 1)
}

// Sketch counts whole numbers in bins that grow with them (DDSketch), so that quantiles
// are known within Accuracy however many sketches were added up. The zero value is empty.
type Sketch struct {
	bins   []uint64 // by key
	n      uint64
	filled int // bins that are not empty
}

func (s *Sketch) add(key uint16, n uint64) {
	if int(key) >= len(s.bins) {
		s.bins = append(s.bins, make([]uint64, int(key)+1-len(s.bins))...)
	}
	if n > 0 && s.bins[key] == 0 {
		s.filled++
	}
	s.bins[key] += n
	s.n += n
}

func (s *Sketch) reset() {
	clear(s.bins)
	s.bins, s.n, s.filled = s.bins[:0], 0, 0
}

// Count is how many values were counted.
func (s *Sketch) Count() int64 { return int64(s.n) }

// Merge adds what another sketch has counted.
func (s *Sketch) Merge(o *Sketch) {
	for key, n := range o.bins {
		if n > 0 {
			s.add(uint16(key), n)
		}
	}
}

// Quantile gives the value below which the share q (0 to 1) of all lies, and whether
// there is any value at all.
func (s *Sketch) Quantile(q float64) (float64, bool) {
	if s.n == 0 {
		return 0, false
	}
	rank := uint64(q * float64(s.n-1))
	for key, n := range s.bins {
		if n > rank {
			return valueOf(key), true
		}
		rank -= n
	}
	return valueOf(len(s.bins) - 1), true
}

// append appends the sketch as it is kept: how many bins, then the distance of each key
// from the one before and its count.
func (s *Sketch) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.filled))
	last := 0
	for key, n := range s.bins {
		if n > 0 {
			dst = binary.AppendUvarint(dst, uint64(key-last))
			dst = binary.AppendUvarint(dst, n)
			last = key
		}
	}
	return dst
}

// decode adds a sketch as it is kept and gives what stands behind it; nil s skips it.
func (s *Sketch) decode(kept []byte) ([]byte, error) {
	filled, size := binary.Uvarint(kept)
	if size <= 0 {
		return nil, errDamaged
	}
	kept = kept[size:]
	key := uint64(0)
	for range filled {
		if len(kept) > 1 && kept[0]|kept[1] < 0x80 && key+uint64(kept[0]) <= maxKey { // nearly all are short
			key += uint64(kept[0])
			if s != nil {
				s.add(uint16(key), uint64(kept[1]))
			}
			kept = kept[2:]
			continue
		}
		step, a := binary.Uvarint(kept)
		if a <= 0 {
			return nil, errDamaged
		}
		n, b := binary.Uvarint(kept[a:])
		if key += step; b <= 0 || key > maxKey {
			return nil, errDamaged
		}
		if kept = kept[a+b:]; s != nil {
			s.add(uint16(key), n)
		}
	}
	return kept, nil
}

// DecodeSketches adds the sketches of a roll-up as they are kept to those that are not nil.
func DecodeSketches(kept []byte, to *[Sketches]*Sketch) error {
	for i := 0; i < len(to) && len(kept) > 0; i++ {
		var err error
		if kept, err = to[i].decode(kept); err != nil {
			return err
		}
	}
	return nil
}
