package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
)

// Where the admin API is, and what opens it.
const (
	EnvAdminURL   = "SLUICE_ADMIN_URL"
	EnvAdminToken = "SLUICE_ADMIN_TOKEN"

	defaultAdmin = "http://127.0.0.1:8081"
	// maxAnswer is more than any answer of the API but a tail.
	maxAnswer = 1 << 30
)

// remote are the flags that say which admin API is asked.
type remote struct{ url, token string }

func (r *remote) flags(cmd *cobra.Command, env *Env) {
	cmd.PersistentFlags().StringVar(&r.url, "admin", cmp.Or(env.get(EnvAdminURL), defaultAdmin), "`URL` of the admin API (env "+EnvAdminURL+")")
	cmd.PersistentFlags().StringVar(&r.token, "token", "", "admin `TOKEN` (better in env "+EnvAdminToken+", which other users of the machine cannot see)")
}

// client asks an admin API.
type client struct {
	base, token string
	http        *http.Client
}

func (r *remote) client(env *Env) (*client, error) {
	token := cmp.Or(r.token, env.get(EnvAdminToken))
	if token == "" {
		return nil, &usage{errors.New("the admin token is needed: set " + EnvAdminToken + " (it was printed once, at the gateway's first start)")}
	}
	u, err := url.Parse(r.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &usage{fmt.Errorf("--admin %s is no URL such as %s", r.url, defaultAdmin)}
	}
	return newClient(strings.TrimRight(r.url, "/"), token, env.Transport), nil
}

func newClient(base, token string, transport http.RoundTripper) *client {
	return &client{base: base, token: token, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}}
}

// ask sends a request and gives the body of a 2xx answer.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, body any) ([]byte, error) {
	resp, err := c.open(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("the answer of the admin API at %s broke off: %w", c.base, err)
	}
	return b, nil
}

// into is ask with the answer read into v.
func (c *client) into(ctx context.Context, method, path string, query url.Values, body, v any) error {
	b, err := c.ask(ctx, method, path, query, body)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	return err
}

// open sends a request; the caller closes the body of a 2xx answer.
func (c *client) open(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var content io.Reader
	media := "application/json"
	if text, ok := body.(document); ok {
		content, media = bytes.NewReader(text), "application/yaml"
	} else if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	target := c.base + "/api/v1" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("cannot reach the admin API at %s: is `sluice serve` running? (%w)", c.base, errors.Unwrap(err))
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, c.refused(resp)
	}
	return resp, nil
}

// refused gives the API's own words.
func (c *client) refused(resp *http.Response) error {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // an answer that breaks off has no message
	var answer admin.ErrorAnswer
	if json.Unmarshal(b, &answer) != nil || answer.Error.Message == "" {
		return fmt.Errorf("%s answered %s, not as the admin API does: is it the admin listener (port 8081 unless configured)?", c.base, resp.Status)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return fmt.Errorf("the admin API at %s refuses the token: %s", c.base, answer.Error.Message)
	}
	return errors.New(answer.Error.Message)
}
