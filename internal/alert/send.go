package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/netfault"
)

const (
	dialTime = 10 * time.Second
	httpTime = 15 * time.Second
	maxHead  = 64 << 10
	maxBody  = 16 << 10 // that is read of an answer, so that the connection can be kept

	// idHeader is the same whenever an alert is sent: receivers can tell repeats by it.
	idHeader = "Sluice-Alert-Id"
)

// sender sends to channels of every kind.
type sender struct {
	client *http.Client
	roots  *x509.CertPool
}

func newSender(o *Options) sender {
	transport := o.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext,
			TLSClientConfig: &tls.Config{RootCAs: o.Roots}, TLSHandshakeTimeout: dialTime, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxHead, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 2,
		}
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return sender{&http.Client{Transport: transport, Timeout: httpTime, CheckRedirect: stay}, o.Roots}
}

func (s *sender) close() { s.client.CloseIdleConnections() }

// channel sends an alert to one channel; nil means that it has taken it.
func (s *sender) channel(ctx context.Context, a *gateway.Alert, t *told, c *catalog.Channel) error {
	switch {
	case c.Mail != nil:
		return s.mail(ctx, t, c.Mail)
	case c.PagerDuty != nil:
		return s.pagerDuty(ctx, t, c.PagerDuty)
	case c.Slack != "":
		body, err := slackBody(t)
		if err != nil {
			return err
		}
		return s.post(ctx, c.Slack, a.ID, body)
	case c.Webhook != "":
		return s.post(ctx, c.Webhook, a.ID, a.Payload)
	}
	return failed("it goes nowhere")
}

func (s *sender) post(ctx context.Context, url, id string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return failed("its URL is none")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "sluice")
	r.Header.Set(idHeader, id)
	resp, err := s.client.Do(r)
	if err != nil {
		return asFailure(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxBody) // the status has said all
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode/100 == 3:
		return failed("it answered %d; redirects are not followed", resp.StatusCode)
	}
	f := failed("it answered %d", resp.StatusCode)
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		f.wait = netfault.RetryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return f
}

// slackText is a text object (https://docs.slack.dev/reference/block-kit/composition-objects/text-object/).
type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// slackBlock is a section: one text, or several in columns
// (https://docs.slack.dev/reference/block-kit/blocks/section-block/).
type slackBlock struct {
	Type   string      `json:"type"`
	Text   *slackText  `json:"text,omitempty"`
	Fields []slackText `json:"fields,omitempty"` // up to ten
}

// slackBody holds the message twice: text for notices and for others who take Slack's
// form, blocks for Slack.
func slackBody(t *told) ([]byte, error) {
	title := slackEscape(t.title)
	fields := slackBlock{Type: "section"}
	text := title
	for _, f := range t.facts {
		text += "\n" + slackEscape(f[0]) + ": " + slackEscape(f[1])
		fields.Fields = append(fields.Fields, slackText{"mrkdwn", "*" + slackEscape(f[0]) + "*\n" + slackEscape(f[1])})
	}
	blocks := []slackBlock{{Type: "section", Text: &slackText{"mrkdwn", "*" + title + "*"}}, fields}
	if t.link != "" {
		text += "\n" + t.link
		blocks = append(blocks, slackBlock{Type: "section", Text: &slackText{"mrkdwn", "<" + slackEscape(t.link) + "|Sluice>"}})
	}
	return json.Marshal(struct {
		Text   string       `json:"text"`
		Blocks []slackBlock `json:"blocks"`
	}{text, blocks})
}
