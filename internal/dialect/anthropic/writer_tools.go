package anthropic

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var anyObject = llm.Raw(`{"type":"object"}`)

// tools writes the tools and the choice among them.
func (f *writer) tools() {
	at := len(f.w.B)
	f.w.Array("tools")
	from := len(f.w.B)
	for i := range f.r.Tools {
		f.tool(&f.r.Tools[i])
	}
	f.searchOptions()
	switch {
	case f.answerTool:
		f.functionHead(answerToolName, f.r.Output.Description)
		f.w.Key("input_schema")
		f.rootSchema(f.r.Output.Schema, false)
		f.w.End('}')
	case len(f.w.B) == from && !f.same() && f.r.Has.Has(llm.FToolCall):
		f.recalled()
	}
	if len(f.w.B) == from {
		f.w.B = f.w.B[:at]
		if !f.same() { // a choice without tools is refused
			return
		}
	} else {
		f.w.End(']')
	}
	f.writeChoice()
}

func (f *writer) tool(t *llm.Tool) {
	if f.same() {
		f.sameTool(t)
		return
	}
	switch t.Kind {
	case llm.Function, llm.Custom:
		if f.allowed(t.Name) {
			as := dialect.FunctionOf(t)
			f.function(&as)
		}
	case llm.WebSearch:
		if !f.lacks(llm.FWebSearch) {
			f.search(t.Search)
		}
	case llm.Code:
		if f.lacks(llm.FCode) {
			return
		}
		// https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool
		f.beta("code-execution-2025-08-25")
		f.builtin("code_execution_20250825", "code_execution")
	}
}

func (f *writer) builtin(kind, name string) {
	f.w.Begin('{')
	f.w.Text("type", kind)
	f.w.Text("name", name)
	f.w.End('}')
}

// search writes https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool.
// It takes one list of domains; the one to keep to says more.
func (f *writer) search(limits *llm.Search) {
	if limits == nil {
		limits = &llm.Search{}
	}
	f.w.Begin('{')
	f.w.Text("type", "web_search_20250305")
	f.w.Text("name", "web_search")
	switch {
	case limits.Allowed != nil:
		f.w.Member("allowed_domains", limits.Allowed)
		if limits.Blocked != nil {
			f.lose(llm.FSearchBlocked)
		}
	case limits.Blocked != nil:
		f.w.Member("blocked_domains", limits.Blocked)
	}
	if place := limits.Place; len(place) > 2 {
		f.w.Object("user_location")
		f.w.Text("type", "approximate")
		_ = jsonscan.Members(place, func(key, v []byte) bool {
			switch name := string(key); name {
			case "city", "country", "region", "timezone":
				f.w.Member(name, v)
			}
			return true
		})
		f.w.End('}')
	}
	f.w.End('}')
}

// searchOptions: a request may ask for web search beside its tools.
func (f *writer) searchOptions() {
	o := f.setting(llm.FSearchOptions)
	if o == nil || slices.ContainsFunc(f.r.Tools, func(t llm.Tool) bool { return t.Kind == llm.WebSearch }) {
		return
	}
	f.search(&llm.Search{Place: jsonscan.Get(o, "user_location", "approximate")})
}

// allowed: of tools that may be called, only those are shown.
func (f *writer) allowed(name string) bool {
	c := &f.r.Choice
	return c.Mode != "allowed" && c.Mode != "allowed_required" || slices.Contains(c.Names, name)
}

func (f *writer) functionHead(name string, description llm.Raw) {
	f.w.Begin('{')
	f.w.Text("name", nameRule.Name(name, &f.out.Names))
	if len(description) > 2 {
		f.w.Member("description", description)
	}
}

func (f *writer) function(t *llm.Tool) {
	f.functionHead(t.Name, t.Description)
	strict := t.Strict != nil && *t.Strict
	if strict && !f.obeys(t.Parameters) {
		strict = false
		f.lose(llm.FToolStrict)
	}
	f.w.Key("input_schema")
	f.rootSchema(t.Parameters, strict)
	if strict {
		f.w.Flag("strict", true)
	}
	f.mark(t.Cache)
	f.w.End('}')
}

// obeys reports whether a tool with such arguments may be strict: the model knows it, and
// the schema is neither one that holds itself nor one whose root has to be mended.
func (f *writer) obeys(s llm.Raw) bool {
	return f.rules.schema && (saysNothing(s) || isObject(s)) && !dialect.Recursive(s)
}

// sameTool writes a tool as its caller did.
func (f *writer) sameTool(t *llm.Tool) {
	if t.Kind != llm.Function {
		f.w.Raw(t.Vendor)
		return
	}
	f.w.Begin('{')
	f.w.Text("name", t.Name)
	f.w.MemberIf("description", t.Description)
	f.w.MemberIf("input_schema", t.Parameters)
	if t.Strict != nil {
		f.w.Flag("strict", *t.Strict)
	}
	f.mark(t.Cache)
	f.owned(t.Own)
	f.w.End('}')
}

// recalled names the tools that the history calls, which are not to be called any more:
// the vendor wants tools to be defined where calls stand.
func (f *writer) recalled() {
	var seen []string
	for i := range f.r.Messages {
		for n := range f.r.Messages[i].Parts {
			c := f.r.Messages[i].Parts[n].Call
			if c == nil || slices.Contains(seen, c.Name) {
				continue
			}
			seen = append(seen, c.Name)
			f.functionHead(c.Name, nil)
			f.w.Member("input_schema", anyObject)
			f.w.End('}')
		}
	}
	f.choice = "none"
}

func (f *writer) writeChoice() {
	c := &f.r.Choice
	if f.same() {
		f.sameChoice(c)
		return
	}
	if f.choice == "" {
		return
	}
	f.w.Object("tool_choice")
	f.w.Text("type", f.choice)
	if f.choice == "tool" {
		f.w.Text("name", nameRule.Name(f.only, &f.out.Names))
	}
	if c.Parallel != nil && !*c.Parallel && f.choice != "none" {
		f.w.Flag("disable_parallel_tool_use", true)
	}
	f.w.End('}')
}

func (f *writer) sameChoice(c *llm.ToolChoice) {
	word := map[string]string{"auto": "auto", "none": "none", "required": "any", "tool": "tool"}[c.Mode]
	switch {
	case word != "":
	case c.Vendor != nil:
		f.w.Member("tool_choice", c.Vendor)
		return
	default:
		return
	}
	f.w.Object("tool_choice")
	f.w.Text("type", word)
	if word == "tool" {
		f.w.Text("name", first(c.Names))
	}
	if c.Parallel != nil {
		f.w.Flag("disable_parallel_tool_use", !*c.Parallel)
	}
	f.w.End('}')
}

// maxMarks: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
const maxMarks = 4

// mark writes a cache mark. Of more than four the last ones count: they mark the
// longest prefixes. A lifetime of an hour must not follow one of five minutes.
func (f *writer) mark(life string) {
	if life == "" || f.lacks(llm.FCache) {
		return
	}
	if f.skip > 0 {
		f.skip--
		f.out.Lost.Add(llm.FCache)
		return
	}
	f.w.Object("cache_control")
	f.w.Text("type", "ephemeral")
	switch {
	case f.same() && life != "5m":
		f.w.Text("ttl", life)
	case life == "1h" && !f.short:
		f.w.Text("ttl", life)
	case life != "5m":
		f.out.Lost.Add(llm.FCacheTTL)
	}
	f.short = f.short || life == "5m"
	f.w.End('}')
}

// marks counts the marks that would be written.
func (f *writer) marks() (n int) {
	for i := range f.r.Tools {
		if t := &f.r.Tools[i]; t.Cache != "" && t.Kind == llm.Function && f.allowed(t.Name) {
			n++
		}
	}
	for i := range f.r.Messages {
		n += marksOf(f.r.Messages[i].Parts)
	}
	return n
}

func marksOf(parts []llm.Part) (n int) {
	for i := range parts {
		p := &parts[i]
		if p.Cache != "" && bearsMark(p) {
			n++
		}
		if p.Result != nil {
			n += marksOf(p.Result.Parts)
		}
	}
	return n
}

func bearsMark(p *llm.Part) bool {
	switch p.Kind {
	case llm.Text, llm.Refusal:
		return !isBlank(p.Text)
	case llm.Image, llm.File, llm.ToolCall, llm.ToolResult:
		return true
	}
	return false
}

// owned writes members that only this dialect has.
func (f *writer) owned(members []llm.Member) {
	for _, m := range members {
		f.w.AnyKey(m.Name)
		f.w.Raw(m.Value)
	}
}
