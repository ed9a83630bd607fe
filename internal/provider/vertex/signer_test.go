package vertex_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/vertex"
)

// machine keeps whatever this machine has of the vendor's out of a test.
func machine(t *testing.T) (dir string) {
	dir = t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	return dir
}

// tokenService is a scripted token endpoint that knows one service account.
type tokenService struct {
	*httptest.Server
	asked atomic.Int32
	life  int // seconds
	deny  atomic.Bool
	key   *rsa.PrivateKey
	mu    sync.Mutex
	wrong string
}

// accountKey is the private key of the account.
var accountKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newTokenService(t *testing.T) *tokenService {
	t.Helper()
	s := &tokenService{life: 3600, key: accountKey()}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if s.deny.Load() {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":"invalid_grant","error_description":"Invalid JWT Signature: %s"}`, r.FormValue("assertion"))
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wrong = s.check(r)
		fmt.Fprintf(w, `{"access_token":"ya29.token-%d","expires_in":%d,"token_type":"Bearer"}`, n, s.life)
	}))
	t.Cleanup(s.Close)
	return s
}

// check says what is wrong with an assertion, "" when nothing is.
// https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
func (s *tokenService) check(r *http.Request) string {
	parts := strings.Split(r.FormValue("assertion"), ".")
	if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || len(parts) != 3 {
		return "no assertion: " + r.Form.Encode()
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return "the assertion's signature is wrong"
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	for _, want := range []string{`"iss":"sluice@my-project.iam.gserviceaccount.com"`, `"scope":"https://www.googleapis.com/auth/cloud-platform"`, `"aud":"` + s.URL} {
		if !strings.Contains(string(claims), want) {
			return want + " is not in " + string(claims)
		}
	}
	return ""
}

// account gives the JSON of the service account as it is downloaded.
func (s *tokenService) account() string {
	der, _ := x509.MarshalPKCS8PrivateKey(s.key)
	text, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "my-project", "private_key_id": "k1", "client_email": "sluice@my-project.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": s.URL,
	})
	return string(text)
}

func with(credentials ...provider.Credential) *provider.Provider {
	p := &provider.Provider{Name: "gcp", Spec: vertex.Spec, BaseURL: vertex.Spec.Base("global"), Region: "global", Credentials: credentials}
	vertex.Spec.Complete(p)
	return p
}

func serviceAccount(json string) provider.Credential {
	return provider.Credential{Name: "default", Fields: map[string]string{"service_account": json}}
}

func signer(t *testing.T, p *provider.Provider) provider.Signer {
	t.Helper()
	s, err := vertex.Spec.NewSigner(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shown gives what is put on a call.
func shown(s provider.Signer, c *provider.Credential) (string, error) {
	fields, err := s.Sign(context.Background(), &provider.Signing{Method: "POST", Host: "aiplatform.googleapis.com", Path: "/v1/x", Credential: c})
	var out []string
	for _, f := range fields {
		out = append(out, f.Name+": "+f.Value)
	}
	return strings.Join(out, ", "), err
}

func TestAServiceAccountsTokenIsFetchedOnceForAllCallers(t *testing.T) {
	machine(t)
	google := newTokenService(t)
	p := with(serviceAccount(google.account()))
	s := signer(t, p)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if got, err := shown(s, &p.Credentials[0]); err != nil || got != "Authorization: Bearer ya29.token-1" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if google.asked.Load() != 1 || google.wrong != "" {
		t.Errorf("asked %d times: %s", google.asked.Load(), google.wrong)
	}
	if p.Project != "my-project" {
		t.Errorf("the project is %q", p.Project)
	}
}

func TestATokenThatEndsIsRenewed(t *testing.T) {
	machine(t)
	google := newTokenService(t)
	google.life = 5
	p := with(serviceAccount(google.account()))
	s := signer(t, p)
	used := map[string]bool{}
	for end := time.Now().Add(time.Minute); len(used) < 2 && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		got, err := shown(s, &p.Credentials[0])
		if err != nil {
			t.Fatal(err)
		}
		used[got] = true
	}
	if len(used) < 2 {
		t.Error("the token was never renewed")
	}
}

func TestARefusedAccountIsAFaultOfTheCredentialThatTellsNoSecret(t *testing.T) {
	machine(t)
	google := newTokenService(t)
	google.deny.Store(true)
	p := with(serviceAccount(google.account()))
	s := signer(t, p)
	_, err := shown(s, &p.Credentials[0])
	refused(t, err, "credential 'default'", "answered 400 invalid_grant")
	google.Close()
	p = with(serviceAccount(google.account()))
	_, err = shown(signer(t, p), &p.Credentials[0])
	refused(t, err, "could not be reached")
	broken := with(serviceAccount(`{"type":"service_account","project_id":"p","private_key":"SECRET-KEY","token_uri":"` + google.URL + `"}`))
	_, err = shown(signer(t, broken), &broken.Credentials[0])
	refused(t, err)
	strange := with(serviceAccount(`{"type":"SECRET-TYPE","project_id":"p"}`))
	_, err = shown(signer(t, strange), &strange.Credentials[0])
	refused(t, err)
}

func TestTheMachinesOwnCredentialIsUsedWhereNoneIsConfigured(t *testing.T) {
	dir := machine(t)
	google := newTokenService(t)
	file := filepath.Join(dir, "login.json")
	write(t, file, `{"type":"authorized_user","client_id":"c","client_secret":"SECRET","refresh_token":"SECRET","quota_project_id":"billed","token_uri":"`+google.URL+`"}`)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	p := with()
	p.Project = "my-project"
	if got, err := shown(signer(t, p), nil); err != nil || got != "Authorization: Bearer ya29.token-1, X-Goog-User-Project: billed" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(dir, "none.json"))
	_, err := shown(signer(t, p), nil)
	refused(t, err, "the machine's own credential")
}

func TestTheMetadataServerIsAskedOnAMachineOfTheCloud(t *testing.T) {
	machine(t)
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Metadata-Flavor", "Google")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			fmt.Fprint(w, `{"access_token":"ya29.metadata","expires_in":3599,"token_type":"Bearer"}`)
		case strings.HasSuffix(r.URL.Path, "/project-id"):
			fmt.Fprint(w, "my-project")
		default:
			http.NotFound(w, r)
		}
	}))
	defer metadata.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(metadata.URL, "http://"))
	p := with()
	p.Project = "my-project"
	if got, err := shown(signer(t, p), nil); err != nil || got != "Authorization: Bearer ya29.metadata" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnAPIKeyIsExpressModeAndFetchesNothing(t *testing.T) {
	machine(t)
	p := with(provider.Credential{Name: "a", Key: "express-key"})
	if got, err := shown(signer(t, p), &p.Credentials[0]); err != nil || got != "X-Goog-Api-Key: express-key" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := vertex.Spec.NewSigner(with()); err == nil || !strings.Contains(err.Error(), "project") {
		t.Errorf("without a project: %v", err)
	}
}

func refused(t *testing.T, err error, say ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.UpstreamAuth {
		t.Fatalf("got %v", err)
	}
	for _, want := range say {
		if !strings.Contains(f.Message, want) {
			t.Errorf("%q is not in %q", want, f.Message)
		}
	}
	if text := fmt.Sprintf("%v %+v", err, f); strings.Contains(text, "SECRET") || strings.Contains(text, "eyJ") || strings.Contains(text, "PRIVATE") {
		t.Errorf("a secret stands in %s", text)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
