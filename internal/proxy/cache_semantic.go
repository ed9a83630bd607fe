package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/cache/semantic"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Senses knows the prompts that were answered. It is safe for concurrent use and never
// waits.
type Senses interface {
	// Find gives the nearest prompt of a scope whose answer serves a text too, or says why
	// there is none.
	Find(scope cache.Key, vector []float32, text string, threshold float64) (m semantic.Match, ok bool, why string)
	// Keep remembers a prompt that was answered.
	Keep(r semantic.Record) bool
	// Remove forgets one whose answer is no longer there.
	Remove(key cache.Key)
}

// sense finds an answer to a request that only means the same: all of it but the user's
// last words is equal, and those are alike.
type sense struct {
	scope  cache.Key
	text   string
	vector []float32 // nil = not known, or not in time
}

// prepareSense says what is compared, if anything may be.
func (x *exchange) prepareSense(c *caching) {
	if c.policy.Semantic == nil || x.p.senses == nil || !x.recasts() || x.ctl.cache.key != "" || x.ep.Op != llm.OpChat {
		return
	}
	tr, err := x.parsed()
	if err != nil {
		return
	}
	last := lastWords(tr.asked)
	at, ok := within(x.body.bytes(), last)
	if !ok {
		return
	}
	text, ok := jsonscan.String(last)
	if !ok || len(bytes.TrimSpace([]byte(text))) == 0 || len(text) > semantic.MaxText {
		return
	}
	body := slices.Concat(x.body.bytes()[:at.Start], []byte(`""`), x.body.bytes()[at.End:])
	scope, err := c.policy.keys.Key(x.senseRequest(c, body))
	if err != nil {
		return
	}
	c.sense = &sense{scope: scope, text: text}
}

// senseRequest is what must be equal.
func (x *exchange) senseRequest(c *caching, body []byte) *cachekey.Request {
	r := x.keyRequest(append(slices.Clone(c.facts), "semantic", c.policy.Semantic.Model))
	r.Body = body
	return &r
}

// lastWords gives the user's last turn, a JSON string; nil when it is not a text alone.
func lastWords(r *llm.Request) llm.Raw {
	if len(r.Messages) == 0 {
		return nil
	}
	last := &r.Messages[len(r.Messages)-1]
	if last.Role != llm.User || len(last.Parts) != 1 || last.Parts[0].Kind != llm.Text {
		return nil
	}
	return last.Parts[0].Text
}

// within says where in a body a part of it stands; false when it is a copy.
func within(body []byte, part llm.Raw) (jsonscan.Span, bool) {
	if len(part) == 0 || len(body) == 0 {
		return jsonscan.Span{}, false
	}
	at := spanOf(body, part)
	ok := at.Start >= 0 && at.End <= len(body)
	return at, ok && bytes.Equal(body[at.Start:at.End], part)
}

// serveAlike answers with what was answered to a request that means the same.
func (x *exchange) serveAlike() (done bool, err error) {
	c := x.caching
	s, by := c.sense, c.policy.Semantic
	if !x.embedWords(s, by.Model, by.Timeout) {
		return false, nil
	}
	m, ok, _ := x.p.senses.Find(s.scope, s.vector, s.text, by.Threshold)
	if !ok {
		return false, nil
	}
	a := x.lookUp(m.Key)
	if a == nil {
		x.p.senses.Remove(m.Key)
		return false, nil
	}
	if a.Age(time.Now()) >= min(a.TTL, c.ttl) {
		return false, nil
	}
	x.tellAlike(m, a)
	if by.Report {
		return false, nil
	}
	c.found(a, time.Now())
	c.alike = m.Key
	return x.serveOr(a, cacheSemantic)
}

// embedWords asks for the vector of the user's last words; without one in time the call
// goes on as if there were none.
func (x *exchange) embedWords(s *sense, model string, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(x.r.Context(), within)
	defer cancel()
	x.lookedUp()
	began := time.Now()
	defer func() {
		until := time.Now()
		x.waited += until.Sub(began)
		x.phase(gateway.PhaseEmbedding, began, until)
		x.looksUp(until)
	}()
	vectors, err := x.embedder(model, "cache").embed(ctx, []string{s.text})
	if err != nil || len(vectors) != 1 {
		return false
	}
	s.vector = vectors[0]
	return true
}

// tellAlike says in the entry's metadata which answer serves the call, or would.
func (x *exchange) tellAlike(m semantic.Match, a *cache.Answer) {
	name := "semantic_match"
	if x.caching.policy.Semantic.Report {
		name = "semantic_report"
	}
	x.ctl.metadata = withMember(x.ctl.metadata, name, a.RequestID)
	x.ctl.metadata = withRaw(x.ctl.metadata, "semantic_score", strconv.AppendFloat(nil, m.Score, 'f', 4, 64))
}

// withRaw adds a value to metadata.
func withRaw(meta json.RawMessage, name string, value []byte) json.RawMessage {
	all := map[string]json.RawMessage{}
	if len(meta) > 0 && json.Unmarshal(meta, &all) != nil {
		return meta
	}
	all[name] = value
	b, err := json.Marshal(all)
	if err != nil {
		return meta
	}
	return b
}

// keep remembers what was answered.
func (s *sense) keep(x *exchange, key cache.Key, a *cache.Answer) {
	if s.vector != nil {
		x.p.senses.Keep(semantic.Record{Scope: s.scope, Key: key, Workspace: a.Workspace, Purged: a.Purged, Vector: s.vector, Text: s.text, Until: a.Stored.Add(a.TTL)})
	}
}
