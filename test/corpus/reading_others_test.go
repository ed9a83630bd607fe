package corpus_test

import (
	"cmp"
	"strings"
)

// messagesReader reads Anthropic's messages and text completions. Input excludes what
// the cache holds; in a stream the usage is told twice, and the later word counts
// member by member.
type messagesReader struct {
	r    *reading
	op   string
	told object
}

func (c *messagesReader) event(name string, o object) {
	if name == "" {
		name = o.text("type")
	}
	switch name {
	case "message_start":
		c.answer(o.at("message"))
	case "message_delta":
		c.answer(o.at("delta"))
		c.tell(o.at("usage"))
	case "message_stop":
		c.r.ended = true
	case "message": // a stream of one event, which is the whole
		c.answer(o)
		c.r.ended = true
	case "completion":
		c.answer(o)
		c.r.ended = c.r.ended || c.r.finish != ""
	case "error":
		c.r.failed = true
	}
}

func (c *messagesReader) answer(o object) {
	if s := o.text("stop_reason"); s != "" {
		c.r.finish = s
	}
	c.r.failed = c.r.failed || o.text("type") == "error"
	c.tell(o.at("usage"))
}

func (c *messagesReader) tell(u object) {
	if c.told == nil {
		c.told = object{}
	}
	for name, v := range u {
		if v != nil {
			c.told[name] = v
		}
	}
}

func (c *messagesReader) end(*recording) {
	if c.op == "batches" || c.op == "count_tokens" {
		return
	}
	u, out := c.told, c.r.usage
	in, write, read := inputs(u)
	output := u.number("output_tokens")
	for _, run := range u.list("iterations") { // what the message's own counts leave out
		i, w, r := inputs(run)
		switch run.text("type") {
		case "compaction":
			in, write, read, output = in+i, write+w, read+r, output+run.number("output_tokens")
		case "advisor_message": // another model
			out.unit("advisor_input_tokens", i+w+r)
			out.unit("advisor_output_tokens", run["output_tokens"])
		}
	}
	c.known("input", in+write+read, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
	c.known("cache_write", write, "cache_creation_input_tokens")
	c.known("cache_read", read, "cache_read_input_tokens")
	c.known("output", output, "output_tokens")
	out.set("reasoning", u.at("output_tokens_details")["thinking_tokens"])
	out.unit("cache_write_1h_tokens", u.at("cache_creation")["ephemeral_1h_input_tokens"])
	for tool, n := range u.at("server_tool_use") {
		if tool == "web_search_requests" {
			tool = "searches"
		}
		out.unit(tool, n)
	}
	c.r.tier = u.text("service_tier")
}

func inputs(u object) (in, write, read float64) {
	return u.number("input_tokens"), u.number("cache_creation_input_tokens"), u.number("cache_read_input_tokens")
}

// known sets a count if one of the members that it comes of was told.
func (c *messagesReader) known(name string, n float64, members ...string) {
	for _, m := range members {
		if _, ok := c.told[m].(float64); ok {
			c.r.usage[name] = n
		}
	}
}

// geminiReader reads generateContent and its relatives. Every chunk of a stream holds
// the usage so far. Candidates exclude thoughts; zeros are left out.
type geminiReader struct {
	r        *reading
	op       string
	last     object
	images   float64
	searches float64
}

func (c *geminiReader) event(_ string, o object) { c.answer(o) }

func (c *geminiReader) answer(o object) {
	if u := o.at("usageMetadata"); u != nil {
		if _, counts := u["totalTokenCount"]; counts || c.last == nil || u["promptTokenCount"] != nil {
			c.last = u
		}
	}
	searches := 0.0
	for _, candidate := range o.list("candidates") {
		c.finish(candidate["finishReason"], "", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION")
		queries, _ := candidate.at("groundingMetadata")["webSearchQueries"].([]any)
		searches += float64(len(queries))
		for _, part := range candidate.at("content").list("parts") {
			if strings.HasPrefix(part.at("inlineData").text("mimeType"), "image/") {
				c.images++
			}
		}
	}
	c.searches = max(c.searches, searches)
	if c.r.finish == "" {
		c.finish(o.at("promptFeedback")["blockReason"], "", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT")
	}
	c.r.failed = c.r.failed || isError(o["error"])
}

// finish takes a reason that is written as a word or, on demand, as a number.
func (c *geminiReader) finish(v any, words ...string) {
	switch f := v.(type) {
	case string:
		c.r.finish = f
	case float64:
		if int(f) < len(words) {
			c.r.finish = words[int(f)]
		}
	}
	c.r.ended = c.r.ended || c.r.finish != ""
}

func (c *geminiReader) end(*recording) {
	u, out := c.last, c.r.usage
	if c.op == "cached_contents" || u == nil { // the size of a cache is not consumed by looking at it
		return
	}
	c.sum("input", "promptTokenCount", "toolUsePromptTokenCount")
	c.sum("output", "candidatesTokenCount", "thoughtsTokenCount")
	out.set("reasoning", u["thoughtsTokenCount"])
	out.set("cache_read", u["cachedContentTokenCount"])
	if _, told := out["output"]; !told && c.op == "chat" && c.r.ended {
		if total, ok := u["totalTokenCount"].(float64); ok && total >= out["input"] {
			out["output"] = total - out["input"]
		}
	}
	if c.images > 0 {
		out["images"] = c.images
	}
	out.unit("searches", c.searches)
	c.modalities()
	c.r.tier = u.text("serviceTier")
	if t := u.text("trafficType"); c.r.tier == "" && t != "" {
		c.r.tier = cmp.Or(map[string]string{"ON_DEMAND": "standard", "ON_DEMAND_FLEX": "flex", "ON_DEMAND_PRIORITY": "priority"}[t], t)
	}
}

func (c *geminiReader) sum(name string, members ...string) {
	for _, m := range members {
		if n, ok := c.last[m].(float64); ok {
			c.r.usage[name] += n
		}
	}
}

func (c *geminiReader) modalities() {
	in := c.modality("promptTokensDetails", "promptTokenDetails", "toolUsePromptTokensDetails")
	outputs := c.modality("candidatesTokensDetails")
	if in["AUDIO"] > 0 {
		c.r.usage["audio_input"] = in["AUDIO"]
	}
	if outputs["AUDIO"] > 0 {
		c.r.usage["audio_output"] = outputs["AUDIO"]
	}
	c.r.usage.unit("image_input_tokens", in["IMAGE"])
	c.r.usage.unit("image_output_tokens", outputs["IMAGE"])
	c.r.usage.unit("cached_audio_tokens", c.modality("cacheTokensDetails")["AUDIO"])
}

func (c *geminiReader) modality(members ...string) map[string]float64 {
	sums := map[string]float64{}
	for _, m := range members {
		for _, d := range c.last.list(m) {
			name := d.text("modality")
			if n, ok := d["modality"].(float64); ok && n < 6 {
				name = []string{"", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"}[int(n)]
			}
			sums[name] += d.number("tokenCount")
		}
	}
	return sums
}
