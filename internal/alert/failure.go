package alert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"syscall"
	"time"
)

// failure is why a channel did not take an alert, in words that hold nothing of the
// channel's address or password: they are shown and logged.
type failure struct {
	reason string
	wait   time.Duration // that the channel asked for; 0 = it did not
}

func (f failure) Error() string { return f.reason }

func failed(format string, args ...any) failure { return failure{reason: fmt.Sprintf(format, args...)} }

// asFailure gives an error without what it may tell of the channel's address.
func asFailure(err error) failure {
	var (
		f       failure
		answer  *textproto.Error
		name    *net.DNSError
		timeout interface{ Timeout() bool }
		cert    *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		expired x509.CertificateInvalidError
		number  syscall.Errno
	)
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &answer):
		return failed("it answered %d", answer.Code)
	case errors.Is(err, context.Canceled):
		return failed("sending was broken off")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return failed("it did not answer in time")
	case errors.As(err, &name):
		return failed("its host name cannot be resolved")
	case errors.As(err, &expired):
		return failed("its certificate is not valid (expired, or not for this use)")
	case errors.As(err, &cert):
		return failed("its certificate is not trusted, or not for its name")
	case errors.As(err, &noTLS):
		return failed("it does not speak TLS")
	case errors.As(err, &number):
		return failed("it cannot be reached: %s", number.Error())
	}
	return failed("the connection failed")
}
