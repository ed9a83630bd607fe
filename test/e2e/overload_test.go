package e2e_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// refusedAsOverloaded holds the parts of a refusal that every dialect shares.
func refusedAsOverloaded(t *testing.T, a answer, status int) {
	t.Helper()
	if a.status != status || a.header.Get("sluice-error") != "overloaded" {
		t.Errorf("got %d %q, want %d overloaded: %s", a.status, a.header.Get("sluice-error"), status, tail(string(a.body), 300))
	}
	if n, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || n < 1 {
		t.Errorf("retry-after is %q", a.header.Get("Retry-After"))
	}
	if a.id == "" {
		t.Error("a refusal has no request id")
	}
}

func TestCallsBeyondTheLimitAreRefusedInTheCallersDialectUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	const limit = 4
	release := make(chan struct{})
	up := serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		answerPlainly(w, r)
	})
	p := start(t, options{config: config(up, metadataOnly, "server: { max_in_flight: 4 }")})
	c := newClient(t)
	var held sync.WaitGroup
	answers := make([]answer, limit)
	for i := range answers {
		held.Go(func() {
			var err error
			if answers[i], err = c.call(p.URL, plainCall); err == nil {
				err = answers[i].whole(false)
			}
			if err != nil {
				t.Errorf("a call within the limit: %v", err)
			}
		})
	}
	eventually(t, patience, "the calls are in flight", func() bool { v, _ := p.metric("sluice_requests_in_flight"); return v == limit })
	// Only messages has a status of its own for this: https://docs.anthropic.com/en/api/errors
	for _, d := range []struct {
		name, path, body, header, kind string
		status                         int
	}{
		{"chat", "/v1/chat/completions", plainCall, "Authorization", "error.type", 503},
		{"responses", "/v1/responses", `{"model":"up/m1","input":"Hello"}`, "Authorization", "error.type", 503},
		{"messages", "/v1/messages", `{"model":"up/m1","max_tokens":9,"messages":[]}`, "x-api-key", "type=error", 529},
		{"gemini", "/v1beta/models/m1:generateContent", `{"contents":[]}`, "x-goog-api-key", "error.status", 503},
	} {
		key := gatewayKey
		if d.header == "Authorization" {
			key = "Bearer " + key
		}
		a := p.post(d.path, strings.NewReader(d.body), d.header, key)
		refusedAsOverloaded(t, a, d.status)
		shapedAs(t, d.name, d.kind, a.body)
	}
	close(release)
	held.Wait()
	eventually(t, patience, "there is room again", func() bool {
		a, err := c.call(p.URL, plainCall)
		return err == nil && a.whole(false) == nil
	})
	listedOnce(t, p.entries(), answers)
}

// shapedAs holds the member that tells a dialect's error from the others'.
func shapedAs(t *testing.T, name, kind string, body []byte) {
	t.Helper()
	var e struct {
		Type  string `json:"type"`
		Error struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"error"`
	}
	err := json.Unmarshal(body, &e)
	ok := err == nil && e.Error.Message != ""
	switch kind {
	case "error.type":
		ok = ok && e.Error.Type != "" && e.Type == ""
	case "type=error":
		ok = ok && e.Type == "error" && e.Error.Type == "overloaded_error"
	case "error.status":
		ok = ok && e.Error.Status == "UNAVAILABLE"
	}
	if !ok {
		t.Errorf("%s: not in its dialect: %v: %s", name, err, body)
	}
}
