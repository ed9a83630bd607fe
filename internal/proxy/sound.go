package proxy

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// spoken in JSON: what these operations answer is one JSON object, whatever the vendor.
func (x *exchange) answersJSON() bool {
	switch x.ep.Op {
	case llm.OpChat, llm.OpCompletions, llm.OpEmbeddings, llm.OpRerank, llm.OpModerations, llm.OpCountTokens:
		return x.native == ""
	}
	return false
}

// sound says what is wrong with a whole answer that claims to be a success: nothing in
// it, a page of something that stands in between, or a text that was cut.
func (x *exchange) sound(resp *upstream.Response, body []byte) error {
	if !x.answersJSON() || resp.Header.Get("Content-Encoding") != "" {
		return nil
	}
	text := bytes.TrimSpace(body)
	switch {
	case len(text) == 0:
		return fault.New(fault.UpstreamError, "The provider's answer is empty.")
	case text[0] != '{' && text[0] != '[':
		return fault.Newf(fault.UpstreamError, "The provider answered with something that is no JSON (%s): check its base_url, and what stands between.", clip(resp.Header.Get("Content-Type")))
	case !wholeJSON(text):
		return fault.New(fault.UpstreamError, "The provider's answer is JSON that ends too early or is broken.")
	}
	if x.holds && x.ep.Op == llm.OpChat && len(text) < 4096 && x.dialect.Codec != nil && x.report != nil && x.report.Fault == nil {
		a, err := x.dialect.Codec.ParseAnswer(text, &dialect.Call{})
		if err == nil && isEmpty(a) {
			return emptyAnswer()
		}
	}
	return nil
}

// wholeJSON reports whether a text is one JSON value from end to end, by its brackets
// and strings.
func wholeJSON(text []byte) bool {
	r := jsonscan.NewReader(text)
	return len(r.Raw()) == len(text) && r.Err() == nil
}

// isEmpty reports an answer that ended by itself, and in which nothing is said, called or
// refused.
func isEmpty(a *llm.Answer) bool {
	if a.Blocked != "" {
		return false
	}
	for i := range a.Choices {
		c := &a.Choices[i]
		if c.Finish != llm.FinishStop && c.Finish != llm.FinishUnknown && c.Finish != "" {
			return false
		}
		for _, p := range c.Parts {
			if p.Kind != llm.Text || len(p.Text) > len(`""`) {
				return false
			}
		}
	}
	return true
}
