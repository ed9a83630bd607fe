package llm

// Said is one call and its answer as a piece of a conversation that later calls may name
// instead of repeating it, in the words of the caller's dialect.
type Said struct {
	ID       string // of the answer, as the caller was given it
	Previous string // the answer that the call went on from; "" = it began the conversation
	Asked    Raw    // what the call added, a JSON array
	Answered Raw    // what the answer added, a JSON array
	// Cut says that the conversation is too long to be kept: pieces of the answer can be
	// named, but no call can go on from it.
	Cut bool
}
