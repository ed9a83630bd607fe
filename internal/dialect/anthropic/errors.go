package anthropic

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// statusOverloaded is the dialect's own status for overload.
const statusOverloaded = 529

// types are the error types of https://platform.claude.com/docs/en/api/errors with
// their statuses. The first one of a status is the one written.
var types = [...]struct {
	name   string
	status int
}{
	{"invalid_request_error", http.StatusBadRequest},
	{"authentication_error", http.StatusUnauthorized},
	{"billing_error", http.StatusPaymentRequired},
	{"permission_error", http.StatusForbidden},
	{"not_found_error", http.StatusNotFound},
	{"request_too_large", http.StatusRequestEntityTooLarge},
	{"rate_limit_error", http.StatusTooManyRequests},
	{"api_error", http.StatusInternalServerError},
	{"timeout_error", http.StatusGatewayTimeout},
	{"timeout_error", http.StatusRequestTimeout},
	{"overloaded_error", statusOverloaded},
}

// statusOf is the status of an error that came inside a stream, by its raw type; 200,
// which leaves it to the text, when the type is unknown.
func statusOf(rawType []byte) int {
	for _, t := range types {
		if string(text(rawType)) == t.name {
			return t.status
		}
	}
	return http.StatusOK
}

// typeOf names the type of a status.
func typeOf(status int) string {
	for _, t := range types {
		if t.status == status {
			return t.name
		}
	}
	if status >= 500 {
		return "api_error"
	}
	return "invalid_request_error"
}

// accountTexts are the vendor's words for troubles of the account, which it reports as
// a fault of the request (400 invalid_request_error).
var accountTexts = [...]string{
	"reached your specified api usage limits",
	"organization has been disabled",
}

// parseError reads an error answer, or the error event of a stream.
func parseError(status int, h http.Header, body []byte) *fault.Fault {
	f := dialect.ParseVendorError(status, h, body)
	if f.Kind != fault.Caller {
		return f
	}
	message := strings.ToLower(f.Message)
	for _, t := range accountTexts {
		if strings.Contains(message, t) {
			f.Code, f.Kind, f.Status = fault.UpstreamAuth, fault.Credential, http.StatusBadGateway
		}
	}
	return f
}

// wireError is https://platform.claude.com/docs/en/api/errors#error-shapes.
type wireError struct {
	Type      string     `json:"type"`
	Error     wireDetail `json:"error"`
	RequestID string     `json:"request_id,omitempty"`
}

type wireDetail struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// formatError renders a fault. Every overload, the gateway's own and a vendor's, is
// 529, the status by which the SDKs know it.
func formatError(f *fault.Fault, requestID string) (int, []byte) {
	status := f.Status
	if status == http.StatusServiceUnavailable {
		status = statusOverloaded
	}
	return status, marshal(wireError{Type: "error", Error: wireDetail{Type: typeOf(status), Message: f.Message}, RequestID: requestID})
}

// formatStreamError renders a fault as the stream's last event; nothing follows it.
func formatStreamError(f *fault.Fault, requestID string) []byte {
	_, body := formatError(f, requestID)
	return append(append([]byte("event: error\ndata: "), body...), "\n\n"...)
}

// marshal writes JSON on one line, without HTML escapes. Strings always marshal.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("BUG: an error body does not marshal: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
