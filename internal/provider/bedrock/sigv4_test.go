package bedrock_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// verify computes a request's signature anew from what arrived, step by step as the
// vendor's documentation has it, and says what is wrong with it, "" when nothing is.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func verify(r *http.Request, body []byte, secret string) string {
	scope, signed, signature, ok := authorization(r.Header.Get("Authorization"))
	date := r.Header.Get("X-Amz-Date")
	if !ok || len(date) != len("20060102T150405Z") {
		return "no signature of version 4: " + r.Header.Get("Authorization")
	}
	parts := strings.Split(scope, "/") // key id, day, region, service, aws4_request
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz") && !slices.Contains(strings.Split(signed, ";"), lower) {
			return name + " is sent and not signed"
		}
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	canonical := r.Method + "\n" + escape(path) + "\n" + query + "\n" + headers(r, signed) + "\n" + signed + "\n" + hexSum(body)
	toSign := "AWS4-HMAC-SHA256\n" + date + "\n" + strings.Join(parts[1:], "/") + "\n" + hexSum([]byte(canonical))
	key := []byte("AWS4" + secret)
	for _, part := range parts[1:] {
		key = mac(key, part)
	}
	if want := hex.EncodeToString(mac(key, toSign)); want != signature {
		return "the signature is " + signature + ", want " + want
	}
	return ""
}

func authorization(field string) (scope, signed, signature string, ok bool) {
	rest, ok := strings.CutPrefix(field, "AWS4-HMAC-SHA256 ")
	values := map[string]string{}
	for part := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(part, "=")
		values[name] = value
	}
	scope = values["Credential"]
	return scope, values["SignedHeaders"], values["Signature"], ok && strings.Count(scope, "/") == 4
}

// escape is the encoding of a path that is encoded already.
func escape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c == '/' || c == '-' || c == '_' || c == '.' || c == '~' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}

func headers(r *http.Request, signed string) string {
	var b strings.Builder
	for name := range strings.SplitSeq(signed, ";") {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return b.String()
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// The vector get-vanilla of the vendor's own suite: without it, the check of the checker
// would rest on nothing.
func TestTheCheckOfSignaturesKnowsTheVendorsVector(t *testing.T) {
	r := &http.Request{Method: "GET", RequestURI: "/", Host: "example.amazonaws.com", Header: http.Header{
		"X-Amz-Date": {"20150830T123600Z"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
			"Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	}}
	if wrong := verify(r, nil, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"); wrong != "" {
		t.Error(wrong)
	}
	if verify(r, nil, "another") == "" || verify(r, []byte("x"), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") == "" {
		t.Error("anything passes")
	}
}
