package vertex

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/token"
)

// scope is what tokens are for.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// kinds are the credentials that may be configured.
// https://cloud.google.com/docs/authentication/application-default-credentials
var kinds = []google.CredentialsType{google.ServiceAccount, google.AuthorizedUser, google.ExternalAccount, google.ExternalAccountAuthorizedUser, google.ImpersonatedServiceAccount}

// pass is what is shown to the vendor.
type pass struct{ token, quota string }

// signer presents tokens that are fetched with a credential.
type signer struct {
	provider *provider.Provider
	passes   map[*provider.Credential]*token.Cache[pass] // nil = the machine's
}

func newSigner(p *provider.Provider) (provider.Signer, error) {
	client, err := token.Client(p)
	if err != nil {
		return nil, err
	}
	s := &signer{provider: p, passes: map[*provider.Credential]*token.Cache[pass]{nil: token.New(source{client: client}.fetch)}}
	keyless := p.Keyless()
	for i := range p.Credentials {
		if c := &p.Credentials[i]; c.Key == "" {
			s.passes[c] = token.New(source{client, c.Fields["service_account"]}.fetch)
			keyless = true
		}
	}
	if keyless && p.Project == "" {
		return nil, errors.New("no project is known: set project")
	}
	return s, nil
}

// Sign implements provider.Signer.
func (s *signer) Sign(ctx context.Context, r *provider.Signing) ([]provider.Header, error) {
	if c := r.Credential; c != nil && c.Key != "" {
		name, value := s.provider.AuthField(c.Key)
		return []provider.Header{{Name: name, Value: value}}, nil
	}
	cache := s.passes[r.Credential]
	if cache == nil {
		return nil, token.Fault(s.provider, r.Credential, errors.New("a foreign credential"))
	}
	have, err := cache.Get(ctx)
	if err != nil {
		return nil, token.Fault(s.provider, r.Credential, err)
	}
	out := []provider.Header{{Name: "Authorization", Value: "Bearer " + have.token}}
	if have.quota != "" {
		out = append(out, provider.Header{Name: "X-Goog-User-Project", Value: have.quota})
	}
	return out, nil
}

// source fetches tokens with the JSON of a credential; "" = with what the machine has.
type source struct {
	client *http.Client
	json   string
}

// fetch implements the fetching of token.Cache.
func (s source) fetch(ctx context.Context) (token.Value[pass], error) {
	var none token.Value[pass]
	watched := &watch{base: s.client.Transport}
	client := *s.client
	client.Transport = watched
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &client)
	creds, err := s.credentials(ctx)
	if err != nil {
		return none, watched.explain(err)
	}
	t, err := creds.TokenSource.Token()
	if err != nil {
		return none, watched.explain(err)
	}
	return token.Value[pass]{Of: pass{t.AccessToken, quota(creds.JSON)}, Expires: t.Expiry}, nil
}

func (s source) credentials(ctx context.Context) (*google.Credentials, error) {
	if s.json == "" {
		return google.FindDefaultCredentials(ctx, scope)
	}
	kind := parse(s.json).Type
	for _, known := range kinds {
		if kind == known {
			return google.CredentialsFromJSONWithType(ctx, []byte(s.json), known, scope)
		}
	}
	return nil, errors.New("the JSON of service_account is of a type that is not known")
}

// account is what of a credential's JSON is needed here.
type account struct {
	Type    google.CredentialsType `json:"type"`
	Project string                 `json:"project_id"`
	Quota   string                 `json:"quota_project_id"`
}

func parse(text string) (a account) {
	_ = json.Unmarshal([]byte(text), &a) // checked with the configuration
	return a
}

// quota is the project whose quota a user's login counts against.
func quota(raw []byte) string { return parse(string(raw)).Quota }

// complete takes the project from the first service account that names one.
func complete(p *provider.Provider) {
	for i := range p.Credentials {
		if p.Project != "" {
			return
		}
		if text := p.Credentials[i].Fields["service_account"]; text != "" {
			p.Project = parse(text).Project
		}
	}
}

// watch notes where a request got no answer: the library's errors keep but its text.
type watch struct {
	base   http.RoundTripper
	failed *url.Error
}

// RoundTrip implements http.RoundTripper.
func (w *watch) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(r)
	if err != nil {
		w.failed = &url.Error{Op: r.Method, URL: r.URL.Scheme + "://" + r.URL.Host, Err: err}
	}
	return resp, err
}

// explain keeps of an error what may be shown.
func (w *watch) explain(err error) error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.Response != nil {
		refusal := &token.Refusal{Host: r.Response.Request.URL.Host, Status: r.Response.StatusCode, Code: r.ErrorCode}
		if refusal.Code == "" {
			refusal.Code = word(r.Body)
		}
		return refusal
	}
	if w.failed != nil {
		return w.failed
	}
	return err
}

// word finds the endpoint's own word: {"error": "invalid_grant"} or {"error": {"status"}}.
func word(body []byte) string {
	var flat struct{ Error string }
	if json.Unmarshal(body, &flat) == nil && flat.Error != "" {
		return flat.Error
	}
	var nested struct{ Error struct{ Status string } }
	_ = json.Unmarshal(body, &nested)
	return nested.Error.Status
}
