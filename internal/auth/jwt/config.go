package jwt

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Config says which tokens of one issuer count, and what their claims mean.
type Config struct {
	Issuer     string        // exactly as in the tokens' iss claim; its discovery document is below it
	Audiences  []string      // a token must be for one of them; never empty
	Algorithms []string      // empty = RS256, ES256, EdDSA; symmetric ones are refused
	JWKS       string        // URL of the keys; "" = by OpenID Connect discovery
	Leeway     time.Duration // by how much clocks may differ, at most 10 minutes
	Workspace  string        // of callers whose token names none; "" = such a token is refused
	Claims     Claims
}

// Claims maps claims to what a caller is. A claim is a name or a path a.b into objects; a
// name that holds dots itself goes first.
type Claims struct {
	Workspace string                  // "" = Config.Workspace is everybody's
	User      string                  // "" = sub; email counts only where email_verified is not false
	Role      string                  // a text or a list, of which the highest counts; "" = callers have none
	Roles     map[string]gateway.Role // by value of the role claim; empty = it holds owner, editor or viewer
	Metadata  map[string]string       // claims by name of the metadata
}

const maxLeeway = 10 * time.Minute

// asymmetric are the algorithms that may be configured (RFC 7518, 3.1; RFC 8037): neither
// none nor those whose secret the verifier shares.
var asymmetric = [...]jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// check says what is wrong with the settings of an issuer.
func (c *Config) check() error {
	if c.Issuer == "" {
		return errors.New("an issuer of tokens needs a name, as in their iss claim")
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		return fmt.Errorf("issuer %s: audiences are needed, else tokens made for others would open this gateway", c.Issuer)
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(asymmetric[:], jose.SignatureAlgorithm(a)) {
			return fmt.Errorf("issuer %s: the algorithm %q is not accepted; expected some of %v", c.Issuer, a, asymmetric)
		}
	}
	if c.Leeway < 0 || c.Leeway > maxLeeway {
		return fmt.Errorf("issuer %s: the leeway must be between 0 and %s", c.Issuer, maxLeeway)
	}
	if c.Workspace == "" && c.Claims.Workspace == "" {
		return fmt.Errorf("issuer %s: a workspace or the claim that names it is needed", c.Issuer)
	}
	for value, role := range c.Claims.Roles {
		if !role.Allows(gateway.Viewer) {
			return fmt.Errorf("issuer %s: %q is made the role %q; expected owner, editor or viewer", c.Issuer, value, role)
		}
	}
	return c.checkURL()
}

func (c *Config) checkURL() error {
	address := c.JWKS
	if address == "" {
		address = c.Issuer
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("issuer %s: its keys cannot be found: %q is no URL with https", c.Issuer, address)
	}
	return nil
}

// algorithms gives what a token may be signed by.
func (c *Config) algorithms() []jose.SignatureAlgorithm {
	if len(c.Algorithms) == 0 {
		return []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA}
	}
	out := make([]jose.SignatureAlgorithm, len(c.Algorithms))
	for i, a := range c.Algorithms {
		out[i] = jose.SignatureAlgorithm(a)
	}
	return out
}
