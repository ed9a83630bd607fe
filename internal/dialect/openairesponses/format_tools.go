package openairesponses

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// tools writes what the model may call.
func (w *requestWriter) tools() {
	tools := w.r.Tools
	if w.home {
		tools = tools[:len(tools)-lateTools(w.r)]
	}
	search := w.r.Setting(llm.FSearchOptions)
	if len(tools) == 0 && search == nil {
		return
	}
	before := len(w.B)
	w.Array("tools")
	empty := len(w.B)
	w.toolList(tools)
	if search != nil && !slices.ContainsFunc(tools, func(t llm.Tool) bool { return t.Kind == llm.WebSearch }) {
		w.searchTool(search)
	}
	if len(w.B) == empty {
		w.B = w.B[:before]
		return
	}
	w.End(']')
}

// toolList writes tools, those of one group as that group.
func (w *requestWriter) toolList(tools []llm.Tool) {
	for i := range tools {
		t := &tools[i]
		if !w.home || t.Group == nil {
			w.tool(t)
			continue
		}
		if i > 0 && sameSpan(tools[i-1].Group, t.Group) {
			continue
		}
		w.Begin('{')
		w.others(t.Group, "tools")
		w.Array("tools")
		for n := i; n < len(tools) && sameSpan(tools[n].Group, t.Group); n++ {
			w.tool(&tools[n])
		}
		w.End(']')
		w.End('}')
	}
}

func sameSpan(a, b llm.Raw) bool {
	return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0]
}

// lateTools counts the tools of a caller of this dialect that stood in items of the
// conversation; they are the last.
func lateTools(r *llm.Request) (n int) {
	for i := range r.Messages {
		for p := range r.Messages[i].Parts {
			part := &r.Messages[i].Parts[p]
			if part.Kind != llm.Vendor && part.Kind != llm.ToolResult || part.Raw == nil {
				continue
			}
			switch string(bare(jsonscan.Get(part.Raw, "type"))) {
			case "additional_tools", "tool_search_output":
				n += countTools(jsonscan.Get(part.Raw, "tools"))
			}
		}
	}
	return n
}

func countTools(list []byte) (n int) {
	jsonscan.Elements(list, func(raw []byte) bool {
		if string(bare(jsonscan.Get(raw, "type"))) == "namespace" {
			n += countTools(jsonscan.Get(raw, "tools"))
		} else {
			n++
		}
		return true
	})
	return n
}

func (w *requestWriter) tool(t *llm.Tool) {
	switch {
	case w.home && t.Vendor != nil:
		w.Raw(t.Vendor)
	case t.Kind == llm.Function:
		w.function(t)
	case t.Kind == llm.Custom:
		w.customTool(t)
	case t.Kind == llm.WebSearch:
		w.webSearch(t.Search)
	case t.Kind == llm.Code:
		w.Begin('{')
		w.Text("type", "code_interpreter")
		w.Object("container")
		w.Text("type", "auto")
		w.End('}')
		w.End('}')
	}
}

// name gives a tool's name as it stands in its definition.
func (w *requestWriter) name(t *llm.Tool) string {
	if !w.home {
		return toolNames.Name(t.Name, &w.names)
	}
	return ungrouped(t)
}

// ungrouped gives a tool's name without that of its group.
func ungrouped(t *llm.Tool) string {
	if t.Group == nil {
		return t.Name
	}
	return t.Name[len(spacePrefix(text(jsonscan.Get(t.Group, "name")))):]
}

// function writes a function tool. One that says nothing of strictness is not strict in
// other dialects, while here it would be.
func (w *requestWriter) function(t *llm.Tool) {
	w.Begin('{')
	w.Text("type", "function")
	w.Text("name", w.name(t))
	w.MemberIf("description", t.Description)
	parameters := t.Parameters
	if !w.home {
		parameters = dialect.ToolSchema(t)
	}
	if parameters != nil {
		w.Member("parameters", parameters)
	}
	switch {
	case t.Strict != nil && (w.home || !*t.Strict || dialect.Strictable(parameters)):
		w.Flag("strict", *t.Strict)
	case !w.home:
		if t.Strict != nil { // of a schema that strict mode would refuse
			w.lose(llm.FToolStrict)
		}
		w.Flag("strict", false)
	}
	if w.home {
		for _, m := range t.Own {
			w.AnyKey(m.Name)
			w.Raw(m.Value)
		}
	}
	w.End('}')
}

// customTool writes a custom tool of the chat dialect, whose definition stands an
// object further inside there, and its grammar one more.
func (w *requestWriter) customTool(t *llm.Tool) {
	w.Begin('{')
	w.Text("type", "custom")
	w.Text("name", w.name(t))
	w.MemberIf("description", t.Description)
	format := jsonscan.Get(t.Vendor, "custom", "format")
	if grammar := jsonscan.Get(format, "grammar"); grammar != nil {
		w.Object("format")
		w.Text("type", "grammar")
		w.MemberIf("syntax", jsonscan.Get(grammar, "syntax"))
		w.MemberIf("definition", jsonscan.Get(grammar, "definition"))
		w.End('}')
	} else {
		w.MemberIf("format", format)
	}
	w.End('}')
}

// webSearch writes https://platform.openai.com/docs/guides/tools-web-search.
func (w *requestWriter) webSearch(limits *llm.Search) {
	if limits == nil {
		limits = &llm.Search{}
	}
	w.Begin('{')
	w.Text("type", "web_search")
	if limits.Allowed != nil || limits.Blocked != nil {
		w.Object("filters")
		w.MemberIf("allowed_domains", limits.Allowed)
		w.MemberIf("blocked_domains", limits.Blocked)
		w.End('}')
	}
	if limits.Place != nil {
		w.Object("user_location")
		w.Text("type", "approximate")
		w.others(limits.Place, "type")
		w.End('}')
	}
	w.End('}')
}

// searchTool writes the chat dialect's web_search_options as the tool that they ask for.
func (w *requestWriter) searchTool(options llm.Raw) {
	w.Begin('{')
	w.Text("type", "web_search")
	w.MemberIf("search_context_size", jsonscan.Get(options, "search_context_size"))
	if place := jsonscan.Get(options, "user_location", "approximate"); isObject(place) {
		w.Object("user_location")
		w.Text("type", "approximate")
		w.others(place, "type")
		w.End('}')
	}
	w.End('}')
}

// toolChoice writes whether tools must be called.
func (w *requestWriter) toolChoice() {
	if c := &w.r.Choice; w.home && c.Vendor != nil {
		w.Member("tool_choice", c.Vendor)
	} else if c.Mode != "" && (w.home || len(w.r.Tools) > 0) {
		w.Key("tool_choice")
		writeChoice(&w.Writer, w.r, func(t string) string { return w.chosen(t) })
	}
}

// chosen gives the name of a tool in a choice as it stands in its definition.
func (w *requestWriter) chosen(name string) string {
	if w.home {
		return name
	}
	return toolNames.Name(name, &w.names)
}

// writeChoice writes a choice; name gives a tool's name as it is to be written.
func writeChoice(w *jsonout.Writer, r *llm.Request, name func(string) string) {
	c := &r.Choice
	switch c.Mode {
	case "tool":
		if len(c.Names) == 0 {
			w.String("required")
			return
		}
		writeNamed(w, r, c.Names[0], name)
	case "allowed", "allowed_required":
		w.Begin('{')
		w.Text("type", "allowed_tools")
		mode := "auto"
		if c.Mode == "allowed_required" {
			mode = "required"
		}
		w.Text("mode", mode)
		w.Array("tools")
		for _, n := range c.Names {
			writeNamed(w, r, n, name)
		}
		w.End(']')
		w.End('}')
	case "":
		w.String("auto")
	default:
		w.String(c.Mode)
	}
}

func writeNamed(w *jsonout.Writer, r *llm.Request, tool string, name func(string) string) {
	kind := "function"
	if dialect.CalledFreely(r, tool) {
		kind = "custom"
	}
	w.Begin('{')
	w.Text("type", kind)
	w.Text("name", name(tool))
	w.End('}')
}
