package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// messageBatches is a vendor of Anthropic's kind with one batch, whose state and results
// are set by hand.
func messageBatches(t *testing.T, state *string, results string) *testup.Upstream {
	return testup.New(t, func(c *testup.Call) {
		switch path, _, _ := strings.Cut(c.URI, "?"); {
		case strings.HasSuffix(path, "/results"):
			c.Answer(200, "application/x-jsonl", []byte(results))
		case strings.HasSuffix(path, "/batches"):
			c.JSON(200, `{"id":"msgbatch_1","type":"message_batch","processing_status":"in_progress","request_counts":{"processing":2,"succeeded":0,"errored":0,"canceled":0,"expired":0},"results_url":null}`)
		default:
			c.JSON(200, *state)
		}
	})
}

const (
	messageState = `{"id":"msgbatch_1","type":"message_batch","processing_status":%q,"request_counts":{"processing":0,"succeeded":%d,"errored":0,"canceled":%d,"expired":0},"results_url":"https://api.anthropic.com/v1/messages/batches/msgbatch_1/results"}`
	// 2000 tokens at half of $5 a million.
	messageResult   = `{"custom_id":"0","result":{"type":"succeeded","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"usage":{"input_tokens":0,"output_tokens":2000}}}}` + "\n"
	canceledResult  = `{"custom_id":"1","result":{"type":"canceled"}}` + "\n"
	messageRequests = `{"requests":[{"custom_id":"0","params":{"model":"claude-haiku-4-5","max_tokens":3000,"messages":[{"role":"user","content":"hi"}]}},{"custom_id":"1","params":{"model":"claude-haiku-4-5","max_tokens":3000,"messages":[{"role":"user","content":"hi"}]}}]}`
)

// A batch that is cancelled: its hold is given back when nothing of it ran, and settled
// with what ran otherwise, once, whoever asks how often.
func TestACancelledBatchIsSettledOnce(t *testing.T) {
	anthropic := http.Header{"Anthropic-Version": {"2023-06-01"}}
	for name, tt := range map[string]struct {
		answer, later string // to the cancelling, and to who asks later
		results       string // "" = nobody reads them
		usd           string
		tokens        int64
	}{
		"before anything ran":     {fmt.Sprintf(messageState, "canceling", 0, 0), fmt.Sprintf(messageState, "ended", 0, 2), "", "0", 0},
		"at once":                 {fmt.Sprintf(messageState, "ended", 0, 2), fmt.Sprintf(messageState, "ended", 0, 2), "", "0", 0},
		"after one of two ran":    {fmt.Sprintf(messageState, "canceling", 1, 0), fmt.Sprintf(messageState, "ended", 1, 1), messageResult + canceledResult, "0.005", 2000},
		"with results of nothing": {fmt.Sprintf(messageState, "canceling", 0, 0), fmt.Sprintf(messageState, "canceling", 0, 2), canceledResult + canceledResult, "0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			state := tt.answer
			u := messageBatches(t, &state, tt.results)
			g := testgw.StartWith(t, testgw.Options{Env: map[string]string{"VENDOR_KEY": vendorKey}, Config: vendors(u,
				`gateways: { default: { budgets: [ { per: workspace, cost: 1/month, name: month } ], limits: [ { per: key, tokens: 1000000/1h, name: hourly } ], default_provider: { anthropic: anthropic } } }`)})
			if resp, b := send(g, testgw.Key, "POST", "/v1/messages/batches", anthropic, messageRequests); resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, b)
			}
			held, heldTokens := spent(t, g, testgw.Key)
			if held < "0.015" || heldTokens < 6000 {
				t.Fatalf("two lines of 3000 tokens hold $%s and %d tokens", held, heldTokens)
			}
			if resp, b := send(g, testgw.Key, "POST", "/v1/messages/batches/msgbatch_1/cancel", anthropic, ""); resp.StatusCode != 200 || string(b) != tt.answer {
				t.Fatalf("%d %s", resp.StatusCode, b)
			}
			if now, _ := spent(t, g, testgw.Key); strings.Contains(tt.answer, "canceling") && now != held {
				t.Errorf("while the vendor cancels $%s are held, $%s were", now, held)
			}
			state = tt.later
			for range 3 {
				send(g, testgw.Key, "GET", "/v1/messages/batches/msgbatch_1", anthropic, "")
				if tt.results != "" {
					send(g, testgw.Key, "GET", "/v1/messages/batches/msgbatch_1/results", anthropic, "")
				}
				send(g, testgw.Key, "POST", "/v1/messages/batches/msgbatch_1/cancel", anthropic, "")
			}
			if usd, tokens := spent(t, g, testgw.Key); strings.TrimRight(usd, "0.") != strings.TrimRight(tt.usd, "0.") || tokens != tt.tokens {
				t.Errorf("$%s and %d tokens are used, want $%s and %d", usd, tokens, tt.usd, tt.tokens)
			}
			_, byRule := booked(t, g)
			for _, row := range byRule {
				if row.Values[0] != "" && (row.Calls != 1 || row.Cost.String() != tt.usd) {
					t.Errorf("the ledger has %+v", row)
				}
			}
		})
	}
}

func TestCancellingABatchOfFilesGivesItsHoldBack(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	other := secondKey(t, g, "elsewhere", "")
	if resp, _ := send(g, other, "POST", "/v1/batches/batch_1/cancel", nil, ""); resp.StatusCode != 404 {
		t.Errorf("another workspace cancels: %d", resp.StatusCode)
	}
	u.state = `{"id":"batch_1","object":"batch","status":"cancelled","request_counts":{"total":2,"completed":0,"failed":0}}`
	for range 2 {
		if resp, b := send(g, testgw.Key, "POST", "/v1/batches/batch_1/cancel", nil, ""); resp.StatusCode != 200 || string(b) != u.state {
			t.Fatalf("%d %s", resp.StatusCode, b)
		}
	}
	u.wants(t, g, "0", 0)
}

// Nobody asks after the batch: what is held stays held, over a restart too, and no
// settlement is made up.
func TestABatchThatNobodyAsksAfterStaysHeld(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	u.state = completedBatch
	held, tokens := spent(t, g, testgw.Key)
	for range 2 {
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		g = testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
		if now, n := spent(t, g, testgw.Key); now != held || n != tokens {
			t.Errorf("$%s and %d tokens are held, $%s and %d were", now, n, held, tokens)
		}
	}
	if _, byRule := booked(t, g); len(byRule) > 0 && byRule[0].Cost != 0 {
		t.Errorf("the ledger has %+v", byRule)
	}
}

// Else nobody could ask after the batch that holds it, and so give it back.
func TestABudgetThatABatchFillsToTheLastBillionthRefusesNobodyWhoAsksAfterIt(t *testing.T) {
	u := batchServer(t)
	start := func(budget string) *testgw.Gateway {
		return testgw.StartWith(t, testgw.Options{Config: strings.Replace(dearBatches(u), "1/month", budget+"/month", 1), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	}
	g := start("1")
	u.submit(t, g)
	held, _ := spent(t, g, testgw.Key)
	g = start(held)
	u.submit(t, g)
	u.state = completedBatch
	for _, path := range []string{"/v1/batches/batch_1", "/v1/files/file-OUT/content"} {
		if resp, b := send(g, testgw.Key, "GET", path, nil, ""); resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", path, resp.StatusCode, b)
		}
	}
	u.wants(t, g, "0.0006", 2000)
}

func TestMetricsCountWhatABatchCostOnce(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	u.state = completedBatch
	for range 3 {
		send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, "")
		send(g, testgw.Key, "GET", "/v1/files/file-OUT/content", nil, "")
	}
	resp, err := http.Get(g.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	const series = `{gateway="default",model="gpt-4o-mini",operation="batches",provider="openai"}`
	for _, line := range []string{
		"sluice_cost_usd_total" + series + " 0.0006\n",
		"sluice_tokens_total" + strings.Replace(series, "model=", `kind="output",model=`, 1) + " 2000\n",
	} {
		if !strings.Contains(string(b), line) {
			t.Errorf("no %s", line)
		}
	}
}
