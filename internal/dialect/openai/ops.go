package openai

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ops are the operations that are translated.
var ops = map[llm.Operation]*dialect.Op{
	llm.OpEmbeddings:    embeddings.Op(),
	llm.OpRerank:        rerank.Op(),
	llm.OpModerations:   {Parse: parseModeration, Answer: answerModeration, Fields: moderationFields},
	llm.OpImages:        ImageOp(dialect.Op{}),
	llm.OpSpeech:        SpeechOp(dialect.Op{}),
	llm.OpTranscription: TranscriptionOp(dialect.Op{}),
}

// Vendor makes the form of a vendor whose errors and usage are like this family's.
func Vendor(name dialect.Name, ops map[llm.Operation]*dialect.Op) *dialect.Dialect {
	return &dialect.Dialect{
		Name: name, Family: Family, NewMeter: newMeter, ParseError: ParseError, FormatError: FormatError,
		FormatStreamError: FormatStreamError, Digest: digest, Ops: ops,
	}
}

var embeddings = &EmbeddingForm{
	Dimensions: "dimensions", Base64: "base64", Tokens: true,
	Flags: map[llm.Param]string{llm.ParamUser: "user"},
	Carries: dialect.Overlay(dialect.VectorCarries, map[llm.Param]dialect.Carry{
		llm.ParamDimensions: {Fate: dialect.Kept, How: "dimensions"},
		llm.ParamUser:       {Fate: dialect.Kept, How: "user"},
		llm.ParamTokens:     {Fate: dialect.Kept, How: "input"},
		llm.ParamBase64:     {Fate: dialect.Kept, How: "encoding_format: base64"},
	}),
}

var rerank = &RerankForm{
	Top: "top_n", Objects: true, MaxTokens: "max_tokens_per_doc",
	Carries: map[llm.Param]dialect.Carry{
		llm.ParamTop:       {Fate: dialect.Kept, How: "top_n"},
		llm.ParamMaxTokens: {Fate: dialect.Kept, How: "max_tokens_per_doc"},
		llm.ParamObjects:   {Fate: dialect.Kept, How: "documents"},
		llm.ParamImages:    {Fate: dialect.Kept, How: "documents, where the model takes images"},
		llm.ParamDocuments: {Fate: dialect.Mapped, How: "the gateway puts the caller's own documents in the answer"},
		llm.ParamFields:    {Fate: dialect.Mapped, How: "the gateway makes one text of the fields"},
	},
}
