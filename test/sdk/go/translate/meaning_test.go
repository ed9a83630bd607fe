// Package translate_test lets callers of every dialect, by its official SDK, call vendors
// of every other one: what they decode must mean what the vendor said. What is expected
// is read with encoding/json here, never by the code under test.
package translate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// meaning is what an answer says, in no dialect's words.
type meaning struct {
	Text     string // refusals included
	Thinking string
	Calls    []call
	Finish   string // why it ended: a row of endings
	Word     string // the dialect's own word for it
	Spoken   bool   // a refusal stands in a place of its own
	Usage    map[string]float64
	Status   int  // of an error
	Failed   bool // the stream or answer ended in an error
	Partial  bool // arguments of calls come in a form that is not read here
	OurFault bool // an error about the gateway's own account at the vendor
}

type call struct{ Name, Args string }

// addCall notes a call; arguments are compared as JSON.
func (m *meaning) addCall(name string, args string) {
	m.Calls = append(m.Calls, call{name, canonical(args)})
}

func canonical(args string) string {
	args = strings.TrimSpace(args)
	if args == "" || args == "null" {
		return "{}"
	}
	var v any
	d := json.NewDecoder(strings.NewReader(args))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return "invalid: " + args
	}
	if o, ok := v.(map[string]any); ok && len(o) == 1 {
		if s, ok := o["invalid_json"].(string); ok {
			return "invalid: " + strings.TrimSpace(s)
		}
	}
	return numbers(v)
}

// numbers renders JSON so that 1, 1.0 and 1e0 are the same.
func numbers(v any) string {
	b, _ := json.Marshal(v)
	var f any
	_ = json.Unmarshal(b, &f)
	b, _ = json.Marshal(f)
	return string(b)
}

func (m *meaning) count(name string, v any) {
	if n, ok := v.(float64); ok {
		if m.Usage == nil {
			m.Usage = map[string]float64{}
		}
		m.Usage[name] = n
	}
}

// differences lists what got does not say that want does.
func differences(want, got *meaning, word string, placeless []string) (all []string) {
	differ := func(what string, a, b any) {
		if fmt.Sprint(a) != fmt.Sprint(b) {
			all = append(all, fmt.Sprintf("%s: want %s, got %s", what, short(a), short(b)))
		}
	}
	if want.Failed || want.Status >= 400 {
		if !got.Failed && got.Status < 400 {
			all = append(all, "the error did not arrive")
		}
		if want.Status >= 400 && !aboutTheGateway(want.Status) && !want.OurFault {
			differ("status class of the error", class(want.Status), class(got.Status))
		}
		return all
	}
	if got.Failed && (word != "failed" || got.Word != word) || got.Status >= 400 {
		return []string{fmt.Sprintf("an error arrived: %d %s", got.Status, short(got.Text))}
	}
	differ("text", strings.TrimSpace(want.Text), strings.TrimSpace(got.Text))
	differ("reasoning", strings.TrimSpace(want.Thinking), strings.TrimSpace(got.Thinking))
	if want.Partial {
		for i := range want.Calls {
			want.Calls[i].Args = ""
		}
		for i := range got.Calls {
			got.Calls[i].Args = ""
		}
	}
	differ("calls", want.Calls, got.Calls)
	differ("finish", word, got.Word)
	for name, n := range want.Usage {
		if !slices.Contains(placeless, name) && (n != 0 || got.Usage[name] != 0) {
			differ("usage "+name, n, got.Usage[name])
		}
	}
	return all
}

// aboutTheGateway reports statuses that are about the gateway's own account at the
// vendor, which its caller is told in other words.
func aboutTheGateway(status int) bool {
	return status == 401 || status == 402 || status == 403
}

// class is what an error's status means: whose fault it is, and whether to wait.
func class(status int) string {
	switch {
	case status == 429:
		return "429"
	case status >= 500:
		return "5xx"
	}
	return "4xx"
}

func short(v any) string {
	s := fmt.Sprintf("%q", fmt.Sprint(v))
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}

// object is decoded JSON.
type object map[string]any

func parse(b []byte) object {
	var o object
	_ = json.Unmarshal(b, &o)
	return o
}

func (o object) at(path ...string) object {
	for _, p := range path {
		o, _ = o[p].(map[string]any)
	}
	return o
}

func (o object) text(name string) string { s, _ := o[name].(string); return s }

func (o object) list(name string) (all []object) {
	items, _ := o[name].([]any)
	for _, v := range items {
		m, _ := v.(map[string]any)
		all = append(all, m)
	}
	return all
}

func jsonText(v any) string {
	switch t := v.(type) {
	case nil:
		return ""
	case string:
		return t
	}
	b, _ := json.Marshal(v)
	return string(b)
}
