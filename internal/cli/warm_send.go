package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// warmResult is what became of a line.
type warmResult struct {
	line int
	kind warmKind
	why  string // it failed
}

type warmKind uint8

const (
	warmFailed warmKind = iota
	warmStored
	warmGood    // of a dry run: it could be sent
	warmThere   // already
	warmSkipped // blank, or done by an earlier run
	warmUnsent  // the run ended before
)

// gatewayCaller calls a gateway's data plane.
type gatewayCaller struct {
	base, key string
	http      *http.Client
}

const (
	warmTries   = 4
	longestWait = time.Minute
)

// send makes the call of a line; what a gateway refuses for now is tried again.
func (g *gatewayCaller) send(ctx context.Context, l *warmLine) warmResult {
	for try := 1; ; try++ {
		r, wait := g.once(ctx, l)
		if wait < 0 || try == warmTries {
			return r
		}
		if !sleep(ctx, min(max(wait, time.Duration(try)*time.Second), longestWait)) {
			return warmResult{line: l.number, kind: warmUnsent}
		}
	}
}

// sleep waits, and reports whether the time is over and not the run.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// once makes the call once. wait is how long a further try should wait at least; negative
// = there is none to make.
func (g *gatewayCaller) once(ctx context.Context, l *warmLine) (r warmResult, wait time.Duration) {
	r.line = l.number
	resp, err := g.post(ctx, l)
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode/100 == 2 { // only what is read to its end is kept
			_, err = io.Copy(io.Discard, resp.Body)
		}
	}
	switch {
	case ctx.Err() != nil:
		r.kind = warmUnsent
		return r, -1
	case err != nil:
		r.why = "the gateway at " + g.base + " does not answer: " + rootOf(err)
		return r, 0
	case resp.StatusCode/100 != 2:
		r.why = refusal(resp)
		if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
			return r, retryAfter(resp)
		}
		return r, -1
	}
	r.kind, r.why = kindOf(resp.Header.Get("sluice-cache"), l.header.Get("sluice-cache"))
	return r, -1
}

func (g *gatewayCaller) post(ctx context.Context, l *warmLine) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.base+l.path, bytes.NewReader(l.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if g.key != "" {
		req.Header.Set("Authorization", "Bearer "+g.key)
	}
	for name, values := range l.header {
		req.Header[name] = values
	}
	return g.http.Do(req)
}

// kindOf reads what the cache had to do with an answer, and what the line asked of it: an
// answer to no-cache is kept, though it was not looked for.
func kindOf(word, asked string) (warmKind, string) {
	switch word {
	case "miss":
		return warmStored, ""
	case "bypass":
		if strings.Contains(asked, "no-cache") {
			return warmStored, ""
		}
	case "hit", "stale", "coalesced", "semantic":
		return warmThere, ""
	case "":
		return warmFailed, "the answer says nothing of a cache: is this a Sluice gateway?"
	case "off":
		return warmFailed, "the gateway has no cache, or keeps no answers to such calls"
	}
	return warmFailed, "the gateway does not keep this answer (sluice-cache: " + word + ")"
}

// refusal gives status and message of an answer that is an error, in any dialect.
func refusal(resp *http.Response) string {
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // an answer that breaks off has no message
	var shapes struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	var inner struct{ Message string }
	message := ""
	if json.Unmarshal(b, &shapes) == nil {
		message = shapes.Message
		if json.Unmarshal(shapes.Error, &inner) == nil && inner.Message != "" {
			message = inner.Message
		}
	}
	if code := resp.Header.Get("sluice-error"); code != "" {
		return strings.TrimSuffix(fmt.Sprintf("%d %s: %s", resp.StatusCode, code, message), ": ")
	}
	return strings.TrimSuffix(resp.Status+": "+message, ": ")
}

// retryAfter gives how long a gateway asks to wait; negative = a further try cannot help.
func retryAfter(resp *http.Response) time.Duration {
	if resp.Header.Get("x-should-retry") == "false" {
		return -1
	}
	n, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// rootOf is the innermost error, without the URL.
func rootOf(err error) string {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}
