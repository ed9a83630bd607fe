package proxy

import (
	"bytes"
	"context"
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
	if f.Kind == fault.Gone {
		f = x.whyGone(f)
	}
	x.failed = f
	if x.endCommitment(); x.committed {
		if f.Kind != fault.Gone {
			x.tellLate()
		}
		return
	}
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
	status, body := x.formatError(x.safe(f))
	w := x.headWriter(8)
	x.relayLimits(&w)
	x.ownHead(&w)
	x.faultHead(&w, f)
	if x.dialect.ErrorHead != nil {
		for _, h := range x.dialect.ErrorHead(f, x.id) {
			w.set(h[0], h[1])
		}
	}
	w.set("Content-Type", "application/json")
	w.set("Content-Length", strconv.Itoa(len(body)))
	x.answerKept.contentType = "application/json"
	x.answerKept.add(body)
	x.writeHead(status)
	_ = x.write(body)
}

// ErrShutdown is the cause with which the contexts of calls are cancelled that outlast a
// shutdown's grace period.
var ErrShutdown = errors.New("the gateway is shutting down")

// whyGone tells a caller who left from a call that was ended here: the server cancels
// both in the same way.
func (x *exchange) whyGone(f *fault.Fault) *fault.Fault {
	if broken := x.broken.Load(); broken != nil {
		return broken
	}
	if x.p.ending.Load() || errors.Is(context.Cause(x.r.Context()), ErrShutdown) {
		return fault.New(fault.Overloaded, "Sluice is shutting down and could not wait for this call to end.").With(f).After(time.Second)
	}
	return f
}

// passesOn reports whether the caller gets the vendor's own error answer unchanged: a
// 4xx that is the caller's fault, in the caller's own dialect.
func (x *exchange) passesOn(f *fault.Fault) bool {
	if x.translated() || x.refused.status < 400 || x.refused.status >= 500 || f.Upstream == nil {
		return false
	}
	return f.Kind == fault.Caller || f.Kind == fault.ContextWindow || f.Kind == fault.ContentPolicy
}

func (x *exchange) passOn(f *fault.Fault) {
	w := x.headWriter(len(x.refused.header) + 4)
	x.copyHead(&w, x.refused.header, x.refused.status)
	x.refused.body = x.withoutKeys(x.refused.body)
	x.ownHead(&w)
	x.faultHead(&w, f)
	w.set("Content-Length", strconv.Itoa(len(x.refused.body)))
	x.sameAnswer()
	x.answerKept.contentType = x.refused.header.Get("Content-Type")
	x.answerKept.add(x.refused.body)
	x.writeHead(x.refused.status)
	_ = x.write(x.refused.body)
}

// safe gives the fault as a caller may read it: vendors do repeat the key that they
// were given.
func (x *exchange) safe(f *fault.Fault) *fault.Fault {
	message := string(x.withoutKeys([]byte(f.Message)))
	if message == f.Message {
		return f
	}
	clean := *f
	clean.Message = message
	return &clean
}

// withoutKeys takes the gateway's own keys at the vendor out of what the vendor said.
func (x *exchange) withoutKeys(body []byte) []byte {
	if x.target.Provider == nil {
		return body
	}
	for _, c := range x.target.Provider.Credentials {
		for _, secret := range c.Secrets() {
			if len(secret) >= 8 && bytes.Contains(body, []byte(secret)) {
				body = bytes.ReplaceAll(body, []byte(secret), []byte("[redacted]"))
			}
		}
	}
	return body
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
	w.set("Allow", x.allow)
	if f.Code == fault.Unauthenticated {
		w.set("Www-Authenticate", `Bearer realm="sluice"`)
	}
}
