package app

import (
	"crypto/tls"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/config"
)

// certificate is a pair of files that may be replaced while the process runs.
type certificate struct {
	files   config.TLS
	current atomic.Pointer[tls.Certificate]
}

// loadCertificate reads the files; nil when TLS is not wanted.
func loadCertificate(files config.TLS) (*certificate, error) {
	if !files.Enabled() {
		return nil, nil
	}
	c := &certificate{files: files}
	return c, c.reload()
}

// reload reads the files again. On an error the certificate in force stays. Reloading
// nil does nothing.
func (c *certificate) reload() error {
	if c == nil {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err == nil {
		c.current.Store(&pair)
	}
	return err
}

// config is what a server needs; nil for nil.
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
