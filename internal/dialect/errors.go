package dialect

import (
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
)

// maxKeptBody bounds how much of a vendor's error body a Fault keeps.
const maxKeptBody = 16 << 10

// ParseVendorError reads a vendor's error answer, whatever its shape, and judges it by
// its meaning rather than its status alone. It takes any body and never fails; status
// 200 is for an error that came inside an answer or a stream, whose real status is
// then derived from what it says. body stays the caller's property.
func ParseVendorError(status int, h http.Header, body []byte) *fault.Fault {
	body = body[:min(len(body), 4*maxKeptBody)]
	e := readEnvelope(h, body)
	waits := h
	if status < 400 {
		status, waits = e.impliedStatus(), nil
	}
	m := e.meaning(status)
	if e.message == "" {
		e.message = without(status)
	}
	if m == badCredential {
		e.message = redactKeys(e.message)
	}
	f := m.fault(status, e.message)
	f.Param = e.param
	f.NoRetry = f.NoRetry || strings.EqualFold(h.Get("X-Should-Retry"), "false")
	if f.Kind != fault.Caller {
		f.RetryAfter = RetryAfter(waits, body, f.Kind == fault.RateLimited, time.Now())
	}
	f.Upstream = &fault.Answer{
		Status: status, ContentType: h.Get("Content-Type"), Type: e.typ, Code: e.vendorCode(),
		Body: append([]byte(nil), body[:min(len(body), maxKeptBody)]...),
	}
	return f
}

// vendorCode is the code that says most; a number that only repeats a status says nothing.
func (e *envelope) vendorCode() string {
	if e.code == "" || e.status != 0 && len(e.code) == 3 {
		return e.reason
	}
	return e.code
}

// fault renders a meaning in the words of the gateway's table.
func (m meaning) fault(status int, message string) *fault.Fault {
	row := meanings[m]
	f := fault.New(row.code, message)
	f.Kind, f.NoRetry = row.kind, row.noRetry
	switch {
	case row.keep:
		f.Status = status
		if status >= 500 { // the caller's fault, though the vendor blames itself
			f.Status = http.StatusBadRequest
		}
	case m == overloaded:
		f.Status = http.StatusServiceUnavailable
	}
	return f
}

// secretMarks begin words that may hold a credential.
var secretMarks = [...]string{"sk-", "sk_", "AIza", "gsk_", "xai-", "hf_", "pplx-", "nvapi-", "AKIA", "ya29.", "eyJ"}

// redactKeys hides what may be part of the gateway's own credential, which some
// vendors repeat when they refuse it.
func redactKeys(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		bare := strings.TrimLeft(w, `"'<(:`)
		secret := strings.Contains(w, "**")
		for _, mark := range secretMarks {
			secret = secret || strings.HasPrefix(bare, mark)
		}
		if secret {
			words[i] = "[redacted]"
		}
	}
	return strings.Join(words, " ")
}
