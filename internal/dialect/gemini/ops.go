package gemini

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations beside conversation that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings:    embeddings,
	llm.OpCountTokens:   countTokens,
	llm.OpImages:        images,
	llm.OpSpeech:        speech,
	llm.OpTranscription: transcription,
}
