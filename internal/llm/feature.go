package llm

// Feature is one thing that a request may make use of, or an answer may hold, whatever
// the dialect calls it. The loss ledger says for each dialect which of its fields
// means which feature, and which features it can express when it is the target.
type Feature uint8

// The features of requests. Where a setting has a neutral form, it stands here.
const (
	_ Feature = iota

	// turns
	FSystem           // instructions before the conversation
	FSystemLater      // a system turn after the conversation has begun
	FDeveloper        // a developer turn
	FMessageName      // who of several users or assistants speaks
	FAssistantPrefill // the last turn is the assistant's, to be continued

	// parts
	FImageURL
	FImageData
	FImageFile // by a vendor's file id
	FImageDetail
	FAudioData
	FFileURL
	FFileData
	FFileID
	FFileText    // a document that is plain text
	FFileName    // name or title of a document
	FFileContext // words about a document that are not cited
	FFileCites   // a document shall be cited
	FVideo       // by URL or bytes
	FFound       // something that a search of the caller's has found, with its source
	FCache       // a cache mark on a part
	FCacheTTL    // with a lifetime that is not the default
	FToolCall    // the history holds tool calls
	FToolResult
	FResultMedia // a tool's result holds images or files
	FResultError // a tool's result is marked as an error
	FThinking    // the history holds reasoning text
	FThinkingState
	FRefusal    // the history holds a refusal
	FCitations  // the history's texts have sources
	FVendorPart // a part that only one dialect has (server tools' calls and results …)

	// tools
	FTools
	FToolStrict
	FToolCache
	FToolExamples
	FCustomTool
	FWebSearch
	FSearchAllowed // domains that a web search keeps to
	FSearchBlocked // domains that it leaves out
	FSearchPlace   // where the user is, to it
	FCode
	FBuiltin // any other tool of one vendor
	FChoiceNone
	FChoiceRequired
	FChoiceTool
	FChoiceAllowed
	FParallel

	// output
	FJSON       // any JSON object
	FSchema     // JSON of a schema
	FSchemaName // words about the schema; its name is a mere label
	FStrict     // of the schema

	// settings with neutral forms
	FMaxOutput
	FTemperature      // number, OpenAI's range 0–2
	FTopP             // number
	FTopK             // integer
	FMinP             // number
	FFrequencyPenalty // number, -2–2
	FPresencePenalty  // number, -2–2
	FSeed             // integer
	FStop             // Request.Stop
	FN                // integer
	FLogprobs         // true or false
	FTopLogprobs      // integer
	FLogitBias        // object, OpenAI's
	FUser             // string: the end user, for abuse detection
	FSafetyID         // string: likewise, OpenAI's newer name
	FMetadata         // object of strings
	FTier             // string: OpenAI's words (auto, default, flex, priority …)
	FStore            // true or false
	FCacheKey         // string: OpenAI's prompt_cache_key
	FCacheRetention   // string
	FVerbosity        // string: low, medium, high
	FModalities       // array of text, audio, image
	FAudioOut         // object: OpenAI's audio (voice, format)
	FPrediction       // object: OpenAI's prediction
	FSearchOptions    // object: OpenAI's web_search_options
	FStreamUsage      // true: usage shall stand in the stream
	FThinkingEffort
	FThinkingBudget
	FThinkingSummary
	FThinkingOff

	// The features of answers.
	AText
	AThinking
	AThinkingState
	AToolCall
	ARefusal
	ACitations
	AMedia // images or audio
	AVendorPart
	ALogprobs
	AFinish
	AStopText
	AUsage
	AUsageCache
	AUsageReasoning
	ATier
	AModel
	AID
	ACreated
	AChoices // several alternatives
	ABlocked // why nothing was answered

	featureCount
)

// Features is a set of features. The zero value is empty.
type Features [2]uint64

// Add puts f into the set.
func (s *Features) Add(f Feature) { s[f>>6] |= 1 << (f & 63) }

// Has reports whether f is in the set.
func (s Features) Has(f Feature) bool { return s[f>>6]&(1<<(f&63)) != 0 }

// Without gives what is in s and not in o.
func (s Features) Without(o Features) Features { return Features{s[0] &^ o[0], s[1] &^ o[1]} }

// With gives what is in either.
func (s Features) With(o Features) Features { return Features{s[0] | o[0], s[1] | o[1]} }

// All gives the features of the set in order.
func (s Features) All() (all []Feature) {
	for f := Feature(1); f < featureCount; f++ {
		if s.Has(f) {
			all = append(all, f)
		}
	}
	return all
}

// Of makes a set.
func Of(fs ...Feature) (s Features) {
	for _, f := range fs {
		s.Add(f)
	}
	return s
}

// RequestFeatures and AnswerFeatures list all that there are.
func RequestFeatures() (all []Feature) { return span(FSystem, AText) }

// AnswerFeatures: see RequestFeatures.
func AnswerFeatures() (all []Feature) { return span(AText, featureCount) }

func span(from, to Feature) (all []Feature) {
	for f := from; f < to; f++ {
		all = append(all, f)
	}
	return all
}

// String gives the feature's name for people.
func (f Feature) String() string { return featureNames[f] }

var featureNames = [featureCount]string{
	FSystem: "system instructions", FSystemLater: "a system turn in mid-conversation", FDeveloper: "developer turns", FMessageName: "names of speakers", FAssistantPrefill: "a last turn of the assistant",
	FImageURL: "images by URL", FImageData: "images as bytes", FImageFile: "images by file id", FImageDetail: "detail of images", FAudioData: "audio", FFileURL: "documents by URL", FFileData: "documents as bytes", FFileID: "documents by file id", FFileText: "documents as text", FFileName: "names of documents", FFileContext: "context of documents", FFileCites: "citing of documents", FVideo: "video", FFound: "search results of the caller's",
	FCache: "cache marks", FCacheTTL: "lifetimes of cache marks", FToolCall: "tool calls", FToolResult: "tool results", FResultMedia: "images and files in tool results", FResultError: "errors of tools", FThinking: "reasoning text in the history", FThinkingState: "reasoning state in the history", FRefusal: "refusals in the history", FCitations: "citations in the history", FVendorPart: "parts of one vendor",
	FTools: "function tools", FToolStrict: "strict tools", FToolCache: "cache marks on tools", FToolExamples: "examples of tool calls", FCustomTool: "tools called with free text", FWebSearch: "web search by the vendor", FSearchAllowed: "domains that a web search keeps to", FSearchBlocked: "domains that a web search leaves out", FSearchPlace: "place of the user in a web search", FCode: "code execution by the vendor", FBuiltin: "other tools of one vendor",
	FChoiceNone: "tool choice: none", FChoiceRequired: "tool choice: required", FChoiceTool: "tool choice: one tool", FChoiceAllowed: "tool choice: some tools", FParallel: "parallel tool calls",
	FJSON: "JSON output", FSchema: "output of a JSON schema", FSchemaName: "description of the output schema", FStrict: "strictness of the output schema",
	FMaxOutput: "maximum of output tokens", FTemperature: "temperature", FTopP: "top p", FTopK: "top k", FMinP: "min p", FFrequencyPenalty: "frequency penalty", FPresencePenalty: "presence penalty", FSeed: "seed", FStop: "stop sequences", FN: "several answers", FLogprobs: "log probabilities", FTopLogprobs: "top log probabilities", FLogitBias: "logit bias",
	FUser: "end user", FSafetyID: "safety identifier", FMetadata: "metadata", FTier: "service tier", FStore: "storing of the answer", FCacheKey: "prompt cache key", FCacheRetention: "prompt cache retention", FVerbosity: "verbosity", FModalities: "modalities of output", FAudioOut: "audio output", FPrediction: "predicted output", FSearchOptions: "web search options", FStreamUsage: "usage in streams",
	FThinkingEffort: "reasoning effort", FThinkingBudget: "reasoning budget", FThinkingSummary: "showing of reasoning", FThinkingOff: "no reasoning",
	AText: "text", AThinking: "reasoning text", AThinkingState: "reasoning state", AToolCall: "tool calls", ARefusal: "refusal", ACitations: "citations", AMedia: "images and audio", AVendorPart: "parts of one vendor", ALogprobs: "log probabilities", AFinish: "finish reason", AStopText: "stop sequence that was met", AUsage: "usage", AUsageCache: "cached tokens in usage", AUsageReasoning: "reasoning tokens in usage", ATier: "service tier", AModel: "model", AID: "id", ACreated: "time of creation", AChoices: "several answers", ABlocked: "why nothing was answered",
}
