package tokens

import "bytes"

// Input estimates the tokens that a vendor counts for a request body of any dialect.
// model is the id of the model that serves it; "" = the one that the body names. A body
// that is no JSON object counts as text.
func Input(body []byte, model string) int64 {
	t, ok := read(body)
	if !ok {
		return Text(body)
	}
	return min(t.estimate(t.family(model)), t.bound())
}

func read(body []byte) (t tally, ok bool) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return t, false
	}
	t.walk(body, root)
	return t, true
}

// family is that of the model; where nobody names one, the form of the body tells.
func (t *tally) family(model string) *family {
	switch {
	case model != "":
		return familyOf(model)
	case len(t.model) > 0:
		return familyOf(t.model)
	}
	return familyOfForm(t.form)
}

func (t *tally) estimate(f *family) int64 {
	answer := t.answer.total()
	cost := t.text.total()*f.Scale + t.tool.total()*f.Schema
	total := f.Turn*t.turns + t.media + t.ids
	if t.turns > 0 || t.form&formBare == 0 {
		total += f.Base
	}
	if t.tools > 0 {
		total += f.Tools + f.Tool*t.tools
	}
	if answer > 0 && !f.FreeAnswer {
		cost += answer * 100
		total += f.Answer
	}
	return total + roundUp(cost/100)
}
