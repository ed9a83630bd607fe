// Package fault is the one table of everything that can go wrong: a stable code
// for the caller, a kind that decides about retries, and a cause for the operator.
// It does not render: each dialect renders a Fault in its own shape.
package fault

import (
	"fmt"
	"time"
)

// Kind says whose fault it is and so what may be tried next. It is assigned once,
// where the failure is known, and never guessed again from a status.
type Kind uint8

const (
	// Caller: the request itself is wrong. Never retried, anywhere.
	Caller Kind = iota + 1
	// Policy: refused by this gateway's own rules. Never retried.
	Policy
	// Gone: the caller left. Never retried, never blamed on the upstream.
	Gone
	// Connect: nothing of the request can have been acted upon. Any retry is safe.
	Connect
	// Timeout: the upstream took too long in some phase.
	Timeout
	// RateLimited: the credential or model is over the vendor's limit.
	RateLimited
	// Credential: the vendor refused our credential (401, 403, 402 and the like).
	Credential
	// Upstream: the vendor failed (5xx, cut answer, garbage).
	Upstream
	// ContextWindow: the input does not fit the model.
	ContextWindow
	// ContentPolicy: the vendor's filter refused the input.
	ContentPolicy
	// Overload: this gateway protects itself.
	Overload
	// Internal: a bug or a broken part of this gateway.
	Internal
)

var kindNames = [...]string{"", "caller", "policy", "gone", "connect", "timeout", "rate_limited", "credential", "upstream", "context_window", "content_policy", "overload", "internal"}

// String gives the kind's name as it stands in an entry's attempts[].fault.
func (k Kind) String() string { return kindNames[k] }

// Code is the stable word that users see in the sluice-error header.
type Code string

// The codes of the contract. Their status and kind stand in table.
const (
	Unauthenticated      Code = "unauthenticated"
	Forbidden            Code = "forbidden"
	ModelNotFound        Code = "model_not_found"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	InvalidRequest       Code = "invalid_request"
	UnsupportedParameter Code = "unsupported_parameter"
	UnsupportedOperation Code = "unsupported_operation"
	BodyTooLarge         Code = "body_too_large"
	RequestTimeout       Code = "request_timeout"
	RateLimit            Code = "rate_limited"
	BudgetExceeded       Code = "budget_exceeded"
	Overloaded           Code = "overloaded"
	BlockedByGuard       Code = "blocked_by_guard"
	UpstreamRateLimited  Code = "upstream_rate_limited"
	UpstreamError        Code = "upstream_error"
	UpstreamTimeout      Code = "upstream_timeout"
	UpstreamUnreachable  Code = "upstream_unreachable"
	UpstreamAuth         Code = "upstream_auth"
	NoHealthyTarget      Code = "no_healthy_target"
	ClientClosed         Code = "client_closed"
	NotCached            Code = "not_cached"
	InternalError        Code = "internal"
)

// Row is what the contract fixes about a code.
type Row struct {
	Status int
	Kind   Kind
}

var table = map[Code]Row{
	Unauthenticated:      {401, Policy},
	Forbidden:            {403, Policy},
	ModelNotFound:        {404, Caller},
	NotFound:             {404, Caller},
	MethodNotAllowed:     {405, Caller},
	InvalidRequest:       {400, Caller},
	UnsupportedParameter: {400, Caller},
	UnsupportedOperation: {400, Caller},
	BodyTooLarge:         {413, Caller},
	RequestTimeout:       {408, Caller},
	RateLimit:            {429, Policy},
	BudgetExceeded:       {429, Policy},
	Overloaded:           {503, Overload},
	BlockedByGuard:       {403, Policy},
	UpstreamRateLimited:  {429, RateLimited},
	UpstreamError:        {502, Upstream},
	UpstreamTimeout:      {504, Timeout},
	UpstreamUnreachable:  {502, Connect},
	UpstreamAuth:         {502, Credential},
	NoHealthyTarget:      {503, Upstream},
	ClientClosed:         {499, Gone},
	NotCached:            {504, Caller},
	InternalError:        {500, Internal},
}

// Codes lists every code with its row, for documentation and tests.
func Codes() map[Code]Row {
	out := make(map[Code]Row, len(table))
	for c, r := range table {
		out[c] = r
	}
	return out
}

// Fault is one failure. A *Fault is an error; it is immutable once returned.
type Fault struct {
	Code    Code
	Kind    Kind
	Status  int    // HTTP status towards the caller, before a dialect's own table is applied
	Message string // for the caller: what happened, why, and what to do; never a secret
	Param   string // the request field at fault, "" when none

	// RetryAfter is how long the caller (or the next attempt) should wait; 0 = unknown.
	RetryAfter time.Duration
	// NoRetry says that the same request cannot succeed soon (x-should-retry: false).
	NoRetry bool

	// Upstream is the vendor's own answer where there was one; nil otherwise.
	Upstream *Answer

	cause error
}

// Answer is a vendor's error answer as received. The bytes belong to the Fault.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte // decoded, at most a bounded prefix
	Type        string // the vendor's own error type, "" when it gave none
	Code        string // the vendor's own error code, "" when it gave none
}

// New makes a Fault with the status and kind that the table gives its code.
func New(code Code, message string) *Fault {
	row, ok := table[code]
	if !ok {
		panic("BUG: fault code without a row: " + string(code))
	}
	return &Fault{Code: code, Kind: row.Kind, Status: row.Status, Message: message}
}

// Newf is New with a formatted message.
func Newf(code Code, format string, args ...any) *Fault {
	return New(code, fmt.Sprintf(format, args...))
}

// Error is for the operator: it includes the cause.
func (f *Fault) Error() string {
	if f.cause != nil {
		return string(f.Code) + ": " + f.Message + ": " + f.cause.Error()
	}
	return string(f.Code) + ": " + f.Message
}

// Unwrap gives the cause, which callers never see.
func (f *Fault) Unwrap() error { return f.cause }

// With sets the operator's cause and returns f, for use where f is made.
func (f *Fault) With(cause error) *Fault { f.cause = cause; return f }

// Field names the request field at fault and returns f.
func (f *Fault) Field(name string) *Fault { f.Param = name; return f }

// After sets the time to wait and returns f.
func (f *Fault) After(d time.Duration) *Fault { f.RetryAfter = d; return f }
