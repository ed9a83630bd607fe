package cohere

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// nameRule is what a tool may be called: letters, digits and underscores, no digit first
// (https://docs.cohere.com/v1/reference/chat#request.body.tools.name).
var nameRule = dialect.Rule{Extra: "_"}

// name gives a tool's name as the vendor takes it.
func (w *writer) name(name string) string {
	if w.own {
		return name
	}
	if name == "" || name[0] < '0' || name[0] > '9' {
		return nameRule.Name(name, &w.out.Names)
	}
	short := nameRule.Name("_"+name, &w.out.Names)
	if w.out.Names == nil {
		w.out.Names = map[string]string{}
	}
	w.out.Names[short] = name
	return short
}

// tools writes the functions and whether they must be called.
func (w *writer) tools() {
	n, strict := 0, w.strict()
	for i := range w.r.Tools {
		t := &w.r.Tools[i]
		if !w.offers(t) {
			continue
		}
		if n++; n == 1 {
			w.Array("tools")
		}
		f := dialect.FunctionOf(t)
		if strict && !w.own && len(f.Parameters) > 0 {
			f.Parameters = reduced(f.Parameters)
		}
		w.tool(&f)
	}
	if n == 0 {
		return
	}
	w.End(']')
	if strict || w.own && w.r.Has.Has(llm.FToolStrict) {
		w.Flag("strict_tools", strict)
	}
	w.choice()
}

// offers reports whether the model is shown a tool. The vendor has no way to name the
// tools that may be called but to leave the others out.
func (w *writer) offers(t *llm.Tool) bool {
	switch t.Kind {
	case llm.Function, llm.Custom:
	default:
		return w.own && t.Vendor != nil
	}
	switch w.r.Choice.Mode {
	case "tool", "allowed", "allowed_required":
		return slices.Contains(w.r.Choice.Names, t.Name)
	}
	return true
}

func (w *writer) tool(t *llm.Tool) {
	if t.Kind != llm.Function {
		w.Raw(t.Vendor)
		return
	}
	w.Begin('{')
	w.Text("type", "function")
	w.Object("function")
	w.Text("name", w.name(t.Name))
	w.MemberIf("description", t.Description)
	switch {
	case !w.own: // it is required
		w.Member("parameters", dialect.ToolSchema(&llm.Tool{Parameters: t.Parameters}))
	case len(t.Parameters) > 0:
		w.Member("parameters", t.Parameters)
	}
	w.End('}')
	if w.own {
		w.members(t.Own)
	}
	w.End('}')
}

// strict decides on the one switch for all tools. It is only taken where each tool has a
// required parameter (https://docs.cohere.com/docs/tool-use-parameter-types).
func (w *writer) strict() bool {
	if !w.r.Has.Has(llm.FToolStrict) {
		return false
	}
	all, any := true, false
	for i := range w.r.Tools {
		t := &w.r.Tools[i]
		if !w.offers(t) || t.Kind != llm.Function {
			continue
		}
		strict := t.Strict != nil && *t.Strict
		any = any || strict
		all = all && strict && (w.own || hasRequired(t.Parameters) && composable(t.Parameters))
	}
	if any && !all && !w.own {
		w.lose(llm.FToolStrict)
	}
	return all
}

func hasRequired(schema []byte) (some bool) {
	_ = jsonscan.Elements(jsonscan.Get(schema, "required"), func([]byte) bool {
		some = true
		return false
	})
	return some
}

func (w *writer) choice() {
	switch w.r.Choice.Mode {
	case "required", "tool", "allowed_required":
		w.Text("tool_choice", "REQUIRED")
	case "none":
		w.Text("tool_choice", "NONE")
	case "":
		if w.own {
			w.MemberIf("tool_choice", w.r.Choice.Vendor)
		}
	}
}

// callIDs gives ids to calls that came without, and to their results in turn.
type callIDs struct {
	made int
	open []callName
}

func (c *callIDs) call(call *llm.Call) string {
	if call.ID != "" {
		return call.ID
	}
	c.made++
	id := "call_" + itoa(c.made)
	c.open = append(c.open, callName{id, call.Name})
	return id
}

// result finds the call of a result by name and order.
func (c *callIDs) result(r *llm.Result) string {
	if r.ID != "" {
		return r.ID
	}
	for i, call := range c.open {
		if call.name == r.Name || r.Name == "" {
			c.open = slices.Delete(c.open, i, i+1)
			return call.id
		}
	}
	return r.ID
}
