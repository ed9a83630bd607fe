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
	{"", "@place"}: true, {"@place", "@what"}: true, {"@place", "@where"}: true,
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

func persons(a, b *reading) string {
	switch {
	case a.mine && !a.yours && b.yours && !b.mine, b.mine && !b.yours && a.yours && !a.mine,
		a.his && !a.hers && b.hers && !b.his, b.his && !b.hers && a.hers && !a.his:
		return WhyPerson
	}
	return ""
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
