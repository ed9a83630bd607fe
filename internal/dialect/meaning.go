package dialect

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// meaning is what a vendor's error comes down to.
type meaning uint8

const (
	callersFault meaning = iota
	outOfMoney
	rateLimited
	tooLargeForRate // this request alone is over the rate; waiting does not help
	contextWindow
	contentPolicy
	badCredential
	timedOut
	overloaded
	unsupported
	vendorFailed
)

// meanings say how each is told to the caller and what may be tried next.
var meanings = [...]struct {
	code    fault.Code
	kind    fault.Kind
	keep    bool // the vendor's status is kept
	noRetry bool
}{
	callersFault:    {code: fault.UpstreamError, kind: fault.Caller, keep: true},
	outOfMoney:      {code: fault.UpstreamRateLimited, kind: fault.Credential, noRetry: true},
	rateLimited:     {code: fault.UpstreamRateLimited, kind: fault.RateLimited},
	tooLargeForRate: {code: fault.UpstreamRateLimited, kind: fault.RateLimited, noRetry: true},
	contextWindow:   {code: fault.UpstreamError, kind: fault.ContextWindow, keep: true},
	contentPolicy:   {code: fault.UpstreamError, kind: fault.ContentPolicy, keep: true},
	badCredential:   {code: fault.UpstreamAuth, kind: fault.Credential},
	timedOut:        {code: fault.UpstreamTimeout, kind: fault.Timeout},
	overloaded:      {code: fault.UpstreamError, kind: fault.Upstream},
	unsupported:     {code: fault.UpstreamError, kind: fault.Upstream, noRetry: true},
	vendorFailed:    {code: fault.UpstreamError, kind: fault.Upstream},
}

// words maps the vendors' own types, codes, status words and exception names, in lower
// case, to what they mean. Only words that say more than the status stand here.
var words = map[string]meaning{
	"insufficient_quota": outOfMoney, "billing_error": outOfMoney, "billing_hard_limit_reached": outOfMoney,
	"insufficient_balance": outOfMoney, "insufficient_credits": outOfMoney, "billing_not_active": outOfMoney,
	"payment_required": outOfMoney, "credit_balance_too_low": outOfMoney, "account_deactivated": badCredential,

	"rate_limit_exceeded": rateLimited, "rate_limit_error": rateLimited, "ratelimitreached": rateLimited,
	"resource_exhausted": rateLimited, "throttlingexception": rateLimited, "too_many_requests": rateLimited,
	"servicequotaexceededexception": rateLimited, "service_tier_capacity_exceeded": rateLimited,
	"modelnotreadyexception": overloaded,

	"context_length_exceeded": contextWindow, "exceed_context_size_error": contextWindow, "too_many_tokens": contextWindow,
	"model_context_window_exceeded": contextWindow, "context_window_exceeded": contextWindow,

	"content_filter": contentPolicy, "content_policy_violation": contentPolicy, "moderation_blocked": contentPolicy,
	"responsibleaipolicyviolation": contentPolicy, "data_inspection_failed": contentPolicy, "datainspectionfailed": contentPolicy,
	"sensitive_words_detected": contentPolicy,

	"authentication_error": badCredential, "permission_error": badCredential, "invalid_api_key": badCredential,
	"api_key_invalid": badCredential, "api_key_expired": badCredential, "unauthenticated": badCredential, "permission_denied": badCredential,
	"accessdeniedexception": badCredential, "unrecognizedclientexception": badCredential, "expiredtokenexception": badCredential,

	"timeout_error": timedOut, "deadline_exceeded": timedOut, "modeltimeoutexception": timedOut,
	"overloaded_error": overloaded, "unavailable": overloaded, "serviceunavailableexception": overloaded, "engine_overloaded": overloaded,
	"not_supported_error": unsupported, "unimplemented": unsupported,
	"modelerrorexception": vendorFailed, "internalserverexception": vendorFailed, "modelstreamerrorexception": vendorFailed,
	"api_error": vendorFailed, "server_error": vendorFailed, "internal": vendorFailed, "internal_server_error": vendorFailed,
}

// phrases are looked for, in order, in the lower-case text of errors that are neither
// rate limits nor the vendor's own failure.
var phrases = [...]struct {
	text string
	is   meaning
}{
	{"too many tokens, please wait", rateLimited}, // of the minute, not of the request
	{"prompt is too long", contextWindow}, {"input is too long", contextWindow}, {"maximum context length", contextWindow},
	{"context length", contextWindow}, {"context window", contextWindow}, {"context size", contextWindow}, {"context limit", contextWindow},
	{"exceeds the maximum number of tokens", contextWindow}, {"too many tokens", contextWindow}, {"too large to process", contextWindow},
	{"credit balance is too low", outOfMoney}, {"insufficient balance", outOfMoney}, {"insufficient credits", outOfMoney},
	{"content management policy", contentPolicy}, {"content policy", contentPolicy}, {"safety system", contentPolicy},
	{"flagged", contentPolicy}, {"content filter", contentPolicy},
	{"incorrect api key", badCredential}, {"invalid api key", badCredential}, {"api key not valid", badCredential},
	{"invalid subscription key", badCredential},
}

// meaning judges an error that came with a status of 400 or more. The finest word
// counts first, then the status, then the text.
func (e *envelope) meaning(status int) meaning {
	for _, word := range [...]string{e.code, e.reason, e.typ} {
		if m, ok := words[strings.ToLower(word)]; ok && plausible(m, status) {
			return e.refine(m)
		}
	}
	switch {
	case status == http.StatusPaymentRequired:
		return outOfMoney
	case status == http.StatusTooManyRequests:
		return e.refine(rateLimited)
	case status < 500 || status == http.StatusInternalServerError:
		if m, ok := e.byText(); ok {
			return m
		}
	}
	return byStatus(status)
}

// plausible keeps a coarse word from overruling a status that says otherwise: types
// like server_error stand beside timeouts and overloads as well.
func plausible(m meaning, status int) bool {
	switch m {
	case vendorFailed:
		return status == 424 || status == http.StatusInternalServerError || status == 400
	case rateLimited:
		return status < 500
	case badCredential:
		return status < 500
	}
	return true
}

// refine looks at the text where the word alone says too little: a request that is too
// large for the rate is not one of too many, and some servers call an input that does
// not fit their own failure.
func (e *envelope) refine(m meaning) meaning {
	switch m {
	case rateLimited:
		if strings.HasPrefix(strings.ToLower(e.message), "request too large") {
			return tooLargeForRate
		}
	case vendorFailed:
		if t, ok := e.byText(); ok && t == contextWindow {
			return t
		}
	}
	return m
}

func (e *envelope) byText() (meaning, bool) {
	text := strings.ToLower(e.message)
	for _, p := range phrases {
		if strings.Contains(text, p.text) {
			return p.is, true
		}
	}
	return 0, false
}

func byStatus(status int) meaning {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return badCredential
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout || status == 524: // a CDN's word for a slow origin
		return timedOut
	case status == http.StatusServiceUnavailable || status == 529:
		return overloaded
	case status == http.StatusFailedDependency: // one vendor's word for a model that failed
		return vendorFailed
	case status == http.StatusNotImplemented:
		return unsupported
	case status < 500:
		return callersFault
	}
	return vendorFailed
}

// statuses are what types and codes imply where no status line says it.
var statuses = map[meaning]int{
	outOfMoney: 402, rateLimited: 429, contextWindow: 400, contentPolicy: 400, badCredential: 401,
	timedOut: 504, overloaded: 503, unsupported: 501, vendorFailed: 500,
}

// callersWords are types of errors that are the caller's fault.
var callersWords = map[string]int{
	"invalid_request_error": 400, "invalid_argument": 400, "bad_request": 400, "validationexception": 400, "invalid_prompt": 400,
	"not_found_error": 404, "not_found": 404, "model_not_found": 404, "request_too_large": 413, "tool_use_failed": 400,
}

// impliedStatus is the status of an error that came inside a successful answer.
func (e *envelope) impliedStatus() int {
	if e.status != 0 {
		return e.status
	}
	for _, word := range [...]string{e.code, e.reason, e.typ} {
		word = strings.ToLower(word)
		if m, ok := words[word]; ok {
			return statuses[m]
		}
		if status, ok := callersWords[word]; ok {
			return status
		}
	}
	return http.StatusInternalServerError
}
