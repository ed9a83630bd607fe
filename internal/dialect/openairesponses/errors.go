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
func formatStreamError(f *fault.Fault, _ string) []byte {
	e := openai.NewError(f)
	data, err := json.Marshal(streamError{Type: "error", Code: e.Code, Message: e.Message, Param: e.Param, Error: e})
	if err != nil {
		panic("BUG: an error event does not marshal: " + err.Error())
	}
	return append(append([]byte("event: error\ndata: "), data...), "\n\n"...)
}
