package openaichat

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// toolName gives a tool's name as the target takes it.
func (w *writer) toolName(name string) string {
	if w.own {
		return name
	}
	return toolNames.Name(name, &w.names)
}

// customTools reports whether the target knows tools that are called with free text.
func (w *writer) customTools() bool { return w.vendor && !w.to.Traits.Lacks.Has(llm.FCustomTool) }

// tools writes the tools that the target takes, and the choice among them.
func (w *writer) tools() {
	r := w.r
	if legacy(r) && w.own {
		w.functions()
		return
	}
	from := len(w.B)
	w.Array("tools")
	empty := len(w.B)
	for i := range r.Tools {
		if w.forbidden() {
			break
		}
		w.tool(&r.Tools[i])
	}
	if len(w.B) == empty {
		w.B = w.B[:from]
		w.searchOptions()
		if !w.own { // a choice among no tools is refused
			return
		}
	} else {
		w.End(']')
		w.searchOptions()
	}
	w.choice()
	if p := r.Choice.Parallel; p != nil {
		if w.to.Traits.NoParallel && !w.own {
			w.lose(llm.FParallel)
		} else if !w.lacks(llm.FParallel) {
			w.Flag("parallel_tool_calls", *p)
		}
	}
}

// forbidden reports whether tools must be left out because no call shall be made and
// the target cannot be told so. Where some were called before, they must be there.
func (w *writer) forbidden() bool {
	return !w.own && w.r.Choice.Mode == "none" && w.to.Traits.Lacks.Has(llm.FChoiceNone) && !w.r.Has.Has(llm.FToolCall)
}

func (w *writer) tool(t *llm.Tool) {
	switch {
	case t.Kind == llm.Function:
		if !w.chosen(t.Name) || w.lacks(llm.FTools) {
			return
		}
		w.function(t)
	case w.own:
		w.Raw(t.Vendor)
	case t.Kind == llm.Custom && w.chosen(t.Name):
		if w.customTools() {
			w.custom(t)
			return
		}
		f := dialect.FunctionOf(t)
		w.function(&f)
	}
}

// chosen reports whether a tool is among those that may be called, where the target
// cannot be told which these are but by leaving out the others.
func (w *writer) chosen(tool string) bool {
	c := &w.r.Choice
	return w.vendor || w.own || !strings.HasPrefix(c.Mode, "allowed") || slices.Contains(c.Names, tool)
}

func (w *writer) function(t *llm.Tool) {
	w.Begin('{')
	w.Text("type", "function")
	w.Object("function")
	w.definition(t)
	w.ownIn(t.Own, "function.")
	w.End('}')
	if t.Cache != "" {
		if w.own || w.to.Traits.CacheMarks {
			w.cacheControl(t.Cache)
		} else {
			w.lose(llm.FToolCache)
		}
	}
	w.ownFlat(t.Own, "function.")
	w.End('}')
}

func (w *writer) definition(t *llm.Tool) {
	w.Text("name", w.toolName(t.Name))
	w.MemberIf("description", t.Description)
	parameters := t.Parameters
	if !w.own { // several vendors require it
		parameters = dialect.ToolSchema(t)
	}
	if parameters != nil {
		w.Member("parameters", parameters)
	}
	if t.Strict == nil || w.lacks(llm.FToolStrict) {
		return
	}
	if w.own || !*t.Strict || dialect.Strictable(parameters) {
		w.Flag("strict", *t.Strict)
		return
	}
	w.lose(llm.FToolStrict)
}

// functions writes the older form of tools and tool choice for a caller who used it.
func (w *writer) functions() {
	w.Array("functions")
	for i := range w.r.Tools {
		w.Raw(w.r.Tools[i].Vendor)
	}
	w.End(']')
	switch c := &w.r.Choice; c.Mode {
	case "":
	case "tool":
		w.Object("function_call")
		w.Text("name", c.Names[0])
		w.End('}')
	default:
		w.Text("function_call", c.Mode)
	}
}

// custom writes a tool of another dialect that is called with free text. Both of
// OpenAI's dialects have them, and the same formats.
func (w *writer) custom(t *llm.Tool) {
	w.Begin('{')
	w.Text("type", "custom")
	w.Object("custom")
	w.Text("name", w.toolName(t.Name))
	w.MemberIf("description", t.Description)
	if f := grammarOf(t.Vendor); f != nil {
		w.Member("format", f)
	}
	w.End('}')
	w.End('}')
}

// searchOptions asks for a search by the vendor: OpenAI's search models search when
// they are given this member, other models refuse it.
func (w *writer) searchOptions() {
	if w.own || w.r.Setting(llm.FSearchOptions) != nil {
		return
	}
	for i := range w.r.Tools {
		if w.r.Tools[i].Kind != llm.WebSearch {
			continue
		}
		if w.vendor && strings.Contains(w.to.Model, "search") {
			w.Object("web_search_options")
			w.place(w.r.Tools[i].Search)
			w.End('}')
		} else {
			w.lose(llm.FWebSearch)
			if w.r.Has.Has(llm.FSearchPlace) {
				w.lose(llm.FSearchPlace)
			}
		}
		return
	}
}

// place writes where the user is.
func (w *writer) place(limits *llm.Search) {
	if limits == nil || limits.Place == nil {
		return
	}
	w.Object("user_location")
	w.Text("type", "approximate")
	w.Object("approximate")
	_ = jsonscan.Members(limits.Place, func(key, v []byte) bool {
		if string(key) != "type" && !jsonscan.IsNull(v) {
			w.Member(string(key), v)
		}
		return true
	})
	w.End('}')
	w.End('}')
}

// choice writes tool_choice.
func (w *writer) choice() {
	c := &w.r.Choice
	switch c.Mode {
	case "":
		if w.own && c.Vendor != nil {
			w.Member("tool_choice", c.Vendor)
		}
	case "auto":
		w.Text("tool_choice", "auto")
	case "none":
		if !w.lacks(llm.FChoiceNone) {
			w.Text("tool_choice", "none")
		}
	case "required":
		if !w.lacks(llm.FChoiceRequired) {
			w.Text("tool_choice", "required")
		}
	case "tool":
		if len(c.Names) > 0 && !w.lacks(llm.FChoiceTool) {
			w.Key("tool_choice")
			w.namedTool(c.Names[0])
		}
	default:
		w.allowed()
	}
}

// namedTool writes {type: function, function: {name}}, or its like for a custom tool.
func (w *writer) namedTool(tool string) {
	kind := "function"
	for i := range w.r.Tools {
		if w.r.Tools[i].Name == tool && w.r.Tools[i].Kind == llm.Custom && (w.own || w.customTools()) {
			kind = "custom"
		}
	}
	w.Begin('{')
	w.Text("type", kind)
	w.Object(kind)
	w.Text("name", w.toolName(tool))
	w.End('}')
	w.End('}')
}

func (w *writer) allowed() {
	c := &w.r.Choice
	mode := "auto"
	if c.Mode == "allowed_required" {
		mode = "required"
	}
	if !w.vendor && !w.own { // the tools that are not allowed were left out
		if mode != "required" || !w.lacks(llm.FChoiceRequired) {
			w.Text("tool_choice", mode)
		}
		return
	}
	w.Object("tool_choice")
	w.Text("type", "allowed_tools")
	w.Object("allowed_tools")
	w.Text("mode", mode)
	w.Array("tools")
	for _, tool := range c.Names {
		w.namedTool(tool)
	}
	w.End(']')
	w.End('}')
	w.End('}')
}

// grammarOf gives the format of a custom tool in the form of this dialect, of its
// definition in either of OpenAI's dialects; nil = free text.
func grammarOf(vendor llm.Raw) llm.Raw {
	if f := jsonscan.Get(vendor, "custom", "format"); f != nil {
		return f
	}
	f := jsonscan.Get(vendor, "format")
	syntax, definition := jsonscan.Get(f, "syntax"), jsonscan.Get(f, "definition")
	if syntax == nil || definition == nil {
		return nil
	}
	var w jsonout.Writer
	w.Begin('{')
	w.Text("type", "grammar")
	w.Object("grammar")
	w.Member("syntax", syntax)
	w.Member("definition", definition)
	w.End('}')
	w.End('}')
	return w.B
}
