package otlp

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/proxy"
)

// operation is the conventions' word for one of Sluice's, which stands for itself where
// they have none.
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-operation-name
func operation(op string) string {
	switch llm.Operation(op) {
	case llm.OpCompletions:
		return "text_completion"
	case llm.OpImages, llm.OpVideos, llm.OpSpeech:
		return "generate_content"
	}
	return op
}

// What is empty or unknown is left out of attributes.

func (a attributes) text(name, v string) {
	if v != "" {
		a.putText(name, v)
	}
}

func (a attributes) count(name string, v llm.Count) {
	if v.Known {
		a.putWhole(name, v.N)
	}
}

func (a attributes) seconds(name string, ms llm.Count) {
	if ms.Known {
		a.putNumber(name, float64(ms.N)/1000)
	}
}

func (a attributes) texts(name string, all []string) {
	if len(all) > 0 {
		a.putTexts(name, all)
	}
}

func (a attributes) yes(name string, v bool) {
	if v {
		a.putTruth(name, true)
	}
}

func (a attributes) dollars(name string, c gateway.Cost) {
	if c.Known {
		a.putNumber(name, float64(c.USD)/float64(gateway.Dollar))
	}
}

func (a attributes) status(v int) {
	if v > 0 {
		a.putWhole("http.response.status_code", int64(v))
	}
}

// vendor names who serves. gen_ai.system is the former name of gen_ai.provider.name, by
// which many still look.
func (a attributes) vendor(v Vendor) {
	a.text("gen_ai.provider.name", v.Name)
	a.text("gen_ai.system", v.Name)
	a.text("server.address", v.Address)
	if v.Address != "" && v.Port > 0 {
		a.putWhole("server.port", int64(v.Port))
	}
}

// callAttributes are those of the call's span. Who called stands there by the key's id and
// the workspace alone: neither user nor address leaves the gateway this way.
func (e *Exporter) callAttributes(a attributes, c *call) {
	entry, t := c.entry, c.trace
	a.text("gen_ai.operation.name", operation(entry.Operation))
	if entry.Provider != "" {
		a.vendor(e.opt.Vendor(entry.Provider))
	}
	a.text("gen_ai.request.model", asked(entry))
	a.text("gen_ai.response.model", t.Model)
	a.text("gen_ai.response.id", t.AnswerID)
	if entry.FinishReason != "" {
		a.texts("gen_ai.response.finish_reasons", []string{entry.FinishReason})
	}
	a.text("gen_ai.conversation.id", entry.Session)
	a.yes("gen_ai.request.stream", entry.Stream)
	if entry.Stream && !t.FirstContent.IsZero() {
		a.putNumber("gen_ai.response.time_to_first_chunk", max(t.FirstContent.Sub(entry.Time).Seconds(), 0))
	}
	a.parameters(t.Parameters)
	a.usage(&entry.Usage)
	a.http(entry, t)
	a.policy(entry)
}

func (a attributes) parameters(all []proxy.Parameter) {
	for _, p := range all {
		name := "gen_ai.request." + p.Name
		switch {
		case p.Texts != nil:
			a.texts(name, p.Texts)
		case p.Name == "temperature" || p.Name == "top_p" || p.Name == "top_k" || strings.HasSuffix(p.Name, "_penalty"):
			a.putNumber(name, p.Number)
		case p.Number == math.Trunc(p.Number) && math.Abs(p.Number) < 1<<53:
			a.putWhole(name, int64(p.Number))
		}
	}
}

func (a attributes) usage(u *llm.Usage) {
	a.count("gen_ai.usage.input_tokens", u.InputTokens)
	a.count("gen_ai.usage.output_tokens", u.OutputTokens)
	a.count("gen_ai.usage.cache_read.input_tokens", u.CacheReadTokens)
	a.count("gen_ai.usage.cache_creation.input_tokens", u.CacheWriteTokens)
	a.count("gen_ai.usage.reasoning.output_tokens", u.ReasoningTokens)
}

// http are the attributes of a request that was served.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
func (a attributes) http(entry *gateway.Entry, t *proxy.Trace) {
	a.text("http.request.method", method(t.Method))
	a.text("http.route", t.Route)
	scheme := "http"
	if t.Secure {
		scheme = "https"
	}
	a.text("url.scheme", scheme)
	a.status(entry.Status)
	a.text("user_agent.original", entry.UserAgent)
	a.text("error.type", entry.ErrorCode)
}

// method is one that is known, or _OTHER.
func method(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY":
		return m
	}
	return "_OTHER"
}

// policy is what the gateway made of the call.
func (a attributes) policy(entry *gateway.Entry) {
	a.text("sluice.call.id", entry.ID)
	a.text("sluice.gateway", entry.Gateway)
	a.text("sluice.workspace", entry.Workspace)
	a.text("sluice.key_id", entry.KeyID)
	a.text("sluice.route", entry.Route)
	a.text("sluice.step", entry.Step)
	a.text("sluice.provider", entry.Provider)
	a.text("sluice.model", entry.Model)
	a.text("sluice.region", entry.Region)
	a.text("sluice.cache", entry.Cache)
	a.texts("sluice.cache.tags", entry.CacheTags)
	a.texts("sluice.limits", entry.Limits)
	a.texts("sluice.guards", entry.Guards)
	a.texts("sluice.dropped_params", entry.DroppedParams)
	a.putWhole("sluice.attempts", int64(len(entry.Attempts)))
	a.dollars("sluice.cost_usd", entry.Cost)
	a.dollars("sluice.saved_usd", entry.Saved)
	a.seconds("sluice.queue_seconds", entry.QueueMS)
	if entry.OverheadUS.Known {
		a.putNumber("sluice.overhead_seconds", float64(entry.OverheadUS.N)/1e6)
	}
}

// attemptAttributes are those of one attempt's span. Tokens stand at the call, so that
// nobody who adds up spans counts them twice.
func (e *Exporter) attemptAttributes(a attributes, c *call, n int) {
	entry, at := c.entry, &c.entry.Attempts[n]
	a.text("gen_ai.operation.name", operation(entry.Operation))
	a.vendor(e.opt.Vendor(at.Provider))
	a.text("gen_ai.request.model", at.Model)
	a.status(at.Status)
	a.text("error.type", at.Fault)
	if n > 0 {
		a.putWhole("http.request.resend_count", int64(n))
	}
	a.text("sluice.provider", at.Provider)
	a.text("sluice.credential", at.Credential)
	a.seconds("sluice.connect_seconds", at.ConnectMS)
	a.seconds("sluice.first_byte_seconds", at.FirstByteMS)
	a.seconds("sluice.retry_after_seconds", at.RetryAfterMS)
	a.yes("sluice.continued", at.Continued)
	a.dollars("sluice.cost_usd", at.Cost)
}

// dialect gives one by its name; nil = nobody speaks it.
func (e *Exporter) dialect(name string) *dialect.Dialect {
	for _, d := range e.opt.Dialects {
		if string(d.Name) == name {
			return d
		}
	}
	return nil
}

// spoken is what was said in a call, where the policy allows spans to hold it. It is read as
// they are sent: that takes long.
type spoken struct {
	dialect        *dialect.Dialect
	prompt, answer *gateway.Body
	most           int // bytes of each part
}

// spokenIn gives what was said in a call, nil when spans hold nothing of it.
func (e *Exporter) spokenIn(c *call) *spoken {
	prompt, answer := c.trace.Prompt, c.trace.Answer
	if c.entry.Status >= 400 {
		answer = nil // an error is nothing that a model said
	}
	if prompt == nil && answer == nil {
		return nil
	}
	return &spoken{e.dialect(c.entry.ClientDialect), prompt, answer, e.opt.MaxContent(c.entry.Gateway)}
}

// size is about how much memory it takes; s may be nil.
func (s *spoken) size() (n int) {
	if s == nil {
		return 0
	}
	for _, b := range []*gateway.Body{s.prompt, s.answer} {
		if b != nil {
			n += len(b.Bytes)
		}
	}
	return n
}

// content is what was said.
func (a attributes) content(s *spoken) {
	said := said(s.dialect, s.prompt, s.answer)
	cut := false
	for _, part := range []struct {
		name string
		all  []Message
	}{{"gen_ai.input.messages", said.Input}, {"gen_ai.output.messages", said.Output}} {
		if len(part.all) == 0 {
			continue
		}
		fit, less := fitting(part.all, s.most)
		b, err := json.Marshal(fit)
		if err != nil {
			continue // nothing in them can fail
		}
		cut = cut || less
		a.text(part.name, string(b))
	}
	if len(said.System) > 0 {
		fit, less := fittingParts(said.System, s.most)
		if b, err := json.Marshal(fit); err == nil {
			cut = cut || less
			a.text("gen_ai.system_instructions", string(b))
		}
	}
	a.yes("sluice.content.truncated", cut || said.Cut)
}
