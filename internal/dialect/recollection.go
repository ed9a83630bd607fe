package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// Recollection is how callers of a dialect name earlier answers, or pieces of them,
// instead of sending them again. Vendors of the dialect keep what they have answered;
// what a vendor of another one has answered the gateway keeps. It is immutable and safe
// for concurrent use.
type Recollection interface {
	// Recollect reads a caller's body. find gives what was said by an answer's id, nil when
	// that is not known. The result is nil when the body names nothing that find knows; a
	// name of the gateway's own making that find does not know is a fault.
	Recollect(body []byte, find func(id string) *llm.Said) (*Recollected, error)
	// Said gives what is to be kept of a call that was answered: its body, what came of
	// Recollect (may be nil), and what was written for the caller: a whole answer, or for
	// the End of a stream. nil = nothing is to be kept. It points into its arguments.
	Said(body []byte, r *Recollected, written []byte) *llm.Said
	// Keeps reports whether a call with this body may be kept once it is answered.
	Keeps(body []byte) bool
}

// Recollected is a body whose names were understood.
type Recollected struct {
	Body     []byte  // with what was said in place of its names
	Asked    llm.Raw // see llm.Said
	Previous string  // likewise
}
