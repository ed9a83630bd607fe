package corpus_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/testgw"
)

// allEntries reads every entry of a gateway by the admin API, until these are there or
// will not come any more.
func allEntries(t *testing.T, g *testgw.Gateway, ids []string) map[string]*gateway.Entry {
	t.Helper()
	all := map[string]*gateway.Entry{}
	missing := func() bool { return slices.ContainsFunc(ids, func(id string) bool { return all[id] == nil }) }
	for end := time.Now().Add(10 * time.Second); missing() && time.Now().Before(end); {
		for cursor, more := "", true; more; more = cursor != "" {
			var page struct {
				Data []*gateway.Entry `json:"data"`
				Next string           `json:"next"`
			}
			if status := g.AdminGet("/api/v1/entries?limit=500&cursor="+cursor, &page); status != http.StatusOK {
				t.Fatalf("the list of entries answered %d", status)
			}
			for _, e := range page.Data {
				all[e.ID] = e
			}
			cursor = page.Next
		}
	}
	return all
}

// kept says what is wrong with the entry of a call.
func kept(a *ask, r *recording, h *home, want *reading, o *outcome, status int, e *gateway.Entry) string {
	switch {
	case e == nil:
		return "it has no entry"
	case e.Status != status || e.Provider != h.name || e.Operation != a.op || e.Stream != a.stream:
		return fmt.Sprintf("entry: status %d, provider %s, operation %s, stream %v; want %d, %s, %s, %v", e.Status, e.Provider, e.Operation, e.Stream, status, h.name, a.op, a.stream)
	case e.Model != a.model || e.ModelRequested != a.requested:
		return fmt.Sprintf("entry: model %q asked for as %q; want %q, %q", e.Model, e.ModelRequested, a.model, a.requested)
	case len(e.Attempts) != 1 || e.Attempts[0].Status != r.Status || e.Attempts[0].Provider != h.name:
		return fmt.Sprintf("entry: attempts %+v", e.Attempts)
	}
	if why := keptFault(o, e); why != "" {
		return why
	}
	if o.how == rendered || r.Status >= 400 {
		if want = (&reading{usage: counts{}}); r.Status < 400 {
			return "" // what a failed answer consumed is not said
		}
	}
	if o.how == begun {
		delete(want.usage, "output")
	}
	got := countsOf(&e.Usage)
	if o.how == begun || want.failed {
		estimates(got, want.usage)
	}
	if !maps.Equal(got, want.usage) {
		return fmt.Sprintf("usage %v, want %v", got, want.usage)
	}
	if e.FinishReason != want.finish {
		return fmt.Sprintf("finish_reason %q, want %q", e.FinishReason, want.finish)
	}
	return ""
}

func keptFault(o *outcome, e *gateway.Entry) string {
	failed := o.code != "" || o.how == rendered
	switch {
	case failed != (e.ErrorCode != "") || failed != (e.Attempts[0].Fault != ""):
		return fmt.Sprintf("entry: error_code %q, fault %q; want one: %v", e.ErrorCode, e.Attempts[0].Fault, failed)
	case o.code != "" && o.code != inStream && e.ErrorCode != o.code:
		return fmt.Sprintf("entry: error_code %q, want %q", e.ErrorCode, o.code)
	}
	return ""
}

// priced says what is wrong with the cost: it is known if and only if the model has a
// price and its usage is known.
func priced(c *account.Catalogue, a *ask, h *home, want *reading, o *outcome, e *gateway.Entry) string {
	names := h.spec.Catalogue
	if len(names) == 0 {
		names = []string{h.spec.Name}
	}
	m, _ := c.Find(names, a.model)
	if a.op == passthrough || o.how == rendered || o.how == same && o.code != "" && o.code != inStream {
		m = nil
	}
	cost, _ := c.Price(m, nil, want.usage.usage(), e.Time, want.tier, false)
	if e.Cost != cost {
		return fmt.Sprintf("cost %v, want %v (tier %q)", e.Cost, cost, want.tier)
	}
	_, in := want.usage["input"]
	_, out := want.usage["output"]
	usual := in && out && !slices.ContainsFunc(slices.Collect(maps.Keys(want.usage)), func(name string) bool { return name[0] == 'u' || name == "images" })
	standard := want.tier == "" || want.tier == "default" || want.tier == "standard"
	if m.Priced() && usual && standard && !cost.Known {
		return fmt.Sprintf("no cost, though %s has a price and its usage is known", a.model)
	}
	return ""
}

// told says what is wrong with what the answer's header or trailer said of its usage.
func told(resp *http.Response, e *gateway.Entry) string {
	said := func(name string) string {
		if v := resp.Header.Get(name); v != "" {
			return v
		}
		return resp.Trailer.Get(name)
	}
	if v := said("Sluice-Cost-Usd"); v != "" && v != e.Cost.USD.String() || e.Cost.Known != (v != "") {
		return fmt.Sprintf("sluice-cost-usd %q, entry %v", v, e.Cost)
	}
	if v := said("Sluice-Usage"); v != "" {
		var u map[string]any
		if err := json.Unmarshal([]byte(v), &u); err != nil {
			return fmt.Sprintf("sluice-usage %q: %v", v, err)
		}
		if n, ok := u["input_tokens"].(float64); ok != e.Usage.InputTokens.Known || int64(n) != e.Usage.InputTokens.N {
			return fmt.Sprintf("sluice-usage %q, entry %v", v, countsOf(&e.Usage))
		}
	} else if !e.Usage.IsZero() {
		return fmt.Sprintf("no sluice-usage, entry %v", countsOf(&e.Usage))
	}
	return ""
}

// estimates takes over what of an answer that broke off was estimated, and so marked,
// where the vendor had said nothing: it is priced like anything else.
func estimates(got, said counts) {
	for _, name := range []string{"input", "output"} {
		unit := "unit:estimated_" + name + "_tokens"
		if _, told := said[name]; got[unit] > 0 && got[unit] <= got[name] && !told {
			said[unit], said[name] = got[unit], got[name]
		}
	}
}
