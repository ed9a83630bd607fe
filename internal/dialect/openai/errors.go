package openai

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// Error is the error object of the family
// (https://platform.openai.com/docs/guides/error-codes).
type Error struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// envelope is the body of an error answer and of an error in a stream of chunks.
type envelope struct {
	Error Error `json:"error"`
}

// ParseError reads any vendor's error: servers of this family answer in many shapes.
func ParseError(status int, h http.Header, body []byte) *fault.Fault {
	return dialect.ParseVendorError(status, h, body)
}

// FormatError renders a fault with its status; the request id goes in a header, since
// this family's body has no place for it.
func FormatError(f *fault.Fault, _ string) (status int, body []byte) {
	return Status(f), marshal(envelope{NewError(f)})
}

// FormatStreamError renders a fault as the chunk that this family's SDKs raise an error
// for. Nothing follows it: [DONE] would call the answer complete.
func FormatStreamError(f *fault.Fault, _ string) []byte {
	return append(append([]byte("data: "), marshal(envelope{NewError(f)})...), "\n\n"...)
}

func marshal(v any) []byte {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(v); err != nil {
		panic("BUG: an answer does not marshal: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Status is the fault's status in this family's table, which ends overload at 503.
func Status(f *fault.Fault) int {
	if f.Status == 529 {
		return http.StatusServiceUnavailable
	}
	return f.Status
}

// NewError makes the family's error object of a fault.
func NewError(f *fault.Fault) Error {
	e := Error{Message: f.Message, Type: typeOf(f)}
	if f.Param != "" {
		e.Param = &f.Param
	}
	if code := codeOf(f); code != "" {
		e.Code = &code
	}
	return e
}

// typeOf gives the type that the family's servers send with such an error.
func typeOf(f *fault.Fault) string {
	switch status := Status(f); {
	case f.Code == fault.BudgetExceeded || outOfMoney(f):
		return "insufficient_quota"
	case status == http.StatusTooManyRequests:
		return "rate_limit_error"
	case status < 500:
		return "invalid_request_error"
	}
	return "server_error"
}

// codeOf gives the word that programs look for: the family's own where there is one,
// the vendor's where it gave one, else the gateway's.
func codeOf(f *fault.Fault) string {
	switch {
	case f.Kind == fault.ContextWindow:
		return "context_length_exceeded"
	case f.Upstream != nil && f.Upstream.Code != "":
		return f.Upstream.Code
	case f.Kind == fault.ContentPolicy:
		return "content_filter"
	case outOfMoney(f):
		return "insufficient_quota"
	case f.Code == fault.Unauthenticated:
		return "invalid_api_key"
	}
	return string(f.Code)
}

// outOfMoney tells a vendor's refusal for lack of credit from one of the credential.
func outOfMoney(f *fault.Fault) bool {
	return f.Kind == fault.Credential && f.Code == fault.UpstreamRateLimited
}
