package intent

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// examples are the vectors of all examples, or the try to have them.
type examples struct {
	done    chan struct{} // closed at the end of the try; what follows is to be read then
	err     error
	intents []string // of each vector
	vectors [][]float32
}

const (
	batch = 16 // examples that are embedded at once
	// patienceAtFirst bounds the embedding of all examples.
	patienceAtFirst = 30 * time.Second
)

// prepare gives the examples; where there are none yet, it begins to embed them. It is
// called under the lock.
func (c *Classifier) prepare(embed Embed) *examples {
	if c.examples != nil {
		return c.examples
	}
	e := &examples{done: make(chan struct{})}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(c.o.Examples)) {
		for _, text := range c.o.Examples[name] {
			e.intents, texts = append(e.intents, name), append(texts, text)
		}
	}
	c.examples = e
	c.running.Add(1)
	go func() {
		defer c.running.Done()
		ctx, cancel := context.WithTimeout(c.life, max(patienceAtFirst, c.o.Wait))
		defer cancel()
		e.vectors, e.err = embedAll(ctx, texts, embed)
		if e.err != nil {
			c.forget(e)
		}
		close(e.done)
	}()
	return e
}

// forget makes the next text embed the examples anew.
func (c *Classifier) forget(e *examples) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.examples == e {
		c.examples = nil
	}
}

// embedAll embeds texts, several at once; where that fails, one by one, since some models
// take no more.
func embedAll(ctx context.Context, texts []string, embed Embed) (all [][]float32, err error) {
	for size := batch; len(all) < len(texts); {
		part := texts[len(all):min(len(all)+size, len(texts))]
		vectors, err := units(embed(ctx, part))
		switch {
		case err != nil && len(part) > 1 && ctx.Err() == nil:
			size = 1
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, vectors...)
		if err := fits(all, len(all)-len(vectors)+len(part), len(all[0])); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (e *examples) wait(ctx context.Context) error {
	select {
	case <-e.done:
		return e.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// length is that of each vector.
func (e *examples) length() int { return len(e.vectors[0]) }

// nearest gives the intent of the example nearest to a vector of length 1; "" when its
// cosine is below the least.
func (e *examples) nearest(v []float32, least float64) string {
	best, intent := least-rounding, ""
	for i, w := range e.vectors {
		if cos := dot(v, w); cos > best || intent == "" && cos >= best {
			best, intent = cos, e.intents[i]
		}
	}
	return intent
}

// rounding is how much a cosine of float32 may be off.
const rounding = 1e-6

var errShape = errors.New("the embedding model gave vectors of another number or length than asked for")

// fits reports vectors that are not as many or not as long as they must be.
func fits(vectors [][]float32, n, length int) error {
	if len(vectors) != n || slices.ContainsFunc(vectors, func(v []float32) bool { return len(v) != length }) {
		return errShape
	}
	return nil
}
