package cache

import (
	"encoding/binary"
	"math/bits"
)

// sketch estimates how often keys were asked for lately: a count-min sketch of four rows
// whose counters, of four bits, are halved from time to time, so that old fame fades
// (Einziger, Friedman, Manes: TinyLFU, https://arxiv.org/abs/1512.00727). Keys are hashes
// already, so that their own bytes say where they are counted.
type sketch struct {
	table []uint64 // 16 counters each
	mask  uint64
	added int
}

const (
	mostCount = 15                 // of a counter
	halves    = 0x7777777777777777 // what is left of 16 counters shifted by one bit
	lowBits   = 0x1111111111111111
)

// newSketch makes a sketch for about so many keys.
func newSketch(keys int64) sketch {
	n := uint64(1) << bits.Len64(uint64(max(keys, 64)-1))
	return sketch{table: make([]uint64, n), mask: n - 1}
}

// at gives where a key is counted in a row: a word and the place of the counter in it.
func (s *sketch) at(key *Key, row int) (word *uint64, shift uint) {
	h := binary.LittleEndian.Uint64(key[8*row:])
	return &s.table[h&s.mask], uint(h>>60) << 2
}

// add counts a key n times.
func (s *sketch) add(key *Key, n uint32) {
	for row := range 4 {
		word, shift := s.at(key, row)
		had := *word >> shift & mostCount
		*word += (min(had+uint64(n), mostCount) - had) << shift
	}
	s.added += int(n)
}

// count gives about how often a key was counted, at mostCount 15.
func (s *sketch) count(key *Key) uint32 {
	least := uint64(mostCount)
	for row := range 4 {
		word, shift := s.at(key, row)
		least = min(least, *word>>shift&mostCount)
	}
	return uint32(least)
}

// fade halves all counters once every key has been counted ten times on average.
func (s *sketch) fade(keys int) {
	if s.added < 10*max(keys, 64) {
		return
	}
	odd := 0
	for i, w := range s.table {
		odd += bits.OnesCount64(w & lowBits)
		s.table[i] = w >> 1 & halves
	}
	s.added = (s.added - odd/4) / 2
}
