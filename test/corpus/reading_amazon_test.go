package corpus_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// frames reads a stream of Amazon's binary messages with the vendor's own library: each
// message's name and payload.
func frames(body []byte) (all []event) {
	decoder, in := eventstream.NewDecoder(), bytes.NewReader(body)
	for {
		m, err := decoder.Decode(in, nil)
		if err != nil {
			return all
		}
		var e event
		for _, name := range []string{":event-type", ":exception-type"} {
			if v := m.Headers.Get(name); v != nil {
				e.name = v.String()
			}
		}
		e.data = string(m.Payload)
		all = append(all, e)
	}
}

// converseReader reads Converse. Input excludes what the cache holds; the total does not.
type converseReader struct{ r *reading }

func (c *converseReader) event(name string, o object) {
	switch {
	case name == "messageStop":
		c.r.ended = true
		c.answer(o)
	case name == "metadata":
		c.answer(o)
	case strings.HasSuffix(name, "Exception"):
		c.r.failed = true
	}
}

func (c *converseReader) answer(o object) {
	if s := o.text("stopReason"); s != "" {
		c.r.finish = s
	}
	if t := o.at("serviceTier").text("type"); t != "" {
		c.r.tier = t
	}
	if u := o.at("usage"); u != nil {
		amazonUsage(c.r.usage, u)
	}
}

func (c *converseReader) end(*recording) {}

// amazonUsage reads a usage in Amazon's words; a total that is not the sum of the rest is
// set down as such, which no entry has.
func amazonUsage(c counts, u object) {
	read, write := u["cacheReadInputTokens"], u["cacheWriteInputTokens"]
	if read == nil && write == nil { // InvokeModel's spelling
		read, write = u["cacheReadInputTokenCount"], u["cacheWriteInputTokenCount"]
	}
	c.set("cache_read", read)
	c.set("cache_write", write)
	c.set("output", u["outputTokens"])
	if n, told := u["inputTokens"].(float64); told {
		c["input"] = n + c["cache_read"] + c["cache_write"]
	}
	for _, d := range u.list("cacheDetails") {
		if d.text("ttl") == "1h" {
			c.unit("cache_write_1h_tokens", d["inputTokens"])
		}
	}
	for tool, n := range u.at("serverToolUsage") {
		c.unit(tool, n)
	}
	if total, told := u["totalTokens"].(float64); told && total != c["input"]+c["output"] {
		c["total"] = total
	}
}

// invokeReader reads InvokeModel, whose answers are in the words of each model's maker.
type invokeReader struct {
	r      *reading
	claude *messagesReader // nil = the model is none of Claude's messages
}

func (c *invokeReader) event(name string, o object) {
	if name != "chunk" {
		c.r.failed = c.r.failed || strings.HasSuffix(name, "Exception")
		return
	}
	text, _ := base64.StdEncoding.DecodeString(o.text("bytes"))
	chunk := decode(string(text))
	if chunk.text("type") == "message_start" {
		c.claude = &messagesReader{r: c.r, op: "chat"}
	}
	if c.claude != nil {
		c.claude.event("", chunk)
		return
	}
	c.members(chunk)
	c.members(chunk.at("messageStop"))
	c.members(chunk.at("metadata"))
	metrics := chunk.at("amazon-bedrock-invocationMetrics")
	if _, told := c.r.usage["input"]; !told {
		c.r.usage.set("input", metrics["inputTokenCount"])
	}
	c.r.usage.set("output", metrics["outputTokenCount"])
	c.r.ended = c.r.ended || metrics != nil || c.r.finish != "" || chunk.text("amazon-bedrock-guardrailAction") == "INTERVENED"
}

func (c *invokeReader) answer(o object) {
	if o.text("type") == "message" {
		c.claude = &messagesReader{r: c.r, op: "chat"}
		c.claude.answer(o)
		return
	}
	c.members(o)
}

// members reads what Titan, Nova, Llama, Cohere, Jamba, Mistral and old Claude call their
// counts and the reason of their end.
func (c *invokeReader) members(o object) {
	for _, name := range []string{"prompt_token_count", "inputTextTokenCount"} {
		c.r.usage.set("input", o[name])
	}
	for _, name := range []string{"generation_token_count", "totalOutputTextTokenCount"} {
		c.r.usage.set("output", o[name])
	}
	results := 0.0
	for _, result := range o.list("results") {
		results += result.number("tokenCount")
		c.r.usage["output"] = results
	}
	if u := o.at("usage"); u["inputTokens"] != nil {
		amazonUsage(c.r.usage, u)
	} else if u != nil {
		familyUsage(c.r.usage, u)
	}
	parts := []object{o}
	for _, list := range []string{"results", "choices", "generations", "outputs"} {
		parts = append(parts, o.list(list)[:min(1, len(o.list(list)))]...)
	}
	for _, part := range parts {
		for _, name := range []string{"stop_reason", "stopReason", "completionReason", "finish_reason"} {
			if s := part.text(name); s != "" {
				c.r.finish = s
			}
		}
	}
}

// end compares with the head, where the vendor tells its counts of every model.
func (c *invokeReader) end(r *recording) {
	if c.claude != nil {
		c.claude.end(r)
	}
	if r.Framing != "json" {
		return
	}
	told := headCounts(r)
	for _, name := range []string{"input", "output"} {
		n, inHead := told[name]
		have, inBody := c.r.usage[name]
		switch {
		case inHead && !inBody:
			c.r.inHead = true
		case inHead && have != n:
			c.r.usage["in the head: "+name] = n
		}
	}
}

// headCounts reads the counts of a head.
func headCounts(r *recording) counts {
	h := http.Header{}
	for _, f := range r.header {
		h.Add(f[0], f[1])
	}
	c := counts{}
	for name, fields := range map[string][]string{"input": {"Input", "Cache-Read-Input", "Cache-Write-Input"}, "output": {"Output"}} {
		for _, f := range fields {
			if n, err := strconv.ParseFloat(h.Get("X-Amzn-Bedrock-"+f+"-Token-Count"), 64); err == nil {
				c[name] += n
			}
		}
	}
	return c
}
