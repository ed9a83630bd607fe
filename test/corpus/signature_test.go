package corpus_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
)

// signed computes the signature of what arrived anew, and says what is wrong with it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func signed(got *arrival, secret string) string {
	field := got.header.Get("Authorization")
	rest, ok := strings.CutPrefix(field, "AWS4-HMAC-SHA256 ")
	values := map[string]string{}
	for part := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(part, "=")
		values[name] = value
	}
	scope := strings.Split(values["Credential"], "/") // key id, day, region, service, aws4_request
	if !ok || len(scope) != 5 {
		return "no signature of version 4: " + field
	}
	path, query, _ := strings.Cut(got.uri, "?")
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = segment(s)
	}
	canonical := strings.Join([]string{got.method, strings.Join(segments, "/"), query,
		signedFields(got, values["SignedHeaders"]), values["SignedHeaders"], sum(got.body)}, "\n")
	toSign := "AWS4-HMAC-SHA256\n" + got.header.Get("X-Amz-Date") + "\n" + strings.Join(scope[1:], "/") + "\n" + sum([]byte(canonical))
	key := []byte("AWS4" + secret)
	for _, part := range scope[1:] {
		key = keyed(key, part)
	}
	if hex.EncodeToString(keyed(key, toSign)) != values["Signature"] {
		return "the signature is wrong: " + field
	}
	return ""
}

func signedFields(got *arrival, names string) string {
	var b strings.Builder
	for name := range strings.SplitSeq(names, ";") {
		value := strings.Join(got.header.Values(http.CanonicalHeaderKey(name)), ",")
		if name == "host" {
			value = got.host
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return b.String()
}

// segment escapes all that is not unreserved.
func segment(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
