package s3_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/s3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const keyID, secretKey = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func digest(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }

// spelt is a path as S3 spells it to check a signature: everything but letters, digits and
// -._~/ is encoded. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func spelt(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// verify says what is wrong with a request's signature, as the documents of S3 say it is to
// be made; nothing here knows how the sink makes it.
func verify(r *http.Request, body []byte, region string) error {
	fields := map[string]string{}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(when).Abs() > 15*time.Minute || scheme != "AWS4-HMAC-SHA256" {
		return fmt.Errorf("%s at %q", scheme, r.Header.Get("X-Amz-Date"))
	}
	day := when.Format("20060102")
	scope := day + "/" + region + "/s3/aws4_request"
	if fields["Credential"] != keyID+"/"+scope {
		return fmt.Errorf("credential %q", fields["Credential"])
	}
	whole := md5.Sum(body)
	if sum := r.Header.Get("Content-MD5"); sum != base64.StdEncoding.EncodeToString(whole[:]) || !strings.Contains(r.Header.Get("Authorization"), "content-md5") {
		return fmt.Errorf("the MD5 %q is not the body's, or is not signed", sum)
	}
	if sum := r.Header.Get("X-Amz-Content-Sha256"); sum != digest(body) {
		return fmt.Errorf("the body's digest is %q", sum)
	}
	names := strings.Split(fields["SignedHeaders"], ";")
	var headers strings.Builder
	for _, name := range names {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(r.ContentLength)
		}
		fmt.Fprintf(&headers, "%s:%s\n", name, strings.TrimSpace(value))
	}
	for _, must := range []string{"host", "x-amz-date", "x-amz-content-sha256"} {
		if !strings.Contains(";"+fields["SignedHeaders"]+";", ";"+must+";") {
			return fmt.Errorf("%s is not signed", must)
		}
	}
	if r.Header.Get("X-Amz-Security-Token") != "" && !strings.Contains(fields["SignedHeaders"], "x-amz-security-token") {
		return errors.New("the session's token is not signed")
	}
	request := strings.Join([]string{r.Method, spelt(r.URL.Path), "", headers.String(), fields["SignedHeaders"], digest(body)}, "\n")
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + digest([]byte(request))
	key := mac(mac(mac(mac([]byte("AWS4"+secretKey), day), region), "s3"), "aws4_request")
	if want := hex.EncodeToString(mac(key, text)); fields["Signature"] != want {
		return fmt.Errorf("SignatureDoesNotMatch of %q", r.URL.Path)
	}
	return nil
}

func TestRequestsAreSignedAsS3ChecksThem(t *testing.T) {
	for _, prefix := range []string{"sluice/", "team=search/dt=2026+1/", "a b/ü/(x)!*'&$@:,;", "a//b/../c/", "100%/%2F/"} {
		for _, token := range []string{"", "a-session's/token=="} {
			t.Run(prefix+token, func(t *testing.T) {
				var at string
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err == nil {
						err = verify(r, body, "eu-central-1")
					}
					if err != nil {
						t.Error(err)
						w.WriteHeader(http.StatusForbidden)
					}
					at = r.URL.Path
				}))
				defer server.Close()
				sink, err := s3.New(s3.Config{URL: server.URL, Bucket: "logs", Prefix: prefix, Region: "eu-central-1", PathStyle: true, Format: "jsonl", Compress: "gzip",
					Keys: credentials.NewStaticCredentialsProvider(keyID, secretKey, token)})
				if err != nil {
					t.Fatal(err)
				}
				defer sink.Close()
				day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
				if err := sink.Send(t.Context(), []export.Row{{ID: "0190a5b0-0000-7000-8000-000000000001", Time: day, JSON: []byte(`{"id":"1"}`)}}); err != nil {
					t.Error(err)
				}
				if !strings.HasPrefix(at, "/logs/"+prefix+"2026/05/01/") {
					t.Errorf("the object is at %q", at)
				}
			})
		}
	}
}

type noKeys struct{}

func (noKeys) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("metadata service of 169.254.169.254: secret " + secretKey)
}

func TestWithoutCredentialsTheErrorTellsWhatToDoAndNoSecret(t *testing.T) {
	sink, err := s3.New(s3.Config{URL: "http://127.0.0.1:1", Bucket: "logs", Region: "us-east-1", PathStyle: true, Keys: noKeys{}})
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	err = sink.Send(t.Context(), []export.Row{{ID: "1", JSON: []byte("{}")}})
	if err == nil || !strings.Contains(err.Error(), "user and password") || strings.Contains(err.Error(), secretKey) {
		t.Errorf("%v", err)
	}
}
