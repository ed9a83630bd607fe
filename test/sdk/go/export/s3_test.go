package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/s3"
)

const bucket = "llm-logs"

// storage is an S3 that can be away. It is strict about what is signed.
type storage struct {
	*s3mem.Backend
	url  string
	away atomic.Bool
}

func newStorage(t *testing.T) *storage {
	s := &storage{Backend: s3mem.New()}
	if err := s.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s.Backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth := r.Header.Get("Authorization")
		if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AK/") || !strings.Contains(auth, "/eu-central-1/s3/aws4_request") || !strings.Contains(auth, "x-amz-content-sha256") || r.Header.Get("X-Amz-Date") == "" {
			t.Errorf("signed by %q", auth)
		}
		if s.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "<Error><Code>SlowDown</Code></Error>")
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *storage) read(t *testing.T) (all []exporttest.Got) {
	t.Helper()
	list, err := s.ListBucket(bucket, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents { // sorted by name
		if !strings.HasPrefix(o.Key, "sluice/2") {
			t.Errorf("an object is called %s", o.Key)
		}
		object, err := s.GetObject(bucket, o.Key, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(object.Contents)
		object.Contents.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rowsOf(t, o.Key, body)...)
	}
	return all
}

func rowsOf(t *testing.T, name string, body []byte) []exporttest.Got {
	t.Helper()
	var err error
	switch path.Ext(name) {
	case ".parquet":
		return exporttest.FromParquet(t, body)
	case ".gz":
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = io.ReadAll(z)
		}
	case ".zst":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(nil); err == nil {
			defer z.Close()
			body, err = z.DecodeAll(body, nil)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var docs []json.RawMessage
	for line := range bytes.Lines(body) {
		docs = append(docs, bytes.TrimSpace(line))
	}
	return exporttest.Rows(docs)
}

func TestS3(t *testing.T) {
	for _, c := range []s3.Config{{Format: "jsonl", Compress: "none"}, {Format: "jsonl", Compress: "gzip"}, {Format: "jsonl", Compress: "zstd"}, {Format: "parquet"}} {
		t.Run(c.Format+" "+c.Compress, func(t *testing.T) {
			suite := exporttest.Suite{New: func(t *testing.T) *exporttest.Place {
				s, c := newStorage(t), c
				c.URL, c.Bucket, c.Prefix, c.Region, c.PathStyle = s.url, bucket, "sluice/", "eu-central-1", true
				c.Keys = credentials.NewStaticCredentialsProvider("AK", "SK", "")
				return &exporttest.Place{
					Open: func() (export.Sink, error) { return s3.New(c) },
					Read: s.read,
					Away: s.away.Store,
				}
			}}
			if c.Format == "parquet" {
				suite.Same = exporttest.SameAsParquet
			}
			exporttest.Run(t, suite)
		})
	}
}
