package converse

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
)

// exceptions are those of the Converse operations with their statuses
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors).
// The first one of a status is the one written.
var exceptions = [...]struct {
	name   string
	status int
}{
	{"ValidationException", http.StatusBadRequest},
	{"ServiceQuotaExceededException", http.StatusBadRequest},
	{"UnrecognizedClientException", http.StatusUnauthorized},
	{"AccessDeniedException", http.StatusForbidden},
	{"ResourceNotFoundException", http.StatusNotFound},
	{"ModelTimeoutException", http.StatusRequestTimeout},
	{"ModelTimeoutException", http.StatusGatewayTimeout},
	{"ModelErrorException", http.StatusFailedDependency},
	{"ThrottlingException", http.StatusTooManyRequests},
	{"ModelNotReadyException", http.StatusTooManyRequests},
	{"InternalServerException", http.StatusInternalServerError},
	{"ServiceUnavailableException", http.StatusServiceUnavailable},
}

// exceptionOf names the exception of a status.
func exceptionOf(status int) string {
	for _, e := range exceptions {
		if e.status == status {
			return e.name
		}
	}
	if status >= 500 {
		return "InternalServerException"
	}
	return "ValidationException"
}

// parseError reads an error answer: {"message"}, the exception's name in the header
// x-amzn-errortype.
func parseError(status int, h http.Header, body []byte) *fault.Fault {
	f := dialect.ParseVendorError(status, h, body)
	message := strings.ToLower(f.Message)
	switch {
	case f.Kind == fault.RateLimited && strings.Contains(message, "per day"):
		f.NoRetry = true // a day's quota is not there again soon
	case f.Upstream.Status == http.StatusNotFound && strings.Contains(message, "use case details"),
		f.Upstream.Status == http.StatusBadRequest && strings.Contains(message, "operation not allowed"):
		// The account may not use the model (yet).
		f.Code, f.Kind, f.Status = fault.UpstreamAuth, fault.Credential, http.StatusBadGateway
	}
	return f
}

// parseException reads an exception inside a stream, whose name is that of its event.
func parseException(name string, data []byte) *fault.Fault {
	if name == dialect.StreamError {
		return parseError(http.StatusOK, http.Header{}, data)
	}
	return parseError(http.StatusOK, http.Header{"X-Amzn-Errortype": {name}}, data)
}

// formatError renders a fault. The exception's name stands in __type, where every SDK
// looks for it that finds no x-amzn-errortype
// (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization).
func formatError(f *fault.Fault, requestID string) (int, []byte) {
	var w jsonout.Writer
	w.Begin('{')
	w.Text("message", f.Message)
	w.Text("__type", exceptionOf(f.Status))
	w.TextIf("requestId", requestID)
	w.End('}')
	return f.Status, w.B
}

// formatStreamError renders a fault as an exception of the stream, which ends it
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html).
func formatStreamError(f *fault.Fault, _ string) []byte {
	name := "internalServerException"
	switch {
	case f.Status == http.StatusTooManyRequests:
		name = "throttlingException"
	case f.Status == http.StatusServiceUnavailable:
		name = "serviceUnavailableException"
	case f.Status < 500:
		name = "validationException"
	case f.Status == http.StatusBadGateway, f.Status == http.StatusGatewayTimeout:
		name = "modelStreamErrorException"
	}
	var w jsonout.Writer
	w.Begin('{')
	w.Text("message", f.Message)
	w.End('}')
	return dialect.AppendEventStream(nil, []dialect.EventHeader{
		{Name: ":exception-type", Value: name}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "exception"},
	}, w.B)
}

// errorHead gives the fields in which the service names its errors
// (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization).
func errorHead(f *fault.Fault, requestID string) [][2]string {
	return [][2]string{{"X-Amzn-Errortype", exceptionOf(f.Status)}, {"X-Amzn-Requestid", requestID}}
}
