package bedrock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/token"
)

// service is the name that requests are signed for.
const service = "bedrock"

// signer makes signatures of version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
type signer struct {
	provider *provider.Provider
	region   string
	v4       *v4.Signer
	keys     map[*provider.Credential]*token.Cache[aws.Credentials] // nil = the machine's
}

// regional finds the region in the name of a host, a VPC endpoint's too.
var regional = regexp.MustCompile(`bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.`)

func newSigner(p *provider.Provider) (provider.Signer, error) {
	s := &signer{provider: p, region: p.Region, v4: v4.NewSigner(), keys: map[*provider.Credential]*token.Cache[aws.Credentials]{}}
	if found := regional.FindStringSubmatch(p.BaseURL); s.region == "" && found != nil {
		s.region = found[1]
	}
	client, err := client(p)
	if err != nil {
		return nil, err
	}
	needed := p.Keyless()
	for i := range p.Credentials {
		if c := &p.Credentials[i]; c.Key == "" {
			s.keys[c] = token.New(source{client, s.region, c.Fields}.fetch)
			needed = true
		}
	}
	if needed && s.region == "" {
		return nil, errors.New("no region is known to sign for: set region")
	}
	s.keys[nil] = token.New(source{client, s.region, nil}.fetch)
	return s, nil
}

// Sign implements provider.Signer.
func (s *signer) Sign(ctx context.Context, r *provider.Signing) ([]provider.Header, error) {
	if c := r.Credential; c != nil && c.Key != "" {
		name, value := s.provider.AuthField(c.Key)
		return []provider.Header{{Name: name, Value: value}}, nil
	}
	cache := s.keys[r.Credential]
	if cache == nil {
		return nil, token.Fault(s.provider, r.Credential, errors.New("a foreign credential"))
	}
	keys, err := cache.Get(ctx)
	if err != nil {
		return nil, token.Fault(s.provider, r.Credential, err)
	}
	return s.sign(ctx, r, keys)
}

func (s *signer) sign(ctx context.Context, r *provider.Signing, keys aws.Credentials) ([]provider.Header, error) {
	req := &http.Request{Method: r.Method, Host: r.Host, URL: target(r), Header: http.Header{}}
	for _, h := range r.Header {
		if strings.HasPrefix(h.Name, "X-Amz") { // these must be signed where they are sent
			req.Header.Add(h.Name, h.Value)
		}
	}
	given := len(req.Header)
	if err := s.v4.SignHTTP(ctx, keys, req, digest(r.Body), service, s.region, time.Now()); err != nil {
		return nil, token.Fault(s.provider, r.Credential, err)
	}
	out := make([]provider.Header, 0, len(req.Header)-given)
	for _, name := range []string{"X-Amz-Date", "X-Amz-Security-Token", "Authorization"} {
		if v := req.Header.Get(name); v != "" {
			out = append(out, provider.Header{Name: name, Value: v})
		}
	}
	return out, nil
}

// target is the request's URL with its path as it is spelt.
func target(r *provider.Signing) *url.URL {
	path, query, _ := strings.Cut(r.Path, "?")
	return &url.URL{Scheme: "https", Host: r.Host, Opaque: "//" + r.Host + path, RawQuery: query}
}

func digest(body [][]byte) string {
	h := sha256.New()
	for _, part := range body {
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
