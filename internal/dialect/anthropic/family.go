package anthropic

import "strings"

// thinkForm is how a model is asked to think.
type thinkForm uint8

const (
	thinkNever    thinkForm = iota
	thinkBudget             // thinking{enabled, budget_tokens}
	thinkEither             // that, or thinking{adaptive} with output_config.effort
	thinkAdaptive           // the latter alone
)

// offForm is how thinking is turned off.
type offForm uint8

const (
	offAbsent   offForm = iota // it is off unless asked for
	offDisabled                // thinking{disabled}
	offBetween                 // thinking{between_tools}: the nearest there is
	offNever
)

// rules are what a model takes. The names of models are all there is to tell them
// apart by. As of 2026-11-10, from
// https://platform.claude.com/docs/en/about-claude/models/overview (output limits),
// https://platform.claude.com/docs/en/build-with-claude/thinking#configuring-thinking,
// https://platform.claude.com/docs/en/build-with-claude/effort,
// https://platform.claude.com/docs/en/build-with-claude/structured-outputs and the
// pages "What's new" and "Migration guide" of each model.
type rules struct {
	claude    bool
	maxOutput int64
	think     thinkForm
	off       offForm
	xhigh     bool // the effort xhigh is known; where adaptive thinking is, max is
	sampling  bool // temperature, top_p and top_k may be set
	topPAlone bool // top_p only without temperature
	force     bool // tool_choice any or tool, while it does not think
	schema    bool // output_config.format, and strict tools
	prefill   bool // the last turn may be the assistant's
}

// foreign are the rules for models of other makers behind this dialect: nothing is held
// back that a server may know, and nothing newer than the dialect's second year is sent.
var foreign = rules{maxOutput: 8192, think: thinkBudget, sampling: true, force: true, prefill: true}

// A version is major*100+minor: 4.5 is 405. From unnamed on a name says no version.
const unnamed = 9900

func rulesOf(model string) rules {
	family, version := familyOf(model)
	if version == 0 {
		return foreign
	}
	r := rules{claude: true, maxOutput: maxOutput(family, version)}
	r.think = thinkingOf(family, version)
	r.off = offOf(family, version)
	r.xhigh = version >= 407
	r.sampling = version < 407
	r.topPAlone = version >= 401 // https://platform.claude.com/docs/en/about-claude/models/migration-guide
	r.force = version < 505 && family != "fable" && family != "mythos" || family == "haiku"
	r.schema = version >= 405 || version == 401
	r.prefill = version <= 405
	return r
}

func thinkingOf(family string, version int) thinkForm {
	switch {
	case version < 307:
		return thinkNever
	case version <= 405:
		return thinkBudget
	case version == 406:
		return thinkEither
	}
	return thinkAdaptive
}

func offOf(family string, version int) offForm {
	switch {
	case version < 500:
		return offAbsent
	case family == "fable" || family == "mythos":
		return offNever
	case version < 505 || family == "haiku":
		return offDisabled
	case family == "sonnet":
		return offBetween
	}
	return offNever
}

func maxOutput(family string, version int) int64 {
	switch {
	case version <= 301:
		return 4096
	case version <= 305:
		return 8192
	case version <= 401 && family == "opus":
		return 32000
	case version <= 405, version == 406 && family == "sonnet":
		return 64000
	}
	return 128000
}

// familyOf reads the family and the version out of a model's name, in any of the forms
// that clouds give it: claude-opus-4-8, us.anthropic.claude-3-7-sonnet-20250219-v1:0,
// anthropic/claude-opus-4.8, claude-sonnet-4@20250514. The version is 0 when the model is
// no Claude, unnamed when a Claude's name tells none.
func familyOf(model string) (family string, version int) {
	rest, ok := afterClaude(model)
	if !ok {
		return "", 0
	}
	major, minor := 0, -1
	for rest != "" {
		var w string
		w, rest = cutWord(rest)
		n := small(w)
		switch {
		case w == "":
		case family == "" && isFamily(w):
			family = w
		case n < 0:
			rest = "" // a date, a cloud's own version, a name of today
			if major == 0 && (w == "v1" || w == "v2") {
				major = 2
			}
		case major == 0:
			major = n
		case minor < 0:
			minor = n
		}
	}
	switch {
	case family == "instant":
		return family, 200
	case major == 0:
		return family, unnamed
	}
	return family, major*100 + max(minor, 0)
}

func afterClaude(model string) (string, bool) {
	const word = "claude"
	for i := 0; i+len(word) <= len(model); i++ {
		if strings.EqualFold(model[i:i+len(word)], word) {
			return model[i+len(word):], true
		}
	}
	return "", false
}

// cutWord cuts off what stands before the next separator.
func cutWord(s string) (word, rest string) {
	i := strings.IndexAny(s, "-.@:/ _")
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+1:]
}

func isFamily(w string) bool {
	switch w {
	case "opus", "sonnet", "haiku", "fable", "mythos", "instant":
		return true
	}
	return false
}

// small reads a number of one or two digits, -1 for anything else: dates are none.
func small(w string) int {
	if len(w) == 0 || len(w) > 2 {
		return -1
	}
	n := 0
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return -1
		}
		n = n*10 + int(w[i]-'0')
	}
	return n
}
