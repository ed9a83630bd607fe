package proxy

import (
	"strings"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// knownModel is what a lane knows of one model. It is immutable.
type knownModel struct {
	name      string
	model     *account.Model // whose price counts, the configured one before the catalogue's; nil = unknown
	free      bool           // nothing is billed
	maxOutput int            // tokens, 0 = unknown
}

// aim is the target whose model a call has asked for last.
type aim struct {
	provider *provider.Provider
	model    string
	known    *knownModel // nil = it has asked for none
}

// maxKnown is how many models a lane remembers. It is a power of two.
const maxKnown = 16

// knownModels remembers the models that a lane was asked for last. It is safe for
// concurrent use.
type knownModels [maxKnown]atomic.Pointer[knownModel]

// place is where a model is remembered: vendors' names differ at the end or in length.
func (k *knownModels) place(model string) *atomic.Pointer[knownModel] {
	at := len(model)
	if at > 0 {
		at += 3*int(model[len(model)-1]) + 5*int(model[len(model)/2])
	}
	return &k[at%maxKnown]
}

// known gives what is known of a model. The catalogue is always the proxy's.
func (l *lane) known(c *account.Catalogue, model string) *knownModel {
	at := l.models.place(model)
	if k := at.Load(); k != nil && k.name == model {
		return k
	}
	k := &knownModel{name: strings.Clone(model), maxOutput: l.facts(c, model).MaxOutput}
	k.model, k.free = l.modelOf(c, model)
	if len(model) <= maxKnownName {
		at.Store(k)
	}
	return k
}

// maxKnownName is longer than the names of models are: callers choose what they ask for.
const maxKnownName = 256
