// Package netfault says why a connection failed, in words that hold nothing of the
// address, the password or the contents: they are shown and logged.
package netfault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// Reason gives the words.
func Reason(err error) string {
	var (
		name    *net.DNSError
		timeout interface{ Timeout() bool }
		cert    *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		expired x509.CertificateInvalidError
		number  syscall.Errno
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "sending was broken off"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "it did not answer in time"
	case errors.As(err, &name):
		return "its host name cannot be resolved"
	case errors.As(err, &expired):
		return "its certificate is not valid (expired, or not for this use)"
	case errors.As(err, &cert):
		return "its certificate is not trusted, or not for its name"
	case errors.As(err, &noTLS):
		return "it does not speak TLS"
	case errors.As(err, &number):
		return "it cannot be reached: " + number.Error()
	}
	return "the connection failed"
}

// maxPause bounds what a receiver may ask for.
const maxPause = 24 * time.Hour

// RetryAfter reads seconds or a date, up to a day; 0 = neither
// (https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3).
func RetryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxPause)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxPause)
	}
	return 0
}
