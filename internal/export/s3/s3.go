// Package s3 puts batches of entries as objects into storage that speaks S3: lines of
// JSON, or Parquet.
package s3

import (
	"bytes"
	"context"
	"crypto/fips140"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/parquet"
	"github.com/sluice-gateway/sluice/internal/export/push"
)

// Config says where to.
type Config struct {
	URL       string // "" = AWS
	Bucket    string
	Prefix    string
	Region    string
	PathStyle bool
	Format    string // jsonl or parquet
	Compress  string // none, gzip or zstd: of jsonl
	Keys      aws.CredentialsProvider
	TLS       *tls.Config
}

// Sink puts objects.
type Sink struct {
	c    Config
	base *url.URL
	http *push.Client
	sign *v4.Signer
}

// New makes a sink.
func New(c Config) (*Sink, error) {
	base, err := url.Parse(c.URL)
	if c.URL == "" {
		base, err = url.Parse("https://s3." + c.Region + ".amazonaws.com")
	}
	if err != nil {
		return nil, export.Failed("its URL is none")
	}
	if c.PathStyle {
		base = base.JoinPath(c.Bucket)
	} else {
		base.Host = c.Bucket + "." + base.Host
	}
	// S3 signs paths as they are spelt
	s := &Sink{c: c, base: base, http: push.New(c.TLS, nil, false), sign: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })}
	s.http.Sign = s.signed
	return s, nil
}

// Send implements export.Sink: an object. The same rows have the same name: sent again,
// they replace themselves.
func (s *Sink) Send(ctx context.Context, rows []export.Row) error {
	body, kind, suffix, err := s.encode(rows)
	if err != nil {
		return export.Failed("entries cannot be encoded: %v", err)
	}
	day := rows[0].Time.UTC().Format("2006/01/02/")
	at := s.at(s.c.Prefix + day + parquet.Stem(rows) + suffix)
	a, err := s.http.Do(ctx, http.MethodPut, at, http.Header{"Content-Type": {kind}}, body)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return &export.Away{Reason: "it answered " + strconv.Itoa(a.Status) + code(a.Body), Wait: a.Wait()}
	}
	return nil
}

// at is the URL of an object. S3 checks signatures over a spelling of its own: everything but
// letters, digits and -._~/ is encoded
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
func (s *Sink) at(key string) string {
	u := *s.base
	u.Path = strings.TrimRight(u.Path, "/") + "/" + strings.TrimLeft(key, "/")
	var raw strings.Builder
	for i := range len(u.Path) {
		if c := u.Path[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			raw.WriteByte(c)
		} else {
			fmt.Fprintf(&raw, "%%%02X", c)
		}
	}
	u.RawPath = raw.String()
	return u.String()
}

// code is the code of an error, which holds nothing secret
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func code(body []byte) string {
	_, rest, _ := bytes.Cut(body, []byte("<Code>"))
	if name, _, found := bytes.Cut(rest, []byte("</Code>")); found && len(name) < 64 {
		return " (" + string(name) + ")"
	}
	return ""
}

func (s *Sink) encode(rows []export.Row) (body []byte, kind, suffix string, err error) {
	var b bytes.Buffer
	if s.c.Format == "parquet" {
		err = parquet.Encode(&b, rows)
		return b.Bytes(), "application/vnd.apache.parquet", ".parquet", err
	}
	for _, r := range rows {
		b.Write(r.JSON)
		b.WriteByte('\n')
	}
	switch s.c.Compress {
	case "gzip":
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		_, err = w.Write(b.Bytes())
		err = errors.Join(err, w.Close())
		return zipped.Bytes(), "application/gzip", ".jsonl.gz", err
	case "zstd":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, "", "", err
		}
		defer w.Close()
		return w.EncodeAll(b.Bytes(), nil), "application/zstd", ".jsonl.zst", nil
	}
	return b.Bytes(), "application/x-ndjson", ".jsonl", nil
}

// signed adds a signature of version 4
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
func (s *Sink) signed(r *http.Request, body []byte) error {
	keys, err := s.c.Keys.Retrieve(r.Context())
	if err != nil {
		return export.Failed("no credentials are found for it; write user and password, or give AWS's usual sources")
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	// Buckets with Object Lock want it, and storage of every age knows it
	// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html).
	if !fips140.Enabled() { // which has no MD5
		sum := md5.Sum(body)
		r.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	}
	if err := s.sign.SignHTTP(r.Context(), keys, r, digest, "s3", s.c.Region, time.Now()); err != nil {
		return export.Failed("the request cannot be signed")
	}
	return nil
}

// Close implements export.Sink.
func (s *Sink) Close() error { s.http.Close(); return nil }
