// Package intent tells what a text is about, by comparing it with examples: both become
// vectors, and the nearest example says it. It never keeps its caller waiting for long:
// what cannot be told in time is not told.
package intent

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// ErrOurs stands behind errors that say nothing of the embedding model: the caller may not
// use it, or has no money left.
var ErrOurs = errors.New("the embedding model was not asked")

// Embed gives one vector for each text, in their order; all of one length. They are the
// classifier's then. It must heed its context, and may be called from several goroutines.
type Embed func(ctx context.Context, texts []string) ([][]float32, error)

// Options say how intents are told.
type Options struct {
	Examples   map[string][]string // by intent
	Threshold  float64             // least cosine similarity to an example
	Wait       time.Duration       // longest that a caller waits
	Remembered int                 // texts whose intents are remembered; 0 = 4096
	Counts     *Counts             // where calls are counted; nil = nowhere
	Now        func() time.Time    // nil = time.Now
}

// Classifier tells intents by one set of examples. It is safe for concurrent use.
type Classifier struct {
	o       Options
	life    context.Context
	running sync.WaitGroup

	mu       sync.Mutex
	circuit  circuit
	examples *examples // nil = not begun, or to be begun again
	flights  map[key]*flight
	seen     memory
}

const (
	remembered = 4096
	// maxFlights bounds the texts that are being embedded.
	maxFlights = 64
	// patience bounds one try to embed a text, whoever still waits for it.
	patience = 10 * time.Second
)

// New makes a classifier. What it begins ends with life.
func New(life context.Context, o Options) *Classifier {
	if o.Remembered == 0 {
		o.Remembered = remembered
	}
	if o.Counts == nil {
		o.Counts = new(Counts)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Classifier{o: o, life: life, flights: map[key]*flight{}, seen: newMemory(o.Remembered)}
}

// Wait returns when nothing that was begun runs any more. Nothing may be asked then.
func (c *Classifier) Wait() { c.running.Wait() }

// key is a text as it is remembered: apart for each scope.
type key [sha256.Size]byte

func keyOf(scope, text string) key { return sha256.Sum256([]byte(scope + "\x00" + text)) }

// flight is one try to tell the intent of a text, for all who wait for it.
type flight struct {
	done   chan struct{} // closed at the end
	intent string        // to be read after done
	err    error
	late   bool // somebody has waited in vain; under the classifier's lock
}

// Recall gives the intent of a text if it is remembered.
func (c *Classifier) Recall(scope, text string) (intent string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.get(keyOf(scope, text))
}

// Tell gives the intent of a text; "" when no example is near enough, and when that
// cannot be told in time or at all. What it is told by one scope no other gets. embed may
// be used after Tell has returned.
func (c *Classifier) Tell(ctx context.Context, scope, text string, embed Embed) string {
	if text == "" || len(c.o.Examples) == 0 {
		return ""
	}
	k := keyOf(scope, text)
	c.mu.Lock()
	intent, known := c.seen.get(k)
	if known {
		c.mu.Unlock()
		c.o.Counts.Remembered.Add(1)
		return intent
	}
	f := c.join(k, text, embed)
	c.mu.Unlock()
	if f == nil {
		c.o.Counts.Skipped.Add(1)
		return ""
	}
	return c.await(ctx, f)
}

// join gives the flight of a text, a new one where there is none; nil when it is not
// worth waiting for one.
func (c *Classifier) join(k key, text string, embed Embed) *flight {
	f := c.flights[k]
	switch {
	case f != nil && f.late:
		return nil
	case f != nil:
		return f
	case c.life.Err() != nil, len(c.flights) >= maxFlights, !c.circuit.allows(c.o.Now()):
		return nil
	}
	f = &flight{done: make(chan struct{})}
	c.flights[k] = f
	e := c.prepare(embed)
	c.running.Add(1)
	go func() {
		defer c.running.Done()
		c.fly(f, k, e, text, embed)
	}()
	return f
}

func (c *Classifier) await(ctx context.Context, f *flight) string {
	timer := time.NewTimer(c.o.Wait)
	defer timer.Stop()
	select {
	case <-f.done:
		if f.err != nil {
			c.o.Counts.Failed.Add(1)
		} else {
			c.o.Counts.Embedded.Add(1)
		}
		return f.intent
	case <-timer.C:
		c.tooLate(f)
	case <-ctx.Done():
	}
	c.o.Counts.Late.Add(1)
	return ""
}

// tooLate notes that a flight takes longer than callers wait: that is a failure, once.
func (c *Classifier) tooLate(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-f.done:
	default:
		if !f.late {
			f.late = true
			c.circuit.fail(c.o.Now())
		}
	}
}

// fly tells the intent of a text and remembers it, also when nobody waits any more.
func (c *Classifier) fly(f *flight, k key, e *examples, text string, embed Embed) {
	ctx, cancel := context.WithTimeout(c.life, max(patience, c.o.Wait))
	defer cancel()
	f.intent, f.err = c.classify(ctx, e, text, embed)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, k)
	switch {
	case f.err != nil && !f.late && !errors.Is(f.err, ErrOurs):
		c.circuit.fail(c.o.Now())
	case f.err == nil:
		c.seen.put(k, f.intent)
		if !f.late {
			c.circuit.succeed()
		}
	}
	close(f.done)
}

// classify embeds a text, while the examples may be embedded too, and compares.
func (c *Classifier) classify(ctx context.Context, e *examples, text string, embed Embed) (string, error) {
	vectors, err := units(embed(ctx, []string{text}))
	if err == nil {
		err = e.wait(ctx)
	}
	if err != nil {
		return "", err
	}
	if err := fits(vectors, 1, e.length()); err != nil {
		c.forget(e) // they may be of another model, which had the same name
		return "", err
	}
	return e.nearest(vectors[0], c.o.Threshold), nil
}
