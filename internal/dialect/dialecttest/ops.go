package dialecttest

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// OpCase is one call of an operation beside conversation, from what the caller says to
// what it gets.
type OpCase struct {
	Name  string
	Path  string // the caller's endpoint; "" where the form has one
	Ask   string // the caller's body
	Model string // as the target calls it
	// Refused is what the error of a call must say that the target cannot serve.
	Refused string

	To     string // the target's path
	Body   string // the target's body, JSON
	Lost   []llm.Param
	Header map[string]string // of the reply
	Reply  string
	// Want is the caller's answer, JSON; Fails is what the error must say instead.
	Want, Fails string
	Usage       llm.Usage
}

// RunOps runs cases of one operation between a caller's dialect and a target's form.
func RunOps(t *testing.T, op llm.Operation, caller *dialect.Dialect, target func(model string) *dialect.Dialect, cases []OpCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.run(t, op, caller.Ops[op], target(c.Model).Ops[op]) })
	}
}

func (c *OpCase) run(t *testing.T, op llm.Operation, caller, target *dialect.Op) {
	t.Helper()
	task, order, err := c.order(op, caller, target)
	if c.Refused != "" {
		if err == nil || !strings.Contains(err.Error(), c.Refused) {
			t.Errorf("the error is %v, want %q", err, c.Refused)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if order.Path != c.To {
		t.Errorf("it goes to %s, want %s", order.Path, c.To)
	}
	SameJSON(t, "the target gets", string(order.Body), c.Body)
	if !slices.Equal(order.Lost, c.Lost) {
		t.Errorf("lost %q, want %q", order.Lost, c.Lost)
	}
	c.answered(t, task, caller, target)
}

// order reads the caller's request and writes the target's, as the gateway does.
func (c *OpCase) order(op llm.Operation, caller, target *dialect.Op) (*llm.Task, dialect.OpOrder, error) {
	task, err := caller.Parse(&dialect.OpRequest{Path: c.Path, ContentType: "application/json", Body: []byte(c.Ask)})
	if err != nil {
		return nil, dialect.OpOrder{}, err
	}
	task.Op = op
	to := dialect.Target{Provider: "somewhere", Model: c.Model}
	for i := range task.Options {
		if carry := target.Carries[task.Options[i].Param]; carry.Fate == dialect.Refused {
			return nil, dialect.OpOrder{}, dialect.Unsupported(&to, task.Options[i].Path, carry.How)
		}
	}
	order, err := target.Format(task, &to)
	return task, order, err
}

func (c *OpCase) answered(t *testing.T, task *llm.Task, caller, target *dialect.Op) {
	t.Helper()
	call := dialect.OpCall{ID: "request-1", Provider: "somewhere", Model: c.Model, Time: time.Unix(1700000000, 0), Task: task}
	reply := dialect.OpReply{ContentType: "application/json", Header: func(name string) string { return c.Header[name] }, Body: []byte(c.Reply)}
	a, err := target.Read(&reply, &call)
	var out dialect.OpAnswer
	if err == nil {
		if c.Usage.InputTokens.Known || len(c.Usage.Units) > 0 {
			if !reflect.DeepEqual(a.Usage, c.Usage) {
				t.Errorf("usage %+v, want %+v", a.Usage, c.Usage)
			}
		}
		out, err = caller.Answer(a, &call)
	}
	if c.Fails != "" {
		var f *fault.Fault
		if !errors.As(err, &f) || !strings.Contains(f.Message, c.Fails) {
			t.Errorf("the error is %v, want %q", err, c.Fails)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	SameJSON(t, "the caller gets", string(out.Body), c.Want)
}

// SameJSON compares two JSON texts by meaning.
func SameJSON(t testing.TB, what, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("%s no JSON: %v: %.300s", what, err, got)
		return
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the case is no JSON: %v: %s", err, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s\n  %s\nwant\n  %s", what, got, want)
	}
}
