package semantic

import "math"

// unit gives a copy of length 1; nil for a vector without a direction.
func unit(v []float32) []float32 {
	length := math.Sqrt(dot(v, v))
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil
	}
	out := make([]float32, len(v))
	scale := float32(1 / length)
	for i, x := range v {
		out[i] = x * scale
	}
	return out
}

// dot multiplies two vectors of the same length. Eight sums run beside each other, so that
// no addition waits for the one before it.
func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		s4 += a[4] * b[4]
		s5 += a[5] * b[5]
		s6 += a[6] * b[6]
		s7 += a[7] * b[7]
		a, b = a[8:], b[8:]
	}
	sum := float64(s0+s4) + float64(s1+s5) + float64(s2+s6) + float64(s3+s7)
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// maxSketch bounds a sketch, in bits.
const maxSketch = 1024

// sketch gives the signs of a vector's coordinates after a turn of the space that is as
// good as random and always the same. The share of bits in which two sketches differ is
// about the angle between the vectors, in half turns, whatever the model.
// https://www.cs.princeton.edu/courses/archive/spr04/cos598B/bib/CharikarEstim.pdf
func sketch(v []float32) []uint64 {
	size := 64
	for size < len(v) {
		size *= 2
	}
	turned := make([]float32, size)
	copy(turned, v)
	random := uint64(0x9E3779B97F4A7C15)
	for range 3 {
		for i := range turned {
			random ^= random << 13
			random ^= random >> 7
			random ^= random << 17
			turned[i] = math.Float32frombits(math.Float32bits(turned[i]) ^ uint32(random)<<31)
		}
		hadamard(turned)
	}
	size = min(size, maxSketch)
	out := make([]uint64, size/64)
	for i, x := range turned[:size] {
		if x > 0 {
			out[i/64] |= 1 << (i % 64)
		}
	}
	return out
}

// hadamard is the Walsh-Hadamard transform, in place, of a power of two of numbers. It
// lengthens the vector, which does not matter here.
func hadamard(v []float32) {
	for step := 1; step < len(v); step *= 2 {
		for i := 0; i < len(v); i += 2 * step {
			for j := i; j < i+step; j++ {
				v[j], v[j+step] = v[j]+v[j+step], v[j]-v[j+step]
			}
		}
	}
}
