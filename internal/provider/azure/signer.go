package azure

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/token"
)

// signer presents tokens of Entra ID.
// https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity
type signer struct {
	provider *provider.Provider
	tokens   map[*provider.Credential]*token.Cache[string] // nil = the machine's
}

// newSigner gives nil where all credentials are keys.
func newSigner(p *provider.Provider) (provider.Signer, error) {
	client, err := token.Client(p)
	if err != nil {
		return nil, err
	}
	cloud := cloudOf(p.BaseURL)
	s := &signer{provider: p, tokens: map[*provider.Credential]*token.Cache[string]{}}
	for i := range p.Credentials {
		if c := &p.Credentials[i]; c.Key == "" {
			s.tokens[c] = token.New(source{client, cloud, c.Fields}.fetch)
		}
	}
	switch {
	case p.Keyless():
		s.tokens[nil] = token.New(source{client, cloud, nil}.fetch)
	case len(s.tokens) == 0:
		return nil, nil
	}
	return s, nil
}

// Sign implements provider.Signer.
func (s *signer) Sign(ctx context.Context, r *provider.Signing) ([]provider.Header, error) {
	if c := r.Credential; c != nil && c.Key != "" {
		name, value := s.provider.AuthField(c.Key)
		return []provider.Header{{Name: name, Value: value}}, nil
	}
	cache := s.tokens[r.Credential]
	if cache == nil {
		return nil, token.Fault(s.provider, r.Credential, errors.New("a foreign credential"))
	}
	have, err := cache.Get(ctx)
	if err != nil {
		return nil, token.Fault(s.provider, r.Credential, err)
	}
	return []provider.Header{{Name: "Authorization", Value: "Bearer " + have}}, nil
}

// cloud is one of the vendor's clouds: where its tokens come from and what they are for.
// https://learn.microsoft.com/azure/developer/identity/national-cloud
type cloud struct{ authority, resource string }

func cloudOf(baseURL string) cloud {
	c := cloud{"https://login.microsoftonline.com", "https://cognitiveservices.azure.com"}
	if u, err := url.Parse(baseURL); err == nil {
		switch host := u.Hostname(); {
		case strings.HasSuffix(host, ".azure.us"):
			c = cloud{"https://login.microsoftonline.us", "https://cognitiveservices.azure.us"}
		case strings.HasSuffix(host, ".azure.cn"):
			c = cloud{"https://login.chinacloudapi.cn", "https://cognitiveservices.azure.cn"}
		}
	}
	if own := os.Getenv("AZURE_AUTHORITY_HOST"); own != "" {
		c.authority = strings.TrimSuffix(own, "/")
	}
	return c
}
