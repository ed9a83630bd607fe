package llm

import "slices"

// Outcome is the answer to a Task. Which of its lists counts is told by the task's Op.
type Outcome struct {
	ID      string
	Model   string // as the vendor spells it
	Created int64  // Unix seconds, 0 = not said
	Usage   Usage
	// Estimated says that Tokens, or those of Usage, are not the vendor's count.
	Estimated bool

	Vectors    []Vector    // embeddings
	Ranks      []Rank      // rerank, best first
	Verdicts   []Verdict   // moderations, one an input
	Pictures   []Picture   // images
	Sound      *Media      // speech
	Transcript *Transcript // transcription
	Tokens     Count       // count_tokens
}

// VectorForm says how embeddings are to be written.
type VectorForm struct {
	// Kinds of numbers: float, int8, uint8, binary, ubinary, and base64, which are floats
	// in another spelling where several kinds stand side by side; none = float.
	Kinds []string
	// Base64 says that the numbers are to stand as the base64 of their bytes, those of
	// floats in four bytes each, little-endian.
	Base64 bool
}

// Numbers gives the kinds of numbers that a vendor must give, each once.
func (f *VectorForm) Numbers() (kinds []string) {
	for _, k := range f.Kinds {
		if k == KindBase64 {
			k = KindFloat
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		kinds = []string{KindFloat}
	}
	return kinds
}

// Kind gives the kind of numbers wanted where a form has but one: the first.
func (f *VectorForm) Kind() string { return f.Numbers()[0] }

// KindFloat is the kind of numbers that every model gives, KindBase64 another spelling.
const (
	KindFloat  = "float"
	KindBase64 = "base64"
)

// Vector is one embedding. One of Numbers and Base64 is set.
type Vector struct {
	Index   int    // of its input
	Kind    string // see VectorForm; "" = float
	Numbers Raw    // a JSON array
	Base64  []byte // without quotes; see VectorForm.Base64
}

// Rank is the place of one document.
type Rank struct {
	Index int // of the document
	Score Raw // a number
}

// Verdict is what a moderation says of one input.
type Verdict struct {
	Flagged    bool
	Categories []Category
}

// Category is one kind of harm.
type Category struct {
	Name    string
	Flagged bool
	Score   Raw // a number; nil = not said
	// Applied are the kinds of input that were judged: text, image.
	Applied []string
}

// Picture is one image of an answer.
type Picture struct {
	Media   Media
	Revised Raw // a JSON string: the prompt that was drawn in the end
}

// Transcript is a text that was heard.
type Transcript struct {
	Text     Raw    // a JSON string
	Language string // "" = not said
	Seconds  Raw    // a number: how long it is
	Segments Raw    // an array in OpenAI's form
	Words    Raw    // likewise
}
