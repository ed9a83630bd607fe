package auth

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// The forms of a certificate's alternative names.
const (
	uriName   = "URI:"
	dnsName   = "DNS:"
	emailName = "email:"
)

// Subject gives the one spelling of a certificate's subject that is compared. It is a
// distinguished name as in RFC 2253 (CN=app,O=Acme; spaces around = and , do not count)
// or an alternative name: URI:spiffe://acme/app, DNS:app.acme.example,
// email:app@acme.example. A bare URI, host or address is taken for its form.
func Subject(text string) string {
	text = strings.TrimSpace(text)
	for _, form := range [...]string{uriName, dnsName, emailName} {
		if len(text) >= len(form) && strings.EqualFold(text[:len(form)], form) {
			return form + name(form, strings.TrimSpace(text[len(form):]))
		}
	}
	uri, equals := strings.Index(text, "://"), strings.IndexByte(text, '=')
	switch {
	case uri > 0 && (equals < 0 || uri < equals):
		return uriName + text
	case equals > 0:
		return tidy(text)
	case strings.Contains(text, "@"):
		return emailName + name(emailName, text)
	case text == "":
		return ""
	}
	return dnsName + name(dnsName, text)
}

// name lowers what is the same in any case: hosts (RFC 4343), also those of addresses.
func name(form, text string) string {
	switch form {
	case dnsName:
		return strings.ToLower(text)
	case emailName:
		at := strings.LastIndexByte(text, '@')
		return text[:at+1] + strings.ToLower(text[at+1:])
	}
	return text
}

// tidy drops the spaces that RFC 2253 allows around separators (section 4), and keeps
// the escaped ones.
func tidy(dn string) string {
	out := make([]byte, 0, len(dn))
	for i := 0; i < len(dn); i++ {
		switch c := dn[i]; c {
		case '\\':
			out = append(out, dn[i:min(i+2, len(dn))]...)
			i++
		case ',', '+', '=':
			out = append(trimSpaces(out), c)
			for i+1 < len(dn) && dn[i+1] == ' ' {
				i++
			}
		default:
			out = append(out, c)
		}
	}
	return string(trimSpaces(out))
}

// trimSpaces drops spaces at the end, except an escaped one.
func trimSpaces(b []byte) []byte {
	for n := len(b); n > 0 && b[n-1] == ' ' && (n < 2 || b[n-2] != '\\'); n-- {
		b = b[:n-1]
	}
	return b
}

// Subjects gives the names of a certificate in the spelling of Subject: its
// distinguished name first, unless it is empty, then URIs, hosts and addresses.
func Subjects(cert *x509.Certificate) []string {
	out := make([]string, 0, 1+len(cert.URIs)+len(cert.DNSNames)+len(cert.EmailAddresses))
	var dn pkix.RDNSequence // in the certificate's own order, which pkix.Name forgets
	if rest, err := asn1.Unmarshal(cert.RawSubject, &dn); err == nil && len(rest) == 0 && len(dn) > 0 {
		out = append(out, tidy(dn.String()))
	}
	for _, u := range cert.URIs {
		out = append(out, uriName+u.String())
	}
	for _, host := range cert.DNSNames {
		out = append(out, dnsName+name(dnsName, host))
	}
	for _, address := range cert.EmailAddresses {
		out = append(out, emailName+name(emailName, address))
	}
	return out
}

// Certificate authenticates by the client certificate that the listener has verified
// (tls.VerifyClientCertIfGiven or stricter): the first of its names that is a key's.
// state is nil where there is no TLS.
func (k *Keys) Certificate(state *tls.ConnectionState, now time.Time) (*gateway.Principal, error) {
	if state == nil || len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return nil, Unauthenticated()
	}
	leaf := state.PeerCertificates[0]
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) { // connections outlive certificates
		return nil, Unauthenticated()
	}
	for _, subject := range k.named.of(leaf) {
		if who := k.bySubject(subject, now); who != nil {
			return who, nil
		}
	}
	return nil, Unauthenticated()
}

// named remembers the names of certificates of connections that are open; the zero value
// knows none.
type named struct {
	mu    sync.RWMutex
	known map[*x509.Certificate][]string
}

// maxNamed bounds them; when it is reached all are forgotten.
const maxNamed = 1024

func (n *named) of(cert *x509.Certificate) []string {
	n.mu.RLock()
	names, ok := n.known[cert]
	n.mu.RUnlock()
	if ok {
		return names
	}
	names = Subjects(cert)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil || len(n.known) >= maxNamed {
		n.known = make(map[*x509.Certificate][]string)
	}
	n.known[cert] = names
	return names
}
