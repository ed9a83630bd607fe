package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// family groups the dialects that share an error shape.
type family uint8

const (
	shared family = iota // the headers decide
	openai
	anthropic
	gemini
	cohere
)

// familyOf tells by headers, then by the path, whose dialect a request speaks.
func familyOf(r *http.Request) family {
	if r.Header["Anthropic-Version"] != nil {
		return anthropic
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Goog-") {
			return gemini
		}
	}
	if strings.HasPrefix(r.URL.Path, "/v1beta/") || strings.HasPrefix(r.URL.Path, "/upload/") {
		return gemini
	}
	return openai
}

// problem is what goes wrong with a request, before it has a dialect's shape.
type problem struct {
	status  int
	code    string // OpenAI's word, "" for none
	param   string // what is wrong, "" for nothing in particular
	message string
}

func invalid(param, message string) *problem {
	return &problem{status: http.StatusBadRequest, param: param, message: message}
}

func missing(param string) *problem {
	return &problem{status: http.StatusBadRequest, code: "missing_required_parameter", param: param, message: "missing required parameter: '" + param + "'"}
}

func notFound(what, id string) *problem {
	return &problem{status: http.StatusNotFound, code: "not_found", message: "the sandbox has no " + what + " " + quote(id)}
}

// failure is a failure on purpose.
func failure(status int) *problem {
	p := &problem{status: status, message: "the sandbox fails on purpose with status " + strconv.Itoa(status)}
	if status == http.StatusTooManyRequests {
		p.code = "rate_limit_exceeded"
	}
	return p
}

// retryAfter is how many seconds a 429 asks to wait.
const retryAfter = "1"

func (x *exchange) fail(p *problem) {
	if p.status == http.StatusTooManyRequests {
		x.w.Header().Set("Retry-After", retryAfter)
	}
	var body any
	switch x.family {
	case anthropic:
		body = anthropicError(p, x.requestID())
	case gemini:
		body = geminiError(p)
	case cohere:
		body = cohereError(p, x.requestID())
	default:
		body = openaiError(p)
	}
	x.write(p.status, "application/json", encode(body))
}

// openaiError is https://platform.openai.com/docs/guides/error-codes.
func openaiError(p *problem) any {
	type detail struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	d := detail{Message: p.message, Type: openaiErrorType(p.status)}
	if p.param != "" {
		d.Param = &p.param
	}
	if p.code != "" {
		d.Code = &p.code
	}
	return struct {
		Error detail `json:"error"`
	}{d}
}

func openaiErrorType(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "authentication_error"
	case status == http.StatusForbidden:
		return "permission_error"
	case status == http.StatusTooManyRequests:
		return "requests"
	case status >= 500:
		return "server_error"
	}
	return "invalid_request_error"
}

// anthropicError is https://platform.claude.com/docs/en/api/errors.
func anthropicError(p *problem, requestID string) any {
	type detail struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	return struct {
		Type      string `json:"type"`
		Error     detail `json:"error"`
		RequestID string `json:"request_id"`
	}{"error", detail{anthropicErrorType(p.status), p.message}, requestID}
}

func anthropicErrorType(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusPaymentRequired:
		return "billing_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	case http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case http.StatusTooManyRequests:
		return "rate_limit_error"
	case http.StatusGatewayTimeout:
		return "timeout_error"
	case 529:
		return "overloaded_error"
	}
	if status >= 500 {
		return "api_error"
	}
	return "invalid_request_error"
}

// geminiError is https://google.aip.dev/193, the wait of a 429 in its details.
func geminiError(p *problem) any {
	type retryInfo struct {
		Type  string `json:"@type"`
		Delay string `json:"retryDelay"`
	}
	type detail struct {
		Code    int         `json:"code"`
		Message string      `json:"message"`
		Status  string      `json:"status"`
		Details []retryInfo `json:"details,omitempty"`
	}
	d := detail{Code: p.status, Message: p.message, Status: geminiErrorStatus(p.status)}
	if p.status == http.StatusTooManyRequests {
		d.Details = []retryInfo{{"type.googleapis.com/google.rpc.RetryInfo", retryAfter + "s"}}
	}
	return struct {
		Error detail `json:"error"`
	}{d}
}

func geminiErrorStatus(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "UNAUTHENTICATED"
	case http.StatusForbidden:
		return "PERMISSION_DENIED"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusConflict:
		return "ABORTED"
	case http.StatusTooManyRequests:
		return "RESOURCE_EXHAUSTED"
	case 499:
		return "CANCELLED"
	case http.StatusNotImplemented:
		return "UNIMPLEMENTED"
	case http.StatusServiceUnavailable:
		return "UNAVAILABLE"
	case http.StatusGatewayTimeout:
		return "DEADLINE_EXCEEDED"
	}
	if status >= 500 {
		return "INTERNAL"
	}
	return "INVALID_ARGUMENT"
}
