package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hashingUpstream answers streams as the plain one does, and other calls with the hash
// of the body that it got.
func hashingUpstream(t *testing.T) string {
	return serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if bytes.Contains(body[:min(len(body), 100)], []byte(`"stream":true`)) {
			r.Body = io.NopCloser(bytes.NewReader(body))
			answerPlainly(w, r)
			return
		}
		sum := sha256.Sum256(body)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"%x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`, sum)
	})
}

// bodyOf is a chat call of about n bytes, and what the upstream must get of it.
func bodyOf(n int) (sent, forwarded []byte) {
	const made = `"messages":[{"role":"user","content":"`
	text := strings.Repeat("0123456789abcdef", n/16)
	rest := made + text + `"}]}`
	return []byte(`{"model":"up/m1",` + rest), []byte(`{"model":"m1",` + rest)
}

func TestEveryProtocolCarriesStreamsAndLargeBodies(t *testing.T) {
	t.Parallel()
	up := hashingUpstream(t)
	limit := "max_body: { json: 21MiB }"
	plain := start(t, options{config: config(up, metadataOnly, "server: { "+limit+" }")})
	dir := t.TempDir()
	roots := selfSigned(t, dir)
	secure := start(t, options{dir: dir, tls: true, config: config(up, metadataOnly, "server: { "+limit+", tls: { cert_file: cert.pem, key_file: key.pem } }")})
	for _, c := range []struct {
		name  string
		p     *process
		proto string
		set   func(*http.Protocols)
	}{
		{"HTTP/1.1", plain, "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
		{"HTTP/2 with prior knowledge", plain, "HTTP/2.0", func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
		{"HTTP/2 over TLS", secure, "HTTP/2.0", func(p *http.Protocols) { p.SetHTTP2(true) }},
		{"HTTP/1.1 over TLS", secure, "HTTP/1.1", func(p *http.Protocols) { p.SetHTTP1(true) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			protocols := &http.Protocols{}
			c.set(protocols)
			tr := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true}
			defer tr.CloseIdleConnections()
			one := &client{http: &http.Client{Transport: tr}}
			carriesStream(t, one, c.p.URL, c.proto)
			carriesLargeBody(t, one, c.p.URL)
			refusesTooLarge(t, one, c.p.URL)
		})
	}
}

func carriesStream(t *testing.T, c *client, url, proto string) {
	t.Helper()
	resp, err := c.http.Do(request(t.Context(), url, streamCall))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || string(b) != streamText {
		t.Errorf("stream: %v, %q", err, b)
	}
	if resp.Proto != proto {
		t.Errorf("the answer came over %s, not %s", resp.Proto, proto)
	}
	if resp.Trailer.Get("sluice-usage") == "" {
		t.Errorf("no usage trailer: %v", resp.Trailer)
	}
}

func carriesLargeBody(t *testing.T, c *client, url string) {
	t.Helper()
	sent, forwarded := bodyOf(20 << 20)
	want := sha256.Sum256(forwarded)
	for _, known := range []bool{true, false} {
		a, err := c.do(bodyRequest(t, url, sent, known))
		if err != nil || a.status != http.StatusOK {
			t.Errorf("20 MB, length known %v: %v, status %d: %s", known, err, a.status, tail(string(a.body), 200))
		} else if !bytes.Contains(a.body, []byte(hex.EncodeToString(want[:]))) {
			t.Errorf("20 MB, length known %v: the upstream got other bytes", known)
		}
	}
}

func refusesTooLarge(t *testing.T, c *client, url string) {
	t.Helper()
	sent, _ := bodyOf(22 << 20)
	for _, known := range []bool{true, false} {
		a, err := c.do(bodyRequest(t, url, sent, known))
		// A server that answers before the body was read may cut the connection under
		// the client's hands; the refusal counts, not the way.
		if err == nil && (a.status != http.StatusRequestEntityTooLarge || a.header.Get("sluice-error") != "body_too_large") {
			t.Errorf("22 MB, length known %v: status %d %q", known, a.status, a.header.Get("sluice-error"))
		}
		if err != nil {
			t.Errorf("22 MB, length known %v: no answer: %v", known, err)
		}
	}
}

// bodyRequest sends the body with its length, or in chunks.
func bodyRequest(t *testing.T, url string, body []byte, known bool) *http.Request {
	t.Helper()
	r := request(t.Context(), url, "")
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
	if known {
		r.ContentLength = int64(len(body))
	}
	return r
}

// selfSigned writes cert.pem and key.pem for 127.0.0.1 and gives the pool that trusts them.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	writeFile(t, filepath.Join(dir, "cert.pem"), certPEM)
	writeFile(t, filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return pool
}

func writeFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
