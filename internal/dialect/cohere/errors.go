package cohere

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
)

// statusInvalidToken is the vendor's own status for a credential that it does not know
// (https://docs.cohere.com/reference/errors).
const statusInvalidToken = 498

// monthly are the vendor's words for a trial key that is used up: waiting a minute does
// not help.
var monthly = [...]string{"/ month", "per month", "calls/month"}

// parseError reads an error answer: {id, message}, {message} or {error_type, message}.
func parseError(status int, h http.Header, body []byte) *fault.Fault {
	f := dialect.ParseVendorError(status, h, body)
	switch {
	case status == statusInvalidToken:
		f.Code, f.Kind, f.Status = fault.UpstreamAuth, fault.Credential, http.StatusBadGateway
	case f.Kind == fault.RateLimited && saysMonthly(f.Message):
		f.Kind, f.NoRetry = fault.Credential, true
	}
	return f
}

func saysMonthly(message string) bool {
	message = strings.ToLower(message)
	for _, words := range monthly {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// formatError renders a fault. All statuses of the table are known to the SDKs or fall
// under their general error.
func formatError(f *fault.Fault, requestID string) (int, []byte) {
	var w jsonout.Writer
	w.Begin('{')
	w.TextIf("id", requestID)
	w.Text("message", f.Message)
	w.End('}')
	return f.Status, w.B
}

// formatStreamError renders a fault as the stream's last event: a message-end with an
// error, and what follows every message-end.
func formatStreamError(f *fault.Fault, requestID string) []byte {
	w := jsonout.Writer{B: []byte("event: message-end\ndata: ")}
	w.Begin('{')
	w.Text("type", "message-end")
	w.TextIf("id", requestID)
	w.Object("delta")
	w.Text("error", f.Message)
	w.Text("finish_reason", finishError)
	w.End('}')
	w.End('}')
	return append(w.B, "\n\n"+done...)
}

// done follows the last event of each stream of the vendor.
const done = "data: [DONE]\n\n"
