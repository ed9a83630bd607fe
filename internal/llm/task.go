package llm

// Task is a call of an operation beside conversation in no vendor's form: what is to be
// embedded, ranked, judged, drawn, spoken or written down. Its spans point into the
// body it was read from. It is not changed once it was read, so that one Task can be
// written for several targets.
type Task struct {
	Op      Operation
	Dialect string // of the caller
	Shape   string // which of its dialect's shapes the answer is to have; "" = the usual one
	Model   string // as the caller spelt it
	Stream  bool   // the caller asked for a stream

	Inputs []Input
	Query  Raw // a JSON string: what documents are ranked by
	// One says that the caller's form has a single input, and its answer a single result.
	One bool
	// Vectors says how the caller wants embeddings written.
	Vectors VectorForm
	// Options are what else was asked, in the caller's order.
	Options []Option
	// Chat is the conversation whose tokens are to be counted, and Body the same as the
	// caller wrote it.
	Chat *Request
	Body []byte
}

// Input is one thing that a task is about.
type Input struct {
	Parts []Part // Text, Image, Audio, File, Video
	// Tokens is a text given as token ids, a JSON array; nil = it is not.
	Tokens Raw
	// Raw is a document as the caller wrote it, where that was no plain string.
	Raw Raw
}

// TextInput makes the input that is one text, a JSON string.
func TextInput(text Raw) Input { return Input{Parts: []Part{{Kind: Text, Text: text}}} }

// Plain gives the JSON string of an input that is one text; nil when it is anything else.
func (in *Input) Plain() Raw {
	if len(in.Parts) != 1 || in.Parts[0].Kind != Text {
		return nil
	}
	return in.Parts[0].Text
}

// Param names what a task may ask for, whatever the dialect calls it. The ledger says of
// each dialect's form of an operation which of its fields means which, and what becomes
// of each for a target.
type Param string

// The params. Where the value has a neutral form, it stands here.
const (
	// of what is given
	ParamTokens  Param = "texts as token ids"
	ParamImages  Param = "images as input"
	ParamMedia   Param = "audio, video and documents as input"
	ParamObjects Param = "documents that are objects"

	// embeddings
	ParamDimensions Param = "dimensions" // integer
	ParamPurpose    Param = "purpose"    // string: see the Purposes
	ParamTitle      Param = "title"      // string
	ParamKinds      Param = "kinds of numbers"
	ParamBase64     Param = "vectors as base64"
	ParamTruncate   Param = "truncation"          // string: none, start, end
	ParamMaxTokens  Param = "tokens of one input" // integer
	ParamNormalize  Param = "normalisation"       // true or false
	ParamLate       Param = "late chunking"       // true or false

	// rerank
	ParamTop       Param = "number of results" // integer
	ParamDocuments Param = "documents in the answer"
	ParamFields    Param = "fields to rank by" // array of strings

	// images
	ParamN           Param = "number of images"   // integer
	ParamSize        Param = "size"               // string: 1024x1024, auto
	ParamAspect      Param = "aspect ratio"       // string: 16:9
	ParamQuality     Param = "quality"            // string
	ParamStyle       Param = "style"              // string
	ParamBackground  Param = "background"         // string
	ParamFormat      Param = "format of the file" // string: png, jpeg, webp; mp3, wav …
	ParamCompression Param = "compression"        // integer, 0–100
	ParamDelivery    Param = "delivery"           // string: url, b64_json
	ParamSeed        Param = "seed"               // integer
	ParamNegative    Param = "what not to draw"   // string
	ParamModeration  Param = "moderation"         // string
	ParamMask        Param = "mask"

	// speech and transcription
	ParamVoice        Param = "voice"        // string, or an object
	ParamSpeed        Param = "speed"        // number
	ParamInstructions Param = "instructions" // string
	ParamLanguage     Param = "language"     // string: ISO 639-1
	ParamPrompt       Param = "prompt"       // string
	ParamTemperature  Param = "temperature"  // number
	ParamTimes        Param = "timestamps"   // array of strings: word, segment
	ParamAnswer       Param = "form of the answer"
	ParamLogprobs     Param = "log probabilities"
	ParamTranslate    Param = "translation into English"
	ParamDiarize      Param = "telling of speakers"

	ParamUser Param = "end user" // string
)

// The Purposes: what an embedding is for.
const (
	PurposeQuery      = "query"
	PurposeDocument   = "document"
	PurposeSimilarity = "similarity"
	PurposeClasses    = "classification"
	PurposeClusters   = "clustering"
	PurposeQuestion   = "question" // to be answered from documents
	PurposeFact       = "fact"     // to be checked against documents
	PurposeCode       = "code"     // a query in words for code
)

// Option is one thing asked for.
type Option struct {
	Param Param  // "" = only the caller's dialect has it
	Path  string // as the caller's dialect writes it
	Value Raw    // in the param's neutral form; nil where the path says all
}

// Ask notes an option. null asks for nothing.
func (t *Task) Ask(p Param, path string, value Raw) {
	if string(value) == "null" {
		return
	}
	t.Options = append(t.Options, Option{p, path, value})
}

// Asked gives the value of an option, nil when the caller did not ask.
func (t *Task) Asked(p Param) Raw {
	for i := range t.Options {
		if t.Options[i].Param == p {
			return t.Options[i].Value
		}
	}
	return nil
}
