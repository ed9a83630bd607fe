package token

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Refusal is an answer of a token endpoint that is no token. It holds nothing that the
// endpoint could have repeated of what it was sent.
type Refusal struct {
	Host   string
	Status int
	Code   string // the endpoint's own word for it; "" = none
}

// word is what may be shown of an endpoint's own word.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:-]{0,63}$`)

// Error names the endpoint, its status and its word.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("%s answered %d", r.Host, r.Status)
	if word.MatchString(r.Code) {
		text += " " + r.Code
	}
	return text
}

// Fault says that a credential could not be made ready. c is nil for what the machine
// has. Whatever err says, no secret of c stays in it.
func Fault(p *provider.Provider, c *provider.Credential, err error) *fault.Fault {
	whose := "the machine's own credential"
	if c != nil {
		whose = "the credential '" + c.Name + "'"
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New(fault.ClientClosed, "The caller left before the provider's token was there.").With(err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Newf(fault.UpstreamTimeout, "The token for the provider '%s' did not come in time.", p.Name).With(err)
	}
	message := fmt.Sprintf("Sluice could not make %s ready for the provider '%s'%s.", whose, p.Name, reason(err))
	if c == nil {
		message += fmt.Sprintf(" Give it one under providers.%s, or the machine a role.", p.Name)
	}
	return fault.New(fault.UpstreamAuth, message).With(clean(c, err))
}

// reason tells callers of an error what is no secret.
func reason(err error) string {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return ": " + r.Error()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if at, parsed := url.Parse(u.URL); parsed == nil {
			return ": " + at.Host + " could not be reached"
		}
	}
	return ""
}

// clean takes a credential's secrets out of an error's text.
func clean(c *provider.Credential, err error) error {
	text := err.Error()
	if c != nil {
		for _, secret := range c.Secrets() {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return errors.New(text)
}
