package openairesponses

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ability is what a model takes of the settings that not all models take.
type ability struct {
	known    bool // of the vendor's own models, by name
	reasons  bool
	sampling bool     // temperature and the like; some models that reason take them when told not to
	efforts  []string // words of reasoning.effort, least first; nil = not known
	marks    bool     // cache marks in the input
}

// efforts in their order; each generation of models takes a stretch of them
// (https://platform.openai.com/docs/guides/reasoning).
var efforts = [...]string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

var (
	effortsFirst  = efforts[2:5]                                       // o1, o3, o4
	effortsSecond = efforts[1:5]                                       // gpt-5
	effortsThird  = []string{"none", "low", "medium", "high"}          // gpt-5.1
	effortsFourth = []string{"none", "low", "medium", "high", "xhigh"} // gpt-5.2 and later
	effortsFifth  = []string{"none", "low", "medium", "high", "xhigh", "max"}
	effortsPro    = efforts[4:5]
	effortsPlain  = effortsThird // what servers of other models know
)

// abilityOf judges a model by its name where it is the vendor's own, else by what is
// known of it. A model of which nothing is known is taken at the caller's word.
func abilityOf(to *dialect.Target) ability {
	name := strings.ToLower(to.Model[strings.LastIndexByte(to.Model, '/')+1:])
	if len(name) > 1 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9' {
		return ability{known: true, reasons: true, efforts: effortsFirst}
	}
	if rest, ok := strings.CutPrefix(name, "gpt-"); ok {
		if a, ok := generation(rest); ok {
			return a
		}
	}
	a := ability{sampling: true, efforts: effortsPlain}
	if to.Facts.Known {
		a = ability{known: true, reasons: to.Facts.Reasoning, sampling: to.Facts.Temperature, efforts: effortsPlain}
	}
	if words := to.Traits.Efforts; words != "" {
		a.efforts = strings.Fields(words)
	}
	return a
}

// generation judges a model by what follows "gpt-" in its name: 4o-mini, 5.1-codex-max.
func generation(rest string) (ability, bool) {
	n := strings.IndexFunc(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if n < 0 {
		n = len(rest)
	}
	version, err := strconv.ParseFloat(rest[:n], 64)
	rest = rest[n:]
	switch {
	case err != nil:
		return ability{}, false
	case version < 5, strings.HasPrefix(rest, "-chat"):
		return ability{known: true, sampling: true}, true
	case version >= 6: // no minor beyond nine is known
		return ability{known: true, reasons: true, efforts: effortsFifth, marks: true}, true
	}
	a := ability{known: true, reasons: true, efforts: effortsSecond}
	switch {
	case version == 5 && strings.HasPrefix(rest, "-pro"):
		a.efforts = effortsPro
	case strings.Contains(rest, "-codex") && version < 5.2:
		if a.efforts = effortsFirst; strings.Contains(rest, "-max") {
			a.efforts = effortsFourth[1:]
		}
	case version >= 5.6:
		a.efforts, a.marks = effortsFifth, true
	case version >= 5.2:
		a.efforts = effortsFourth
	case version >= 5.1:
		a.efforts = effortsThird
	}
	return a, true
}

// effort gives the word of a model that is nearest to the caller's: less rather than
// more, but never none where some was asked for.
func (a *ability) effort(asked string) string {
	want := rank(asked)
	if want < 0 || a.efforts == nil {
		return asked
	}
	best := ""
	for _, e := range a.efforts {
		if r := rank(e); r <= want && (r > 0 || want == 0) {
			best = e
		}
	}
	if best != "" {
		return best
	}
	for _, e := range a.efforts {
		if rank(e) > 0 {
			return e
		}
	}
	return asked
}

// quiet reports whether the model can be told not to reason.
func (a *ability) quiet() bool { return len(a.efforts) > 0 && a.efforts[0] == "none" }

func rank(effort string) int {
	for i, e := range efforts {
		if e == effort {
			return i
		}
	}
	return -1
}

// budgetEffort gives the word for a budget of tokens.
func budgetEffort(b llm.Count) string {
	switch n := b.Or(0); {
	case n <= 4096:
		return "low"
	case n <= 16384:
		return "medium"
	}
	return "high"
}
