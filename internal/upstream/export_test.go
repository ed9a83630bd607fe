package upstream

import (
	"net/http"
	"net/url"
)

// NewViaTransport makes a client of the transport kind with no proxy, so that both
// kinds can run the same tests.
func NewViaTransport(o Options) (*Client, error) {
	o = o.withDefaults()
	t, err := parseTarget(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if t.tls, err = tlsConfig(t, o.CAFile); err != nil {
		return nil, err
	}
	return &Client{newViaTransport(o, t, nil)}, nil
}

// NewIn makes a client as New does in an environment with that proxy.
func NewIn(o Options, proxy string) (*Client, error) {
	return newClient(o, func(*http.Request) (*url.URL, error) { return url.Parse(proxy) })
}

// IsDirect reports which kind a client is.
func IsDirect(c *Client) bool {
	_, ok := c.sender.(*direct)
	return ok
}

// Idle counts the idle connections of a direct client.
func Idle(c *Client) (n int) {
	for i := range c.sender.(*direct).pool.shards {
		n += int(c.sender.(*direct).pool.shards[i].size.Load())
	}
	return n
}
