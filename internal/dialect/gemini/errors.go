package gemini

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// statusCancelled is Google's status for a call that was cut short.
const statusCancelled = 499

// words are the names of google.rpc.Code with their HTTP statuses
// (https://cloud.google.com/apis/design/errors#handling_errors). The first one of a
// status is the one written.
var words = [...]struct {
	name   string
	status int
}{
	{"INVALID_ARGUMENT", http.StatusBadRequest},
	{"FAILED_PRECONDITION", http.StatusBadRequest},
	{"OUT_OF_RANGE", http.StatusBadRequest},
	{"UNAUTHENTICATED", http.StatusUnauthorized},
	{"PERMISSION_DENIED", http.StatusForbidden},
	{"NOT_FOUND", http.StatusNotFound},
	{"ABORTED", http.StatusConflict},
	{"ALREADY_EXISTS", http.StatusConflict},
	{"RESOURCE_EXHAUSTED", http.StatusTooManyRequests},
	{"CANCELLED", statusCancelled},
	{"INTERNAL", http.StatusInternalServerError},
	{"UNKNOWN", http.StatusInternalServerError},
	{"DATA_LOSS", http.StatusInternalServerError},
	{"UNIMPLEMENTED", http.StatusNotImplemented},
	{"UNAVAILABLE", http.StatusServiceUnavailable},
	{"UNAVAILABLE", http.StatusBadGateway},
	{"DEADLINE_EXCEEDED", http.StatusGatewayTimeout},
	{"DEADLINE_EXCEEDED", http.StatusRequestTimeout},
}

// statusOf is the HTTP status of a raw status word; 200, which leaves it to the text,
// when it is unknown.
func statusOf(raw []byte) int64 {
	for _, w := range words {
		if string(raw) == `"`+w.name+`"` {
			return int64(w.status)
		}
	}
	return http.StatusOK
}

// wordOf names a status.
func wordOf(status int) string {
	for _, w := range words {
		if w.status == status {
			return w.name
		}
	}
	if status >= 500 {
		return "INTERNAL"
	}
	return "INVALID_ARGUMENT"
}

// parseError reads an error answer, alone or in an array, or an error inside a stream,
// and corrects what Google's status words do not tell.
func parseError(status int, h http.Header, body []byte) *fault.Fault {
	f := dialect.ParseVendorError(status, h, body)
	message := strings.ToLower(f.Message)
	switch {
	case f.Upstream.Status == http.StatusForbidden && missingObject(message):
		f.Code, f.Kind, f.Status, f.RetryAfter = fault.UpstreamError, fault.Caller, http.StatusForbidden, 0
	case f.Upstream.Type == "FAILED_PRECONDITION" && accountTrouble(message):
		f.Code, f.Kind, f.Status = fault.UpstreamAuth, fault.Credential, http.StatusBadGateway
	case f.Upstream.Status == statusCancelled: // not by us: whoever leaves is not asked
		f.Code, f.Kind, f.Status = fault.UpstreamError, fault.Upstream, http.StatusBadGateway
	}
	return f
}

// missingObject tells a file or cache that is not there from a credential that may do
// nothing: for both the answer is 403 PERMISSION_DENIED.
func missingObject(message string) bool {
	return strings.Contains(message, "not found (or permission denied)") || strings.Contains(message, "or it may not exist")
}

// accountTrouble: a region or a billing state in which the credential cannot be used
// (https://ai.google.dev/gemini-api/docs/troubleshooting).
func accountTrouble(message string) bool {
	return strings.Contains(message, "location is not supported") || strings.Contains(message, "billing")
}

// wireError is google.rpc.Status as HTTP APIs write it.
type wireError struct {
	Error struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Status  string `json:"status"`
		Details []any  `json:"details,omitempty"`
	} `json:"error"`
}

// The details of https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto.
type (
	errorInfo struct {
		Type   string `json:"@type"`
		Reason string `json:"reason"`
		Domain string `json:"domain"`
	}
	requestInfo struct {
		Type      string `json:"@type"`
		RequestID string `json:"requestId"`
	}
	retryInfo struct {
		Type       string `json:"@type"`
		RetryDelay string `json:"retryDelay"`
	}
	badRequest struct {
		Type       string      `json:"@type"`
		Violations []violation `json:"fieldViolations"`
	}
	violation struct {
		Field       string `json:"field"`
		Description string `json:"description"`
	}
)

const typeURL = "type.googleapis.com/google.rpc."

// formatError renders a fault; what the message does not say stands in the details.
func formatError(f *fault.Fault, requestID string) (int, []byte) {
	var w wireError
	w.Error.Code, w.Error.Message, w.Error.Status = f.Status, f.Message, wordOf(f.Status)
	w.Error.Details = details(f, requestID)
	return f.Status, marshal(w)
}

func details(f *fault.Fault, requestID string) []any {
	out := []any{errorInfo{typeURL + "ErrorInfo", strings.ToUpper(string(f.Code)), "sluice"}}
	if requestID != "" {
		out = append(out, requestInfo{typeURL + "RequestInfo", requestID})
	}
	if f.RetryAfter > 0 {
		out = append(out, retryInfo{typeURL + "RetryInfo", seconds(f.RetryAfter)})
	}
	if f.Param != "" {
		out = append(out, badRequest{typeURL + "BadRequest", []violation{{f.Param, f.Message}}})
	}
	return out
}

// seconds writes a google.protobuf.Duration: "46s", "0.25s".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// formatStreamError renders a fault as one more event of a stream with alt=sse. Lines
// end as the vendor's do: google.golang.org/genai looks for the end of an event by one
// kind of line end in all it has read.
func formatStreamError(f *fault.Fault, requestID string) []byte {
	_, body := formatError(f, requestID)
	return append(append([]byte("data: "), body...), "\r\n\r\n"...)
}

// marshal writes JSON on one line, without HTML escapes. These types always marshal.
func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("BUG: an error body does not marshal: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
