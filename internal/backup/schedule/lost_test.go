package schedule

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

// takeOver has another node take the lease, as it may once it was not renewed.
func (w *world) takeOver(ctx context.Context) {
	late := time.Now().Add(time.Hour)
	if mine, err := w.store.Lease(ctx, setting, "another", late, late.Add(time.Hour)); err != nil || !mine {
		w.t.Errorf("%v %v", mine, err)
	}
}

func TestANodeThatLosesItsLeaseEndsWhatItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.wrap = func(to io.Writer) io.Writer {
			first := true
			return writerFunc(func(b []byte) (int, error) {
				if first {
					first = false
					w.takeOver(t.Context())
					time.Sleep(5 * time.Minute) // a slow disk
				}
				return to.Write(b)
			})
		}
		s := w.node()
		if err := s.Look(t.Context()); !errors.Is(err, errLost) {
			t.Errorf("it says %v", err)
		}
		w.want()
		if st, err := s.load(t.Context()); err != nil || st.Failures != 0 || !st.Made.IsZero() || !st.Tried.IsZero() {
			t.Errorf("the state is the other node's: %+v %v", st, err)
		}
	})
}

// between is a place in which something happens once a file was put.
type between struct {
	Dir
	put func()
}

func (b between) Put(ctx context.Context, name, file string, sum [32]byte) error {
	err := b.Dir.Put(ctx, name, file, sum)
	b.put()
	return err
}

func TestNothingIsPrunedWithoutTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.plan.Keep = 1
		s := w.node()
		w.look(s)
		time.Sleep(24 * time.Hour)
		w.plan.Open = func(context.Context) (Place, error) {
			return between{Dir: Dir(w.dir), put: func() { w.takeOver(t.Context()) }}, nil
		}
		if err := s.Look(t.Context()); !errors.Is(err, errLost) {
			t.Errorf("it says %v", err)
		}
		w.want(day1, day2)
		st, err := s.load(t.Context())
		if err != nil || len(st.Unsure) != 1 || st.Unsure[0].Name != day2 {
			t.Errorf("the next one is to find what was put: %+v %v", st, err)
		}
	})
}

func TestStoresInOnePlaceAreKeptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, other := newWorld(t), newWorld(t)
		other.dir, other.plan = w.dir, w.plan
		s, o := w.node(), other.node()
		o.newID = func() string { return "ffffffff" }
		w.look(s)
		theirs := "sluice-20000101T000000Z-ffffffff.tar.zst"
		half := filepath.Join(w.dir, ".sluice-20000101T000000Z-0a1b2c3d.tar.zst.part") // that the first one is writing
		if err := os.WriteFile(half, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		other.look(o)
		w.want(filepath.Base(half), day1, theirs)

		clone := newWorld(t) // a copy of the first one's database
		clone.dir, clone.plan = w.dir, w.plan
		was, err := os.ReadFile(filepath.Join(w.dir, day1))
		if err != nil {
			t.Fatal(err)
		}
		c := clone.node()
		clone.look(c)
		if st := c.State(); !strings.Contains(st.Error, "a place of its own") || len(st.Files)+len(st.Unsure) != 0 {
			t.Errorf("%+v", st)
		}
		if is, err := os.ReadFile(filepath.Join(w.dir, day1)); err != nil || !slices.Equal(is, was) {
			t.Errorf("the first one's was changed: %v", err)
		}
	})
}

// bucket is a server that speaks what backups need of S3.
type bucket struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string][]byte
	sums    map[string]string
	lose    func(w http.ResponseWriter)    // the answers of PUT
	deny    func(http.ResponseWriter) bool // what is answered instead
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock() // also for a handler that ends after its client has gone
	defer b.mu.Unlock()
	if b.deny != nil && b.deny(w) {
		return
	}
	text, there := b.objects[r.URL.Path]
	switch {
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "":
		b.t.Error("a PUT without a condition")
		fallthrough
	case r.Method == http.MethodPut:
		b.put(w, r, there)
	case r.URL.Query().Has("list-type"):
		var page listing
		for name, text := range b.objects {
			page.Contents = append(page.Contents, struct {
				Key  string
				Size int64
			}{strings.TrimPrefix(name, "/b/"), int64(len(text))})
		}
		_ = xml.NewEncoder(w).Encode(page)
	case !there:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodDelete:
		delete(b.objects, r.URL.Path)
	default:
		w.Header().Set(sumHeader, b.sums[r.URL.Path])
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = w.Write(text)
	}
}

func (b *bucket) put(w http.ResponseWriter, r *http.Request, there bool) {
	text, err := io.ReadAll(r.Body)
	if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != r.Header.Get("X-Amz-Content-Sha256") || !strings.Contains(r.Header.Get("Authorization"), "if-none-match") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if sum := md5.Sum(text); r.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest) // as a bucket with Object Lock does
		return
	}
	if there {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	b.objects[r.URL.Path], b.sums[r.URL.Path] = text, r.Header.Get(sumHeader)
	if b.lose != nil {
		b.lose(w)
	}
}

// onS3 is a node that makes backups into a bucket, and its clock.
func onS3(t *testing.T) (*Schedule, *bucket, *time.Time) {
	b := &bucket{t: t, objects: map[string][]byte{}, sums: map[string]string{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/b")
	if err != nil {
		t.Fatal(err)
	}
	w, now := newWorld(t), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	place := &S3{Base: base, Prefix: "x/", Region: "r", Keys: credentials.NewStaticCredentialsProvider("AK", "SK", ""), Client: NewClient(), Dir: t.TempDir()}
	w.plan.Keep, w.plan.Open = 1, func(context.Context) (Place, error) { return place, nil }
	s := w.node()
	s.Now = func() time.Time { return now }
	return s, b, &now
}

func (b *bucket) want(names ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	got := []string{}
	for name := range b.objects {
		got = append(got, strings.TrimPrefix(name, "/b/x/"))
	}
	if slices.Sort(got); !slices.Equal(got, names) {
		b.t.Errorf("there are %q, want %q", got, names)
	}
}

// hold does something while the bucket answers nobody.
func (b *bucket) hold(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

// keepAnswers ends what lose does.
func (b *bucket) keepAnswers() { b.hold(func() { b.lose = nil }) }

func breakOff(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestABackupWhoseAnswerWasLostIsFoundAgain(t *testing.T) {
	s, b, now := onS3(t)
	b.lose = breakOff
	look := func() State {
		t.Helper()
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.State()
	}
	if st := look(); st.Failed != 1 || len(st.Files) != 0 || len(st.Unsure) != 1 {
		t.Errorf("%+v", st)
	}
	b.keepAnswers()
	*now = now.Add(15 * time.Minute)
	if st := look(); st.Failed != 0 || len(st.Unsure) != 0 || len(st.Files) != 1 || !st.Made.Equal(st.Files[0].Time) {
		t.Errorf("%+v", st)
	}
	b.want(day1) // which is whole: there is no other
	*now = now.Add(24 * time.Hour)
	if st := look(); st.Failed != 0 || len(st.Files) != 1 {
		t.Errorf("%+v", st)
	}
	b.want("sluice-20000102T001500Z-0a1b2c3d.tar.zst") // it was known, and so it could go
}

func TestWhatBearsTheNameButIsAnothersIsLeftAlone(t *testing.T) {
	s, b, now := onS3(t)
	name := "/b/x/" + day1
	b.lose = func(w http.ResponseWriter) {
		b.objects[name] = make([]byte, len(b.objects[name])) // as large
		b.sums[name] = "another"
		breakOff(w)
	}
	for range 2 {
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.keepAnswers()
		*now = now.Add(15 * time.Minute)
	}
	if st := s.State(); !strings.Contains(st.Warning, day1) || len(st.Files) != 1 || len(st.Unsure) != 0 || st.Failed != 0 {
		t.Errorf("%+v", st)
	}
	b.want(day1, "sluice-20000101T001500Z-0a1b2c3d.tar.zst")
}

func TestS3ReplacesNothing(t *testing.T) {
	s, b, _ := onS3(t)
	b.objects["/b/x/"+day1] = []byte("another's")
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.State(); !strings.Contains(st.Error, "a place of its own") || len(st.Unsure) != 0 {
		t.Errorf("%+v", st)
	}
	b.hold(func() {
		if got := string(b.objects["/b/x/"+day1]); got != "another's" {
			t.Errorf("%.20q", got)
		}
	})
}

func TestS3DoesNotFollowRedirects(t *testing.T) {
	s, b, _ := onS3(t)
	followed := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s went there", r.Method, r.URL) }))
	t.Cleanup(followed.Close)
	b.deny = func(w http.ResponseWriter) bool {
		w.Header().Set("Location", followed.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.State(); !strings.Contains(st.Error, "redirects are not followed") {
		t.Errorf("%+v", st)
	}
}

func TestAServerWithoutConditionsIsLookedAtFirst(t *testing.T) {
	s, b, now := onS3(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		if text, err := io.ReadAll(r.Body); err == nil && r.Method == http.MethodPut {
			b.hold(func() {
				if b.objects[r.URL.Path] != nil {
					t.Error("it was replaced")
				}
				b.objects[r.URL.Path] = text
			})
			return
		}
		b.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := s.Plan()
	at, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at.(*S3).Base, err = url.Parse(server.URL + "/b"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.hold(func() {
			if st := s.State(); st.Error != "" || len(b.objects) != 1 {
				t.Errorf("%+v", st)
			}
		})
		*now = now.Add(24 * time.Hour)
	}
	b.hold(func() { b.objects["/b/x/"+nameAt(*now, "0a1b2c3d", false)] = []byte("another's") })
	if err := s.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.State(); !strings.Contains(st.Error, "a place of its own") {
		t.Errorf("%+v", st)
	}
}
