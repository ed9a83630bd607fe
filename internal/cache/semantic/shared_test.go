package semantic_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
	"github.com/sluice-gateway/sluice/internal/testredis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func record(n int) semantic.Record {
	return semantic.Record{
		Scope: keyOf(1), Key: keyOf(n), Vector: []float32{1, float32(n)}, Text: "prompt " + strconv.Itoa(n),
		Until: time.Now().Add(time.Hour).Truncate(time.Millisecond),
	}
}

func TestARecordComesBackAsItWasWritten(t *testing.T) {
	whence := record(8)
	whence.Workspace, whence.Purged = "acme", 1<<40
	for _, want := range []semantic.Record{record(7), whence, {}, {Text: "naïve 東京\x00"}, {Vector: []float32{-1.5e-9}}} {
		if want.Until.IsZero() {
			want.Until = time.UnixMilli(5)
		}
		got, err := semantic.Decode(want.Encode())
		if err != nil || got.Scope != want.Scope || got.Key != want.Key || !slices.Equal(got.Vector, want.Vector) || got.Text != want.Text || got.Workspace != want.Workspace || got.Purged != want.Purged || !got.Until.Equal(want.Until) {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	}
}

func TestDamagedOrForeignRecordsAreErrors(t *testing.T) {
	good := record(1).Encode()
	for i := range good {
		bad := slices.Clone(good)
		bad[i] ^= 0x40
		if _, err := semantic.Decode(bad); err == nil {
			t.Errorf("byte %d was changed and nobody noticed", i)
		}
		if _, err := semantic.Decode(good[:i]); err == nil {
			t.Errorf("cut at %d and nobody noticed", i)
		}
	}
	if _, err := semantic.Decode([]byte("not a record at all, but as long as one could be, and longer than the head of one is")); err == nil {
		t.Error("foreign data is a record")
	}
}

// dial gives a client of a server, gone with the test.
func dial(t *testing.T, s *testredis.Server) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	o.MaxRetries = -1
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAFeedGivesWhatComesBehindACursor(t *testing.T) {
	s := testredis.Start(t, true)
	f := semantic.NewRedis(dial(t, s), 0)
	ctx := t.Context()
	if got, _, err := f.Since(ctx, ""); err != nil || got != nil {
		t.Fatalf("an empty feed: %v %v", got, err)
	}
	for n := range 300 {
		if err := f.Publish(ctx, record(n)); err != nil {
			t.Fatal(err)
		}
	}
	all, cursor := drain(t, f, "")
	if len(all) != 300 || all[0].Text != "prompt 0" || all[299].Text != "prompt 299" {
		t.Fatalf("%d records", len(all))
	}
	s.Restart()
	if err := f.Publish(ctx, record(300)); err != nil {
		t.Fatal(err)
	}
	more, _ := drain(t, f, cursor)
	if len(more) != 1 || more[0].Text != "prompt 300" {
		t.Errorf("behind the cursor: %d records", len(more))
	}
}

// drain asks until there is no more.
func drain(t *testing.T, f semantic.Feed, cursor string) (all []semantic.Record, next string) {
	t.Helper()
	for {
		records, next, err := f.Since(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		if records == nil {
			return all, next
		}
		all, cursor = append(all, records...), next
	}
}

func TestAFeedIsBoundedAndPassesOverWhatIsForeign(t *testing.T) {
	s := testredis.Start(t, false)
	c := dial(t, s)
	f := semantic.NewRedis(c, 100)
	ctx := t.Context()
	for n := range 1000 {
		if err := f.Publish(ctx, record(n)); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.XLen(ctx, "sluice:cache:semantic").Val(); n < 100 || n > 300 {
		t.Errorf("%d records are kept", n)
	}
	for _, item := range []map[string]any{{"r": "garbage"}, {"other": "thing"}} {
		if err := c.XAdd(ctx, &redis.XAddArgs{Stream: "sluice:cache:semantic", Values: item}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Publish(ctx, record(1000)); err != nil {
		t.Fatal(err)
	}
	all, _ := drain(t, f, "")
	if last := all[len(all)-1]; last.Text != "prompt 1000" {
		t.Errorf("the last one is %q", last.Text)
	}
}

func TestAFeedThatWasLostBeginsAnew(t *testing.T) {
	s := testredis.Start(t, false)
	c := dial(t, s)
	f := semantic.NewRedis(c, 0)
	ctx := t.Context()
	// The clock of another server was ahead.
	if err := c.XAdd(ctx, &redis.XAddArgs{Stream: "sluice:cache:semantic", ID: "99999999999999-0", Values: map[string]any{"r": record(1).Encode()}}).Err(); err != nil {
		t.Fatal(err)
	}
	_, cursor := drain(t, f, "")
	if err := c.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if err := f.Publish(ctx, record(2)); err != nil {
		t.Fatal(err)
	}
	_, cursor = drain(t, f, cursor)
	if all, _ := drain(t, f, cursor); len(all) != 1 || all[0].Text != "prompt 2" {
		t.Errorf("%d records", len(all))
	}
}

// node is one that shares, with a clock that the test turns.
type node struct {
	*semantic.Shared
	tick chan time.Time
	wait chan time.Duration // what it waits for
}

func startNode(t *testing.T, feed semantic.Feed) *node {
	t.Helper()
	n := &node{Shared: semantic.NewShared(semantic.New(semantic.Options{}), feed), tick: make(chan time.Time), wait: make(chan time.Duration)}
	ctx, cancel := context.WithCancel(context.Background())
	n.After = func(d time.Duration) <-chan time.Time {
		select {
		case n.wait <- d:
		case <-ctx.Done():
		}
		return n.tick
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return n
}

// follow turns the clock once when the node has heard all.
func (n *node) follow() (pause time.Duration) {
	n.tick <- time.Time{}
	return <-n.wait
}

// until follows until something is so.
func (n *node) until(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); n.follow() {
		if is() {
			return
		}
	}
	t.Fatal("it never came to be so")
}

func TestNodesHearOfEachOthersPromptsAlsoAfterARestart(t *testing.T) {
	s := testredis.Start(t, false)
	feed := semantic.NewRedis(dial(t, s), 0)
	one, two := startNode(t, feed), startNode(t, feed)
	<-one.wait
	<-two.wait
	for n := range 10 {
		if !one.Keep(record(n)) {
			t.Fatal("not kept")
		}
	}
	if !one.Has(keyOf(3)) {
		t.Error("it is not there at once")
	}
	two.until(t, func() bool { return two.Has(keyOf(9)) })
	if m, ok, why := two.Find(keyOf(1), []float32{1, 9}, "prompt 9", 0.9); !ok || m.Key != keyOf(9) {
		t.Errorf("%+v %v %q", m, ok, why)
	}
	one.follow()
	if n := one.Heard.Load(); n != 0 {
		t.Errorf("it heard %d of its own", n)
	}
	three := startNode(t, feed) // as one that was restarted
	<-three.wait
	if n, _ := three.Size(); n != 10 || three.Heard.Load() != 10 {
		t.Errorf("after a restart it has %d", n)
	}
}

func TestAFeedThatIsAwayCostsNothingButMoreAndMoreSeldomTries(t *testing.T) {
	s := testredis.Start(t, true)
	feed := semantic.NewRedis(dial(t, s), 0)
	n := startNode(t, feed)
	<-n.wait
	s.Kill()
	n.Keep(record(1))
	if !n.Has(keyOf(1)) {
		t.Error("it is not kept here")
	}
	var pauses []time.Duration
	for range 7 {
		pauses = append(pauses, n.follow())
	}
	if pauses[0] != 2*time.Second || !slices.IsSorted(pauses) || pauses[6] != 30*time.Second {
		t.Errorf("it waited %v", pauses)
	}
	s.Restart()
	n.until(t, func() bool { return n.follow() == time.Second })
	other := semantic.NewRedis(dial(t, s), 0)
	if err := other.Publish(t.Context(), record(2)); err != nil {
		t.Fatal(err)
	}
	n.until(t, func() bool { return n.Has(keyOf(2)) })
}

// stuck is a feed that takes nothing until it is let go.
type stuck struct {
	let chan struct{}
}

func (f *stuck) Publish(ctx context.Context, _ semantic.Record) error {
	select {
	case <-f.let:
		return errors.New("away")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *stuck) Since(context.Context, string) ([]semantic.Record, string, error) {
	return nil, "", nil
}

func (f *stuck) Forget(context.Context, string, int64) error { return nil }

func TestWhatTheFeedIsTooSlowForIsDroppedAndCounted(t *testing.T) {
	f := &stuck{let: make(chan struct{})}
	n := startNode(t, f)
	<-n.wait
	for i := range 3000 {
		if !n.Keep(record(i)) {
			t.Fatal("not kept")
		}
	}
	if dropped := n.Dropped.Load(); dropped < 3000-1024-1 {
		t.Errorf("%d were dropped", dropped)
	}
	if kept, _ := n.Size(); kept != 3000 {
		t.Errorf("%d are kept here", kept)
	}
	close(f.let)
}

func TestWhatWasKeptLastIsToldAtTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prompts")
	feed := semantic.NewFile(path, 0)
	s := semantic.NewShared(semantic.New(semantic.Options{}), feed)
	for n := range 5 {
		s.Keep(record(n))
	}
	ctx, end := context.WithCancel(t.Context())
	end() // before it has come to telling
	s.Run(ctx)
	if told, dropped := s.Told.Load(), s.Dropped.Load(); told != 5 || dropped != 0 {
		t.Errorf("told %d, dropped %d", told, dropped)
	}
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	feed = semantic.NewFile(path, 0)
	defer feed.Close()
	if all, _, err := feed.Since(t.Context(), ""); err != nil || len(all) != 5 {
		t.Errorf("%d records are there after a restart, %v", len(all), err)
	}
}

// hung is a feed that answers nothing.
type hung struct{ semantic.Feed }

func (hung) Publish(ctx context.Context, _ semantic.Record) error { <-ctx.Done(); return ctx.Err() }

func TestAFeedThatHangsHoldsTheEndUpForOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := semantic.NewShared(semantic.New(semantic.Options{}), hung{})
		for n := range 5 {
			s.Keep(record(n))
		}
		ctx, end := context.WithCancel(t.Context())
		end()
		began := time.Now()
		s.Run(ctx)
		if took := time.Since(began); took > s.Timeout || s.Dropped.Load() != 5 {
			t.Errorf("it took %v, dropped %d", took, s.Dropped.Load())
		}
	})
}

func TestANodeAloneSharesNothing(t *testing.T) {
	n := semantic.NewShared(semantic.New(semantic.Options{}), nil)
	if !n.Keep(record(1)) || !n.Has(keyOf(1)) {
		t.Error("not kept")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n.Run(ctx)
}
