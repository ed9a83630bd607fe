package proxy

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// asFault gives the fault that an error is or wraps; anything else is internal.
func asFault(err error) *fault.Fault {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f
	}
	return fault.New(fault.InternalError, "Something broke inside Sluice; the request id leads to its log.").With(err)
}

func overloaded(why string) error {
	return fault.New(fault.Overloaded, "Sluice protects itself: "+why+". Try again shortly.").After(time.Second)
}

// fail is the one place where an error becomes an answer.
func (x *exchange) fail(err error) {
	f := asFault(err)
	x.failed = f
	if x.wrote {
		return
	}
	if f.Kind == fault.Gone {
		x.status = f.Status
		return
	}
	if x.passesOn(f) {
		x.passOn(f)
		return
	}
	status, body := x.dialect.FormatError(f, x.id)
	w := x.headWriter(8)
	x.relayLimits(&w)
	x.ownHead(&w)
	x.faultHead(&w, f)
	w.set("Content-Type", "application/json")
	w.set("Content-Length", strconv.Itoa(len(body)))
	x.answerKept.contentType = "application/json"
	x.answerKept.add(body)
	x.writeHead(status)
	_ = x.write(body)
}

// passesOn reports whether the caller gets the vendor's own error answer unchanged: a
// 4xx that is the caller's fault, in the caller's own dialect.
func (x *exchange) passesOn(f *fault.Fault) bool {
	if x.refused.status < 400 || x.refused.status >= 500 || f.Upstream == nil {
		return false
	}
	return f.Kind == fault.Caller || f.Kind == fault.ContextWindow || f.Kind == fault.ContentPolicy
}

func (x *exchange) passOn(f *fault.Fault) {
	w := x.headWriter(len(x.refused.header) + 4)
	for _, h := range x.refused.header {
		if provider.ForwardAnswerHeader(h.Name) && h.Name != "Content-Length" {
			w.add(h.Name, h.Value)
		}
	}
	x.ownHead(&w)
	x.faultHead(&w, f)
	w.set("Content-Length", strconv.Itoa(len(x.refused.body)))
	x.sameAnswer()
	x.answerKept.contentType = x.refused.header.Get("Content-Type")
	x.answerKept.add(x.refused.body)
	x.writeHead(x.refused.status)
	_ = x.write(x.refused.body)
}

// relayLimits passes on the vendor's rate-limit and request-id headers with an error
// that is rendered anew.
func (x *exchange) relayLimits(w *headWriter) {
	for _, h := range x.refused.header {
		if provider.LimitHeader(h.Name) {
			w.add(h.Name, h.Value)
		}
	}
}

// faultHead sets what every error says in its header.
func (x *exchange) faultHead(w *headWriter, f *fault.Fault) {
	w.set("Sluice-Error", string(f.Code))
	if wait := f.RetryAfter; wait > 0 || f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		w.set("Retry-After", strconv.FormatInt(max(1, int64(math.Ceil(wait.Seconds()))), 10))
	}
	if f.NoRetry || f.Kind == fault.Credential || (len(x.attempts) > 1 && f.Kind != fault.Caller) {
		w.set("X-Should-Retry", "false")
	}
	if f.Code == fault.Unauthenticated {
		w.set("Www-Authenticate", `Bearer realm="sluice"`)
	}
}
