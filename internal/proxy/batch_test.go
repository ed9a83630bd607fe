package proxy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testpg"
	"github.com/sluice-gateway/sluice/internal/testredis"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// boxed is a sandbox that costs something, and a budget.
func boxed(budget string) string {
	return `
providers: { sandbox: { kind: sandbox, models: { echo: { max_output: 1000, price: { input: 1, output: 2 } } } } }
gateways: { default: { budgets: [ { per: workspace, cost: ` + budget + `/month, name: month } ], limits: [ { per: key, tokens: 1000000/1h, name: hourly } ] } }
`
}

// batchVendor is how one vendor's batches are used.
type batchVendor struct {
	name    string
	header  http.Header
	submit  func(t *testing.T, g *testgw.Gateway, key string, lines int) (status int, body []byte)
	get     func(id string) string
	results func(t *testing.T, state []byte) string // "" = the state holds them
	cancel  func(id string) string
	id      string
}

func send(g *testgw.Gateway, key, method, path string, header http.Header, body string) (*http.Response, []byte) {
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	r := g.Request(method, path, b)
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Authorization", "Bearer "+key)
	return g.Do(r)
}

func member(t *testing.T, body []byte, path ...string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	s, _ := v.(string)
	return s
}

func manyLines(lines int, sep, format string) string {
	var out []string
	for i := range lines {
		out = append(out, fmt.Sprintf(format, i))
	}
	return strings.Join(out, sep)
}

func uploadLines(t *testing.T, g *testgw.Gateway, key, lines string) string {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("purpose", "batch")
	part, err := w.CreateFormFile("file", "in.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(lines))
	w.Close()
	resp, answer := send(g, key, "POST", "/v1/files", http.Header{"Content-Type": {w.FormDataContentType()}}, b.String())
	if resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, answer)
	}
	return member(t, answer, "id")
}

var batchVendors = []batchVendor{
	{
		name: "files", id: "id",
		submit: func(t *testing.T, g *testgw.Gateway, key string, lines int) (int, []byte) {
			in := uploadLines(t, g, key, manyLines(lines, "\n", `{"custom_id":"%d","method":"POST","url":"/v1/chat/completions","body":{"model":"echo","max_tokens":100,"messages":[{"role":"user","content":"one two three"}]}}`))
			resp, b := send(g, key, "POST", "/v1/batches", nil, `{"input_file_id":"`+in+`","endpoint":"/v1/chat/completions","completion_window":"24h"}`)
			return resp.StatusCode, b
		},
		get: func(id string) string { return "/v1/batches/" + id },
		results: func(t *testing.T, state []byte) string {
			return "/v1/files/" + member(t, state, "output_file_id") + "/content"
		},
		cancel: func(id string) string { return "/v1/batches/" + id + "/cancel" },
	},
	{
		name: "messages", id: "id", header: http.Header{"Anthropic-Version": {"2023-06-01"}},
		submit: func(t *testing.T, g *testgw.Gateway, key string, lines int) (int, []byte) {
			body := manyLines(lines, ",", `{"custom_id":"%d","params":{"model":"echo","max_tokens":100,"messages":[{"role":"user","content":"one two three"}]}}`)
			resp, b := send(g, key, "POST", "/v1/messages/batches", http.Header{"Anthropic-Version": {"2023-06-01"}}, `{"requests":[`+body+`]}`)
			return resp.StatusCode, b
		},
		get:     func(id string) string { return "/v1/messages/batches/" + id },
		results: func(t *testing.T, state []byte) string { return member(t, state, "results_url") },
		cancel:  func(id string) string { return "/v1/messages/batches/" + id + "/cancel" },
	},
	{
		name: "operations", id: "name",
		submit: func(t *testing.T, g *testgw.Gateway, key string, lines int) (int, []byte) {
			body := manyLines(lines, ",", `{"request":{"contents":[{"role":"user","parts":[{"text":"one two three"}]}],"generationConfig":{"maxOutputTokens":100}},"metadata":{"key":"%d"}}`)
			resp, b := send(g, key, "POST", "/v1beta/models/sandbox/echo:batchGenerateContent", nil, `{"batch":{"displayName":"b","inputConfig":{"requests":{"requests":[`+body+`]}}}}`)
			return resp.StatusCode, b
		},
		get:     func(id string) string { return "/v1beta/" + id },
		results: func(*testing.T, []byte) string { return "" },
		cancel:  func(id string) string { return "/v1beta/" + id + ":cancel" },
	},
}

// spent is what a caller is told of its budget and its limit of tokens.
func spent(t *testing.T, g *testgw.Gateway, key string) (usd string, tokens int64) {
	t.Helper()
	var me struct {
		Budgets []struct {
			Spent string `json:"spent_usd"`
		}
		Limits []struct{ Used int64 }
	}
	resp, b := send(g, key, "GET", "/v1/me", nil, "")
	if err := json.Unmarshal(b, &me); err != nil || resp.StatusCode != 200 || len(me.Budgets) != 1 || len(me.Limits) != 1 {
		t.Fatalf("%d %s: %v", resp.StatusCode, b, err)
	}
	return me.Budgets[0].Spent, me.Limits[0].Used
}

// booked gives the spend by key, and of the budget, as the stopped gateway's store has them.
func booked(t *testing.T, g *testgw.Gateway) (byKey, byRule []store.SpendRow) {
	t.Helper()
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(g.Dir, "sluice.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if byKey, err = s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByKey, store.ByModel}}); err != nil {
		t.Fatal(err)
	}
	if byRule, err = s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByRule}}); err != nil {
		t.Fatal(err)
	}
	return byKey, byRule
}

func TestABatchIsHeldAtSubmitAndSettledOnceOnItsKey(t *testing.T) {
	for _, v := range batchVendors {
		t.Run(v.name, func(t *testing.T) {
			g := testgw.Start(t, boxed("1"))
			creator := secondKey(t, g, "default", "")
			_, before := spent(t, g, creator)
			status, made := v.submit(t, g, creator, 3)
			if status != 200 {
				t.Fatalf("%d %s", status, made)
			}
			id := member(t, made, v.id)
			held, heldTokens := spent(t, g, creator)
			if held < "0.0006" || held > "0.01" || heldTokens < before+300 {
				t.Fatalf("three lines of at most 100 tokens hold $%s and %d tokens", held, heldTokens)
			}
			for i := range 3 { // twice by another key
				key := []string{testgw.Key, creator, testgw.Key}[i]
				resp, state := send(g, key, "GET", v.get(id), v.header, "")
				if resp.StatusCode != 200 {
					t.Fatalf("%d %s", resp.StatusCode, state)
				}
				if at := v.results(t, state); at != "" {
					if resp, b := send(g, key, "GET", strings.TrimPrefix(at, g.URL), v.header, ""); resp.StatusCode != 200 || bytes.Count(b, []byte("\n")) < 3 {
						t.Fatalf("%d %s", resp.StatusCode, b)
					}
				}
			}
			usd, used := spent(t, g, creator)
			byKey, byRule := booked(t, g)
			n := used - before
			if n <= 0 || n >= 200 {
				t.Errorf("%d tokens were used", n)
			}
			var total gateway.USD
			for _, row := range byKey {
				if total += row.Cost; row.Cost > 0 && (row.Values[0] == "" || row.Values[0] == "key_env" || row.Values[1] != "echo") {
					t.Errorf("$%s on key %q, model %q", row.Cost, row.Values[0], row.Values[1])
				}
			}
			var ledger gateway.USD
			for _, row := range byRule {
				if row.Calls != 1 && row.Values[0] != "" {
					t.Errorf("rule %s has %d settlements", row.Values[0], row.Calls)
				}
				if row.Values[0] != "" {
					ledger += row.Cost
				}
			}
			if total == 0 || total.String() != usd || ledger != total {
				t.Errorf("the budget says $%s, the entries $%s, the ledger $%s", usd, total, ledger)
			}
		})
	}
}

func TestABatchThatABudgetHasNoRoomForIsRefused(t *testing.T) {
	for _, v := range batchVendors {
		t.Run(v.name, func(t *testing.T) {
			g := testgw.Start(t, boxed("0.002"))
			if status, b := v.submit(t, g, testgw.Key, 50); status != 429 || !strings.Contains(string(b), "month") {
				t.Errorf("fifty lines of at least $0.0002: %d %s", status, b)
			}
			if usd, _ := spent(t, g, testgw.Key); usd != "0" && strings.Trim(usd, "0.") != "" {
				t.Errorf("$%s stays held", usd)
			}
			if status, b := v.submit(t, g, testgw.Key, 1); status != 200 {
				t.Errorf("one line: %d %s", status, b)
			}
		})
	}
}

func TestWhatIsHeldForABatchOutlivesARestart(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	held, _ := spent(t, g, testgw.Key)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	g = testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	if again, _ := spent(t, g, testgw.Key); again != held {
		t.Fatalf("$%s were held, and $%s after a restart", held, again)
	}
	u.state = completedBatch
	if resp, b := send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, ""); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	u.wants(t, g, "0.000600000", 2000)
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	g = testgw.StartWith(t, testgw.Options{Dir: g.Dir, Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, "")
	u.wants(t, g, "0.000600000", 2000)
	_, byRule := booked(t, g)
	for _, row := range byRule {
		if row.Values[0] != "" && (row.Calls != 1 || row.Cost != 600_000) {
			t.Errorf("the ledger has %+v", row)
		}
	}
}

// scripted is a vendor whose one batch is in a state.
type scripted struct {
	*testup.Upstream
	state string
}

const (
	// Half of 0.15 and 0.60 a million: $0.000000075 and $0.000000300 a token.
	completedBatch = `{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-OUT","request_counts":{"total":2,"completed":2,"failed":0},"usage":{"input_tokens":0,"output_tokens":2000,"total_tokens":2000}}`
	batchInput     = `{"custom_id":"%d","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o-mini","max_tokens":1000,"messages":[{"role":"user","content":"hi"}]}}`
	batchOutput    = `{"custom_id":"%d","response":{"status_code":200,"body":{"model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":0,"completion_tokens":1000,"total_tokens":1000}}},"error":null}`
)

func batchServer(t *testing.T) *scripted {
	s := &scripted{state: `{"id":"batch_1","object":"batch","status":"in_progress","request_counts":{"total":2,"completed":0,"failed":0}}`}
	s.Upstream = testup.New(t, func(c *testup.Call) {
		switch path, _, _ := strings.Cut(c.URI, "?"); path {
		case "/v1/files":
			c.JSON(200, `{"id":"file-IN","object":"file","purpose":"batch"}`)
		case "/v1/files/file-IN/content":
			c.Answer(200, "application/octet-stream", []byte(manyLines(2, "\n", batchInput)))
		case "/v1/files/file-OUT/content":
			out := []byte(manyLines(2, "\n", batchOutput))
			if c.Header.Get("Range") != "" {
				c.Answer(206, "application/octet-stream", out[:10])
				return
			}
			c.Answer(200, "application/octet-stream", out)
		case "/v1/batches":
			c.JSON(200, `{"id":"batch_1","object":"batch","status":"validating"}`)
		default:
			c.JSON(200, s.state)
		}
	})
	return s
}

func dearBatches(u *scripted) string {
	return vendors(u.Upstream, `gateways: { default: { budgets: [ { per: workspace, cost: 1/month, name: month } ], limits: [ { per: key, tokens: 1000000/1h, name: hourly } ], default_provider: { openai: openai } } }`)
}

func (u *scripted) submit(t *testing.T, g *testgw.Gateway) {
	t.Helper()
	send(g, testgw.Key, "POST", "/v1/files", nil, "x")
	if resp, b := send(g, testgw.Key, "POST", "/v1/batches", nil, `{"input_file_id":"file-IN","endpoint":"/v1/chat/completions"}`); resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	// 2 × 1000 tokens at half of 0.60 a million, and the prompts.
	if held, n := spent(t, g, testgw.Key); held < "0.0006" || held > "0.001" || n < 2000 {
		t.Fatalf("$%s and %d tokens are held", held, n)
	}
}

func (u *scripted) wants(t *testing.T, g *testgw.Gateway, usd string, tokens int64) {
	t.Helper()
	if got, n := spent(t, g, testgw.Key); strings.TrimRight(got, "0.") != strings.TrimRight(usd, "0.") || n != tokens {
		t.Errorf("$%s and %d tokens are used, want $%s and %d", got, n, usd, tokens)
	}
}

func TestABatchIsSettledOnceByManyPollersAtOnce(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	u.state = completedBatch
	other := secondKey(t, g, "default", "")
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			send(g, []string{testgw.Key, other}[i%2], "GET", "/v1/batches/batch_1", nil, "")
			send(g, []string{testgw.Key, other}[i%2], "GET", "/v1/files/file-OUT/content", nil, "")
		})
	}
	wg.Wait()
	u.wants(t, g, "0.0006", 2000)
	byKey, byRule := booked(t, g)
	for _, row := range byRule {
		if row.Values[0] != "" && (row.Calls != 1 || row.Cost != 600_000) {
			t.Errorf("the ledger has %+v", row)
		}
	}
	for _, row := range byKey {
		if row.Cost != 0 && row.Cost != 600_000 {
			t.Errorf("the entries say %+v", row)
		}
	}
}

func TestTwoNodesSettleABatchOnce(t *testing.T) {
	pg, redis, u := testpg.Start(t), testredis.Start(t, false), batchServer(t)
	url := pg.Database(t)
	options := testgw.Options{Config: dearBatches(u) + fmt.Sprintf("\nstorage: { url: %q }\nshared: { url: %q, timeout: 5s }\n", url, redis.URL()), Env: map[string]string{"VENDOR_KEY": vendorKey}}
	a := testgw.StartWith(t, options)
	u.submit(t, a)
	held, _ := spent(t, a, testgw.Key)
	b := testgw.StartWith(t, options)
	if there, _ := spent(t, b, testgw.Key); there != held {
		t.Errorf("one node holds $%s, the other $%s", held, there)
	}
	eventually(t, func() bool { // the batch is known to the other node with its entry
		resp, _ := send(b, testgw.Key, "GET", "/v1/batches/batch_1", nil, "")
		return resp.StatusCode == 200
	})
	u.state = completedBatch
	var wg sync.WaitGroup
	for _, g := range []*testgw.Gateway{a, b, a, b} {
		wg.Go(func() { send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, "") })
	}
	wg.Wait()
	u.wants(t, a, "0.0006", 2000)
	u.wants(t, b, "0.0006", 2000)
	if err := errors.Join(a.Stop(), b.Stop()); err != nil {
		t.Fatal(err)
	}
	for _, row := range ruled(t, url) {
		if row.Values[0] != "" && (row.Calls != 1 || row.Cost != 600_000) {
			t.Errorf("the ledger has %+v", row)
		}
	}
}

// ruled gives the spend by rule of a store.
func ruled(t *testing.T, url string) []store.SpendRow {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Spend(t.Context(), store.SpendQuery{By: []store.Dimension{store.ByRule}})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestReadingAPartOfTheResultsSettlesAllOfThem(t *testing.T) {
	u := batchServer(t)
	g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	u.submit(t, g)
	u.state = `{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-OUT","request_counts":{"total":2,"completed":2,"failed":0}}`
	send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, "")
	resp, b := send(g, testgw.Key, "GET", "/v1/files/file-OUT/content", http.Header{"Range": {"bytes=0-9"}}, "")
	if resp.StatusCode != 206 || len(b) != 10 {
		t.Fatalf("%d %s", resp.StatusCode, b)
	}
	eventually(t, func() bool { _, n := spent(t, g, testgw.Key); return n == 2000 })
	u.wants(t, g, "0.0006", 2000)
}

func TestABatchWhoseLinesCannotBeReadNeedsLeave(t *testing.T) {
	u := batchServer(t)
	config := func(more string) string {
		return vendors(u.Upstream, `gateways: { default: { budgets: [ { per: workspace, cost: 1/month, name: month`+more+` } ], default_provider: { gemini: gemini } } }`)
	}
	submit := func(g *testgw.Gateway) (int, string) {
		send(g, testgw.Key, "POST", "/upload/v1beta/files", nil, "x")
		resp, b := send(g, testgw.Key, "POST", "/v1beta/models/gemini-2.5-flash:batchGenerateContent", nil, `{"batch":{"inputConfig":{"fileName":"files/in"}}}`)
		return resp.StatusCode, string(b)
	}
	u.state = `{"name":"batches/1","file":{"name":"files/in"}}`
	strict := testgw.StartWith(t, testgw.Options{Config: config(""), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	if status, b := submit(strict); status != 429 || !strings.Contains(b, "unpriced") {
		t.Errorf("%d %s", status, b)
	}
	lenient := testgw.StartWith(t, testgw.Options{Config: config(", unpriced: allow"), Env: map[string]string{"VENDOR_KEY": vendorKey}})
	if status, b := submit(lenient); status != 200 {
		t.Errorf("%d %s", status, b)
	}
}

func TestABatchIsSettledWhenItEnds(t *testing.T) {
	const nothing = `{"id":"batch_1","object":"batch","status":%q,"request_counts":{"total":2,"completed":0,"failed":0}}`
	for name, tt := range map[string]struct {
		state   string
		results bool
		usd     string // "" = still held
		tokens  int64
	}{
		"in progress":                   {`{"id":"batch_1","object":"batch","status":"in_progress","request_counts":{"total":2,"completed":0,"failed":0}}`, false, "", 0},
		"being cancelled":               {fmt.Sprintf(nothing, "cancelling"), false, "", 0},
		"cancelled before anything ran": {fmt.Sprintf(nothing, "cancelled"), false, "0", 0},
		"failed":                        {fmt.Sprintf(nothing, "failed"), false, "0", 0},
		"completed, results not read":   {`{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-OUT","request_counts":{"total":2,"completed":2,"failed":0}}`, false, "", 0},
		"completed, results read":       {`{"id":"batch_1","object":"batch","status":"completed","output_file_id":"file-OUT","request_counts":{"total":2,"completed":2,"failed":0}}`, true, "0.0006", 2000},
		"cancelled after some ran":      {`{"id":"batch_1","object":"batch","status":"cancelled","output_file_id":"file-OUT","request_counts":{"total":4,"completed":2,"failed":0}}`, true, "0.0006", 2000},
		"completed, with its usage":     {strings.Replace(completedBatch, `"input_tokens":0`, `"input_tokens":1000`, 1), false, "0.000675", 3000},
	} {
		t.Run(name, func(t *testing.T) {
			u := batchServer(t)
			g := testgw.StartWith(t, testgw.Options{Config: dearBatches(u), Env: map[string]string{"VENDOR_KEY": vendorKey}})
			u.submit(t, g)
			held, n := spent(t, g, testgw.Key)
			u.state = tt.state
			for range 2 {
				send(g, testgw.Key, "GET", "/v1/batches/batch_1", nil, "")
				if tt.results {
					if resp, b := send(g, testgw.Key, "GET", "/v1/files/file-OUT/content", nil, ""); resp.StatusCode != 200 {
						t.Fatalf("%d %s", resp.StatusCode, b)
					}
				}
			}
			if tt.usd == "" {
				tt.usd, tt.tokens = held, n
			}
			u.wants(t, g, tt.usd, tt.tokens)
		})
	}
}
