package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

// maxSMTP bounds what a mail server may say in one session, certificates included.
const maxSMTP = 1 << 20

// mailbox is how mail is sent, read from a channel.
type mailbox struct {
	from     *mail.Address
	to       []*mail.Address
	host     string
	port     string
	implicit bool // TLS from the start
	user     *url.Userinfo
}

// parseMail's errors hold nothing of the channel's URL.
func parseMail(c *catalog.Mail) (b mailbox, err error) {
	if b.from, err = mail.ParseAddress(c.From); err != nil {
		return b, failed("its sender is no address")
	}
	if b.to, err = mail.ParseAddressList(c.To); err != nil {
		return b, failed("its recipients are no addresses")
	}
	u, err := url.Parse(c.SMTP)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return b, failed("its server is no smtp:// or smtps:// URL")
	}
	b.host, b.port, b.implicit, b.user = u.Hostname(), u.Port(), u.Scheme == "smtps", u.User
	if b.port == "" {
		b.port = b.usualPort()
	}
	return b, nil
}

// usualPort: https://www.rfc-editor.org/rfc/rfc8314#section-3.3 for smtps; who logs in
// submits (https://www.rfc-editor.org/rfc/rfc6409#section-3.1), others hand over.
func (b *mailbox) usualPort() string {
	switch {
	case b.implicit:
		return "465"
	case b.user != nil:
		return "587"
	}
	return "25"
}

// mail sends one message by a session of its own.
func (s *sender) mail(ctx context.Context, t *told, c *catalog.Mail) error {
	b, err := parseMail(c)
	if err != nil {
		return err
	}
	text, err := b.compose(t)
	if err != nil {
		return err
	}
	raw, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", net.JoinHostPort(b.host, b.port))
	if err != nil {
		return err
	}
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	if until, ok := ctx.Deadline(); ok {
		_ = raw.SetDeadline(until) // the close above does the same
	}
	var conn net.Conn = &boundedConn{raw, maxSMTP}
	settings := &tls.Config{ServerName: b.host, RootCAs: s.roots}
	if b.implicit {
		conn = tls.Client(conn, settings)
	}
	err = b.session(conn, settings, text)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// session speaks SMTP (https://www.rfc-editor.org/rfc/rfc5321). Without an error the
// server has taken the message.
func (b *mailbox) session(conn net.Conn, settings *tls.Config, text []byte) error {
	c, err := smtp.NewClient(conn, b.host)
	if err != nil {
		return at("the greeting", err)
	}
	if err := c.Hello(hello()); err != nil {
		return at("EHLO", err)
	}
	if offered, _ := c.Extension("STARTTLS"); offered && !b.implicit {
		if err := c.StartTLS(settings); err != nil {
			return at("STARTTLS", err)
		}
	}
	if err := b.login(c); err != nil {
		return err
	}
	if err := c.Mail(b.from.Address); err != nil {
		return at("the sender", err)
	}
	if err := b.recipients(c); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return at("DATA", err)
	}
	if _, err := w.Write(text); err != nil {
		return at("the message", err)
	}
	if err := w.Close(); err != nil {
		return at("the message", err)
	}
	_ = c.Quit() // the message is taken already
	return nil
}

// recipients names those who get the message. One whom the server refuses for good keeps it
// from nobody else; the server's words about him are an error where nobody is left, or when
// they say that it may be tried again (https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1).
func (b *mailbox) recipients(c *smtp.Client) error {
	var refused error
	taken := 0
	for _, to := range b.to {
		err := c.Rcpt(to.Address)
		var said *textproto.Error
		switch {
		case err == nil:
			taken++
		case errors.As(err, &said) && said.Code >= 500:
			refused = at("a recipient", err)
		default:
			return at("a recipient", err)
		}
	}
	if taken > 0 {
		return nil
	}
	return refused
}

// at says what a mail server did not take.
func at(what string, err error) error {
	f := asFailure(err)
	return failed("%s, at %s", f.reason, what)
}

// hello is the name of this machine, which mail servers want to know.
func hello() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "localhost"
	}
	return name
}

// compose gives a message (https://www.rfc-editor.org/rfc/rfc5322). No text of the alert
// gets into a header but the subject, which is encoded and one line.
func (b *mailbox) compose(t *told) ([]byte, error) {
	var to []string
	for _, a := range b.to {
		to = append(to, a.String())
	}
	_, domain, _ := strings.Cut(b.from.Address, "@")
	var out bytes.Buffer
	for _, h := range [][2]string{
		{"From", b.from.String()},
		{"To", strings.Join(to, ",\r\n ")},
		{"Subject", mime.QEncoding.Encode("utf-8", t.title)},
		{"Date", time.Now().Format(time.RFC1123Z)},
		{"Message-Id", "<" + plainID(t.id) + "@" + domain + ">"}, // repeats have the same
		{"Auto-Submitted", "auto-generated"},                     // https://www.rfc-editor.org/rfc/rfc3834#section-5
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	out.WriteString("\r\n")
	body := quotedprintable.NewWriter(&out)
	fmt.Fprintf(body, "%s.\r\n\r\n", t.title)
	for _, f := range t.facts {
		fmt.Fprintf(body, "%s: %s\r\n", f[0], f[1])
	}
	if t.link != "" {
		fmt.Fprintf(body, "\r\n%s\r\n", t.link)
	}
	err := body.Close()
	return out.Bytes(), err
}

// plainID keeps of an id what may stand in a header.
func plainID(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, id)
}

// login logs in where a user is configured. Passwords go over TLS alone, or stay on this
// machine.
func (b *mailbox) login(c *smtp.Client) error {
	if b.user == nil {
		return nil
	}
	_, ways := c.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(ways))
	name := b.user.Username()
	password, _ := b.user.Password()
	var auth smtp.Auth
	if _, secure := c.TLSConnectionState(); !secure && !onThisMachine(b.host) {
		return failed("it offers no TLS, and a password is not sent without")
	}
	switch {
	case slices.Contains(offered, "PLAIN"):
		auth = smtp.PlainAuth("", name, password, b.host)
	case slices.Contains(offered, "LOGIN"):
		auth = loginAuth{name, password}
	default:
		return failed("it offers neither of the ways to log in that are known here, PLAIN and LOGIN")
	}
	if err := c.Auth(auth); err != nil {
		return at("the login", err)
	}
	return nil
}

func onThisMachine(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// loginAuth is what some servers offer alone
// (https://datatracker.ietf.org/doc/html/draft-murchison-sasl-login-00).
type loginAuth struct{ name, password string }

// Start implements smtp.Auth.
func (a loginAuth) Start(*smtp.ServerInfo) (way string, first []byte, err error) {
	return "LOGIN", nil, nil
}

// Next implements smtp.Auth: servers ask for the name, then for the password.
func (a loginAuth) Next(question []byte, more bool) ([]byte, error) {
	switch asked := strings.ToLower(string(question)); {
	case !more:
		return nil, nil
	case strings.HasPrefix(asked, "user"):
		return []byte(a.name), nil
	case strings.HasPrefix(asked, "pass"):
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks for something else than name and password")
}

// boundedConn ends when its peer has said too much.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
