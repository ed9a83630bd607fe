package corpus_test

import "strings"

// familyUsage reads a usage object of OpenAI's family.
//
// Input includes what was cached and what was audio, output includes reasoning, but not
// with every vendor: where the total is more than the two, the rest is audio if there is
// just so much of it, else output. One vendor leaves reasoning out of the total as well:
// it marks its usage with market_cost, or counts more reasoning than output.
func familyUsage(c counts, u object) {
	for _, name := range []string{"prompt_tokens", "input_tokens"} {
		c.set("input", u[name])
	}
	for _, name := range []string{"completion_tokens", "output_tokens"} {
		c.set("output", u[name])
	}
	c.set("reasoning", u["reasoning_tokens"])
	c.set("cache_write", u["cache_creation_input_tokens"])
	for _, name := range []string{"prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens", "cache_read_input_tokens"} {
		c.set("cache_read", u[name])
	}
	for _, name := range []string{"prompt_tokens_details", "prompt_token_details", "input_tokens_details", "input_token_details"} {
		d := u.at(name)
		c.set("cache_read", d["cached_tokens"])
		c.set("cache_write", d["cache_write_tokens"])
		c.set("audio_input", d["audio_tokens"])
		c.unit("image_input_tokens", d["image_tokens"])
		c.unit("cached_audio_tokens", d.at("cached_tokens_details")["audio_tokens"])
	}
	for _, name := range []string{"completion_tokens_details", "completion_token_details", "output_tokens_details", "output_token_details"} {
		d := u.at(name)
		c.set("reasoning", d["reasoning_tokens"])
		c.set("audio_output", d["audio_tokens"])
		c.unit("image_output_tokens", d["image_tokens"])
	}
	familyTotals(c, u)
	familyUnits(c, u)
}

func familyTotals(c counts, u object) {
	total, hasTotal := u["total_tokens"].(float64)
	in, hasIn := c["input"]
	out, hasOut := c["output"]
	if !hasIn && hasTotal {
		c["input"] = total - out
		return
	}
	if !hasIn || !hasOut {
		return
	}
	_, marked := u["market_cost"]
	_, hasAudio := c["audio_input"]
	switch rest := total - in - out; {
	case rest > 0 && hasAudio && rest == c["audio_input"]:
		c["input"] += rest
	case rest > 0 && u.number("prompt_audio_seconds") > 0 && !hasAudio:
		c["input"], c["audio_input"] = in+rest, rest
	case rest > 0:
		c["output"] += rest
	case marked || c["reasoning"] > out:
		c["output"] += c["reasoning"]
	}
}

func familyUnits(c counts, u object) {
	c.unit("seconds", u["seconds"])
	c.unit("seconds", u["prompt_audio_seconds"])
	c.unit("searches", u["num_search_queries"])
	c.unit("searches", u["num_sources_used"])
	c.unit("searches", u.at("server_tool_use_details")["web_search_requests"])
	c.unit("searches", u.at("server_tool_use")["web_search_requests"])
	tools := u.at("server_side_tool_usage_details")
	c.unit("searches", tools.number("web_search_calls")+tools.number("x_search_calls"))
}

// chatReader reads chat and text completions. Usage is cumulative: the last one counts.
type chatReader struct{ r *reading }

func (c *chatReader) event(name string, o object) {
	if name == "error" {
		c.r.failed = true
	}
	c.answer(o)
}

func (c *chatReader) answer(o object) {
	usage := o.at("usage")
	if usage == nil {
		usage = o.at("x_groq", "usage")
	}
	if usage != nil {
		c.r.usage = counts{}
		familyUsage(c.r.usage, usage)
	}
	for _, t := range []string{o.text("service_tier"), usage.text("service_tier")} {
		if t != "" && c.r.tier == "" {
			c.r.tier = t
		}
	}
	for _, choice := range o.list("choices") {
		if f := choice.text("finish_reason"); f != "" {
			c.r.finish, c.r.ended = f, true
		}
		c.r.failed = c.r.failed || isError(choice["error"])
	}
	c.r.failed = c.r.failed || isError(o["error"])
}

func (c *chatReader) end(*recording) {}

// responsesReader reads responses: the last event holds the whole.
type responsesReader struct {
	r  *reading
	op string
}

func (c *responsesReader) event(name string, o object) {
	if name == "" {
		name = o.text("type")
	}
	switch name {
	case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
		c.r.ended = true
		c.answer(o.at("response"))
	case "error":
		c.r.failed = true
	case "":
		c.r.failed = c.r.failed || isError(o["error"])
	}
}

func (c *responsesReader) answer(o object) {
	c.r.finish = o.text("status")
	if reason := o.at("incomplete_details").text("reason"); reason != "" {
		c.r.finish = reason
	}
	c.r.tier = o.text("service_tier")
	c.r.failed = c.r.failed || isError(o["error"]) || o.text("status") == "failed"
	if c.op != "chat" || o.at("usage") == nil { // reading and counting consume nothing
		return
	}
	c.r.usage = counts{}
	familyUsage(c.r.usage, o.at("usage"))
	searches := 0.0
	for _, item := range o.list("output") {
		action := item.at("action").text("type")
		if item.text("type") == "web_search_call" && (action == "" || action == "search") {
			searches++
		}
	}
	if _, said := c.r.usage["unit:searches"]; !said {
		c.r.usage.unit("searches", searches)
	}
}

func (c *responsesReader) end(*recording) {}

// openaiReader reads the operations beside conversation.
type openaiReader struct {
	r  *reading
	op string
}

// consumes are the operations whose answers stand for something consumed.
var consumes = map[string]bool{"embeddings": true, "moderations": true, "images": true, "speech": true, "transcription": true, "rerank": true}

func (c *openaiReader) event(_ string, o object) {
	if strings.HasSuffix(o.text("type"), ".completed") {
		c.r.usage["images"]++
	}
	c.members(o)
}

func (c *openaiReader) members(o object) {
	if u := o.at("usage"); u != nil && consumes[c.op] {
		familyUsage(c.r.usage, u)
	}
	c.r.usage.unit("search_units", o.at("meta", "billed_units")["search_units"])
	if t := o.text("service_tier"); t != "" && c.r.tier == "" {
		c.r.tier = t
	}
	c.r.failed = c.r.failed || isError(o["error"])
}

func (c *openaiReader) answer(o object) {
	c.members(o)
	if data, ok := o["data"].([]any); ok && c.op == "images" {
		c.r.usage["images"] = float64(len(data))
	}
	if _, said := c.r.usage["unit:seconds"]; !said && c.op == "transcription" {
		c.r.usage.unit("seconds", o["duration"])
	}
}

func (c *openaiReader) end(r *recording) {
	c.r.ended = true
	if c.op == "moderations" {
		c.r.usage["unit:requests"] = 1
	}
}
