package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
)

// certificate is a pair of files that may be replaced while the process runs.
type certificate struct {
	files    config.TLS
	clientCA string // the file of those who sign clients' certificates; "" = none is asked for
	current  atomic.Pointer[tls.Certificate]
	signers  atomic.Pointer[x509.CertPool]
}

// loadCertificate reads the files; nil when TLS is not wanted. clientCA names the file of
// those who sign clients' certificates, "" = none is asked for.
func loadCertificate(files config.TLS, clientCA string) (*certificate, error) {
	if !files.Enabled() {
		return nil, nil
	}
	c := &certificate{files: files, clientCA: clientCA}
	return c, c.reload()
}

// reload reads the files again. On an error the certificate in force stays. Reloading
// nil does nothing.
func (c *certificate) reload() error {
	if c == nil {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		return err
	}
	signers, err := loadSigners(c.clientCA)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	c.signers.Store(signers)
	return nil
}

// loadSigners reads those who sign clients' certificates; nil for "".
func loadSigners(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate (PEM)", file)
	}
	return pool, nil
}

// config is what a server needs; nil for nil.
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	base := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
	if c.clientCA == "" {
		return base
	}
	base.ClientAuth, base.ClientCAs = tls.VerifyClientCertIfGiven, c.signers.Load()
	first := base.ClientCAs
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := c.signers.Load()
		if now == first {
			return nil, nil
		}
		renewed := base.Clone() // the file has been read again
		renewed.ClientCAs, renewed.GetConfigForClient = now, nil
		return renewed, nil
	}
	return base
}

// ends is when the certificate in force ends; zero when there is none.
func (c *certificate) ends() time.Time {
	if c == nil {
		return time.Time{}
	}
	pair := c.current.Load()
	if pair == nil || pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}
