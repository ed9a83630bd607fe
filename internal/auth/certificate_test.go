package auth_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// certificate makes one that is valid for an hour around now.
func certificate(t testing.TB, template x509.Certificate) *x509.Certificate {
	t.Helper()
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = now.Add(-time.Hour), now.Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func application(t testing.TB) *x509.Certificate {
	id, _ := url.Parse("spiffe://acme.example/app")
	return certificate(t, x509.Certificate{
		Subject: pkix.Name{CommonName: "app", Organization: []string{"Acme, Inc."}, Country: []string{"DE"}},
		URIs:    []*url.URL{id}, DNSNames: []string{"App.Acme.example"}, EmailAddresses: []string{"App@Acme.Example"},
	})
}

func shown(cert *x509.Certificate) *tls.ConnectionState {
	chain := []*x509.Certificate{cert}
	return &tls.ConnectionState{PeerCertificates: chain, VerifiedChains: [][]*x509.Certificate{chain}}
}

func TestACertificateIsTheKeyWithItsSubject(t *testing.T) {
	state := shown(application(t))
	for subject, want := range map[string]bool{
		`CN=app,O=Acme\, Inc.,C=DE`:       true,
		`CN = app, O = Acme\, Inc., C=DE`: true,
		`URI:spiffe://acme.example/app`:   true,
		`spiffe://acme.example/app`:       true,
		`DNS:app.acme.example`:            true,
		`dns:APP.acme.EXAMPLE`:            true,
		`app.acme.example`:                true,
		`email:App@acme.example`:          true,
		`App@ACME.example`:                true,
		`app@acme.example`:                false,
		`CN=app`:                          false,
		`C=DE,O=Acme\, Inc.,CN=app`:       false,
		`CN=App,O=Acme\, Inc.,C=DE`:       false,
		`URI:app.acme.example`:            false,
		`DNS:spiffe://acme.example/app`:   false,
		`spiffe://acme.example/app/`:      false,
		`acme.example`:                    false,
		``:                                false,
	} {
		key := &gateway.Key{ID: "C", Workspace: "w", Hash: gateway.HashKey("c"), Subject: subject}
		who, err := swapped(key).Certificate(state, now)
		if (err == nil) != want || want && (who.Key != key || who.Workspace != "w") {
			t.Errorf("%q: %+v, %v", subject, who, err)
		}
		if k := swapped(key).BySubject(auth.Subject(subject), now); (k == nil) != (subject == "") {
			t.Errorf("%q is not found by its own subject", subject)
		}
	}
}

func TestACertificateThatIsNobodysIsRefused(t *testing.T) {
	past := now.Add(-time.Second)
	cert := application(t)
	unverified := shown(cert)
	unverified.VerifiedChains = nil
	for name, c := range map[string]struct {
		state *tls.ConnectionState
		spoil func(*gateway.Key)
		at    time.Time
	}{
		"no TLS":                     {nil, nil, now},
		"no certificate":             {&tls.ConnectionState{}, nil, now},
		"not verified by a listener": {unverified, nil, now},
		"expired while connected":    {shown(cert), nil, now.Add(2 * time.Hour)},
		"not yet valid":              {shown(cert), nil, now.Add(-2 * time.Hour)},
		"its key is revoked":         {shown(cert), func(k *gateway.Key) { k.Revoked = &past }, now},
		"its key is disabled":        {shown(cert), func(k *gateway.Key) { k.Disabled = &past }, now},
		"its key has expired":        {shown(cert), func(k *gateway.Key) { k.Expires = &past }, now},
		"another's certificate":      {shown(certificate(t, x509.Certificate{DNSNames: []string{"other.example"}})), nil, now},
	} {
		key := &gateway.Key{ID: "C", Hash: gateway.HashKey("c"), Subject: "app.acme.example"}
		if c.spoil != nil {
			c.spoil(key)
		}
		if who, err := swapped(key).Certificate(c.state, c.at); err == nil || err.Error() != auth.Unauthenticated().Error() {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
	if _, err := new(auth.Keys).Certificate(shown(cert), now); err == nil {
		t.Error("no keys let a certificate in")
	}
}

func TestASubjectStaysWithTheOlderKey(t *testing.T) {
	later := now.Add(time.Hour)
	first := &gateway.Key{ID: "first", Hash: gateway.HashKey("1"), Subject: "app.acme.example", Created: now}
	second := &gateway.Key{ID: "second", Hash: gateway.HashKey("2"), Subject: "DNS:App.acme.example", Created: later}
	for _, order := range [][]*gateway.Key{{first, second}, {second, first}} {
		if k := swapped(order...).BySubject("DNS:app.acme.example", now); k != first {
			t.Errorf("found %+v", k)
		}
	}
	gone := *first
	gone.Revoked = &now
	if k := swapped(&gone, second).BySubject("DNS:app.acme.example", now); k != second {
		t.Errorf("after the first was revoked: %+v", k)
	}
}

func TestACertificatesNamesComeInItsOwnOrder(t *testing.T) {
	want := []string{`CN=app,O=Acme\, Inc.,C=DE`, "URI:spiffe://acme.example/app", "DNS:app.acme.example", "email:App@acme.example"}
	if got := auth.Subjects(application(t)); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := auth.Subjects(certificate(t, x509.Certificate{DNSNames: []string{"a.example"}})); !slices.Equal(got, []string{"DNS:a.example"}) {
		t.Errorf("without a distinguished name: %q", got)
	}
}

func TestEscapedSpacesOfASubjectCount(t *testing.T) {
	for text, want := range map[string]string{
		`CN=a , O=b`:         `CN=a,O=b`,
		`CN=a\ ,O=b`:         `CN=a\ ,O=b`,
		`CN=\ a + OU=x,O=b `: `CN=\ a+OU=x,O=b`,
		`CN=a\, O=b`:         `CN=a\, O=b`,
		`CN=a\`:              `CN=a\`,
		`CN=https://a,O=b`:   `CN=https://a,O=b`,
		`spiffe://a/b?c=d`:   `URI:spiffe://a/b?c=d`,
	} {
		if got := auth.Subject(text); got != want || auth.Subject(got) != got {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestACertificateThatWasSeenCostsNothing(t *testing.T) {
	keys := swapped(&gateway.Key{ID: "C", Hash: gateway.HashKey("c"), Subject: "spiffe://acme.example/app"})
	cert := application(t)
	for range 2000 { // more than are remembered
		other := *cert
		if _, err := keys.Certificate(shown(&other), now); err != nil {
			t.Fatal(err)
		}
	}
	state := shown(cert)
	if n := testing.AllocsPerRun(100, func() { keys.Certificate(state, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCertificate(b *testing.B) {
	keys := swapped(&gateway.Key{ID: "C", Hash: gateway.HashKey("c"), Subject: "spiffe://acme.example/app"})
	state := shown(application(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Certificate(state, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSwapOf100000Keys(b *testing.B) {
	all := make([]*gateway.Key, 100_000)
	for i := range all {
		all[i] = keyOf(auth.NewSecret(auth.SecretPrefix))
		all[i].Networks = []string{"10.0.0.0/8"}
	}
	keys := new(auth.Keys)
	b.ReportAllocs()
	for b.Loop() {
		keys.Swap(all)
	}
}
