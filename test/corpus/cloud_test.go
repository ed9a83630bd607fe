package corpus_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// identity is how a provider shows who it is.
type identity int

const (
	byKey       identity = iota // the kind's own header
	byAccount                   // a token that a service account is given
	bySignature                 // Amazon's, with an access key
)

// credentials are what the configuration says of an identity.
var credentials = map[identity]string{
	byKey:       "api_key: env:VENDOR_KEY",
	byAccount:   "service_account: env:VENDOR_ACCOUNT",
	bySignature: "access_key_id: AKIDEXAMPLE, secret_access_key: env:VENDOR_KEY",
}

// amazonHome signs every other recording, and shows a key with the rest.
func amazonHome(r *recording, h *home) {
	h.region = "us-east-1"
	if r.seed()%2 == 0 {
		h.identity = bySignature
		h.name += "-signed"
	}
}

var googlePlaces = regexp.MustCompile(`^/(v1(?:beta1)?)/(?:projects/([^/]+)/locations/([^/]+)/)?`)

// googleHome reads version, project and location off the path; without them, the project
// is that of the key.
func googleHome(r *recording, h *home) {
	at := googlePlaces.FindStringSubmatch(r.request.Path)
	if at == nil {
		return
	}
	h.version, h.project, h.region = at[1], at[2], at[3]
	if h.project == "" {
		h.name += "-express"
		return
	}
	h.identity = byAccount
	h.name += "-" + h.project + "-" + h.region
}

var googleModels = regexp.MustCompile(`/publishers/google/models/([^/:]+:[A-Za-z]+)$`)

// googleDataPlane is the path of the dialect that a publisher's model speaks; "" = none.
func googleDataPlane(path string) string {
	place := googlePlaces.FindString(path)
	if place == "" {
		return ""
	}
	rest := "/" + path[len(place):]
	if m := googleModels.FindStringSubmatchIndex(rest); m != nil && m[0] == 0 {
		return "/v1beta/models/" + rest[m[2]:m[3]]
	}
	if claude(path) != "" {
		return "/v1/messages"
	}
	return ""
}

var claudes = regexp.MustCompile(`/publishers/anthropic/models/(claude[^/:]+):(?:rawPredict|streamRawPredict)$`)

// claude is the model of Anthropic's that a path of Google's names; "" = none.
func claude(path string) string {
	if m := claudes.FindStringSubmatch(path); m != nil {
		return m[1]
	}
	return ""
}

// serviceAccount makes a service account, and the place where it gets a token: the key of all
// other providers.
func serviceAccount(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || r.FormValue("assertion") == "" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"expires_in":3600,"token_type":"Bearer"}`, vendorKey)
	}))
	t.Cleanup(tokens.Close)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "any-project", "private_key_id": "k1", "client_email": "gateway@any-project.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": tokens.URL,
	})
	return string(text)
}

// credentialArrived says what is wrong with the credential that the vendor was shown.
func (h *home) credentialArrived(got *arrival) string {
	switch h.identity {
	case bySignature:
		return signed(got, vendorKey)
	case byAccount:
		if v := got.header.Get("Authorization"); v != "Bearer "+vendorKey || got.header.Get(h.spec.Auth.Header) != "" {
			return fmt.Sprintf("the token arrived as %q", v)
		}
		return ""
	}
	if v := got.header.Get(h.spec.Auth.Header); h.spec.Auth.Header != "" && v != h.spec.Auth.Prefix+vendorKey {
		return fmt.Sprintf("the vendor's credential arrived as %q", v)
	}
	return ""
}

// spelt is a vendor's path as a provider writes it that was asked by the data plane:
// Amazon's SDKs, and so Sluice, escape all of a model's name.
func (h *home) spelt(path string) string {
	if h.kind != "bedrock" {
		return path
	}
	model, verb, _ := strings.Cut(strings.TrimPrefix(path, "/model/"), "/")
	return "/model/" + segment(unescaped(model)) + "/" + verb
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
