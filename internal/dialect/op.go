package dialect

import (
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Op is the translating half of a dialect for one operation beside conversation. The
// first pair of functions is for callers who speak the dialect, the second for
// providers; nil = it is not translated that way. An Op is immutable and safe for
// concurrent use. The rules of Codec hold for it, too.
type Op struct {
	// Parse reads a caller's request. What no param stands for is an option without one.
	Parse func(in *OpRequest) (*llm.Task, error)
	// Answer writes what came of it.
	Answer func(a *llm.Outcome, c *OpCall) (OpAnswer, error)

	// Format writes a request for a target, and says what was lost beyond what Carries
	// says. An error is a fault.UnsupportedParameter or InvalidRequest.
	Format func(t *llm.Task, to *Target) (OpOrder, error)
	// Read reads a provider's successful answer. An error in it is a *fault.Fault.
	Read func(r *OpReply, c *OpCall) (*llm.Outcome, error)

	// Inline reports whether a media that a caller gave by URL must be given as bytes; nil
	// = never. The proxy fetches it before Format is called.
	Inline func(m *llm.Media) bool
	// Native, for forms that share a path with a dialect of the data plane, reports
	// whether a body is in the form's own words already, so that it is forwarded as it
	// is; nil = never.
	Native func(body []byte) bool

	// Items says how results are told apart, where each thing has one of its own; nil = they
	// are not.
	Items *Items

	// Counts says that an answer to callers must tell how many tokens went in. Where the
	// vendor does not, it is an estimate that is called one.
	Counts bool

	// Fields are the ledger's rows of callers, Carries its columns of targets. A param
	// that is not in Carries is dropped.
	Fields  []OpField
	Carries map[llm.Param]Carry
}

// OpField is one field of a caller's request.
type OpField struct {
	Path  string    // as the dialect writes it
	Param llm.Param // what it means; "" = only this dialect has it
	Frame bool      // see Field.Frame
}

// OpRequest is a caller's request as it came.
type OpRequest struct {
	Path        string // the endpoint's pattern
	ContentType string
	Body        []byte
}

// OpOrder is a request in a target's form.
type OpOrder struct {
	// Path is the target's, with {model} where the vendor's id goes. It is appended to
	// base_url as paths of the data plane are, or to base_url's host alone if Root is set.
	Path        string
	Root        bool
	ContentType string // "" = JSON
	Body        []byte
	Lost        []llm.Param
	LostOfChat  llm.Features // the same of a conversation that is only counted
	Header      [][2]string
}

// OpReply is a provider's answer as it came.
type OpReply struct {
	ContentType string
	Header      func(name string) string
	Body        []byte
}

// OpCall is what readers and writers of an answer know of the call it answers.
type OpCall struct {
	ID       string // the gateway's request id
	Provider string
	Model    string // as it was asked for at the provider
	Asked    string // as the caller spelt it
	Time     time.Time
	Task     *llm.Task
}

// OpAnswer is an answer in a caller's form.
type OpAnswer struct {
	ContentType string // "" = JSON
	Body        []byte
}

// Unsupported is the fault of a call that asks for what a target cannot express and must
// not leave out.
func Unsupported(to *Target, path, why string) error {
	if why != "" {
		why = ": " + why
	}
	return fault.Newf(fault.UnsupportedParameter, "The provider '%s' has no way to express '%s'%s. Leave it out, or use a model of another provider.", to.Provider, path, why).Field(path)
}

// AtMost refuses a task with more inputs than the target takes in one call.
func AtMost(t *llm.Task, to *Target, most int) error {
	if len(t.Inputs) <= most {
		return nil
	}
	inputs := "inputs"
	if most == 1 {
		inputs = "input"
	}
	return fault.Newf(fault.InvalidRequest, "The model '%s' of the provider '%s' takes at most %d %s in one call, and this call has %d. Make several calls.",
		to.Model, to.Provider, most, inputs, len(t.Inputs))
}

// Unreadable is the fault of an answer that is not what its form says.
func Unreadable(what string) error {
	return fault.New(fault.UpstreamError, "The provider's answer is not what its dialect says: "+what+".")
}

// JSONReply reports whether an answer is JSON, or says nothing of what it is.
func (r *OpReply) JSONReply() bool {
	return r.ContentType == "" || strings.Contains(r.ContentType, "json")
}

// PathOfOption gives the path by which a caller asked for something.
func PathOfOption(t *llm.Task, p llm.Param) string {
	for i := range t.Options {
		if t.Options[i].Param == p {
			return t.Options[i].Path
		}
	}
	return string(p)
}
