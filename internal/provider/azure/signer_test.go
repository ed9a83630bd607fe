package azure_test

import (
	"context"
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
	"github.com/sluice-gateway/sluice/internal/provider/azure"
)

const secret = "very~SECRET+value"

// machine keeps whatever this machine has of the vendor's out of a test.
func machine(t *testing.T) {
	for _, name := range []string{"AZURE_AUTHORITY_HOST", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
		"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_POD_IDENTITY_AUTHORITY_HOST"} {
		t.Setenv(name, "")
	}
}

// directory is a scripted giver of tokens, of any kind.
type directory struct {
	*httptest.Server
	asked  atomic.Int32
	life   string // as it is written into the answer
	deny   atomic.Bool
	mu     sync.Mutex
	asking string // the last request, in short
}

func newDirectory(t *testing.T) *directory {
	d := &directory{life: `"expires_in":3599`}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := d.asked.Add(1)
		_ = r.ParseForm()
		d.mu.Lock()
		d.asking = r.Method + " " + r.URL.Path + " " + r.Form.Encode() + " " + r.Header.Get("Metadata") + r.Header.Get("X-Identity-Header")
		d.mu.Unlock()
		if d.deny.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS7000215: not %s","error_codes":[7000215]}`, secret)
			return
		}
		fmt.Fprintf(w, `{"token_type":"Bearer","access_token":"eyJ.token-%d",%s}`, n, d.life)
	}))
	t.Cleanup(d.Close)
	return d
}

func with(credentials ...provider.Credential) *provider.Provider {
	return &provider.Provider{Name: "azure", Spec: azure.Spec, BaseURL: "https://acme.openai.azure.com", Credentials: credentials}
}

var application = provider.Credential{Name: "app", Fields: map[string]string{"tenant_id": "t-1", "client_id": "c-1", "client_secret": secret}}

func signer(t *testing.T, p *provider.Provider) provider.Signer {
	t.Helper()
	s, err := azure.Spec.NewSigner(p)
	if err != nil || s == nil {
		t.Fatal(s, err)
	}
	return s
}

// shown gives what is put on a call.
func shown(s provider.Signer, c *provider.Credential) (string, error) {
	fields, err := s.Sign(context.Background(), &provider.Signing{Method: "POST", Host: "acme.openai.azure.com", Path: "/openai/v1/responses", Credential: c})
	if err != nil || len(fields) != 1 {
		return fmt.Sprint(fields), err
	}
	return fields[0].Name + ": " + fields[0].Value, nil
}

func TestAnApplicationsTokenIsFetchedOnceForAllCallers(t *testing.T) {
	machine(t)
	d := newDirectory(t)
	t.Setenv("AZURE_AUTHORITY_HOST", d.URL+"/")
	p := with(application)
	s := signer(t, p)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if got, err := shown(s, &p.Credentials[0]); err != nil || got != "Authorization: Bearer eyJ.token-1" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wg.Wait()
	want := "POST /t-1/oauth2/v2.0/token client_id=c-1&client_secret=very~SECRET%2Bvalue&grant_type=client_credentials&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default "
	if d.asked.Load() != 1 || d.asking != want {
		t.Errorf("asked %d times, last %s", d.asked.Load(), d.asking)
	}
}

func TestATokenThatEndsIsRenewed(t *testing.T) {
	machine(t)
	d := newDirectory(t)
	d.life = fmt.Sprintf(`"expires_on":"%d"`, time.Now().Add(5*time.Second).Unix())
	t.Setenv("AZURE_AUTHORITY_HOST", d.URL)
	p := with(application)
	s := signer(t, p)
	if _, err := shown(s, &p.Credentials[0]); err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	d.life = `"expires_in":"3599"`
	d.mu.Unlock()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if got, err := shown(s, &p.Credentials[0]); err != nil {
			t.Fatal(err)
		} else if got == "Authorization: Bearer eyJ.token-2" {
			return
		}
	}
	t.Error("the token was never renewed")
}

func TestTheMachinesOwnIdentityIsUsedWhereNoSecretIsConfigured(t *testing.T) {
	assertion := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(assertion, []byte("signed-by-the-cluster\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	user := provider.Credential{Name: "user", Fields: map[string]string{"client_id": "c-2"}}
	const resource = "resource=https%3A%2F%2Fcognitiveservices.azure.com"
	for _, c := range []struct {
		name string
		env  map[string]string
		cred *provider.Credential
		want string
	}{
		{"the virtual machine's", map[string]string{"AZURE_POD_IDENTITY_AUTHORITY_HOST": "URL"}, nil, "GET /metadata/identity/oauth2/token api-version=2018-02-01&" + resource + " true"},
		{"one assigned by a user", map[string]string{"AZURE_POD_IDENTITY_AUTHORITY_HOST": "URL"}, &user, "GET /metadata/identity/oauth2/token api-version=2018-02-01&client_id=c-2&" + resource + " true"},
		{"the hosting service's", map[string]string{"IDENTITY_ENDPOINT": "URL/msi/token", "IDENTITY_HEADER": "h"}, nil, "GET /msi/token api-version=2019-08-01&" + resource + " h"},
		{"the cluster's", map[string]string{"AZURE_FEDERATED_TOKEN_FILE": assertion, "AZURE_TENANT_ID": "t-3", "AZURE_CLIENT_ID": "c-3", "AZURE_AUTHORITY_HOST": "URL"}, nil,
			"POST /t-3/oauth2/v2.0/token client_assertion=signed-by-the-cluster&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_id=c-3&grant_type=client_credentials&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default "},
	} {
		t.Run(c.name, func(t *testing.T) {
			machine(t)
			d := newDirectory(t)
			for name, value := range c.env {
				t.Setenv(name, strings.Replace(value, "URL", d.URL, 1))
			}
			p := with()
			if c.cred != nil {
				p = with(*c.cred)
				c.cred = &p.Credentials[0]
			}
			if got, err := shown(signer(t, p), c.cred); err != nil || got != "Authorization: Bearer eyJ.token-1" {
				t.Errorf("%q, %v", got, err)
			}
			if d.asking != c.want {
				t.Errorf("asked\n%s, want\n%s", d.asking, c.want)
			}
		})
	}
}

func TestARefusedApplicationIsAFaultOfTheCredentialThatTellsNoSecret(t *testing.T) {
	machine(t)
	d := newDirectory(t)
	d.deny.Store(true)
	t.Setenv("AZURE_AUTHORITY_HOST", d.URL)
	p := with(application)
	_, err := shown(signer(t, p), &p.Credentials[0])
	refused(t, err, "the credential 'app'", "answered 401 invalid_client")
	d.Close()
	_, err = shown(signer(t, p), &p.Credentials[0])
	refused(t, err, "could not be reached")
}

func TestKeysNeedNoTokens(t *testing.T) {
	machine(t)
	if s, err := azure.Spec.NewSigner(with(provider.Credential{Name: "a", Key: "k"})); s != nil || err != nil {
		t.Errorf("%v, %v", s, err)
	}
	p := with(provider.Credential{Name: "a", Key: "k"}, application)
	if got, err := shown(signer(t, p), &p.Credentials[0]); err != nil || got != "Api-Key: k" {
		t.Errorf("a key beside an application: %q, %v", got, err)
	}
}

func TestOtherCloudsHaveTokensOfTheirOwn(t *testing.T) {
	machine(t)
	for base, want := range map[string]string{"https://acme.openai.azure.us": "login.microsoftonline.us", "https://acme.openai.azure.cn": "login.chinacloudapi.cn"} {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != want+":443" {
				t.Errorf("%s: asked %s", base, r.Host)
			}
			w.WriteHeader(http.StatusTeapot)
		}))
		p := with(application)
		p.BaseURL, p.ProxyURL = base, proxy.URL
		_, err := shown(signer(t, p), &p.Credentials[0])
		refused(t, err)
		proxy.Close()
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
	if strings.Contains(fmt.Sprintf("%v %+v", err, f), secret) {
		t.Errorf("the secret stands in %v", f)
	}
}
