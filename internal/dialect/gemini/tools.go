package gemini

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// tools reads the tools: each object may hold several.
func (p *requestParser) tools(v llm.Raw) {
	if v == nil || p.err != nil {
		return
	}
	err := each(v, func(v []byte) bool {
		p.broken("tools[]", jsonscan.Members(v, func(key, v []byte) bool {
			if !jsonscan.IsNull(v) {
				p.tool(nameOf(key), v)
			}
			return p.err == nil
		}))
		return p.err == nil
	})
	p.broken("tools", err)
}

// tool reads one member of such an object.
func (p *requestParser) tool(key string, v llm.Raw) {
	kind := llm.Builtin
	switch key {
	case "functionDeclarations", "function_declarations":
		p.broken("tools[].functionDeclarations", each(v, func(v []byte) bool {
			p.function(v)
			return p.err == nil
		}))
		return
	case "googleSearch", "google_search":
		kind, key = llm.WebSearch, "googleSearch"
		p.r.Has.Add(llm.FWebSearch)
		_ = jsonscan.Members(v, func(key, value []byte) bool { // others have no word for its settings
			if !jsonscan.IsNull(value) {
				p.r.Unname("tools[].googleSearch." + nameOf(key))
			}
			return true
		})
	case "codeExecution", "code_execution":
		kind, key = llm.Code, "codeExecution"
		p.r.Has.Add(llm.FCode)
	default:
		p.r.Has.Add(llm.FBuiltin)
	}
	w := jsonout.Writer{B: make([]byte, 0, len(v)+len(key)+5)}
	w.Begin('{')
	w.AnyKey(key)
	w.Raw(v)
	w.End('}')
	p.r.Tools = append(p.r.Tools, llm.Tool{Kind: kind, Name: key, Vendor: w.B})
}

// function reads a functionDeclaration.
func (p *requestParser) function(v []byte) {
	t := llm.Tool{Kind: llm.Function}
	err := jsonscan.Members(v, func(key, value []byte) bool {
		if jsonscan.IsNull(value) {
			return true
		}
		switch string(key) {
		case "name":
			t.Name = p.text(value, "tools[].functionDeclarations[].name")
		case "description":
			t.Description = value
		case "parameters":
			t.Parameters = value
			if onlyOpenAPI(value) {
				t.Parameters, t.Vendor = fromOpenAPI(value), v // the form it has stays for its own dialect
			}
		case "parametersJsonSchema", "parameters_json_schema":
			t.Parameters = value
		default:
			name := camelTool(key)
			t.Own = append(t.Own, llm.Member{Name: name, Value: value})
			p.unname("tools[].functionDeclarations[]." + name)
		}
		return p.err == nil
	})
	p.broken("tools[].functionDeclarations[]", err)
	if t.Name == "" {
		p.fail("tools[].functionDeclarations[].name", "is missing.")
	}
	p.r.Has.Add(llm.FTools)
	p.r.Tools = append(p.r.Tools, t)
}

func camelTool(key []byte) string {
	if string(key) == "response_json_schema" {
		return "responseJsonSchema"
	}
	return nameOf(key)
}

// toolConfig reads whether and which tools must be called.
func (p *requestParser) toolConfig(v llm.Raw) {
	if v == nil || p.err != nil {
		return
	}
	err := jsonscan.Members(v, func(key, v []byte) bool {
		if jsonscan.IsNull(v) {
			return true
		}
		switch string(key) {
		case "functionCallingConfig", "function_calling_config":
			p.choice(v)
		case "retrievalConfig", "retrieval_config":
			p.own("toolConfig.retrievalConfig", v)
		case "includeServerSideToolInvocations", "include_server_side_tool_invocations":
			p.own("toolConfig.includeServerSideToolInvocations", v)
		default:
			p.own("toolConfig."+nameOf(key), v)
		}
		return true
	})
	p.broken("toolConfig", err)
}

// modes of https://ai.google.dev/api/caching#FunctionCallingConfig by their numbers.
var modes = [...]string{"", "AUTO", "ANY", "NONE", "VALIDATED"}

// choice reads a functionCallingConfig. VALIDATED is AUTO whose calls keep to the
// schemas: elsewhere it is AUTO.
func (p *requestParser) choice(v llm.Raw) {
	var mode string
	c := &p.r.Choice
	err := jsonscan.Members(v, func(key, value []byte) bool {
		switch string(key) {
		case "mode":
			mode = strings.ToUpper(word(value, modes[:]))
		case "allowedFunctionNames", "allowed_function_names":
			if !jsonscan.IsNull(value) {
				p.broken("toolConfig.functionCallingConfig.allowedFunctionNames", each(value, func(one []byte) bool {
					c.Names = append(c.Names, p.text(one, "toolConfig.functionCallingConfig.allowedFunctionNames"))
					return p.err == nil
				}))
			}
		case "streamFunctionCallArguments", "stream_function_call_arguments":
			c.Vendor = v
			p.unname("toolConfig.functionCallingConfig.streamFunctionCallArguments")
		default:
			c.Vendor = v
			p.unname("toolConfig.functionCallingConfig." + string(key))
		}
		return p.err == nil
	})
	p.broken("toolConfig.functionCallingConfig", err)
	p.setMode(mode, v)
}

func (p *requestParser) setMode(mode string, v llm.Raw) {
	c := &p.r.Choice
	switch mode {
	case "", "MODE_UNSPECIFIED":
	case "NONE":
		c.Mode, c.Names = "none", nil
		p.r.Has.Add(llm.FChoiceNone)
	case "ANY":
		c.Mode = [...]string{"required", "tool", "allowed_required"}[min(len(c.Names), 2)]
		p.r.Has.Add([...]llm.Feature{llm.FChoiceRequired, llm.FChoiceTool, llm.FChoiceAllowed}[min(len(c.Names), 2)])
	case "AUTO", "VALIDATED":
		if mode == "VALIDATED" {
			c.Vendor = v
		}
		c.Mode = "auto"
		if len(c.Names) > 0 {
			c.Mode = "allowed"
			p.r.Has.Add(llm.FChoiceAllowed)
		}
	default:
		p.fail("toolConfig.functionCallingConfig.mode", "must be AUTO, ANY, NONE or VALIDATED.")
	}
}

// nameRule: https://ai.google.dev/api/caching#FunctionDeclaration. It must begin with a
// letter or an underscore besides, see toolName.
var nameRule = dialect.Rule{Extra: "_.-", Max: 64}

// toolName gives a tool's name as the vendor takes it.
func (f *requestWriter) toolName(name string) string {
	if f.own || name == "" {
		return name
	}
	short := nameRule.Name(name, &f.names)
	if c := short[0]; c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
		before := short
		short = "_" + short[:min(len(short), nameRule.Max-1)]
		if f.names == nil {
			f.names = map[string]string{}
		}
		delete(f.names, before)
		f.names[short] = name
	}
	return short
}

// tools writes the tools: all functions in one object, each of the vendor's own in one
// of its own.
func (f *requestWriter) tools() {
	functions, vendors := f.chooseTools()
	if functions+vendors == 0 {
		if f.own {
			f.choice(false, false)
		}
		return
	}
	w := &f.w
	w.Array("tools")
	if functions > 0 {
		w.Begin('{')
		w.Array("functionDeclarations")
		for i := range f.r.Tools {
			if t := &f.r.Tools[i]; t.Kind == llm.Function || t.Kind == llm.Custom {
				f.function(t)
			}
		}
		w.End(']')
		w.End('}')
	}
	if vendors > 0 {
		f.vendorTools()
	}
	w.End(']')
	f.choice(functions > 0, vendors > 0)
}

// chooseTools counts what can be written. Models before Gemini 3 refuse functions
// beside the vendor's own tools (https://ai.google.dev/gemini-api/docs/tool-combination):
// the functions stay, for the conversation may hold calls of them.
func (f *requestWriter) chooseTools() (functions, vendors int) {
	for i := range f.r.Tools {
		switch t := &f.r.Tools[i]; {
		case t.Kind == llm.Function, t.Kind == llm.Custom:
			functions++
		case f.own, t.Kind == llm.WebSearch, t.Kind == llm.Code:
			vendors++
		}
	}
	if f.searchAsked() {
		vendors++
	}
	if functions > 0 && vendors > 0 && !f.own && f.m.gen != gemini3 {
		f.lose(llm.FWebSearch, llm.FCode, llm.FSearchOptions)
		vendors = 0
	}
	return functions, vendors
}

// searchAsked: OpenAI's web_search_options ask for a search without a tool.
func (f *requestWriter) searchAsked() bool {
	return f.r.Setting(llm.FSearchOptions) != nil && !slices.ContainsFunc(f.r.Tools, func(t llm.Tool) bool { return t.Kind == llm.WebSearch })
}

func (f *requestWriter) vendorTools() {
	w := &f.w
	for i := range f.r.Tools {
		t := &f.r.Tools[i]
		switch {
		case t.Kind == llm.Function || t.Kind == llm.Custom:
		case f.own:
			w.Raw(t.Vendor)
		case t.Kind == llm.WebSearch:
			w.Raw([]byte(`{"googleSearch":{}}`))
		case t.Kind == llm.Code:
			w.Raw([]byte(`{"codeExecution":{}}`))
		}
	}
	if f.searchAsked() {
		w.Raw([]byte(`{"googleSearch":{}}`))
	}
}

// function writes a functionDeclaration.
func (f *requestWriter) function(t *llm.Tool) {
	w := &f.w
	if f.own && t.Vendor != nil {
		w.Raw(t.Vendor)
		return
	}
	fn := dialect.FunctionOf(t)
	w.Begin('{')
	w.Text("name", f.toolName(fn.Name))
	w.MemberIf("description", fn.Description)
	if !f.own {
		w.MemberIf("parametersJsonSchema", withoutConst(fn.Parameters))
	} else {
		w.MemberIf("parametersJsonSchema", fn.Parameters)
		for _, m := range t.Own {
			w.AnyKey(m.Name)
			w.Raw(m.Value)
		}
	}
	w.End('}')
}

// choice writes toolConfig.
func (f *requestWriter) choice(functions, vendors bool) {
	mode, names := f.mode(functions, vendors)
	circulate := functions && vendors && !f.own && !f.to.Traits.NoCallIDs
	ownConfig := f.own && f.hasOwn("toolConfig.")
	if mode == "" && !circulate && !ownConfig && (!f.own || f.r.Choice.Vendor == nil) {
		return
	}
	w := &f.w
	w.Object("toolConfig")
	switch {
	case f.own && f.r.Choice.Vendor != nil:
		w.Member("functionCallingConfig", f.r.Choice.Vendor)
	case mode != "":
		w.Object("functionCallingConfig")
		w.Text("mode", mode)
		if len(names) > 0 {
			w.Array("allowedFunctionNames")
			for _, n := range names {
				w.String(f.toolName(n))
			}
			w.End(']')
		}
		w.End('}')
	}
	if circulate { // what the vendor's tools did comes back as parts, as the combination needs
		w.Flag("includeServerSideToolInvocations", true)
	}
	f.ownMembers("toolConfig.")
	w.End('}')
}

// mode gives the mode of function calling. Strict tools and a choice among some that
// leaves text free ask for VALIDATED.
func (f *requestWriter) mode(functions, vendors bool) (string, []string) {
	c := &f.r.Choice
	if !functions && !f.own {
		return "", nil
	}
	switch c.Mode {
	case "none":
		return "NONE", nil
	case "required", "tool", "allowed_required":
		return "ANY", c.Names
	case "allowed":
		return "VALIDATED", c.Names
	}
	if f.r.Has.Has(llm.FToolStrict) && f.strict() {
		return "VALIDATED", nil
	}
	if vendors && !f.own {
		return "VALIDATED", nil
	}
	if c.Mode == "auto" {
		return "AUTO", nil
	}
	return "", nil
}

// strict reports whether the mode that holds calls to their schemas is to be set: it is
// for all tools at once, and for models since 2.5.
func (f *requestWriter) strict() bool {
	if f.m.gen != gemini25 && f.m.gen != gemini3 {
		f.lost.Add(llm.FToolStrict)
		return false
	}
	return slices.ContainsFunc(f.r.Tools, func(t llm.Tool) bool { return t.Strict != nil && *t.Strict })
}
