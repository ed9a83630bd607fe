package sandbox_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

func TestAStoredResponseIsStreamedAgainAsItWas(t *testing.T) {
	for name, body := range map[string]string{
		"text":     `{"model":"chat?chunks=5","input":"Hi","stream":true}`,
		"thoughts": `{"model":"reason","input":"Hi","stream":true,"max_output_tokens":30}`,
		"tools":    `{"model":"chat","input":"Hi","stream":true,"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}}]}`,
	} {
		h := handler()
		first := postTo(h, "/v1/responses", body)
		all := events(t, first.body)
		id := dig(t, all[0].data, "response", "id").(string)
		again := ask(h, http.MethodGet, "/v1/responses/"+id+"?stream=true", nil, "")
		if !bytes.Equal(again.body, first.body) || again.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s: got %s", name, again.body)
		}
		for _, after := range []int{0, 3, len(all) - 2} {
			rest := ask(h, http.MethodGet, fmt.Sprintf("/v1/responses/%s?stream=true&starting_after=%d", id, after), nil, "")
			got := events(t, rest.body)
			if len(got) != len(all)-1-after || !bytes.HasSuffix(first.body, rest.body) || dig(t, got[0].data, "sequence_number") != float64(after+1) {
				t.Errorf("%s after %d: got %s", name, after, rest.body)
			}
		}
		end := ask(h, http.MethodGet, fmt.Sprintf("/v1/responses/%s?stream=true&starting_after=%d", id, len(all)-1), nil, "")
		if end.status != 200 || len(end.body) != 0 {
			t.Errorf("%s after its end: %d %s", name, end.status, end.body)
		}
	}
}

func TestAReplayNeedsAResponseAndANumber(t *testing.T) {
	h := handler()
	id := dig(t, postTo(h, "/v1/responses", `{"model":"echo","input":"Hi"}`).body, "id").(string)
	for target, status := range map[string]int{
		"/v1/responses/" + id + "?stream=true":                    200,
		"/v1/responses/" + id + "?stream=true&starting_after=-1":  400,
		"/v1/responses/" + id + "?stream=true&starting_after=x":   400,
		"/v1/responses/resp_1?stream=true":                        404,
		"/v1/responses/" + id + "?stream=false&starting_after=-1": 200,
	} {
		if a := ask(h, http.MethodGet, target, nil, ""); a.status != status {
			t.Errorf("%s: %d %s", target, a.status, a.body)
		}
	}
}

// TestAStreamThatWasCutIsTakenUpWhereItBroke is what a replay is for.
func TestAStreamThatWasCutIsTakenUpWhereItBroke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hc := client(t, sandbox.New(sandbox.Options{}))
		defer hc.CloseIdleConnections()
		r, err := send(t.Context(), hc, "/v1/responses", `{"model":"cut?delay=1s&chunks=10","input":"Hi","stream":true}`)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(r.Body); err == nil {
			t.Fatal("the stream was not cut")
		}
		r.Body.Close()
		had := events(t, got.Bytes())
		start := time.Now()
		r, err = hc.Get(fmt.Sprintf("http://sandbox.internal/v1/responses/%s?stream=true&starting_after=%d", dig(t, had[0].data, "response", "id"), len(had)-1))
		if err != nil {
			t.Fatal(err)
		}
		rest := events(t, readAll(t, r))
		said := ""
		for _, e := range append(had, rest...) {
			if part, _ := onePiece(t, "responses", e); part != "" {
				said += part
			}
		}
		last := rest[len(rest)-1]
		if last.name != "response.completed" || dig(t, last.data, "response", "output", 0, "content", 0, "text") != said {
			t.Errorf("together they said %q, the end is %s", said, last.data)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("the rest was late by %s", d)
		}
	})
}
