package tokens

import "bytes"

// Input estimates the tokens that a vendor counts for a request body of any dialect. A
// body that is no JSON object counts as text.
func Input(body []byte) int64 {
	t, ok := read(body)
	if !ok {
		return Text(body)
	}
	return t.estimate()
}

func read(body []byte) (t tally, ok bool) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return t, false
	}
	t.walk(body)
	return t, true
}

func (t *tally) estimate() int64 {
	return roundUp(t.text.close()+t.schema.close()) + t.media + t.ids + 4*t.turns + 3
}
