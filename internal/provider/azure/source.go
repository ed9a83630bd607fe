package azure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/provider/token"
)

// source fetches tokens with what a credential says; nil fields = as the machine.
type source struct {
	client *http.Client
	cloud  cloud
	fields map[string]string
}

// fetch implements the fetching of token.Cache.
func (s source) fetch(ctx context.Context) (token.Value[string], error) {
	r, err := s.request(ctx)
	if err != nil {
		return token.Value[string]{}, err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return token.Value[string]{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return token.Value[string]{}, err
	}
	return read(r.URL.Host, resp.StatusCode, body)
}

// maxAnswer is more than any answer of a token endpoint.
const maxAnswer = 1 << 20

// request asks whoever gives tokens for this credential.
func (s source) request(ctx context.Context) (*http.Request, error) {
	if secret := s.fields["client_secret"]; secret != "" {
		return s.grant(ctx, s.fields["tenant_id"], s.fields["client_id"], url.Values{"client_secret": {secret}})
	}
	if file := os.Getenv("AZURE_FEDERATED_TOKEN_FILE"); file != "" {
		return s.federated(ctx, file)
	}
	if endpoint := os.Getenv("IDENTITY_ENDPOINT"); endpoint != "" && os.Getenv("IDENTITY_HEADER") != "" {
		return s.hosted(ctx, endpoint)
	}
	return s.machine(ctx)
}

// grant asks with an application's own proof of who it is.
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (s source) grant(ctx context.Context, tenant, client string, proof url.Values) (*http.Request, error) {
	proof.Set("grant_type", "client_credentials")
	proof.Set("client_id", client)
	proof.Set("scope", s.cloud.resource+"/.default")
	at := s.cloud.authority + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(proof.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r, err
}

// federated asks with the token that a cluster gives its workloads, which changes.
// https://learn.microsoft.com/azure/aks/workload-identity-overview
func (s source) federated(ctx context.Context, file string) (*http.Request, error) {
	assertion, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return s.grant(ctx, s.either("tenant_id", "AZURE_TENANT_ID"), s.either("client_id", "AZURE_CLIENT_ID"), url.Values{
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {string(bytes.TrimSpace(assertion))},
	})
}

func (s source) either(field, variable string) string {
	if v := s.fields[field]; v != "" {
		return v
	}
	return os.Getenv(variable)
}

// hosted asks the service that runs this process.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
func (s source) hosted(ctx context.Context, endpoint string) (*http.Request, error) {
	r, err := s.managed(ctx, endpoint, "2019-08-01")
	if err == nil {
		r.Header.Set("X-Identity-Header", os.Getenv("IDENTITY_HEADER"))
	}
	return r, err
}

// machine asks the metadata service of the virtual machine.
// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
func (s source) machine(ctx context.Context) (*http.Request, error) {
	host := os.Getenv("AZURE_POD_IDENTITY_AUTHORITY_HOST")
	if host == "" {
		host = "http://169.254.169.254"
	}
	r, err := s.managed(ctx, strings.TrimSuffix(host, "/")+"/metadata/identity/oauth2/token", "2018-02-01")
	if err == nil {
		r.Header.Set("Metadata", "true")
	}
	return r, err
}

func (s source) managed(ctx context.Context, endpoint, version string) (*http.Request, error) {
	query := url.Values{"api-version": {version}, "resource": {s.cloud.resource}}
	if id := s.fields["client_id"]; id != "" {
		query.Set("client_id", id)
	}
	return http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"?"+query.Encode(), nil)
}

// read reads the answer of any of them: they differ in how they write numbers.
func read(host string, status int, body []byte) (token.Value[string], error) {
	var a struct {
		AccessToken string          `json:"access_token"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
		ExpiresOn   json.RawMessage `json:"expires_on"`
		Error       string          `json:"error"`
	}
	err := json.Unmarshal(body, &a)
	if status != http.StatusOK {
		return token.Value[string]{}, &token.Refusal{Host: host, Status: status, Code: a.Error}
	}
	if err != nil || a.AccessToken == "" {
		return token.Value[string]{}, errors.New("the answer of " + host + " holds no token")
	}
	v := token.Value[string]{Of: a.AccessToken, Expires: time.Now().Add(unsaid)}
	if n := number(a.ExpiresIn); n > 0 {
		v.Expires = time.Now().Add(time.Duration(n) * time.Second)
	} else if n := number(a.ExpiresOn); n > 0 {
		v.Expires = time.Unix(n, 0)
	}
	return v, nil
}

// unsaid is the life of a token whose end is not told.
const unsaid = 10 * time.Minute

func number(raw json.RawMessage) int64 {
	n, _ := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	return min(n, 1<<40)
}
