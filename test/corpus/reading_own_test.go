package corpus_test

import "strings"

// lines reads a stream of JSON lines.
func lines(body string) (all []event) {
	for line := range strings.Lines(body) {
		all = append(all, event{data: strings.TrimSpace(line)})
	}
	return all
}

// cohereReader reads Cohere's second API. What is billed counts; what else the model
// processed, the vendor's own template, stands beside it.
type cohereReader struct{ r *reading }

func (c *cohereReader) event(name string, o object) {
	if name == "" {
		name = o.text("type")
	}
	switch name {
	case "message-end":
		c.r.ended = true
		c.answer(o.at("delta"))
		c.r.failed = c.r.failed || isError(o.at("delta")["error"])
	case "error":
		c.r.failed = true
	}
}

func (c *cohereReader) answer(o object) {
	c.r.failed = c.r.failed || o.text("message") != ""
	if s := o.text("finish_reason"); s != "" {
		c.r.finish = s
	}
	if u := o.at("usage"); u != nil {
		c.conversation(u.at("billed_units"), u.at("tokens"), u["cached_tokens"])
	}
	if billed := o.at("meta", "billed_units"); billed != nil {
		c.operation(billed)
	}
}

func (c *cohereReader) conversation(billed, tokens object, cached any) {
	u := c.r.usage
	for _, side := range []string{"input", "output"} {
		u.set(side, tokens[side+"_tokens"])
		u.set(side, billed[side+"_tokens"])
		if n, told := tokens[side+"_tokens"].(float64); told && n != u[side] {
			u["unit:processed_"+side+"_tokens"] = n
		}
	}
	u.set("reasoning", tokens["reasoning_tokens"])
	if n, told := u["reasoning"]; told {
		u["reasoning"] = min(n, u["output"])
	}
	c.cached(billed, tokens, cached)
}

// cached: nobody is billed for the template, which may be what came from the cache.
func (c *cohereReader) cached(billed, tokens object, cached any) {
	n, told := cached.(float64)
	in, known := billed["input_tokens"].(float64)
	all, both := tokens["input_tokens"].(float64)
	switch {
	case !told:
		return
	case n == 0, !known, !both:
		c.r.usage["cache_read"] = n
	case n > all-in:
		c.r.usage["cache_read"] = min(n-(all-in), in)
	}
	if read, shown := c.r.usage["cache_read"]; !shown || read != n {
		c.r.usage["unit:processed_cached_tokens"] = n
	}
}

func (c *cohereReader) operation(billed object) {
	u := c.r.usage
	u.set("input", billed["input_tokens"])
	if n, told := billed["image_tokens"].(float64); told {
		u["input"] += n
		u.unit("image_input_tokens", n)
	}
	u.set("output", billed["output_tokens"])
	u.set("images", billed["images"])
	u.unit("search_units", billed["search_units"])
}

func (c *cohereReader) end(*recording) {}

// ollamaReader reads Ollama's own API: the last line has what a whole answer has.
type ollamaReader struct{ r *reading }

func (c *ollamaReader) event(_ string, o object) {
	c.r.ended = c.r.ended || o["done"] == true
	c.answer(o)
}

func (c *ollamaReader) answer(o object) {
	c.r.usage.set("input", o["prompt_eval_count"])
	c.r.usage.set("output", o["eval_count"])
	if s := o.text("done_reason"); s != "" {
		c.r.finish = s
	}
	c.r.failed = c.r.failed || isError(o["error"])
}

func (c *ollamaReader) end(*recording) {}
