package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// phase is the part of an exchange that a time limit belongs to.
type phase uint8

const (
	phaseConnect phase = iota
	phaseSend
	phaseFirstByte
	phaseFirstEvent
	phaseIdle
	phaseRead // a limit of Response.SetReadTimeout
	phaseTotal
	phaseGone // the context is done
)

var errClosed = errors.New("the answer has been closed")

// failures makes the faults of one client: they all name its host.
type failures struct {
	host  string
	times provider.Timeouts
}

// timeout says which limit was passed. d is the read limit, for phaseRead.
func (f *failures) timeout(p phase, d time.Duration) *fault.Fault {
	var text string
	switch p {
	case phaseConnect:
		text = fmt.Sprintf("connecting to %s took longer than %v (timeouts.connect)", f.host, f.times.Connect)
	case phaseSend:
		text = fmt.Sprintf("%s stopped taking the request for %v (timeouts.idle)", f.host, f.times.Idle)
	case phaseFirstByte:
		text = fmt.Sprintf("%s gave no answer within %v (timeouts.first_byte)", f.host, f.times.FirstByte)
	case phaseFirstEvent:
		text = fmt.Sprintf("%s sent no event within its time (timeouts.first_event)", f.host)
	case phaseIdle:
		text = fmt.Sprintf("the answer of %s stalled for %v (timeouts.idle)", f.host, f.times.Idle)
	case phaseRead:
		text = fmt.Sprintf("the answer of %s stalled for %v", f.host, d)
	case phaseTotal:
		text = fmt.Sprintf("the call to %s took longer than %v (timeouts.total)", f.host, f.times.Total)
	}
	return fault.New(fault.UpstreamTimeout, text)
}

// gone says why the context ended: a deadline of the caller is a timeout, anything
// else means that the caller left.
func (f *failures) gone(ctx context.Context) *fault.Fault {
	cause := context.Cause(ctx)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.Newf(fault.UpstreamTimeout, "the call to %s took longer than the caller's limit (total)", f.host).With(cause)
	}
	return fault.New(fault.ClientClosed, "the caller left before the answer was complete").With(cause)
}

// malformed says what the host sent against the protocol.
func (f *failures) malformed(cause error) *fault.Fault {
	return fault.Newf(fault.UpstreamError, "%s sent a malformed answer: %v", f.host, cause).With(cause)
}

// noAnswer is a connection that ended before the head of an answer was complete.
func (f *failures) noAnswer(cause error) *fault.Fault {
	return fault.Newf(fault.UpstreamError, "%s closed the connection without a complete answer", f.host).With(unexpected(cause))
}

// cut is an answer that ended in its middle.
func (f *failures) cut(cause error) *fault.Fault {
	return fault.Newf(fault.UpstreamError, "%s closed the connection in the middle of its answer", f.host).With(unexpected(cause))
}

// body is a request body that could not be read; a fault of its reader stands.
func (f *failures) body(cause error) *fault.Fault {
	if known := asFault(cause); known != nil {
		return known
	}
	return fault.New(fault.ClientClosed, "the request body ended before it was complete").With(cause)
}

// asFault gives the fault that err is, nil when it is none.
func asFault(err error) *fault.Fault {
	var f *fault.Fault
	errors.As(err, &f)
	return f
}

func unexpected(cause error) error {
	if cause == nil || cause == io.EOF || cause == io.ErrUnexpectedEOF {
		return io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, cause)
}

// unreachable says why no connection came about, and what to look at.
func (f *failures) unreachable(cause error) *fault.Fault {
	return fault.Newf(fault.UpstreamUnreachable, "cannot connect to %s: %s", f.host, diagnose(cause)).With(cause)
}

// diagnose puts a dial or handshake error into words for the person who configured it.
func diagnose(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return diagnoseDNS(dns)
	}
	if text := diagnoseTLS(err); text != "" {
		return text
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused; is the server running, and is the port right?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no network route to it"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "this process has no file descriptors left; raise its open files limit"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed while it was being set up"
	}
	return "the connection could not be set up"
}

func diagnoseDNS(err *net.DNSError) string {
	switch {
	case err.IsNotFound:
		return "the host name does not exist (DNS); check base_url"
	case err.IsTimeout:
		return "the DNS server did not answer"
	}
	return "the DNS lookup failed"
}

// diagnoseTLS gives "" when err has nothing to do with TLS.
func diagnoseTLS(err error) string {
	var (
		notTLS  tls.RecordHeaderError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		alert   tls.AlertError
	)
	switch {
	case errors.As(err, &notTLS):
		return "it does not speak TLS on this port; should base_url begin with http://?"
	case errors.As(err, &unknown):
		return "TLS: its certificate is signed by an authority that is not trusted; set ca_file if it is your own"
	case errors.As(err, &name):
		return "TLS: its certificate is for another host name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "TLS: its certificate has expired or is not valid yet; check the clock too"
	case errors.As(err, &verify):
		return "TLS: its certificate could not be verified"
	case errors.As(err, &alert):
		return "TLS: the handshake was refused (" + alert.Error() + ")"
	}
	return ""
}
