package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// batching is an upstream with one batch of two lines, which takes twenty tokens each.
func batching(t *testing.T) string {
	const line = `{"custom_id":"%d","result":{"type":"succeeded","message":{"id":"msg_%d","type":"message","role":"assistant","model":"m1","content":[],"usage":{"input_tokens":0,"output_tokens":20}}}}` + "\n"
	return serveUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		state := `{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","request_counts":{"processing":2,"succeeded":0,"errored":0,"canceled":0,"expired":0}}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/results"):
			state = fmt.Sprintf(line, 0, 0) + fmt.Sprintf(line, 1, 1)
		case r.Method == http.MethodGet:
			state = `{"id":"msgbatch_1","type":"message_batch","processing_status":"ended","request_counts":{"processing":0,"succeeded":2,"errored":0,"canceled":0,"expired":0}}`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, state)
	})
}

// messages sends a call in the dialect of batches and holds that it is answered.
func (p *process) messages(method, path, body string) string {
	p.t.Helper()
	r, err := http.NewRequest(method, p.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("x-api-key", gatewayKey)
	r.Header.Set("anthropic-version", "2023-06-01")
	r.Header.Set("Content-Type", "application/json")
	a, err := newClient(p.t).do(r)
	if err != nil || a.status != http.StatusOK {
		p.t.Fatalf("%s %s: %v, %d %s", method, path, err, a.status, a.body)
	}
	return string(a.body)
}

func TestABatchWhoseNodeIsKilledAfterItsSubmissionIsHeldAndSettledOnce(t *testing.T) {
	t.Parallel()
	const requests = `{"requests":[{"custom_id":"0","params":{"model":"m1","max_tokens":30,"messages":[{"role":"user","content":"hi"}]}},{"custom_id":"1","params":{"model":"m1","max_tokens":30,"messages":[{"role":"user","content":"hi"}]}}]}`
	for name, wait := range map[string]bool{"at once": false, "when its entry is safe": true} {
		t.Run(name, func(t *testing.T) {
			p := start(t, options{config: fmt.Sprintf(`
discover: false
providers:
  up: { kind: anthropic, base_url: %q, api_key: env:UP_KEY, models: { m1: { price: { input: 0, output: 10000 }, max_output: 1000 } } }
gateways: { default: { default_provider: { anthropic: up }, budgets: [ { name: month, per: gateway, cost: 1.00/month } ] } }
`, batching(t))})
			p.awaitReady()
			p.messages(http.MethodPost, "/v1/messages/batches", requests)
			if wait {
				after(safeAfter)
			}
			p.kill()
			p = p.again(options{})
			p.awaitReady()
			if held := p.spent(); held != 60*cent {
				t.Errorf("$%s are held for the batch after the restart, not $0.60", held)
			}
			if !wait {
				return // nobody can know whose the batch is: it is held until it expires
			}
			for range 2 { // settled, and killed again
				p.awaitDrained(patience) // the store knows whose the batch is
				p.messages(http.MethodGet, "/v1/messages/batches/msgbatch_1", "")
				if got := p.messages(http.MethodGet, "/v1/messages/batches/msgbatch_1/results", ""); strings.Count(got, "\n") != 2 {
					t.Errorf("the results are %q", got)
				}
				if spent := p.spent(); spent != 40*cent {
					t.Errorf("the batch cost $%s, not $0.40", spent)
				}
				after(2500 * time.Millisecond) // the counters are on the disk
				p.kill()
				p = p.again(options{})
				p.awaitReady()
			}
			p.awaitDrained(patience)
			p.terminate()
			entries, ledger := books(t, "sqlite:"+p.Dir+"/sluice.db")
			if entries != 40*cent || ledger != 40*cent {
				t.Errorf("the entries say $%s, the ledger $%s, not $%s", entries, ledger, gateway.USD(40*cent))
			}
		})
	}
}
