package alert_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

// post is a mail server by script.
type post struct {
	net.Listener
	tls      *tls.Config
	implicit bool   // TLS from the start
	startTLS bool   // is offered
	ways     string // to log in
	refuse   string // the answer to RCPT of whom, "" = it is taken
	whom     string // is refused, "" = everybody
	flood    bool   // speaks without end

	mu   sync.Mutex
	said []string // "TLS " before what came so
	text []string
}

func (p *post) serve(t *testing.T) *post {
	t.Helper()
	var err error
	if p.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := p.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				p.talk(c)
			})
		}
	})
	t.Cleanup(func() { p.Close(); wg.Wait() })
	return p
}

func (p *post) talk(c net.Conn) {
	secure := p.implicit
	if secure {
		c = tls.Server(c, p.tls)
	}
	in := bufio.NewReader(c)
	say := func(line string) { io.WriteString(c, line+"\r\n") }
	for p.flood {
		if _, err := io.WriteString(c, strings.Repeat("220-x", 1000)); err != nil {
			return
		}
	}
	say("220 post ready")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		p.note(secure, line)
		word, _, _ := strings.Cut(line, " ")
		switch strings.ToUpper(word) {
		case "EHLO":
			say("250-post")
			if p.startTLS && !secure {
				say("250-STARTTLS")
			}
			if p.ways != "" {
				say("250-AUTH " + p.ways)
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go")
			c = tls.Server(c, p.tls)
			in, secure = bufio.NewReader(c), true
		case "AUTH":
			p.login(line, in, say)
		case "RCPT":
			if p.refuse != "" && strings.Contains(line, p.whom) {
				say(p.refuse)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			p.take(in)
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *post) note(secure bool, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if secure {
		line = "TLS " + line
	}
	p.said = append(p.said, line)
}

const plainLogin = "AUTH PLAIN AG9wc0BleGFtcGxlLmNvbQBNQVJLRVItNGYxZA==" // ops@example.com, MARKER-4f1d

func (p *post) login(line string, in *bufio.Reader, say func(string)) {
	if line == "AUTH LOGIN" {
		for _, q := range []string{"Username:", "Password:"} {
			say("334 " + base64.StdEncoding.EncodeToString([]byte(q)))
			answer, _ := in.ReadString('\n')
			plain, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(answer))
			line += " " + string(plain)
		}
	}
	if line == plainLogin || line == "AUTH LOGIN ops@example.com MARKER-4f1d" {
		say("235 welcome")
		return
	}
	say("535 no: " + line) // servers that say too much
}

func (p *post) take(in *bufio.Reader) {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, text.String())
}

func (p *post) all() (said, text []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said, p.text
}

// authority makes a certificate for this machine, and those who trust it.
func authority(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "post"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

const user = "ops%40example.com:MARKER-4f1d@"

func mailTo(url string) catalog.Channel {
	return catalog.Channel{Name: "mail", Mail: &catalog.Mail{To: "a@example.com, b@example.com", From: "sluice@example.com", SMTP: url}}
}

func TestMailIsHandedOver(t *testing.T) {
	server, roots := authority(t)
	for name, c := range map[string]struct {
		post       *post
		url, login string // what stands before the session's MAIL
	}{
		"in the clear":           {&post{}, "smtp://ADDR", "EHLO"},
		"with STARTTLS":          {&post{startTLS: true}, "smtp://ADDR", "EHLO|STARTTLS|TLS EHLO"},
		"with STARTTLS and user": {&post{startTLS: true, ways: "LOGIN PLAIN"}, "smtp://" + user + "ADDR", "EHLO|STARTTLS|TLS EHLO|TLS " + plainLogin},
		"with TLS and LOGIN":     {&post{implicit: true, ways: "XOAUTH2 LOGIN"}, "smtps://" + user + "ADDR", "TLS EHLO|TLS AUTH LOGIN"},
		"on this machine":        {&post{ways: "PLAIN"}, "smtp://" + user + "ADDR", "EHLO|" + plainLogin},
	} {
		t.Run(name, func(t *testing.T) {
			c.post.tls = server
			p := c.post.serve(t)
			o := newOffice(t, mailTo(strings.Replace(c.url, "ADDR", p.Addr().String(), 1)))
			o.Roots = roots
			a, stop := o.start()
			a.Note(standing(510))
			eventually(t, "the mail is delivered", o.delivered(1))
			stop()
			said, text := p.all()
			var before []string
			for _, line := range said {
				if strings.Contains(line, "MAIL FROM") {
					break
				}
				if i := strings.Index(line, "EHLO "); i >= 0 {
					line = line[:i+len("EHLO")]
				}
				before = append(before, line)
			}
			if got := strings.Join(before, "|"); got != c.login {
				t.Errorf("the session began %q", got)
			}
			all := strings.Join(said, "\n")
			for _, want := range []string{"MAIL FROM:<sluice@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "QUIT"} {
				if !strings.Contains(all, want) {
					t.Errorf("the session lacks %q:\n%s", want, all)
				}
			}
			if len(text) != 1 {
				t.Errorf("%d messages", len(text))
			}
		})
	}
}

// Whoever left must not keep alerts from those who are there.
func TestARefusedRecipientKeepsAMailFromNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		post *post
		want string
	}{
		"for good":   {&post{refuse: "550 no such user", whom: "b@example.com"}, ""},
		"for a time": {&post{refuse: "451 later", whom: "b@example.com"}, "mail: it answered 451, at a recipient"},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.post.serve(t)
			o := newOffice(t, mailTo("smtp://"+p.Addr().String()))
			a, stop := o.start()
			a.Note(standing(510))
			eventually(t, "the mail is tried", func() bool {
				return len(o.alerts()) == 1 && (o.alerts()[0].Delivered != nil || o.alerts()[0].LastError != "")
			})
			stop()
			_, text := p.all()
			if got := o.alerts()[0].LastError; got != c.want || (len(text) == 1) != (c.want == "") {
				t.Errorf("%q, %d messages", got, len(text))
			}
		})
	}
}

func TestNoTextOfAnAlertBecomesAHeader(t *testing.T) {
	p := (&post{}).serve(t)
	o := newOffice(t, mailTo("smtp://"+p.Addr().String()))
	a, stop := o.start()
	s := standing(510)
	s.Rule.Name = "mönth\r\nBcc: all@example.com\r\n\r\nHello"
	s.Values = "user=x\r\n.\r\nMAIL FROM:<evil@example.com>\u202e\x00" + strings.Repeat("ä", 5000)
	a.Note(s)
	eventually(t, "the mail is delivered", o.delivered(1))
	stop()
	said, text := p.all()
	if n := strings.Count(strings.Join(said, "\n"), "MAIL FROM"); n != 1 {
		t.Errorf("%d mails in the session", n)
	}
	m, err := mail.ReadMessage(strings.NewReader(text[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject"))
	if want := "Budget mönth  Bcc: all@example.com    Hello has reached 50 % in 2026-03"; err != nil || subject != want {
		t.Errorf("%q, %v", subject, err)
	}
	if m.Header.Get("Bcc") != "" || len(m.Header) != 9 {
		t.Errorf("headers: %v", m.Header)
	}
	if id := m.Header.Get("Message-Id"); id != "<"+o.alerts()[0].ID+"@example.com>" {
		t.Error(id)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !strings.Contains(string(body), "Counted: user=x  .  MAIL FROM:<evil@example.com>") || !strings.Contains(string(body), "Spent: $5.1 of $10 (51.0 %)") {
		t.Errorf("%s %v", body, err)
	}
	if len(body) > 2000 || strings.ContainsAny(string(body), "\x00\u202e") {
		t.Errorf("%d bytes: %q", len(body), body)
	}
}

func TestWhyMailFailedIsShownWithoutItsSecrets(t *testing.T) {
	server, _ := authority(t)
	for name, c := range map[string]struct {
		post      *post
		url, want string
	}{
		"a wrong password":  {&post{ways: "PLAIN"}, "smtp://ops:MARKER-no@ADDR", "mail: it answered 535, at the login"},
		"unknown ways":      {&post{ways: "CRAM-MD5"}, "smtp://" + user + "ADDR", "mail: it offers neither of the ways to log in that are known here, PLAIN and LOGIN"},
		"no TLS":            {&post{ways: "PLAIN"}, "smtp://" + user + "0.0.0.0:PORT", "mail: it offers no TLS, and a password is not sent without"},
		"unknown authority": {&post{startTLS: true}, "smtp://ADDR", "mail: its certificate is not trusted, or not for its name, at STARTTLS"},
		"a refusal":         {&post{refuse: "550 no MARKER here"}, "smtp://ADDR", "mail: it answered 550, at a recipient"},
		"not SMTP's TLS":    {&post{}, "smtps://ADDR", "mail: it does not speak TLS, at the greeting"},
		"a flood":           {&post{flood: true}, "smtp://ADDR", "mail: the connection failed, at the greeting"},
		"nonsense":          {&post{}, "MARKERADDR", "mail: its server is no smtp:// or smtps:// URL"},
	} {
		t.Run(name, func(t *testing.T) {
			c.post.tls = server
			p := c.post.serve(t)
			_, port, _ := net.SplitHostPort(p.Addr().String())
			o := newOffice(t, mailTo(strings.NewReplacer("ADDR", p.Addr().String(), "PORT", port).Replace(c.url)))
			a, _ := o.start()
			a.Note(standing(510))
			eventually(t, "the failure is written down", func() bool { return len(o.alerts()) == 1 && o.alerts()[0].Tries == 1 })
			if got := o.alerts()[0].LastError; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if strings.Contains(o.log.String(), "MARKER") {
				t.Error(o.log)
			}
			said, _ := p.all()
			if name == "no TLS" && strings.Contains(strings.Join(said, " "), "AUTH") {
				t.Error("the password was sent in the clear")
			}
		})
	}
}
