package dialect

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// answered holds the results of tools to their calls: every call of a turn has one result
// before the assistant speaks again, and there are no others. Vendors refuse anything
// else, each in words of its own. Results that stand after what the user says in the same
// stretch are put before it.
func answered(r *llm.Request) (*llm.Request, error) {
	if !r.Has.Has(llm.FToolCall) && !r.Has.Has(llm.FToolResult) {
		return r, nil
	}
	var open []*llm.Call
	spoken, late := false, false // since the assistant's turn
	for i := range r.Messages {
		m := &r.Messages[i]
		if m.Role == llm.Assistant {
			if spoken && holds(m) {
				if len(open) > 0 {
					return nil, unanswered(r, open[0])
				}
				spoken = false
			}
			open = append(open, callsOf(m)...)
			continue
		}
		late = late || spoken && m.Role == llm.ToolRole && r.Messages[i-1].Role != llm.ToolRole
		spoken = true
		var err error
		if open, err = closed(r, open, m.Parts); err != nil {
			return nil, err
		}
	}
	if len(open) > 0 {
		return nil, unanswered(r, open[0])
	}
	if late {
		r = withMessages(r, resultsFirst(r.Messages))
	}
	return r, nil
}

func callsOf(m *llm.Message) (calls []*llm.Call) {
	for i := range m.Parts {
		if c := m.Parts[i].Call; c != nil {
			calls = append(calls, c)
		}
	}
	return calls
}

// closed takes the calls that some parts answer from those that are open.
func closed(r *llm.Request, open []*llm.Call, parts []llm.Part) ([]*llm.Call, error) {
	for i := range parts {
		res := parts[i].Result
		if res == nil {
			continue
		}
		at := slices.IndexFunc(open, func(c *llm.Call) bool {
			if res.ID != "" {
				return c.ID == res.ID
			}
			return res.Name == "" || c.Name == res.Name
		})
		if at < 0 {
			where := turnsOf(r)
			return nil, fault.Newf(fault.InvalidRequest, "The tool result '%s' in '%s' belongs to no call in the turn before it.", callName(res.ID, res.Name), where).Field(where)
		}
		open = slices.Delete(open, at, at+1)
	}
	return open, nil
}

func unanswered(r *llm.Request, c *llm.Call) error {
	where := turnsOf(r)
	return fault.Newf(fault.InvalidRequest, "The tool call '%s' in '%s' has no result in the turn after it. Add one, also for a call that failed.", callName(c.ID, c.Name), where).Field(where)
}

func callName(id, name string) string {
	if id == "" {
		return name
	}
	return id
}

// resultsFirst gives the turns with the results of tools before what else stands between
// two turns of the assistant's.
func resultsFirst(all []llm.Message) []llm.Message {
	out := make([]llm.Message, 0, len(all))
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(m llm.Message) bool { return m.Role == llm.Assistant })
		if n < 0 {
			n = len(all)
		}
		out = appendStretch(out, all[:n])
		if n < len(all) {
			out = append(out, all[n])
			n++
		}
		all = all[n:]
	}
	return out
}

func appendStretch(out, stretch []llm.Message) []llm.Message {
	results := -1
	for i := range stretch {
		switch m := &stretch[i]; {
		case m.Role != llm.ToolRole:
		case results < 0:
			results = len(out)
			out = append(out, *m)
		default: // of one turn they are one message
			out[results].Parts = slices.Concat(out[results].Parts, m.Parts)
		}
	}
	for i := range stretch {
		if stretch[i].Role != llm.ToolRole {
			out = append(out, stretch[i])
		}
	}
	return out
}
