package llm

// EventKind says what a stream event is.
type EventKind uint8

// The grammar of a stream:
//
//	Start (PartStart Delta* PartEnd)* Finished+ UsageEvent? End   or   … Fail
//
// Parts of one choice are numbered from 0 as they begin; several may be open at once.
// Finished comes once per choice, after its parts have ended. UsageEvent may also come
// earlier with what is known so far; the last one counts. A reader ends open parts
// itself before Finished, and at the proper end of a stream. Fail is the last word: the
// stream was cut, or the vendor said that it failed.
const (
	Start EventKind = iota + 1
	PartStart
	Delta
	PartEnd
	Finished
	UsageEvent
	Fail
	End
)

// Event is one step of a streamed answer. Its spans are valid during the call only.
type Event struct {
	Kind   EventKind
	Choice int
	Part   int // index of the part within its choice

	What PartKind // of the part, on PartStart, Delta and PartEnd
	// Text is what is new, a JSON string: of a Text, Thinking or Refusal; of a ToolCall
	// the next fragment of its arguments, which together are a JSON object in text.
	// nil = nothing of that kind in this event.
	Text Raw
	// CallID and CallName are set on the PartStart of a ToolCall; Custom as Call.Custom.
	CallID, CallName string
	Custom           bool
	// Media is an image or audio, on PartStart (and on Delta for audio in pieces).
	Media *Media
	// State are blobs of the part: of a Thinking with text on its PartEnd or a Delta, of
	// anything else on its PartStart, so that what a redacted piece or a signed call is
	// can be told when it begins. (A vendor may know later: a Delta or PartEnd then.)
	State []Opaque
	Cites []Citation // of a Text, on Delta
	Raw   Raw        // of a Vendor part, on PartStart; OpenAI's logprobs array on the Delta of a Text

	Finish   Finish // on Finished
	Vendor   string // on Finished: the vendor's own word
	StopText Raw    // on Finished

	Usage *Usage // on UsageEvent

	ID, Model, Tier string // on Start, and what of them is known later on Finished or UsageEvent
	Created         int64

	Err error // on Fail: a *fault.Fault
}
