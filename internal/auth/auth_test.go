package auth_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	secretA = "sk-sluice-aaaaaaaaaaaaaaaaaaaaaaaa"
	secretB = "an imported key, with a space/+&=%"
	expired = "sk-sluice-expired-0123456789"
	revoked = "imported-and-revoked-0123456789"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// known are keys A and B, and one each that has expired and that was revoked.
func known() *auth.Keys {
	keys := new(auth.Keys)
	past := now.Add(-time.Second)
	keys.Swap([]*gateway.Key{
		{ID: "A", Workspace: "wa", Hash: gateway.HashKey(secretA)},
		{ID: "B", Workspace: "wb", Hash: gateway.HashKey(secretB)},
		{ID: "old", Hash: gateway.HashKey(expired), Expires: &past},
		{ID: "gone", Hash: gateway.HashKey(revoked), Revoked: &past},
	})
	return keys
}

// head makes a header from names and values in turn.
func head(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func TestAKeyIsFoundWhereverClientsPutIt(t *testing.T) {
	keys := known()
	cases := map[string]struct {
		head  http.Header
		query string
		want  string // "" = nobody
	}{
		"bearer":                            {head("authorization", "Bearer "+secretA), "", "A"},
		"bearer in capitals":                {head("authorization", "BEARER "+secretA), "", "A"},
		"bearer with many spaces":           {head("authorization", "  bearer   "+secretA+"  "), "", "A"},
		"authorization without scheme":      {head("authorization", secretA), "", "A"},
		"x-api-key":                         {head("x-api-key", secretA), "", "A"},
		"x-api-key with bearer":             {head("x-api-key", "Bearer "+secretA), "", "A"},
		"api-key":                           {head("api-key", secretA), "", "A"},
		"x-goog-api-key":                    {head("x-goog-api-key", secretA), "", "A"},
		"cf-aig-authorization":              {head("cf-aig-authorization", "Bearer "+secretA), "", "A"},
		"sluice-key":                        {head("sluice-key", secretA), "", "A"},
		"sluice-key with bearer":            {head("sluice-key", "Bearer "+secretA), "", "A"},
		"query":                             {nil, "key=" + secretA, "A"},
		"query behind others":               {nil, "alt=sse&key=" + secretA + "&x=1", "A"},
		"query, escaped":                    {nil, "key=" + url.QueryEscape(secretB), "B"},
		"an imported key":                   {head("authorization", "Bearer "+secretB), "", "B"},
		"sluice-key wins":                   {head("sluice-key", secretB, "authorization", "Bearer "+secretA), "", "B"},
		"a bad sluice-key ends it":          {head("sluice-key", "nonsense", "authorization", "Bearer "+secretA), "key=" + secretA, ""},
		"an empty sluice-key ends it":       {head("sluice-key", "", "authorization", "Bearer "+secretA), "", ""},
		"two sluice-keys are none":          {head("sluice-key", secretA, "sluice-key", secretA), "", ""},
		"the first valid header counts":     {head("authorization", "Bearer vendor-key-0123456789", "x-api-key", secretB), "", "B"},
		"authorization goes before others":  {head("x-api-key", secretB, "authorization", "Bearer "+secretA), "", "A"},
		"a second value of a header":        {head("authorization", "Basic dXNlcjpwYXNz", "authorization", "Bearer "+secretA), "", "A"},
		"a header goes before the query":    {head("x-api-key", secretA), "key=" + url.QueryEscape(secretB), "A"},
		"a bad header, then the query":      {head("x-api-key", "vendor-key-0123456789"), "key=" + secretA, "A"},
		"another query name":                {nil, "apikey=" + secretA, ""},
		"a query that cannot be unescaped":  {nil, "key=%zz", ""},
		"only the first key of a query":     {nil, "key=x&key=" + secretA, ""},
		"another header":                    {head("x-auth", secretA), "", ""},
		"basic":                             {head("authorization", "Basic "+secretA), "", ""},
		"bearer without a space":            {head("authorization", "Bearer"+secretA), "", ""},
		"one letter less":                   {head("authorization", "Bearer "+secretA[:len(secretA)-1]), "", ""},
		"another case":                      {head("authorization", "Bearer "+strings.ToUpper(secretA)), "", ""},
		"expired":                           {head("authorization", "Bearer "+expired), "", ""},
		"revoked":                           {head("x-api-key", revoked), "", ""},
		"expired in one, valid in another":  {head("authorization", "Bearer "+expired, "x-api-key", secretA), "", "A"},
		"nothing":                           {nil, "", ""},
		"a secret behind 5,000 other bytes": {head("authorization", "Bearer "+strings.Repeat("x", 5000)+secretA), "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p, err := keys.Caller(c.head, c.query, now)
			if c.want != "" {
				if err != nil || p.KeyID() != c.want || p.Workspace != "w"+strings.ToLower(c.want) {
					t.Fatalf("got %+v, %v", p, err)
				}
				return
			}
			var f *fault.Fault
			if p != nil || !errors.As(err, &f) || f.Code != fault.Unauthenticated || !f.NoRetry {
				t.Fatalf("got %+v, %v", p, err)
			}
		})
	}
}

func TestEveryRefusalSaysTheSame(t *testing.T) {
	keys, texts := known(), map[string]bool{}
	for _, h := range []http.Header{nil, head("authorization", "Bearer "+expired), head("x-api-key", revoked), head("sluice-key", "nonsense"), head("authorization", "Basic x")} {
		_, err := keys.Caller(h, "", now)
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Errorf("refusals differ, which tells callers what exists: %v", texts)
	}
}

func TestASigV4SignatureIsToldWhatToSendInstead(t *testing.T) {
	signed := "AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00"
	_, err := known().Caller(head("authorization", signed), "", now)
	var f *fault.Fault
	if !errors.As(err, &f) || f.Status != 401 || !strings.Contains(f.Message, "AWS_BEARER_TOKEN_BEDROCK") {
		t.Fatalf("got %v", err)
	}
	if p, err := known().Caller(head("authorization", signed, "x-api-key", secretA), "", now); err != nil || p.KeyID() != "A" {
		t.Errorf("a signature beside a key: %+v, %v", p, err)
	}
}

func TestOversizeSecretsAreNeverHashed(t *testing.T) {
	long := strings.Repeat("k", 4097)
	keys := new(auth.Keys)
	keys.Swap([]*gateway.Key{{ID: "long", Hash: gateway.HashKey(long)}, {ID: "fits", Hash: gateway.HashKey(long[:4096])}})
	for _, h := range []http.Header{head("authorization", "Bearer "+long), head("sluice-key", long), head("x-api-key", long)} {
		if p, err := keys.Caller(h, "key="+long, now); err == nil {
			t.Errorf("%v let in %s", len(h), p.KeyID())
		}
	}
	if p, err := keys.Caller(head("x-api-key", long[:4096]), "", now); err != nil || p.KeyID() != "fits" {
		t.Errorf("a secret of the largest size: %v", err)
	}
	if auth.QueryKey("key="+long) != "" || auth.QueryKey("key="+long[:4096]) == "" {
		t.Error("the bound of ?key= is not 4096")
	}
}

func TestNoKeysLetNobodyIn(t *testing.T) {
	var keys auth.Keys
	if _, err := keys.Caller(head("authorization", "Bearer "+secretA), "", now); err == nil || keys.Len() != 0 || keys.Find("", now) != nil {
		t.Error("the zero value knows a key")
	}
	keys.Swap([]*gateway.Key{{ID: "A", Hash: gateway.HashKey(secretA)}})
	if keys.Len() != 1 || keys.Find(secretA, now) == nil {
		t.Error("a swapped-in key is not known")
	}
	keys.Swap(nil)
	if keys.Len() != 0 || keys.Find(secretA, now) != nil {
		t.Error("a swapped-out key is still known")
	}
}

func TestTheCallersVendorCredentialIsNeverAKeyOfOurs(t *testing.T) {
	keys := known()
	const vendor = "sk-proj-the-callers-own"
	for name, c := range map[string]struct {
		head  http.Header
		query string
		want  string
	}{
		"beside sluice-key":              {head("sluice-key", secretA, "authorization", "Bearer "+vendor), "", vendor},
		"in x-api-key":                   {head("sluice-key", secretA, "x-api-key", vendor), "", vendor},
		"in x-goog-api-key":              {head("authorization", "Bearer "+secretA, "x-goog-api-key", vendor), "", vendor},
		"in the query":                   {head("x-goog-api-key", secretA), "alt=sse&key=" + vendor, vendor},
		"a header goes before the query": {head("x-api-key", vendor), "key=other-key", vendor},
		"only our key":                   {head("authorization", "Bearer "+secretA), "", ""},
		"our imported key":               {head("authorization", "Bearer "+secretB), "key=" + url.QueryEscape(secretB), ""},
		"our expired key":                {head("authorization", "Bearer "+expired), "", ""},
		"our revoked key":                {head("api-key", revoked), "key=" + revoked, ""},
		"a key of ours unknown here":     {head("authorization", "Bearer sk-sluice-of-another-node"), "key=sk-sluice-of-another-node", ""},
		"our key behind two schemes":     {head("authorization", "Bearer Bearer "+secretA), "", ""},
		"our imported key, two schemes":  {head("authorization", "Bearer bearer "+revoked), "", ""},
		"another node's, two schemes":    {head("authorization", "Bearer Bearer sk-sluice-of-another-node"), "", ""},
		"our key as basic":               {head("authorization", "Basic "+secretA), "", ""},
		"sluice-key alone":               {head("sluice-key", vendor), "", ""},
		"oversize":                       {head("authorization", "Bearer "+strings.Repeat("x", 5000)), "", ""},
		"nothing":                        {nil, "", ""},
	} {
		if got := keys.Presented(c.head, c.query); got != c.want {
			t.Errorf("%s: %.80q, want %q", name, got, c.want)
		}
	}
}

func TestMadeSecretsAreLongRandomAndMarked(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		s := auth.NewSecret(auth.SecretPrefix)
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(s, auth.SecretPrefix))
		if !strings.HasPrefix(s, "sk-sluice-") || err != nil || len(raw) != 32 || seen[s] {
			t.Fatalf("%s, %v", s, err)
		}
		seen[s] = true
	}
}

func TestAHintShowsAtMostAQuarterOfASecret(t *testing.T) {
	for n := auth.MinSecret; n < 120; n++ {
		secret := (auth.SecretPrefix + strings.Repeat("0123456789abcdef", 8))[:n]
		hint, ok := strings.CutSuffix(auth.Hint(secret), "…")
		if !ok || !strings.HasPrefix(secret, hint) || len(hint) > n/4 || len(hint) < 4 {
			t.Errorf("%d characters: hint %q", n, hint)
		}
	}
	if made := auth.NewSecret(auth.SecretPrefix); len(auth.Hint(made)) < len(auth.SecretPrefix)+len("…") {
		t.Errorf("hint %s does not tell keys apart", auth.Hint(made))
	}
}

func TestOnlyTheAdminTokenIsTheAdminToken(t *testing.T) {
	token := auth.NewSecret(auth.AdminPrefix)
	v := auth.NewAdminToken(token)
	for other, want := range map[string]bool{token: true, token + " ": false, token[1:]: false, "": false, string(v[:]): false} {
		if got := v.Verify(other); got != want {
			t.Errorf("%q: %v", other, got)
		}
	}
	if !strings.HasPrefix(token, "sluice-admin-") {
		t.Errorf("token %s", token)
	}
	if (auth.AdminToken{}).Verify("") {
		t.Error("the empty token is the admin's where none is set")
	}
}
