package app_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

const streamed = `{"model":"local/m","stream":true,"messages":[]}`

// streaming begins a stream and waits for its first event; what is sent on the channel
// lets the vendor go on.
func streaming(t *testing.T, more string) (*testgw.Gateway, *http.Response, *bufio.Reader, chan struct{}) {
	t.Helper()
	next := make(chan struct{})
	u := testup.New(t, func(c *testup.Call) {
		c.Stream(func(i int) {
			if i > 0 {
				select {
				case <-next:
				case <-c.Gone():
				}
			}
		}, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\n", "data: [DONE]\n\n")
	})
	dir := t.TempDir()
	write(t, dir, "vendor.key", "vendor-key-number-one")
	g := testgw.StartWith(t, testgw.Options{Dir: dir, Config: local(u, more)})
	resp, err := http.DefaultTransport.RoundTrip(g.Request("POST", "/v1/chat/completions", []byte(streamed)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, `"a"`) {
		t.Fatalf("%q %v", line, err)
	}
	return g, resp, lines, next
}

func TestAStopLetsStreamsEndTakesNoNewCallsAndKeepsTheEntry(t *testing.T) {
	g, resp, lines, next := streaming(t, "")
	stopped := make(chan error, 1)
	go func() { stopped <- g.Stop() }()
	eventually(t, "nobody is let in any more", func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(g.URL, "http://"), time.Second)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case err := <-stopped:
		t.Fatalf("it did not wait for the stream: %v", err)
	default:
	}
	close(next)
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		t.Errorf("the stream was cut: %q %v", rest, err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	again := testgw.StartWith(t, testgw.Options{Dir: g.Dir})
	if e := again.Entry(resp.Header.Get("sluice-request-id")); e.Status != 200 || e.ErrorCode != "" || e.FinishReason != "stop" {
		t.Errorf("entry %d %s %s", e.Status, e.ErrorCode, e.FinishReason)
	}
}

func TestAStopCutsWhatOutlivesTheGracePeriodAndKeepsItsEntry(t *testing.T) {
	g, resp, lines, _ := streaming(t, "server: { shutdown_grace: 50ms }\n")
	began := time.Now()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 50*time.Millisecond || took > 25*time.Second {
		t.Errorf("it took %s", took)
	}
	if rest, err := io.ReadAll(lines); err == nil && strings.Contains(string(rest), "[DONE]") {
		t.Errorf("the stream ended as if whole: %q", rest)
	}
	if !g.Log.Has("cut at the end of the grace period") {
		t.Errorf("the log does not say so:\n%s", g.Log)
	}
	again := testgw.StartWith(t, testgw.Options{Dir: g.Dir})
	var e gateway.Entry
	eventually(t, "its entry is there", func() bool {
		return again.AdminGet("/api/v1/entries/"+resp.Header.Get("sluice-request-id"), &e) == 200
	})
	if e.ErrorCode == "" || len(e.Attempts) != 1 {
		t.Errorf("entry %d %q", e.Status, e.ErrorCode)
	}
}

func TestBothListenersServeTLSAndHTTP2(t *testing.T) {
	dir := t.TempDir()
	roots := selfSigned(t, dir)
	write(t, dir, "sluice.yaml", "server: { tls: { cert_file: cert.pem, key_file: key.pem } }\nadmin: { tls: { cert_file: cert.pem, key_file: key.pem } }\n")
	s := serve(t, dir, map[string]string{"SLUICE_KEY": testgw.Key, "SLUICE_ADMIN_TOKEN": testgw.AdminToken})
	data, admin := s.listening(t)
	h2 := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer h2.CloseIdleConnections()
	for url, key := range map[string]string{data + "/v1/me": testgw.Key, admin + "/api/v1/keys": testgw.AdminToken} {
		r, err := http.NewRequest(http.MethodGet, strings.Replace(url, "http://", "https://", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		resp, err := h2.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.TLS.Version < tls.VersionTLS12 {
			t.Errorf("%s: %d over %s", url, resp.StatusCode, resp.Proto)
		}
		if status := get(t, url, key); status == 200 {
			t.Errorf("%s answers in the clear", url)
		}
	}
	old := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}}
	defer old.CloseIdleConnections()
	r, _ := http.NewRequest(http.MethodGet, strings.Replace(data, "http://", "https://", 1)+"/livez", nil)
	if resp, err := old.RoundTrip(r); err == nil {
		resp.Body.Close()
		t.Error("TLS 1.1 is taken")
	}
}

// selfSigned writes a certificate for 127.0.0.1 with its key, and gives who trusts it.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, dir, "cert.pem", string(cert))
	write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw})))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}
