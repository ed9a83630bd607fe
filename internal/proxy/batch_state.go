package proxy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// modelOf gives a priced model; free says that it costs nothing.
func (l *lane) modelOf(c *account.Catalogue, model string) (m *account.Model, free bool) {
	if own, priced := l.priced[model]; priced {
		return own, false
	}
	if l.provider.Spec.Free {
		return nil, true
	}
	m, _ = c.Find(l.catalogue, model)
	return m, false
}

// batchPrice prices what a line used at batch rates as they were at its submission, at
// list prices where a batch has no rates that are known.
func (l *lane) batchPrice(c *account.Catalogue, model string, r *dialect.Report, t *ticket) (gateway.Cost, *gateway.Price) {
	m, free := l.modelOf(c, model)
	if free {
		return gateway.Cost{Known: true}, nil
	}
	cost, price := c.Price(m, nil, &r.Usage, t.Time, r.ServiceTier, true)
	if !cost.Known {
		cost, price = c.Price(m, nil, &r.Usage, t.Time, "", false)
	}
	return cost, price
}

// batchState is what the vendors' objects of batches say about their end.
type batchState struct {
	Status     string          `json:"status"`
	Processing string          `json:"processing_status"`
	Done       bool            `json:"done"`
	Output     *string         `json:"output_file_id"`
	Usage      json.RawMessage `json:"usage"`
	Counts     struct {
		Completed *int64 `json:"completed"`
		Succeeded *int64 `json:"succeeded"`
	} `json:"request_counts"`
	Error    json.RawMessage `json:"error"`
	Metadata json.RawMessage `json:"metadata"`
	Response json.RawMessage `json:"response"`
}

// ended reports whether the batch is over, and whether nothing of it ran.
func (s *batchState) ended() (over, nothing bool) {
	state, _ := jsonscan.String(jsonscan.Get(s.Metadata, "state"))
	switch {
	case s.Processing != "":
		return s.Processing == "ended", s.Counts.Succeeded != nil && *s.Counts.Succeeded == 0
	case s.Done || strings.HasPrefix(state, "BATCH_STATE_"):
		over = s.Done || slices.Contains([]string{"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"}, strings.TrimPrefix(state, "BATCH_STATE_"))
		return over, len(s.Error) > 0 || len(s.Response) == 0 && jsonscan.Get(s.Metadata, "output") == nil
	}
	switch strings.ToLower(s.Status) {
	case "completed", "success", "succeeded", "expired", "cancelled", "canceled":
		return true, s.Counts.Completed != nil && *s.Counts.Completed == 0
	case "failed":
		return true, s.Counts.Completed == nil || *s.Counts.Completed == 0
	}
	return false, false
}

// learnState learns what a batch's object says: that nothing ran, or how much did where
// the vendor sums it up and all of it is one model's. Else the results will tell.
func (x *exchange) learnState(plain []byte) {
	var s batchState
	if json.Unmarshal(plain, &s) != nil {
		return
	}
	over, nothing := s.ended()
	if !over {
		return
	}
	b := x.batch
	if nothing {
		b.ran = &batchRan{}
		return
	}
	if len(b.ticket.Models) != 1 || len(s.Usage) == 0 || s.Counts.Completed == nil {
		return
	}
	m := x.dialect.NewMeter(llm.OpEmbeddings)
	m.Answer("application/json", append(append([]byte(`{"usage":`), s.Usage...), '}'))
	r := m.Report()
	if r.Usage.InputTokens.N+r.Usage.OutputTokens.N == 0 { // not summed up yet
		return
	}
	model := b.ticket.Models[0]
	cost, price, ok := x.lane.batchTotal(x.p.catalogue, model, r, b.ticket, *s.Counts.Completed)
	if ok {
		b.ran = &batchRan{models: map[string]*modelRan{model: {usage: r.Usage, cost: cost, price: price}}}
	}
}

// batchTotal prices the usage of all lines together. Where prices depend on how long a
// prompt is, the sum does not tell the cost: the results will.
func (l *lane) batchTotal(c *account.Catalogue, model string, r *dialect.Report, t *ticket, lines int64) (gateway.Cost, *gateway.Price, bool) {
	cost, price := l.batchPrice(c, model, r, t)
	one := dialect.Report{Usage: llm.Usage{InputTokens: llm.Known(r.Usage.InputTokens.N / max(lines, 1)), OutputTokens: llm.Known(1)}}
	_, single := l.batchPrice(c, model, &one, t)
	return cost, price, cost.Known && price.Equal(single)
}
