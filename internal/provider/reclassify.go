package provider

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// The functions below are what Classify hooks say about a fault that the dialect could
// not tell by itself: they change code, kind and status, and leave the vendor's own
// answer in it untouched.

// RefusedCredential makes f a refusal of the gateway's own credential. The vendor's
// text does not reach the caller: it may hold parts of the key.
func RefusedCredential(f *fault.Fault) {
	recode(f, fault.UpstreamAuth)
	f.Message = "the provider refused the gateway's credential"
}

// OutOfMoney makes f a credential whose account is empty: another one may still work,
// waiting does not help.
func OutOfMoney(f *fault.Fault) {
	recode(f, fault.UpstreamRateLimited)
	f.Kind, f.NoRetry, f.RetryAfter = fault.Credential, true, 0
}

// TooLong makes f a request that does not fit the model's context window.
func TooLong(f *fault.Fault) { callers(f, fault.ContextWindow) }

// Filtered makes f a refusal of the input by the vendor's content filter.
func Filtered(f *fault.Fault) { callers(f, fault.ContentPolicy) }

// Unsupported makes f something that this target cannot do, whoever asks and however often.
func Unsupported(f *fault.Fault) {
	recode(f, fault.UpstreamError)
	f.NoRetry, f.RetryAfter = true, 0
}

// callers keeps the vendor's status where it says that the request is at fault.
func callers(f *fault.Fault, kind fault.Kind) {
	f.Code, f.Kind, f.Status, f.RetryAfter = fault.UpstreamError, kind, http.StatusBadRequest, 0
	if f.Upstream != nil && f.Upstream.Status >= 400 && f.Upstream.Status < 500 {
		f.Status = f.Upstream.Status
	}
}

func recode(f *fault.Fault, code fault.Code) {
	row := fault.New(code, "")
	f.Code, f.Kind, f.Status = code, row.Kind, row.Status
}
