package semantic

import (
	"slices"
	"strings"
)

// Each rule gives why two prompts differ; "" = it sees no difference. None minds which of
// the two comes first.

func code(a, b *reading) string {
	if !slices.Equal(a.blocks, b.blocks) {
		return WhyCode
	}
	return ""
}

// quotations are equal, or words of the prompt that does not quote.
func quotations(a, b *reading) string {
	if len(a.quotes) > 0 && len(b.quotes) > 0 {
		if !slices.Equal(a.quotes, b.quotes) {
			return WhyQuote
		}
		return ""
	}
	for _, q := range a.quotes {
		if !strings.Contains(b.text, q) {
			return WhyQuote
		}
	}
	for _, q := range b.quotes {
		if !strings.Contains(a.text, q) {
			return WhyQuote
		}
	}
	return ""
}

func language(a, b *reading) string {
	if a.language != "" && b.language != "" && a.language != b.language || (a.unspaced == "") != (b.unspaced == "") {
		return WhyLanguage
	}
	return ""
}

// numbers come in the same order: what they belong to is not known.
func numbers(a, b *reading) string {
	if !slices.Equal(a.numbers, b.numbers) {
		return WhyNumber
	}
	return ""
}

func operators(a, b *reading) string {
	if !slices.Equal(a.symbols, b.symbols) {
		return WhySign
	}
	return ""
}

func negations(a, b *reading) string {
	if a.negations != b.negations {
		return WhyNegation
	}
	return ""
}

// alike are kinds of question that may ask the same. A prompt without a kind is a demand.
var alike = map[[2]string]bool{
	{"", "@what"}: true, {"", "@how"}: true, {"", "@who"}: true, {"", "@howmany"}: true, {"", "@when"}: true,
	{"", "@process"}: true, {"", "@works"}: true, {"", "@place"}: true, {"@place", "@what"}: true, {"@place", "@where"}: true,
}

func questions(a, b *reading) string {
	if a.kind == b.kind || alike[[2]string{min(a.kind, b.kind), max(a.kind, b.kind)}] {
		return ""
	}
	return WhyQuestion
}

// tenses differ where both say theirs: a present beside a past may be part of one story.
func tenses(a, b *reading) string {
	switch {
	case a.future != b.future,
		a.past && !a.now && b.now && !b.past,
		b.past && !b.now && a.now && !a.past:
		return WhyTense
	}
	return ""
}

// tasks are done, or it is told how to do them.
func tasks(a, b *reading) string {
	if a.task != b.task && (a.kind == "@how" || b.kind == "@how") {
		return WhyTask
	}
	return ""
}

// modals differ where one asks what may be and the other what should be; how something can
// be done is how it should be.
func modals(a, b *reading) string {
	if a.kind != "@how" && (a.can && !a.should && b.should && !b.can || b.can && !b.should && a.should && !a.can) {
		return WhyQuestion
	}
	return ""
}

func persons(a, b *reading) string {
	switch {
	case a.mine && !a.yours && b.yours && !b.mine, b.mine && !b.yours && a.yours && !a.mine,
		len(a.genders) > 0 && len(b.genders) > 0 && !slices.Equal(a.genders, b.genders),
		a.i && !b.i && b.you, b.i && !a.i && a.you:
		return WhyPerson
	}
	return ""
}

func conjunctions(a, b *reading) string {
	if a.and && !a.or && b.or && !b.and || b.and && !b.or && a.or && !a.and {
		return WhyWord
	}
	return ""
}

// places are the same, in any order.
func places(a, b *reading) string {
	if len(a.places) == len(b.places) && slices.Equal(slices.Sorted(slices.Values(a.places)), slices.Sorted(slices.Values(b.places))) {
		return ""
	}
	return WhyDirection
}

// counts tells the largest from the largest ones.
func counts(a, b *reading) string {
	if a.superlative() && (a.one && !a.several && b.several && !b.one || b.one && !b.several && a.several && !a.one) {
		return WhyCount
	}
	return ""
}

// superlative reports whether a prompt asks for what is most.
func (r *reading) superlative() bool {
	return slices.ContainsFunc(r.content, func(c content) bool {
		switch c.text {
		case "most", "least", "best", "worst", "top", "first", "last":
			return true
		}
		return len(c.text) > 5 && strings.HasSuffix(c.text, "est")
	})
}

// homographs are words that are names with a capital and something else without; two
// writers who use capitals say which they mean.
func homographs(a, b *reading) string {
	if !a.cased || !b.cased {
		return ""
	}
	for w := range a.capital {
		if b.uncapital[w] && !b.capital[w] {
			return WhyName
		}
	}
	for w := range b.capital {
		if a.uncapital[w] && !a.capital[w] {
			return WhyName
		}
	}
	return ""
}
