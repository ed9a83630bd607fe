package export

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/johannesboyne/gofakes3"

	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/backup/schedule"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/store/storetest"
)

// Backups by the clock go to S3, whole or not at all; the oldest of them go, and nothing else.
func TestBackupsGoToS3(t *testing.T) {
	s, dir, now := newStorage(t), t.TempDir(), time.Date(2026, 3, 14, 3, 30, 0, 0, time.UTC)
	base, err := url.Parse(s.url + "/" + bucket)
	if err != nil {
		t.Fatal(err)
	}
	place := &schedule.S3{Base: base, Prefix: "sluice/", Region: "eu-central-1", Keys: credentials.NewStaticCredentialsProvider("AK", "SK", ""), Client: schedule.NewClient(), Dir: dir}
	k := schedule.New(schedule.Options{
		Store: storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db")), Missing: store.ErrNotFound, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		Flush: func(context.Context) int64 { return 0 },
		Plan: func() *schedule.Plan {
			return &schedule.Plan{When: schedule.When{Every: time.Hour}, Name: "s3://" + bucket + "/sluice", Keep: 2, Timeout: time.Minute, Open: func(context.Context) (schedule.Place, error) { return place, nil }}
		},
	})
	look := func(after time.Duration) schedule.State {
		t.Helper()
		now = now.Add(after)
		if err := k.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.State()
	}
	theirs := "sluice/sluice-20250101T000000Z-0a1b2c3d.tar.zst"
	if _, err := s.PutObject(bucket, theirs, nil, strings.NewReader("another's"), 9, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if st := look(time.Hour); st.Error != "" || st.Warning != "" {
			t.Fatalf("%+v", st)
		}
	}
	id := k.State().ID
	want := theirs + " sluice/sluice-20260314T053000Z-" + id + ".tar.zst sluice/sluice-20260314T063000Z-" + id + ".tar.zst"
	if got := s.names(t); got != want {
		t.Errorf("there are %s, want %s", got, want)
	}
	object, err := s.GetObject(bucket, "sluice/sluice-20260314T063000Z-"+id+".tar.zst", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Contents.Close()
	file, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatal(err)
	}
	if h, _, err := backup.Verify(bytes.NewReader(file), nil, func(int64, int64) {}); err != nil || h.Rows() == 0 {
		t.Errorf("%+v %v", h, err)
	}
	s.away.Store(true)
	if st := look(time.Hour); st.Failed != 1 || !strings.Contains(st.Error, "503 SlowDown") || len(st.Files) != 2 {
		t.Errorf("%+v", st)
	}
	s.away.Store(false)
	if st := look(time.Hour); st.Failed != 0 || s.names(t) == want {
		t.Errorf("%+v", st)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// names gives what objects are called, in order.
func (s *storage) names(t *testing.T) string {
	t.Helper()
	list, err := s.ListBucket(bucket, &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range list.Contents {
		names = append(names, o.Key)
	}
	return strings.Join(names, " ")
}
