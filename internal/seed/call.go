package seed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// How many calls are like that.
const (
	failing  = 0.035
	repeated = 0.03 // first failed, then served by another attempt
	hits     = 0.16 // of what may be kept
	streamed = 0.6
	priming  = 0.45 // the vendor's own cache knows the beginning
)

// call makes an entry up but for its id and bodies.
func (m *Maker) call(r *rand.Rand, at time.Time) *gateway.Entry {
	k := &m.cast.Keys[m.cast.byKey.pick(r)]
	index := m.cast.byModel.pick(r)
	c := &m.cast.Models[index]
	e := &gateway.Entry{
		Time: at, Gateway: pick(r, k.gateways), Workspace: k.Workspace, KeyID: k.id, Operation: c.Operation, ClientDialect: c.Dialect,
		ModelRequested: c.Provider + "/" + c.Model, Status: 200, Cache: "off", UserAgent: k.Agent, Count: 1, LastTime: at,
		ClientIP: fmt.Sprintf("10.%d.%d.%d", r.IntN(4), r.IntN(64), 1+r.IntN(250)), QueueMS: llm.Known(0),
		Metadata: fmt.Appendf(nil, `{"team":%q,"release":"2026.%d"}`, pick(r, k.Teams), 1+at.YearDay()/7),
	}
	m.origin(r, e, k)
	e.Endpoint = c.endpoint(false)
	if c.Operation == "chat" {
		e.Stream = r.Float64() < streamed
		e.Endpoint = c.endpoint(e.Stream)
		if route := pick(r, m.cast.Routes); route != "" {
			e.Route, e.ModelRequested = route, route
		}
	}
	if r.Float64() < failing {
		m.fail(r, e, c)
		return e
	}
	if c.Operation != "images" && r.IntN(3) > 0 {
		e.Cache = "miss"
		if r.Float64() < hits {
			m.hit(r, e, index)
			return e
		}
	}
	m.serve(r, e, index)
	return e
}

// origin says who called, and in which session.
func (m *Maker) origin(r *rand.Rand, e *gateway.Entry, k *key) {
	if k.Users > 0 {
		n := int(math.Pow(r.Float64(), 2.2) * float64(k.Users)) // a few call often, most of them rarely
		e.User = fmt.Sprintf("%s-%05d", k.Name, n)
		if r.IntN(3) > 0 {
			e.Session = fmt.Sprintf("s-%s-%05d-%d", k.Workspace, n, e.Time.Unix()/7200)
		}
	}
	if r.IntN(5) == 0 {
		e.TraceID = fmt.Sprintf("%016x%016x", r.Uint64()|1, r.Uint64())
	}
	if e.Session != "" && r.IntN(40) == 0 {
		score := float64(r.IntN(2))
		e.Feedback, e.Score = [2]string{"down", "up"}[int(score)], &score
	}
}

// fail makes a call that went wrong.
func (m *Maker) fail(r *rand.Rand, e *gateway.Entry, c *model) {
	f := &m.cast.Errors[m.cast.byError.pick(r)]
	e.Status, e.ErrorCode, e.Limits = f.Status, f.Code, nil
	if len(f.Limits) > 0 {
		e.Limits = []string{pick(r, f.Limits)}
	}
	if f.Status == 401 {
		e.Workspace, e.KeyID, e.User, e.Session = "", "", "", ""
	}
	own := 40 + r.Int64N(400)
	e.OverheadUS, e.LatencyMS = llm.Known(own), llm.Known(own/1000)
	if !f.Called {
		return
	}
	e.Provider, e.Model, e.Credential, e.ProviderDialect = c.Provider, c.Model, "default", c.Dialect
	took := 400 + r.Int64N(9000)
	e.LatencyMS = llm.Known(took)
	for i := range 1 + r.IntN(2) {
		e.Attempts = append(e.Attempts, m.failed(r, c, e.Time.Add(time.Duration(i)*time.Second), took/2))
	}
}

func (m *Maker) failed(r *rand.Rand, c *model, at time.Time, took int64) gateway.Attempt {
	fault := pick(r, m.cast.Faults)
	status := map[string]int{"rate_limited": 429, "upstream": 503}[fault]
	return gateway.Attempt{Provider: c.Provider, Model: c.Model, Credential: "default", Status: status, Fault: fault, Started: at,
		FirstByteMS: llm.Known(took), LatencyMS: llm.Known(took), Cost: gateway.Cost{Known: status > 0}}
}

// hit makes a call that the cache answered.
func (m *Maker) hit(r *rand.Rand, e *gateway.Entry, index int) {
	c := &m.cast.Models[index]
	e.Cache = [10]string{"hit", "hit", "hit", "hit", "hit", "hit", "semantic", "semantic", "coalesced", "stale"}[r.IntN(10)]
	e.Provider, e.Model, e.ProviderDialect, e.FinishReason = c.Provider, c.Model, c.Dialect, "stop"
	usage := c.usage(r)
	e.Usage, e.Cost = usage, gateway.Cost{Known: true}
	e.Saved = c.cost(&usage)
	own := 150 + r.Int64N(900)
	e.OverheadUS, e.FirstByteMS, e.LatencyMS = llm.Known(own), llm.Known(own/1000), llm.Known(own/1000+r.Int64N(3))
	phases(r, e)
}

// serve makes a call that a vendor answered, sometimes at a second try only.
func (m *Maker) serve(r *rand.Rand, e *gateway.Entry, index int) {
	c := &m.cast.Models[index]
	at, lost := e.Time.Add(90*time.Microsecond), int64(0)
	if r.Float64() < repeated {
		lost = 100 + r.Int64N(2500)
		e.Attempts = append(e.Attempts, m.failed(r, c, at, lost))
		if c.Operation == "chat" && r.IntN(2) == 0 { // and another target took over
			index = m.cast.chat[r.IntN(len(m.cast.chat))]
			c = &m.cast.Models[index]
		}
	}
	e.Provider, e.Model, e.Credential, e.ProviderDialect, e.FinishReason = c.Provider, c.Model, "default", c.Dialect, "stop"
	e.Usage = c.usage(r)
	e.Cost, e.Price = c.cost(&e.Usage), m.prices[index]
	first := int64(c.First * math.Exp(0.45*r.NormFloat64()))
	took := first
	if c.Speed > 0 {
		took += int64(1000 * float64(e.Usage.OutputTokens.N) / (c.Speed * math.Exp(0.25*r.NormFloat64())))
	}
	if r.IntN(150) == 0 {
		e.QueueMS = llm.Known(r.Int64N(4000))
	}
	own := 60 + r.Int64N(250) + 1000*e.QueueMS.N
	e.Attempts = append(e.Attempts, gateway.Attempt{Provider: c.Provider, Model: c.Model, Credential: "default", Status: 200,
		Started: at.Add(time.Duration(lost) * time.Millisecond), FirstByteMS: llm.Known(first), LatencyMS: llm.Known(took), Usage: e.Usage, Cost: e.Cost})
	e.OverheadUS, e.FirstByteMS, e.LatencyMS = llm.Known(own), llm.Known(lost+first+own/1000), llm.Known(lost+took+own/1000)
	for i := range e.Attempts { // behind the queue
		e.Attempts[i].Started = e.Attempts[i].Started.Add(time.Duration(e.QueueMS.N) * time.Millisecond)
	}
	phases(r, e)
}

// usage makes up what a call consumed.
func (c *model) usage(r *rand.Rand) (u llm.Usage) {
	in := int64(60 * math.Exp(1.5+1.1*r.NormFloat64()))
	u.InputTokens = llm.Known(max(in, 8))
	if c.Operation == "rerank" {
		return llm.Usage{Units: map[string]float64{"search_units": 1}}
	}
	if c.Operation == "embeddings" {
		return u
	}
	u.OutputTokens = llm.Known(max(int64(90*math.Exp(0.9+0.8*r.NormFloat64())), 2))
	u.CacheReadTokens, u.CacheWriteTokens, u.ReasoningTokens = llm.Known(0), llm.Known(0), llm.Known(0)
	if in > 900 && r.Float64() < priming {
		u.CacheReadTokens = llm.Known(in * 3 / 4)
	}
	if r.Float64() < c.Think {
		u.ReasoningTokens = llm.Known(u.OutputTokens.N / 2)
	}
	return u
}

func (c *model) cost(u *llm.Usage) gateway.Cost {
	if c.Unpriced {
		return gateway.Cost{}
	}
	read := u.CacheReadTokens.Or(0)
	return gateway.Cost{USD: gateway.USD((u.InputTokens.N-read)*c.Input + read*c.Cached + u.OutputTokens.N*c.Output), Known: true}
}

// price is what the catalogue would say: dollars a million tokens.
func (c *model) price() *gateway.Price {
	if c.Unpriced {
		return nil
	}
	million := func(nano int64) float64 { return float64(nano) / 1000 }
	p := &gateway.Price{Rates: map[string]float64{"input": million(c.Input), "cache_read": million(c.Cached), "output": million(c.Output)}, Source: "made up"}
	p.Share()
	return p
}
