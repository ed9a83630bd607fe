package proxy

import (
	"net/http"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/route"
)

// surelyOver is how far, in per cent of a model's window, an estimate of tokens lies above
// it before a call is not sent at all: estimates are off by a tenth as a rule.
const surelyOver = 130

// tooLong tells beforehand that a call's input does not fit a target's window, where both
// are known; nil = it may fit. Only routes' calls are looked at: others have no other
// target to take.
func (x *exchange) tooLong(t *route.Target) *fault.Fault {
	if !x.answers() || x.way.Route == "" {
		return nil
	}
	window := int64(x.view.lanes[t.Provider.Name].window(x.p.catalogue, bareModel(t.Model)))
	if window == 0 || int64(len(x.body.bytes())) < window { // a token has more than one byte, as a rule
		return nil
	}
	n := x.knows().InputTokens()
	if n*100 < window*surelyOver {
		return nil
	}
	f := fault.Newf(fault.UpstreamError, "The input of some %d tokens does not fit the window of '%s/%s', which has %d.", n, t.Provider.Name, clip(t.Model), window)
	f.Kind, f.Status = fault.ContextWindow, http.StatusBadRequest
	return f
}
