package llm

// Operation is what a caller wants done, whatever the dialect it asks in.
type Operation string

// The operations. Chat is every dialect's conversation call.
const (
	OpChat          Operation = "chat"
	OpCompletions   Operation = "completions" // the legacy text completion
	OpEmbeddings    Operation = "embeddings"
	OpModerations   Operation = "moderations"
	OpImages        Operation = "images"
	OpSpeech        Operation = "speech"
	OpTranscription Operation = "transcription" // and translation
	OpVideos        Operation = "videos"
	OpRerank        Operation = "rerank"
	OpFiles         Operation = "files"
	OpBatches       Operation = "batches"
	OpCountTokens   Operation = "count_tokens"
	OpModels        Operation = "models"
	OpResponses     Operation = "responses" // stored responses: read, delete, cancel, list items
	OpCached        Operation = "cached_contents"
	OpRealtime      Operation = "realtime"
	OpPassthrough   Operation = "passthrough" // a vendor's own path
	OpSelf          Operation = "self"        // the caller's own key
	OpStreams       Operation = "streams"     // the rest of a stream that was sent
	OpFeedback      Operation = "feedback"    // what the caller thinks of an answer
)
