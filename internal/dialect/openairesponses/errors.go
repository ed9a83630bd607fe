package openairesponses

import (
	"encoding/json"

	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// streamError is the event that ends a stream with an error. The documented members
// stand beside the object "error": the family's SDKs give an error to their caller only
// where that is, and programs that read events themselves look for the others
// (https://platform.openai.com/docs/api-reference/responses-streaming/error).
type streamError struct {
	Type     string       `json:"type"`
	Code     *string      `json:"code"`
	Message  string       `json:"message"`
	Param    *string      `json:"param"`
	Sequence int          `json:"sequence_number"`
	Error    openai.Error `json:"error"`
}

// formatStreamError renders a fault as the stream's last event. The sequence number is
// 0, since nothing in front of the event is known here; no SDK checks its order.
func formatStreamError(f *fault.Fault, _ string) []byte { return appendStreamError(nil, f, 0) }

func appendStreamError(dst []byte, f *fault.Fault, sequence int) []byte {
	e := openai.NewError(f)
	data, err := json.Marshal(streamError{Type: "error", Code: e.Code, Message: e.Message, Param: e.Param, Sequence: sequence, Error: e})
	if err != nil {
		panic("BUG: an error event does not marshal: " + err.Error())
	}
	return append(append(append(dst, "event: error\ndata: "...), data...), "\n\n"...)
}

// failure is what a response that failed says about it
// (https://platform.openai.com/docs/api-reference/responses-streaming/response/failed).
func failure(f *fault.Fault) []byte {
	data, err := json.Marshal(struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{failureCode(f), f.Message})
	if err != nil {
		panic("BUG: a failure does not marshal: " + err.Error())
	}
	return data
}

// failureCode is one of the codes that clients of the dialect know.
func failureCode(f *fault.Fault) string {
	switch f.Kind {
	case fault.RateLimited:
		return "rate_limit_exceeded"
	case fault.ContextWindow:
		return "context_length_exceeded"
	case fault.ContentPolicy:
		return "invalid_prompt"
	}
	return "server_error"
}
