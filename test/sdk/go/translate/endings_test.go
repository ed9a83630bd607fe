package translate_test

// clientDialects are the dialects of callers, in the order of the tables below.
var clientDialects = []string{"chat", "responses", "messages", "gemini", "converse", "cohere"}

// asIs stands for the vendor's own word.
const asIs = "="

// endings says, for each reason why a vendor's answer may end, in which word the callers
// of each dialect read it. There is one word for each, and no other will do.
//
//   - A turn that pauses is to be gone on with: where a dialect has no word for that, it is
//     told as one that was cut, never as one that is finished.
//   - A refusal is never told as an answer that is finished, but where the dialect has a
//     place of its own for what was refused (spoken).
//   - A word that nobody knows stays where the dialect takes any word. Cohere's and Responses'
//     take none: far more of such words tell of an end than of a failure.
var endings = map[string][6]string{
	"stop":     {"stop", "completed", "end_turn", "STOP", "end_turn", "COMPLETE"},
	"sequence": {"stop", "completed", "stop_sequence", "STOP", "stop_sequence", "STOP_SEQUENCE"},
	"length":   {"length", "incomplete max_output_tokens", "max_tokens", "MAX_TOKENS", "max_tokens", "MAX_TOKENS"},
	"tools":    {"tool_calls", "completed", "tool_use", "STOP", "tool_use", "TOOL_CALL"},
	"filter":   {"content_filter", "incomplete content_filter", "refusal", "SAFETY", "content_filtered", "ERROR"},
	"refusal":  {"content_filter", "incomplete content_filter", "refusal", "SAFETY", "content_filtered", "ERROR"},
	"spoken":   {"stop", "completed", "refusal", "SAFETY", "content_filtered", "ERROR"},
	"pause":    {"length", "incomplete max_output_tokens", "pause_turn", "MAX_TOKENS", "max_tokens", "MAX_TOKENS"},
	"context":  {"length", "incomplete max_output_tokens", "model_context_window_exceeded", "MAX_TOKENS", "model_context_window_exceeded", "MAX_TOKENS"},
	"broken":   {asIs, "failed", asIs, "OTHER", "malformed_model_output", "ERROR"},
	"unknown":  {asIs, "completed", asIs, "OTHER", asIs, "COMPLETE"},
}

// placeless are the counts that a dialect of callers has no place for.
var placeless = map[string][]string{"messages": {"reasoning"}, "converse": {"reasoning"}, "cohere": {"reasoning", "cached"}}

// ending gives the word that a caller of another dialect has to read.
func ending(client string, want *meaning) string {
	reason := want.Finish
	switch {
	case want.Spoken && reason == "stop":
		reason = "spoken"
	case endings[reason] == [6]string{}:
		reason = "unknown"
	}
	for i, d := range clientDialects {
		if d == client {
			if word := endings[reason][i]; word != asIs {
				return word
			}
		}
	}
	return want.Word
}
