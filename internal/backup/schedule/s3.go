package schedule

import (
	"bytes"
	"context"
	"crypto/fips140"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// S3 is a bucket of storage that speaks S3, below a prefix.
type S3 struct {
	Base   *url.URL // of the bucket
	Prefix string   // "" or one that ends with /
	Region string
	Keys   aws.CredentialsProvider
	Client *http.Client // NewClient's, say: none that follows redirects
	Dir    string       // in which backups are written first
}

// One PUT takes that much (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
const maxObject = 5 << 30

const (
	dialTime   = 10 * time.Second
	answerTime = 2 * time.Minute // behind the last byte of a request
)

// NewClient makes a client for S3. It follows no redirects: where backups go is what was
// configured, and nothing that a server says.
func NewClient() *http.Client {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext,
		TLSHandshakeTimeout: dialTime, ForceAttemptHTTP2: true, ExpectContinueTimeout: time.Second,
		ResponseHeaderTimeout: answerTime, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Scratch implements Place.
func (s *S3) Scratch() string { return s.Dir }

// Shared implements Place: the data directory is one process's own.
func (s *S3) Shared() bool { return false }

// sumHeader keeps the SHA-256 of an object beside it.
const sumHeader = "X-Amz-Meta-Sluice-Sha256"

// Put implements Place: the server checks the sum before the object is there, and that no
// other one is (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
func (s *S3) Put(ctx context.Context, name, file string, sum [32]byte) error {
	f, err := os.Open(file)
	if err != nil {
		return &Refused{err}
	}
	defer os.Remove(file)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return &Refused{err}
	}
	if info.Size() > maxObject {
		return &Refused{fmt.Errorf("a backup of %d bytes is too large for one object of S3, which takes 5 GiB; back up to a directory", info.Size())}
	}
	r := request{method: http.MethodPut, at: s.at(name), file: f, size: info.Size(), sum: sum, header: http.Header{sumHeader: {hex.EncodeToString(sum[:])}, "If-None-Match": {"*"}}}
	if err := r.addMD5(); err != nil {
		return &Refused{err}
	}
	_, _, err = s.do(ctx, &r)
	if a, answered := errors.AsType[*answer](err); answered && a.status == http.StatusNotImplemented {
		err = s.putLook(ctx, &r, name)
	}
	if a, answered := errors.AsType[*answer](err); answered && a.status/100 < 5 {
		if a.status == http.StatusPreconditionFailed {
			return taken(name)
		}
		return &Refused{err}
	}
	return err
}

// addMD5 adds the sum that buckets with Object Lock want, and that storage of every age
// knows (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html).
func (r *request) addMD5() error {
	if fips140.Enabled() {
		return nil // which has no MD5
	}
	sum := md5.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r.file, 0, r.size)); err != nil {
		return err
	}
	r.header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	return nil
}

// putLook puts where the server knows no conditions: after a look.
func (s *S3) putLook(ctx context.Context, r *request, name string) error {
	_, there, err := s.head(ctx, name)
	if err != nil {
		return &Refused{err}
	}
	if there {
		return taken(name)
	}
	r.header.Del("If-None-Match")
	_, _, err = s.do(ctx, r)
	return err
}

func (s *S3) head(ctx context.Context, name string) (header http.Header, there bool, err error) {
	_, header, err = s.do(ctx, &request{method: http.MethodHead, at: s.at(name), sum: sha256.Sum256(nil)})
	if a, answered := errors.AsType[*answer](err); answered && a.status == http.StatusNotFound {
		return nil, false, nil
	}
	return header, err == nil, err
}

// Holds implements Place, by the size and the sum that was put beside the object.
func (s *S3) Holds(ctx context.Context, f *File) (bool, error) {
	h, there, err := s.head(ctx, f.Name)
	return there && h.Get("Content-Length") == strconv.FormatInt(f.Size, 10) && h.Get(sumHeader) == f.Sum, err
}

// Delete implements Place.
func (s *S3) Delete(ctx context.Context, name string) error {
	_, _, err := s.do(ctx, &request{method: http.MethodDelete, at: s.at(name), sum: sha256.Sum256(nil)})
	return err
}

func (s *S3) at(name string) *url.URL { return s.Base.JoinPath(s.Prefix + name) }

// listing is a page of ListObjectsV2
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
type listing struct {
	Contents []struct {
		Key  string
		Size int64
	}
	NextContinuationToken string
}

// Sizes implements Place.
func (s *S3) Sizes(ctx context.Context) (map[string]int64, error) {
	sizes := map[string]int64{}
	for next := ""; ; {
		at := *s.Base
		at.Path = strings.TrimSuffix(at.Path, "/") + "/"
		query := url.Values{"list-type": {"2"}, "prefix": {s.Prefix + "sluice-"}}
		if next != "" {
			query.Set("continuation-token", next)
		}
		at.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		text, _, err := s.do(ctx, &request{method: http.MethodGet, at: &at, sum: sha256.Sum256(nil)})
		if err != nil {
			return nil, err
		}
		var page listing
		if err := xml.Unmarshal(text, &page); err != nil {
			return nil, fmt.Errorf("the list of the bucket cannot be read: %w", err)
		}
		for _, o := range page.Contents {
			if name := strings.TrimPrefix(o.Key, s.Prefix); backupName.MatchString(name) {
				sizes[name] = o.Size
			}
		}
		if next = page.NextContinuationToken; next == "" {
			return sizes, nil
		}
	}
}

// maxAnswer bounds what is read of an answer: a page of 1000 names is far smaller.
const maxAnswer = 4 << 20

type request struct {
	method string
	at     *url.URL
	file   io.ReaderAt // nil = no body; it is closed by who opened it
	size   int64
	sum    [32]byte // SHA-256 of the body
	header http.Header
}

// answer is an answer that is no success.
type answer struct {
	status int
	code   string
}

func (a *answer) Error() string {
	if a.status/100 == 3 {
		return fmt.Sprintf("S3 answered %d %.60s; redirects are not followed: check region and url", a.status, a.code)
	}
	return fmt.Sprintf("S3 answered %d %.60s", a.status, a.code)
}

func (s *S3) do(ctx context.Context, what *request) ([]byte, http.Header, error) {
	var body io.Reader
	if what.file != nil {
		// One for each request: the client may go on reading that of a request that was
		// answered early (https://pkg.go.dev/net/http#RoundTripper).
		body = io.NewSectionReader(what.file, 0, what.size)
	}
	r, err := http.NewRequestWithContext(ctx, what.method, what.at.String(), body)
	if err != nil {
		return nil, nil, err
	}
	r.ContentLength = what.size
	for name, values := range what.header {
		r.Header[name] = values
	}
	keys, err := s.Keys.Retrieve(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("no credentials are found for it; write user and password, or give AWS's usual sources")
	}
	digest := hex.EncodeToString(what.sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	sign := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // S3 signs paths as they are spelt
	if err := sign.SignHTTP(ctx, keys, r, digest, "s3", s.Region, time.Now()); err != nil {
		return nil, nil, fmt.Errorf("the request cannot be signed")
	}
	resp, err := s.Client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode/100 == 2 {
		return text, resp.Header, err
	}
	_, rest, _ := bytes.Cut(text, []byte("<Code>"))
	code, _, _ := bytes.Cut(rest, []byte("</Code>"))
	return nil, nil, &answer{resp.StatusCode, string(code)}
}
