package intent

import (
	"errors"
	"math"
)

var errVector = errors.New("the embedding model gave a vector without a direction")

// units brings vectors to length 1, in place. It takes what Embed gives; none at all are
// an error.
func units(vectors [][]float32, err error) ([][]float32, error) {
	if err != nil {
		return nil, err
	}
	if len(vectors) == 0 {
		return nil, errShape
	}
	for _, v := range vectors {
		length := math.Sqrt(dot(v, v))
		if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
			return nil, errVector
		}
		for i := range v {
			v[i] = float32(float64(v[i]) / length)
		}
	}
	return vectors, nil
}

// dot multiplies two vectors of the same length.
func dot(a, b []float32) (sum float64) {
	b = b[:len(a)]
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
