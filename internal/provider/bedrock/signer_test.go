package bedrock_test

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
	"github.com/sluice-gateway/sluice/internal/provider/bedrock"
)

const (
	host   = "bedrock-runtime.eu-central-1.amazonaws.com"
	secret = "wJalrXUtnFEMI/SECRET/bPxRfiCYEXAMPLEKEY"
)

// machine keeps whatever this machine has of the vendor's out of a test.
func machine(t *testing.T) (dir string) {
	dir = t.TempDir()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CA_BUNDLE": "",
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": "",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_STS": "",
	} {
		t.Setenv(name, value)
	}
	return dir
}

func with(credentials ...provider.Credential) *provider.Provider {
	return &provider.Provider{Name: "aws", Spec: bedrock.Spec, BaseURL: "https://" + host, Region: "eu-central-1", Credentials: credentials}
}

func keys(more map[string]string) provider.Credential {
	fields := map[string]string{"access_key_id": "AKIDEXAMPLE", "secret_access_key": secret}
	for k, v := range more {
		fields[k] = v
	}
	return provider.Credential{Name: "default", Fields: fields}
}

func signer(t *testing.T, p *provider.Provider) provider.Signer {
	t.Helper()
	s, err := bedrock.Spec.NewSigner(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sign signs a call and gives it as it arrives.
func sign(s provider.Signer, c *provider.Credential, path string, body ...string) (*http.Request, error) {
	in := &provider.Signing{Method: "POST", Host: host, Path: path, Credential: c,
		Header: []provider.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Amzn-Bedrock-Trace", Value: "ENABLED"}}}
	for _, part := range body {
		in.Body = append(in.Body, []byte(part))
	}
	fields, err := s.Sign(context.Background(), in)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: in.Method, RequestURI: path, Host: host, Header: http.Header{}}
	for _, f := range append(in.Header, fields...) {
		r.Header.Add(f.Name, f.Value)
	}
	return r, nil
}

func TestRequestsAreSignedOverExactlyWhatIsSent(t *testing.T) {
	machine(t)
	p := with(keys(nil))
	s := signer(t, p)
	for _, path := range []string{
		"/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
		"/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0/converse-stream",
		"/model/amazon.titan-embed-text-v2:0/invoke",
		"/async-invoke?maxResults=5&statusEquals=Completed",
	} {
		r, err := sign(s, &p.Credentials[0], path, `{"messages":`, `[]}`)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := verify(r, []byte(`{"messages":[]}`), secret); wrong != "" {
			t.Errorf("%s: %s", path, wrong)
		}
		if scope := r.Header.Get("Authorization"); !strings.Contains(scope, "Credential=AKIDEXAMPLE/") || !strings.Contains(scope, "/eu-central-1/bedrock/aws4_request") {
			t.Errorf("signed for %s", scope)
		}
		if when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date")); err != nil || time.Since(when).Abs() > time.Minute {
			t.Errorf("signed at %s", r.Header.Get("X-Amz-Date"))
		}
	}
}

func TestASessionsTokenIsSentAndSigned(t *testing.T) {
	machine(t)
	p := with(keys(map[string]string{"session_token": "TEMPORARY"}))
	r, err := sign(signer(t, p), &p.Credentials[0], "/model/x/converse", "{}")
	if err != nil || r.Header.Get("X-Amz-Security-Token") != "TEMPORARY" {
		t.Fatalf("%v, %v", r, err)
	}
	if wrong := verify(r, []byte("{}"), secret); wrong != "" {
		t.Error(wrong)
	}
}

func TestAnAPIKeyIsPresentedAndNothingIsSigned(t *testing.T) {
	machine(t)
	p := with(provider.Credential{Name: "a", Key: "bedrock-api-key-1"})
	for _, c := range []*provider.Credential{&p.Credentials[0], {Name: "caller", Key: "bedrock-api-key-1"}} {
		r, err := sign(signer(t, p), c, "/model/x/converse", "{}")
		if err != nil || r.Header.Get("Authorization") != "Bearer bedrock-api-key-1" || r.Header.Get("X-Amz-Date") != "" {
			t.Errorf("%v, %v", r, err)
		}
	}
}

func TestTheRegionIsThatOfTheHostWhereNoneIsConfigured(t *testing.T) {
	machine(t)
	p := with(keys(nil))
	p.Region, p.BaseURL = "", "https://vpce-1.bedrock-runtime-fips.us-gov-west-1.vpce.amazonaws.com"
	r, err := sign(signer(t, p), &p.Credentials[0], "/model/x/converse", "{}")
	if err != nil || !strings.Contains(r.Header.Get("Authorization"), "/us-gov-west-1/bedrock/") {
		t.Errorf("%v, %v", r, err)
	}
	p.BaseURL = "https://bedrock.example.com"
	if _, err := bedrock.Spec.NewSigner(p); err == nil || !strings.Contains(err.Error(), "region") {
		t.Errorf("got %v", err)
	}
	p.Credentials = []provider.Credential{{Name: "a", Key: "k"}}
	if _, err := bedrock.Spec.NewSigner(p); err != nil {
		t.Errorf("an API key needs no region: %v", err)
	}
}

func TestProfilesOfTheSharedFilesAreRead(t *testing.T) {
	dir := machine(t)
	write(t, filepath.Join(dir, "credentials"), "[work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = "+secret+"\n")
	p := with(provider.Credential{Name: "a", Fields: map[string]string{"profile": "work"}}, provider.Credential{Name: "b", Fields: map[string]string{"profile": "play"}})
	s := signer(t, p)
	r, err := sign(s, &p.Credentials[0], "/model/x/converse", "{}")
	if err != nil || !strings.Contains(r.Header.Get("Authorization"), "AKIDPROFILE/") || verify(r, []byte("{}"), secret) != "" {
		t.Errorf("%v, %v", r, err)
	}
	_, err = sign(s, &p.Credentials[1], "/model/x/converse", "{}")
	refused(t, err, "credential 'b'", "play")
}

func TestTheMachinesOwnCredentialIsUsedWhereNoneIsConfigured(t *testing.T) {
	machine(t)
	_, err := sign(signer(t, with()), nil, "/model/x/converse", "{}")
	refused(t, err, "the machine's own credential", "providers.aws")
	var asked atomic.Int32
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprintf(w, `{"AccessKeyId":"ASIACONTAINER","SecretAccessKey":%q,"Token":"T","Expiration":%q}`, secret, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	defer container.Close()
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.URL)
	s := signer(t, with())
	together(t, func() error {
		r, err := sign(s, nil, "/model/x/converse", "{}")
		if err == nil && (!strings.Contains(r.Header.Get("Authorization"), "ASIACONTAINER/") || verify(r, []byte("{}"), secret) != "") {
			return errors.New(r.Header.Get("Authorization"))
		}
		return err
	})
	if asked.Load() != 1 {
		t.Errorf("the machine was asked %d times", asked.Load())
	}
}

// stsAnswer is an answer of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
const stsAnswer = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE%d</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>ROLE-TOKEN</SessionToken><Expiration>%s</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`

const stsRefusal = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>User arn:aws:iam::1:user/x with %s may not do that</Message></Error></ErrorResponse>`

// tokenService is a scripted STS.
type tokenService struct {
	*httptest.Server
	asked atomic.Int32
	life  time.Duration
	deny  atomic.Bool
	mu    sync.Mutex
	wrong string
}

func newTokenService(t *testing.T) *tokenService {
	s := &tokenService{life: time.Hour}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.asked.Add(1)
		body := new(strings.Builder)
		_, _ = fmt.Fprint(body, readAll(r))
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.wrong = verify(r, []byte(body.String()), secret); s.wrong == "" {
			for _, want := range []string{"RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", "ExternalId=us", "RoleSessionName=sluice"} {
				if !strings.Contains(body.String(), want) {
					s.wrong = want + " is not in " + body.String()
				}
			}
		}
		w.Header().Set("Content-Type", "text/xml")
		if s.deny.Load() {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, stsRefusal, secret)
			return
		}
		fmt.Fprintf(w, stsAnswer, n, secret, time.Now().Add(s.life).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	return s
}

func readAll(r *http.Request) string {
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String()
		}
	}
}

var role = map[string]string{"role_arn": "arn:aws:iam::1:role/x", "external_id": "us"}

func TestARoleIsAssumedOnceForAllCallers(t *testing.T) {
	machine(t)
	sts := newTokenService(t)
	p := with(keys(role))
	s := signer(t, p)
	together(t, func() error {
		r, err := sign(s, &p.Credentials[0], "/model/x/converse", "{}")
		if err == nil && (!strings.Contains(r.Header.Get("Authorization"), "ASIAROLE1/") || r.Header.Get("X-Amz-Security-Token") != "ROLE-TOKEN" || verify(r, []byte("{}"), secret) != "") {
			return errors.New(r.Header.Get("Authorization"))
		}
		return err
	})
	if sts.wrong != "" || sts.asked.Load() != 1 {
		t.Errorf("asked %d times: %s", sts.asked.Load(), sts.wrong)
	}
}

func TestARoleOnTopOfAProfileIsAssumed(t *testing.T) {
	dir := machine(t)
	newTokenService(t)
	write(t, filepath.Join(dir, "credentials"), "[work]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = "+secret+"\n")
	p := with(provider.Credential{Name: "a", Fields: map[string]string{"profile": "work", "role_arn": role["role_arn"], "external_id": "us"}})
	if r, err := sign(signer(t, p), &p.Credentials[0], "/model/x/converse", "{}"); err != nil || !strings.Contains(r.Header.Get("Authorization"), "ASIAROLE1/") {
		t.Errorf("%v, %v", r, err)
	}
}

func TestASessionThatEndsIsRenewed(t *testing.T) {
	machine(t)
	sts := newTokenService(t)
	sts.life = 5 * time.Second
	p := with(keys(role))
	s := signer(t, p)
	used := map[string]bool{}
	for end := time.Now().Add(time.Minute); len(used) < 2 && time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		r, err := sign(s, &p.Credentials[0], "/model/x/converse", "{}")
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(r.Header.Get("Authorization"), "/")
		used[id] = true
	}
	if len(used) < 2 {
		t.Error("the session was never renewed")
	}
}

func TestARefusedRoleIsAFaultOfTheCredentialThatTellsNoSecret(t *testing.T) {
	machine(t)
	sts := newTokenService(t)
	sts.deny.Store(true)
	p := with(keys(role))
	_, err := sign(signer(t, p), &p.Credentials[0], "/model/x/converse", "{}")
	refused(t, err, "credential 'default'", "answered 403 AccessDenied")
}

func TestABrokenEndpointOfTokensIsAFaultOfTheCredential(t *testing.T) {
	machine(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	p := with(keys(role))
	_, err := sign(signer(t, p), &p.Credentials[0], "/model/x/converse", "{}")
	refused(t, err, "credential 'default'", "could not be reached")
}

func refused(t *testing.T, err error, say ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != fault.UpstreamAuth {
		t.Fatalf("got %v", err)
	}
	for _, want := range say {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	if strings.Contains(fmt.Sprintf("%v %+v %s", f, f, f.Message), secret) {
		t.Errorf("the secret stands in %v", f)
	}
}

// together runs a hundred callers at once.
func together(t *testing.T, call func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkSign(b *testing.B) {
	p := with(keys(nil))
	s, err := bedrock.Spec.NewSigner(p)
	if err != nil {
		b.Fatal(err)
	}
	in := &provider.Signing{Method: "POST", Host: host, Path: "/model/x%3A0/converse", Credential: &p.Credentials[0], Body: [][]byte{make([]byte, 1024)}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Sign(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
