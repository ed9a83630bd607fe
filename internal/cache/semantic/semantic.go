// Package semantic finds an answer that was given to a prompt which only means the same.
// It compares vectors, and holds back what looks alike but wants another answer: other
// numbers, names, units, code, a "not" more. It asks no embedding model and keeps no
// answers: who calls it brings the vectors, and gets keys of the cache.
package semantic

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
)

// Threshold is the least cosine of two prompts that share an answer where the
// configuration does not say. The test of the look-alikes found it.
const Threshold = 0.80

// MaxText bounds the prompts that are compared, in bytes: what is said in a longer one
// hangs on more words than any comparison weighs.
const MaxText = 4 << 10

// Match is a prompt that was answered.
type Match struct {
	Key   cache.Key // of its answer
	Text  string
	Score float64 // cosine to the prompt in question
}

// Why a prompt has no match, beside what a Guard says.
const (
	WhyNothing = "nothing like it was asked"
	WhyFar     = "too far"
)

// Find gives the nearest prompt whose answer serves a text: in the same scope, at least
// threshold near, and told apart from it by no guard. Else it says why, and gives the
// nearest one that is there, whose score says how near that was; a zero Match where the
// scope is empty.
func (x *Index) Find(scope cache.Key, vector []float32, text string, threshold float64) (m Match, ok bool, why string) {
	near := x.Nearest(scope, vector, looked)
	if len(near) == 0 {
		return Match{}, false, WhyNothing
	}
	switch {
	case near[0].Score < threshold:
		return near[0], false, WhyFar
	case len(text) > MaxText:
		return near[0], false, WhyLong
	}
	asked := x.o.Guard.read(text)
	for _, n := range near {
		if n.Score < threshold {
			break
		}
		reason, differ := x.o.Guard.tell(asked, x.o.Guard.read(n.Text))
		if !differ {
			return n, true, ""
		}
		if why == "" {
			why = reason
		}
	}
	return near[0], false, why
}

// looked is how many of the nearest prompts Find considers.
const looked = 8

// Record is one prompt that was answered, as nodes tell it each other. Its vector is not
// written to.
type Record struct {
	Scope     cache.Key // of everything but the last turn of the user, the embedding model included
	Key       cache.Key // of the answer
	Workspace string    // where it was asked; "" = that is not known
	Purged    int64     // the last purge that was known when it was: as of the answer
	Vector    []float32
	Text      string
	Until     time.Time // it is of no use later
}
