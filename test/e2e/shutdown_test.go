package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const sigterm = syscall.SIGTERM

// pacedUpstream streams chunks at a pace; told counts the streams that have begun.
func pacedUpstream(t *testing.T, chunks int, every time.Duration) (url string, told *atomic.Int64) {
	told = &atomic.Int64{}
	return serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		s := beginStream(w)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for i := range chunks {
			if !s.send(chunk(fmt.Sprint(i))) {
				return
			}
			if i == 0 {
				told.Add(1)
			}
			<-tick.C
		}
		s.finish(body)
	}), told
}

// streamAll opens streams and gives their answers when all have ended.
func streamAll(c *client, url string, n int) func() ([]answer, []error) {
	answers, errs := make([]answer, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i], errs[i] = c.call(url, streamCall) })
	}
	return func() ([]answer, []error) { wg.Wait(); return answers, errs }
}

func TestAProcessToldToEndLetsItsStreamsFinish(t *testing.T) {
	t.Parallel()
	const streams = 20
	up, told := pacedUpstream(t, 10, 150*time.Millisecond)
	p := start(t, options{config: config(up, metadataOnly)})
	wait := streamAll(newClient(t), p.URL, streams)
	eventually(t, patience, "every stream has begun", func() bool { return told.Load() == streams })
	after(300 * time.Millisecond)
	p.signal(sigterm)
	eventually(t, patience, "new connections are refused", func() bool {
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(p.URL, "http://"), time.Second)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	answers, errs := wait()
	for i, a := range answers {
		if errs[i] != nil || !strings.HasSuffix(string(a.body), lastChunk+doneEvent) {
			t.Errorf("stream %d was cut: %v, %q", i, errs[i], tail(string(a.body), 200))
		}
	}
	if code := p.wait(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
	recordedAll(t, p.again(options{}), answers, func(e entry) bool {
		return e.Status == http.StatusOK && e.Usage.Output != nil && *e.Usage.Output == 3
	})
}

func TestStreamsThatOutlastTheGraceAreCutAndRecorded(t *testing.T) {
	t.Parallel()
	const streams = 20
	up, told := pacedUpstream(t, 1000, 50*time.Millisecond)
	p := start(t, options{config: config(up, metadataOnly, "server: { shutdown_grace: 700ms }")})
	wait := streamAll(newClient(t), p.URL, streams)
	eventually(t, patience, "every stream has begun", func() bool { return told.Load() == streams })
	began := time.Now()
	if code := p.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	took := time.Since(began)
	t.Logf("the process ended after %s", millis(took))
	if took < 600*time.Millisecond || took > 30*time.Second {
		t.Errorf("the process ended after %s, with a grace of 700 ms", took)
	}
	answers, errs := wait()
	for i, a := range answers {
		if errs[i] == nil && strings.HasSuffix(string(a.body), doneEvent) {
			t.Errorf("stream %d ended as if it were whole", i)
		}
	}
	recordedAll(t, p.again(options{}), answers, func(e entry) bool { return e.Stream && e.ErrorCode != "" })
}

// recordedAll holds that there is one entry for each answer, and that it says what it should.
func recordedAll(t *testing.T, p *process, answers []answer, good func(entry) bool) {
	t.Helper()
	listedOnce(t, p.entries(), answers)
	for _, a := range answers {
		if a.id == "" {
			t.Error("an answer has no request id")
			continue
		}
		if e := p.entry(a.id); !good(e) {
			t.Errorf("the entry says %+v", e)
		}
	}
}

func TestASecondSignalNeedNotWait(t *testing.T) {
	t.Parallel()
	up, told := pacedUpstream(t, 1000, 50*time.Millisecond)
	p := start(t, options{config: config(up, metadataOnly)})
	wait := streamAll(newClient(t), p.URL, 1)
	eventually(t, patience, "the stream has begun", func() bool { return told.Load() == 1 })
	p.signal(sigterm)
	eventually(t, patience, "the shutdown has begun", func() bool { return p.Log.has("shutting down") })
	p.signal(sigterm)
	p.wait(patience)
	wait()
}
