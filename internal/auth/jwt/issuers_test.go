package jwt_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/auth/jwt"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestATokenCountsWhenEverythingAboutItIsRight(t *testing.T) {
	i := newIssuer()
	i.show("rsa", rsaKey())
	i.show("p256", p256Key())
	i.show("p384", p384Key())
	i.show("ed", edKey())
	s, said := open(t, i, basic())
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	ed := func(c any, header ...any) string { return sign(t, jose.EdDSA, edKey(), "ed", c, header...) }
	for name, c := range map[string]struct {
		token string
		want  bool
	}{
		"RS256":                     {sign(t, jose.RS256, rsaKey(), "rsa", valid()), true},
		"ES256":                     {sign(t, jose.ES256, p256Key(), "p256", valid()), true},
		"EdDSA":                     {ed(valid()), true},
		"without key id, one fits":  {sign(t, jose.EdDSA, edKey(), "", valid()), true},
		"audiences":                 {ed(valid().with("aud", []string{"x", audience})), true},
		"the second audience":       {ed(valid().with("aud", "other-gateway")), true},
		"an access token":           {ed(valid(), "typ", "at+jwt"), true},
		"an access token, long":     {ed(valid(), "typ", "application/AT+JWT"), true},
		"just before its end":       {ed(valid().with("exp", at(time.Second))), true},
		"ended within the leeway":   {ed(valid().with("exp", at(-29*time.Second))), true},
		"from now on":               {ed(valid().with("nbf", at(0))), true},
		"soon, within the leeway":   {ed(valid().with("nbf", at(29*time.Second))), true},
		"a fraction of a second":    {ed(valid().with("exp", float64(at(60*time.Second))+0.5)), true},
		"unknown claims":            {ed(valid().with("x", map[string]any{"y": 1})), true},
		"RS512 is not allowed":      {sign(t, jose.RS512, rsaKey(), "rsa", valid()), false},
		"PS256 is not allowed":      {sign(t, jose.PS256, rsaKey(), "rsa", valid()), false},
		"ES384 is not allowed":      {sign(t, jose.ES384, p384Key(), "p384", valid()), false},
		"HS256 by the public key":   {sign(t, jose.HS256, sharedKey, "rsa", valid()), false},
		"none":                      {unsigned(`{"alg":"none","typ":"JWT"}`), false},
		"none in capitals":          {unsigned(`{"alg":"NONE","kid":"ed"}`), false},
		"another's key":             {sign(t, jose.EdDSA, otherEd(), "ed", valid()), false},
		"a key of another kind":     {sign(t, jose.EdDSA, edKey(), "rsa", valid()), false},
		"a key brought along":       {brought(t), false},
		"another payload":           {swapPayload(ed(valid()), ed(valid().with("sub", "eve"))), false},
		"a signature cut":           {ed(valid())[:260], false},
		"another audience":          {ed(valid().with("aud", "bank")), false},
		"other audiences":           {ed(valid().with("aud", []string{"bank", "shop"})), false},
		"an audience in capitals":   {ed(valid().with("aud", "SLUICE")), false},
		"no audience":               {ed(valid().with("aud", nil)), false},
		"an audience that is one":   {ed(valid().with("aud", 1)), false},
		"another issuer":            {ed(valid().with("iss", "https://evil.example")), false},
		"an issuer with a slash":    {ed(valid().with("iss", "https://login.example/tenant/")), false},
		"no issuer":                 {ed(valid().with("iss", nil)), false},
		"an issuer that is a list":  {ed(valid().with("iss", []string{"https://login.example/tenant"})), false},
		"expired":                   {ed(valid().with("exp", at(-31*time.Second))), false},
		"expired to the nanosecond": {ed(valid().with("exp", at(-30*time.Second))), false},
		"without end":               {ed(valid().with("exp", nil)), false},
		"an end that is a text":     {ed(valid().with("exp", "4000000000")), false},
		"an end beyond reason":      {ed(valid().with("exp", 1e300)), false},
		"an end before 1970":        {ed(valid().with("exp", -1)), false},
		"not yet":                   {ed(valid().with("nbf", at(31*time.Second))), false},
		"a start that is a text":    {ed(valid().with("nbf", "0")), false},
		"issued in the future":      {ed(valid().with("iat", at(time.Hour))), false},
		"a null start":              {ed([]byte(strings.Replace(mustJSON(valid()), "{", `{"nbf":null,`, 1))), false},
		"no subject":                {ed(valid().with("sub", nil)), false},
		"a subject with control":    {ed(valid().with("sub", "a\nb")), false},
		"a subject without end":     {ed(valid().with("sub", strings.Repeat("a", 257))), false},
		"crit":                      {ed(valid(), "crit", []string{"x"}, "x", 1), false},
		"crit that it understands":  {ed(valid(), "crit", []string{"b64"}, "b64", true), false},
		"a logout token":            {ed(valid(), "typ", "logout+jwt"), false},
		"a type that is a number":   {ed(valid(), "typ", 7), false},
		"a nested token":            {ed(valid(), "cty", "JWT"), false},
		"claims that are a list":    {ed([]byte(`["iss"]`)), false},
		"claims that are null":      {ed([]byte(`null`)), false},
		"claims that are no JSON":   {ed([]byte(`{"iss":`)), false},
		"something behind":          {ed([]byte(mustJSON(valid()) + "{}")), false},
		"too large":                 {ed(valid().with("x", strings.Repeat("x", 13000))), false},
		"almost too large":          {ed(valid().with("x", strings.Repeat("x", 11000))), true},
		"spaces inside":             {strings.Replace(ed(valid()), ".", ". ", 1), false},
		"padding":                   {ed(valid()) + "==", false},
		"JSON serialization":        {`{"payload":"e30","protected":"e30","signature":"."}.`, false},
		"three dots":                {ed(valid()) + ".", false},
		"empty parts":               {"..", false},
	} {
		who := call(s, c.token, now)
		if (who != nil) != c.want {
			t.Errorf("%s: %+v", name, who)
		}
		if who != nil && (who.User != "ada" || who.Workspace != "home" || who.Key != nil || who.KeyID() != "") {
			t.Errorf("%s: %+v", name, who)
		}
	}
	if strings.Contains(said.String(), "eyJ") {
		t.Error("a token stands in the log")
	}
	if !strings.Contains(said.String(), "it has expired") {
		t.Error("the log does not say why a token was refused")
	}
}

func TestATokenThatIsTooLargeIsNotParsed(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	token := sign(t, jose.EdDSA, edKey(), "ed", valid().with("x", strings.Repeat("x", 13000)))
	if _, err := s.Verify(t.Context(), token, now); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("got %v", err)
	}
	if s.Ours(token) {
		t.Error("it was parsed")
	}
}

func unsigned(header string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(mustJSON(valid()))) + "."
}

// brought is signed by a key that stands in its own header.
func brought(t *testing.T) string {
	opt := &jose.SignerOptions{EmbedJWK: true}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: otherEd()}, opt)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.Sign([]byte(mustJSON(valid())))
	if err != nil {
		t.Fatal(err)
	}
	out, _ := signed.CompactSerialize()
	return out
}

func swapPayload(a, b string) string {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	return x[0] + "." + y[1] + "." + x[2]
}

func TestARefusalTellsNothing(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	for _, h := range []http.Header{
		nil, bearer("x"), bearer(sign(t, jose.EdDSA, otherEd(), "ed", valid())), bearer(sign(t, jose.EdDSA, edKey(), "ed", valid().with("exp", 1))),
	} {
		if _, err := s.Caller(t.Context(), h, now); err == nil || err.Error() != auth.Unauthenticated().Error() {
			t.Errorf("got %v", err)
		}
	}
}

func TestATokenIsFoundWhereKeysMayStand(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	token := sign(t, jose.EdDSA, edKey(), "ed", valid())
	for name, c := range map[string]struct {
		head http.Header
		want bool
	}{
		"authorization":              {bearer(token), true},
		"x-api-key":                  {http.Header{"X-Api-Key": {token}}, true},
		"behind a vendor's key":      {http.Header{"Authorization": {"Bearer sk-x"}, "X-Goog-Api-Key": {token}}, true},
		"sluice-key":                 {http.Header{"Sluice-Key": {token}}, true},
		"sluice-key with bearer":     {http.Header{"Sluice-Key": {"Bearer " + token}}, true},
		"a bad sluice-key ends it":   {http.Header{"Sluice-Key": {"x"}, "Authorization": {"Bearer " + token}}, false},
		"two sluice-keys are none":   {http.Header{"Sluice-Key": {token, token}}, false},
		"another header":             {http.Header{"X-Token": {token}}, false},
		"basic":                      {http.Header{"Authorization": {"Basic " + token}}, false},
		"a vendor's token before it": {http.Header{"Authorization": {"Bearer a.b.c"}, "X-Api-Key": {token}}, true},
	} {
		if _, err := s.Caller(t.Context(), c.head, now); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if s.Shown(c.head) != c.want {
			t.Errorf("%s: shown %v", name, !c.want)
		}
	}
}

func TestATokenOfOursIsNeverPresentedToAVendor(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	s, _ := open(t, i, basic())
	keys := new(auth.Keys)
	for name, c := range map[string]struct {
		token string
		ours  bool
	}{
		"valid":                           {sign(t, jose.EdDSA, edKey(), "ed", valid()), true},
		"expired":                         {sign(t, jose.EdDSA, edKey(), "ed", valid().with("exp", 1)), true},
		"forged":                          {sign(t, jose.EdDSA, otherEd(), "ed", valid()), true},
		"of our issuer, for the vendor":   {sign(t, jose.EdDSA, edKey(), "ed", valid().with("aud", "vendor")), false},
		"of the vendor's issuer":          {sign(t, jose.EdDSA, otherEd(), "ed", valid().with("iss", "https://vendor.example")), false},
		"no token":                        {"sk-vendor-0123456789", false},
		"something like a token, but not": {"a.b.c", false},
	} {
		if got := keys.Presented(bearer(c.token), "", s.Ours); (got == "") != c.ours {
			t.Errorf("%s: presented %.20q", name, got)
		}
	}
}

func TestSeveralIssuersAreToldApartByName(t *testing.T) {
	i := newIssuer()
	i.show("ed", edKey())
	first, second := basic(), basic()
	first.JWKS = name + "/keys"
	second.Issuer, second.JWKS, second.Workspace, second.Audiences = "https://second.example", name+"/keys", "away", []string{"two"}
	s, _ := open(t, i, first, second)
	if who := call(s, sign(t, jose.EdDSA, edKey(), "ed", valid()), now); who == nil || who.Workspace != "home" {
		t.Errorf("the first: %+v", who)
	}
	if who := call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("iss", "https://second.example", "aud", "two")), now); who == nil || who.Workspace != "away" {
		t.Errorf("the second: %+v", who)
	}
	if who := call(s, sign(t, jose.EdDSA, edKey(), "ed", valid().with("iss", "https://second.example")), now); who != nil {
		t.Errorf("an audience of the first lets in at the second: %+v", who)
	}
	if i.hit(discoveryPath) != 0 {
		t.Error("the URL of the keys is configured, and discovery was asked")
	}
}

func TestAnIssuersSettingsAreChecked(t *testing.T) {
	ring := jwt.NewKeyring(newIssuer(), nil)
	defer ring.Close()
	for want, spoil := range map[string]func(*jwt.Config){
		"":                    func(*jwt.Config) {},
		"needs a name":        func(c *jwt.Config) { c.Issuer = "" },
		"audiences":           func(c *jwt.Config) { c.Audiences = nil },
		"audiences are":       func(c *jwt.Config) { c.Audiences = []string{"a", ""} },
		`"none"`:              func(c *jwt.Config) { c.Algorithms = []string{"RS256", "none"} },
		`"HS256"`:             func(c *jwt.Config) { c.Algorithms = []string{"HS256"} },
		"between 0 and":       func(c *jwt.Config) { c.Leeway = time.Hour },
		"a workspace":         func(c *jwt.Config) { c.Workspace = "" },
		"no URL":              func(c *jwt.Config) { c.Issuer = "login.example" },
		"no URL with https":   func(c *jwt.Config) { c.JWKS = "file:///keys" },
		`"boss"`:              func(c *jwt.Config) { c.Claims.Roles = map[string]gateway.Role{"x": "boss"} },
		"https://login.examp": func(c *jwt.Config) { c.Audiences = nil },
	} {
		c := basic()
		spoil(&c)
		_, err := ring.Issuers(c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if _, err := ring.Issuers(basic(), basic()); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("the same twice: %v", err)
	}
}
