package semantic_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

// asked is a prompt of a workspace, of a time when that many purges were known.
func asked(n int, workspace string, purged int64) semantic.Record {
	r := record(n)
	r.Workspace, r.Purged = workspace, purged
	return r
}

// theirs are prompts of two workspaces, of one that is not known, and one that came after
// the purge.
func theirs() []semantic.Record {
	return []semantic.Record{asked(1, "acme", 0), asked(2, "other", 0), asked(3, "", 0), asked(4, "acme", 7), asked(5, "acme", 6)}
}

// left are those that the seventh purge, of acme, does not name.
var left = []string{"prompt 2", "prompt 4"}

func textsOf(all []semantic.Record) (out []string) {
	for _, r := range all {
		out = append(out, r.Text)
	}
	return out
}

func TestAPurgeOfAWorkspaceLeavesNoPromptOfIt(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "prompts")
	for name, feed := range map[string]semantic.Feed{"file": file(t, path, 400), "redis": semantic.NewRedis(dial(t, testredis.Start(t, false)), 0)} {
		t.Run(name, func(t *testing.T) {
			for _, r := range theirs() {
				if err := feed.Publish(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if err := feed.Forget(t.Context(), "acme", 7); err != nil {
				t.Fatal(err)
			}
			if err := feed.Publish(t.Context(), asked(6, "acme", 7)); err != nil {
				t.Fatal(err)
			}
			if name == "file" { // which tells what was there only to who asks first
				feed = file(t, path, 400)
			}
			got, _ := drain(t, feed, "")
			if texts := textsOf(got); !slices.Equal(texts, append(slices.Clone(left), "prompt 6")) {
				t.Errorf("left: %v", texts)
			}
		})
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		text, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil || bytes.Contains(text, []byte("prompt 1")) || bytes.Contains(text, []byte("prompt 5")) {
			t.Errorf("%s holds a prompt that was purged; %v", n.Name(), err)
		}
	}
}

func TestAFileThatNobodyAskedIsPurgedAndToldAfterIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts")
	one := file(t, path, 0)
	for _, r := range theirs() {
		if err := one.Publish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	two := file(t, path, 0)
	if err := two.Forget(t.Context(), "acme", 7); err != nil {
		t.Fatal(err)
	}
	if got := textsOf(all(t, two)); !slices.Equal(got, left) {
		t.Errorf("left: %v", got)
	}
	if err := file(t, filepath.Join(t.TempDir(), "none"), 0).Forget(t.Context(), "acme", 7); err != nil {
		t.Error(err)
	}
}

// A prompt that another node tells late is not taken either.
func TestAnIndexForgetsAndDoesNotLearnAgain(t *testing.T) {
	x := semantic.New(semantic.Options{})
	for _, r := range theirs() {
		x.Put(r)
	}
	if gone := x.Forget("acme", 7); gone != 3 {
		t.Errorf("%d went", gone)
	}
	for _, r := range theirs() {
		if took := x.Put(r); took != slices.Contains(left, r.Text) {
			t.Errorf("%s was taken again: %v", r.Text, took)
		}
	}
	if n, _ := x.Size(); n != 2 {
		t.Errorf("%d are there", n)
	}
}

// Records of the form before tell no workspace.
func TestRecordsOfTheFormerFormAreRead(t *testing.T) {
	want := record(3)
	b := []byte{1}
	b = append(append(b, want.Scope[:]...), want.Key[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(want.Until.UnixMilli()))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = append(b, want.Text...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	got, err := semantic.Decode(b)
	if err != nil || got.Text != want.Text || got.Key != want.Key || got.Workspace != "" || !got.Until.Equal(want.Until.Truncate(time.Millisecond)) {
		t.Errorf("%+v, %v", got, err)
	}
}
