package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/route"
)

// step is one entry of the universal endpoint's array: a call of its own, made when those
// before it have failed.
// https://developers.cloudflare.com/ai-gateway/usage/universal/
type step struct {
	provider string // a slug, or compat
	path     string // behind the slug, escaped, without a leading slash
	query    string // of the path
	header   http.Header
	body     []byte // of the vendor's API; a part of the request's own body
}

// maxSteps bounds how many calls one may become.
const maxSteps = 20

// stepMembers are the members of a step.
var stepMembers = [...]string{"provider", "endpoint", "query", "headers", "authorization", "config"}

// serveSteps tries the steps of the universal endpoint in order until one is answered.
func (x *exchange) serveSteps() error {
	if err := x.readBody(); err != nil {
		return err
	}
	steps, err := readSteps(x.body.bytes())
	if err != nil {
		return err
	}
	if err := x.prepareHold(); err != nil {
		return err
	}
	if err := x.gate(); err != nil {
		return err
	}
	call := x.r
	defer func() { x.r, x.body.part = call, nil }()
	for i := range steps {
		x.more = i < len(steps)-1
		d, ep, r, stream := x.dialect, x.ep, x.r, x.stream
		next := x.serveStep(call, i, &steps[i])
		if next == errOtherForm {
			x.dialect, x.ep, x.r, x.stream = d, ep, r, stream // whose error it is
			continue
		}
		err = next
		x.endCommitment()
		if err == nil || x.wrote && !x.committed || !x.more || call.Context().Err() != nil || !stepsOn(err) {
			break
		}
		x.leaveStep()
	}
	return err
}

// errOtherForm is what a step meets that asks for another form of answer than the one that
// has begun.
var errOtherForm = errors.New("the answer has begun in another form")

// stepsOn reports whether the next step may do better: any error but of Sluice's own state.
func stepsOn(err error) bool {
	switch asFault(err).Kind {
	case fault.Gone, fault.Overload, fault.Internal:
		return false
	}
	return true
}

// serveStep makes the call of a step, as if it had come by its own path.
func (x *exchange) serveStep(call *http.Request, i int, s *step) (err error) {
	x.cf.step, x.cf.compat, x.cf.known = i, false, false
	x.r, x.body.part = s.request(call), s.body
	if err := x.acceptStep(s.provider, s.path); err != nil {
		return err
	}
	if x.ep.Op == llm.OpFiles || x.ep.Op == llm.OpBatches || x.ep.Op == llm.OpSelf || x.ep.Op == llm.OpModels && x.native == "" {
		return fault.Newf(fault.UnsupportedOperation, "The universal endpoint takes no %s: call their path.", x.ep.Op)
	}
	if err := x.control(); err != nil {
		return err
	}
	if err := policy.Enter(x.gw, x.who, x.ep.Op); err != nil {
		return err
	}
	x.stepFacts()
	if err := x.understand(); err != nil {
		return err
	}
	if x.committed && (!x.stream || x.streamType() != x.begunAs) {
		return errOtherForm
	}
	return x.run()
}

// stepFacts tells the limits what the step is about.
func (x *exchange) stepFacts() {
	if h := x.held; h != nil {
		h.facts.Operation, h.facts.Header, h.facts.Meta = string(x.ep.Op), x.r.Header, x.metadata()
		h.facts.Ready()
	}
}

// leaveStep makes room for the next step: what the failed one held is given back, and
// nothing of it stays but its attempts.
func (x *exchange) leaveStep() {
	x.endCaching()
	x.caching, x.rec = nil, nil
	x.giveBack()
	if h := x.held; h != nil { // what a step's route limits is nothing to the next
		clear(h.sets[callerSets:])
		h.some = callerSets
		h.owned, h.aside, h.fitted = false, nil, 0
	}
	x.lose()
	x.bills.held, x.bills.extended = x.spent(), 0
	x.releaseTranslation()
	x.native, x.pinned, x.pathModel, x.pathID, x.lenient, x.stream = "", nil, "", "", false, false
	x.ask, x.told, x.rerouted, x.home, x.brought = ask{}, nil, "", nil, nil
	x.way, x.plan, x.hide, x.estimated = route.Plan{}, nil, false, false
	x.lane, x.spoken, x.cred, x.refused, x.said = nil, nil, nil, refusal{}, nil
}

// request is the step as a request: what the call says to Sluice itself, and over that
// what the step says.
func (s *step) request(call *http.Request) *http.Request {
	h := http.Header{}
	for name, values := range call.Header {
		if strings.HasPrefix(name, "Sluice-") || isSchemeControl(name) || name == "User-Agent" || name == "Traceparent" {
			h[name] = values
		}
	}
	for name, values := range s.header {
		h[name] = values
	}
	if h["Content-Type"] == nil {
		h["Content-Type"] = []string{"application/json"}
	}
	r := *call
	u := url.URL{Path: call.URL.Path, RawPath: call.URL.RawPath, RawQuery: s.query}
	r.Header, r.URL, r.ContentLength, r.Body = h, &u, int64(len(s.body)), io.NopCloser(bytes.NewReader(s.body))
	return &r
}

// readSteps reads the array, or the one step that stands in its place.
func readSteps(body []byte) ([]step, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		s, err := readStep(body)
		return []step{s}, at(0, err)
	}
	if len(body) == 0 || body[0] != '[' || !wholeJSON(body) {
		return nil, fault.New(fault.InvalidRequest, `The body must be a JSON array of steps: [{"provider": …, "endpoint": …, "headers": {…}, "query": {…}}, …].`)
	}
	var steps []step
	var bad error
	err := jsonscan.Elements(body, func(raw []byte) bool {
		if len(steps) == maxSteps {
			bad = fault.Newf(fault.InvalidRequest, "The body has more than %d steps.", maxSteps)
			return false
		}
		s, err := readStep(raw)
		bad = at(len(steps), err)
		steps = append(steps, s)
		return bad == nil
	})
	switch {
	case bad != nil:
		return nil, bad
	case err != nil:
		return nil, badJSON(err)
	case len(steps) == 0:
		return nil, fault.New(fault.InvalidRequest, "The body's array of steps is empty.")
	}
	return steps, nil
}

// at says of which step an error is.
func at(i int, err error) error {
	if err == nil {
		return nil
	}
	f := *asFault(err)
	f.Message = "Step " + strconv.Itoa(i) + ": " + f.Message
	return &f
}

func readStep(raw []byte) (s step, err error) {
	var doc jsonscan.Doc
	var spans [len(stepMembers)]jsonscan.Span
	if err := doc.Scan(raw, stepMembers[:], spans[:]); err != nil {
		return s, badJSON(err)
	}
	if err := onlyStepMembers(raw); err != nil {
		return s, err
	}
	value := func(i int) []byte { return spans[i].Of(raw) }
	if s.provider, err = stepText(stepMembers[0], value(0)); err != nil {
		return s, err
	}
	if s.path, err = stepText(stepMembers[1], value(1)); err != nil {
		return s, err
	}
	s.path, s.query, _ = strings.Cut(strings.TrimLeft(s.path, "/"), "?")
	s.path = escapePath(s.path)
	if s.body = value(2); len(s.body) == 0 {
		return s, stepFault(stepMembers[2], "it is missing: it is the body that the provider gets")
	}
	s.header, err = readStepHeader(value(3), value(4), value(5))
	return s, err
}

func onlyStepMembers(raw []byte) (err error) {
	scan := jsonscan.Members(raw, func(key, _ []byte) bool {
		for _, name := range stepMembers {
			if jsonscan.KeyIs(key, name) {
				return true
			}
		}
		err = stepFault(clip(string(key)), "there is no such member of a step")
		return false
	})
	if err == nil && scan != nil {
		err = badJSON(scan)
	}
	return err
}

func stepText(name string, raw []byte) (string, error) {
	s, ok := jsonscan.String(raw)
	if !ok || s == "" || headerSafe(s) == "" {
		return "", stepFault(name, "it must be a text of at least one character")
	}
	return s, nil
}

func stepFault(name, why string) error {
	return fault.Newf(fault.InvalidRequest, "The member '%s' is refused: %s.", name, why).Field(name)
}

// escapePath escapes what cannot stand in a request line and leaves the escapes that are
// there.
func escapePath(path string) string {
	if plain, err := url.PathUnescape(path); err == nil && plain != path {
		return path
	}
	return (&url.URL{Path: path}).EscapedPath()
}

// giveBack gives back what a step that failed held. The next one takes anew, so that the
// call counts once.
func (x *exchange) giveBack() {
	x.passing = true
	x.settleCall()
	x.passing = false
}
