package otlp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// authority signs certificates for 127.0.0.1.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one; its certificate is in ca.pem.
func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.sign(t, "ca", &x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true})
	return a
}

// sign makes a certificate, in NAME.pem, with its key in NAME.key.
func (a *authority) sign(t *testing.T, name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	parent, by := a.cert, a.key
	if parent == nil {
		parent, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(a.file(file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// server is TLS that asks callers for a certificate of the authority.
func (a *authority) server(t *testing.T) *tls.Config {
	t.Helper()
	a.sign(t, "server", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pair, err := tls.LoadX509KeyPair(a.file("server.pem"), a.file("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

func TestEverySignalGoesPackedOverTLSWithSecretsOfTheStore(t *testing.T) {
	for _, protocol := range []string{"http", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			r, a := newReceiver(t), newAuthority(t)
			a.sign(t, "client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
			endpoint := map[string]func(*tls.Config) string{"http": r.https, "grpc": r.grpcs}[protocol](a.server(t))
			first := testgw.Start(t, "")
			putSecret(t, first, "otlp", "Bearer kept-in-the-store")
			if err := first.Stop(); err != nil {
				t.Fatal(err)
			}
			g := testgw.StartWith(t, testgw.Options{Dir: first.Dir, Config: fmt.Sprintf(`
telemetry:
  otlp: { endpoint: %q, protocol: %s, compression: gzip, headers: { authorization: secret:otlp }, ca_file: %q, cert_file: %q, key_file: %q }
  metrics: { every: 1s }
`, endpoint, protocol, a.file("ca.pem"), a.file("client.pem"), a.file("client.key"))})
			id, _ := ask(t, g, "/v1/chat/completions", question)
			r.call(id)
			r.until("metrics and log", func() bool { return len(r.metrics) > 0 && len(r.logs) > 0 })
			r.mu.Lock()
			defer r.mu.Unlock()
			if !r.packed {
				t.Error("it was not packed")
			}
			for _, h := range r.headers {
				if h.Get("Authorization") != "Bearer kept-in-the-store" {
					t.Errorf("headers %v", h)
				}
			}
			if g.Log.Has("kept-in-the-store") {
				t.Error("the secret is in the log")
			}
		})
	}
}

func putSecret(t *testing.T, g *testgw.Gateway, name, value string) {
	t.Helper()
	r, err := http.NewRequest("PUT", g.Admin+"/api/v1/secrets/"+name, strings.NewReader(fmt.Sprintf(`{"value":%q}`, value)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testgw.AdminToken)
	r.Header.Set("Content-Type", "application/json")
	if resp, body := g.Do(r); resp.StatusCode/100 != 2 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
}

func TestADestinationOfAnotherAuthorityGetsNothing(t *testing.T) {
	t.Parallel()
	r, a, other := newReceiver(t), newAuthority(t), newAuthority(t)
	conf := a.server(t)
	conf.ClientAuth = tls.NoClientCert
	g := testgw.Start(t, fmt.Sprintf(`
telemetry: { otlp: { endpoint: %q, signals: traces, ca_file: %q, headers: { authorization: env:SLUICE_KEY } } }
`, r.https(conf), other.file("ca.pem")))
	ask(t, g, "/v1/chat/completions", question)
	eventually(t, "it is counted as dropped", func() bool {
		text := scrape(t, g)
		return strings.Contains(text, `sluice_otel_dropped_total{destination="otlp",reason="failed",signal="traces"} 1`)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.headers) > 0 || len(r.spans) > 0 {
		t.Errorf("it got %v", r.headers)
	}
}
