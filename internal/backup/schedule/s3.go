package schedule

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
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
	Client *http.Client
	Dir    string // in which backups are written first
}

// One PUT takes that much (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
const maxObject = 5 << 30

// Scratch implements Place.
func (s *S3) Scratch() string { return s.Dir }

// Put implements Place: the server checks the sum before the object is there.
func (s *S3) Put(ctx context.Context, name, file string, sum [32]byte) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer os.Remove(file)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > maxObject {
		return fmt.Errorf("a backup of %d bytes is too large for one object of S3, which takes 5 GiB; back up to a directory", info.Size())
	}
	_, err = s.do(ctx, http.MethodPut, s.at(name), f, info.Size(), sum)
	return err
}

// Delete implements Place.
func (s *S3) Delete(ctx context.Context, name string) error {
	_, err := s.do(ctx, http.MethodDelete, s.at(name), nil, 0, sha256.Sum256(nil))
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
		text, err := s.do(ctx, http.MethodGet, &at, nil, 0, sha256.Sum256(nil))
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

func (s *S3) do(ctx context.Context, method string, at *url.URL, body io.Reader, size int64, sum [32]byte) ([]byte, error) {
	if body != nil {
		body = io.NopCloser(body) // the file is closed by who opened it
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return nil, err
	}
	r.ContentLength = size
	keys, err := s.Keys.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("no credentials are found for it; write user and password, or give AWS's usual sources")
	}
	digest := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	sign := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }) // S3 signs paths as they are spelt
	if err := sign.SignHTTP(ctx, keys, r, digest, "s3", s.Region, time.Now()); err != nil {
		return nil, fmt.Errorf("the request cannot be signed")
	}
	resp, err := s.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode/100 == 2 {
		return text, err
	}
	_, rest, _ := bytes.Cut(text, []byte("<Code>"))
	code, _, _ := bytes.Cut(rest, []byte("</Code>"))
	return nil, fmt.Errorf("S3 answered %d %.60s", resp.StatusCode, code)
}
