package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
)

// sessions is how many TLS sessions a client remembers, to resume them.
const sessions = 64

// target is the one host that a Client sends to.
type target struct {
	scheme string
	host   string      // the Host field, and the host's name in messages
	name   string      // the bare name, for TLS
	addr   string      // host:port, for dialling
	tls    *tls.Config // nil for plain http
}

func (t *target) url() *url.URL { return &url.URL{Scheme: t.scheme, Host: t.host} }

// tlsConfig trusts the system's roots and those of the file; nil for plain http.
func tlsConfig(t *target, caFile string) (*tls.Config, error) {
	roots, err := rootsWith(caFile)
	if err != nil || t.scheme == "http" {
		return nil, err
	}
	return &tls.Config{
		ServerName:         t.name,
		RootCAs:            roots,
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(sessions),
		// Small first records help a reader that shows bytes as they come; a request is
		// read as a whole, and each record costs a system call.
		DynamicRecordSizingDisabled: true,
	}, nil
}

// rootsWith gives the system's roots plus the file's; nil means the system's alone.
func rootsWith(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file cannot be read: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no PEM certificate", caFile)
	}
	return roots, nil
}
