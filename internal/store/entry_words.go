package store

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Word is a text, or a list of texts, of entries that stands in no column, and is read
// from each row's document. ! before what is asked for chooses all others, and ! alone
// calls that have any.
type Word struct {
	Name   string
	Doc    string
	Within bool // it is enough that it stands somewhere in the text
	from   docTexts
	of     func(*gateway.Entry) []string
}

// docTexts says where in a document texts stand.
type docTexts struct {
	member string
	inside string // of the objects of the list; "" = the list's texts themselves
	keys   bool   // the names of an object's members
	one    bool   // a text alone
}

// Words lists them.
func Words() []Word {
	type e = gateway.Entry
	one := func(name, doc string, of func(*e) string) Word {
		return Word{Name: name, Doc: doc, from: docTexts{member: name, one: true}, of: func(e *e) []string { return []string{of(e)} }}
	}
	list := func(name, doc string, of func(*e) []string) Word {
		return Word{Name: name, Doc: doc, from: docTexts{member: name}, of: of}
	}
	within := func(w Word) Word { w.Within = true; return w }
	return []Word{
		list("limits", "Name of a limit or budget that the call was over, as in its limits; with outcome=refused, that refused it.", func(e *e) []string { return e.Limits }),
		list("guards", "A guard of the call.", func(e *e) []string { return e.Guards }),
		list("dropped_params", "A parameter that the target did not get.", func(e *e) []string { return e.DroppedParams }),
		list("cache_tags", "A tag of the answer that the cache gave, or would keep.", func(e *e) []string { return e.CacheTags }),
		one("cache_key", "Key of the answer in the cache: calls that it served, and the one that brought it.", func(e *e) string { return e.CacheKey }),
		one("endpoint", "Method and path as they are documented: POST /v1/chat/completions.", func(e *e) string { return e.Endpoint }),
		one("step", "The route's step that gave the targets.", func(e *e) string { return e.Step }),
		one("parent_span_id", "The caller's span, in which the call was made.", func(e *e) string { return e.ParentSpanID }),
		within(one("user_agent", "What stands in the name of the caller's software.", func(e *e) string { return e.UserAgent })),
		within(one("comment", "What stands in the comment of the feedback.", func(e *e) string { return e.Comment })),
		{Name: "redacted", Doc: "A kind of which redaction took something out: email, …", from: docTexts{member: "redacted", keys: true}, of: func(e *e) []string {
			var kinds []string
			for kind := range e.Redacted {
				kinds = append(kinds, kind)
			}
			return kinds
		}},
		{Name: "attempt_fault", Doc: "Fault of any attempt: timeout, rate_limited, …, also of calls that ended well.", from: docTexts{member: "attempts", inside: "fault"}, of: ofAttempts(func(a *gateway.Attempt) string { return a.Fault })},
		{Name: "attempt_provider", Doc: "Provider of any attempt.", from: docTexts{member: "attempts", inside: "provider"}, of: ofAttempts(func(a *gateway.Attempt) string { return a.Provider })},
		{Name: "attempt_model", Doc: "The vendor's id of the model of any attempt.", from: docTexts{member: "attempts", inside: "model"}, of: ofAttempts(func(a *gateway.Attempt) string { return a.Model })},
		{Name: "attempt_credential", Doc: "Credential of any attempt.", from: docTexts{member: "attempts", inside: "credential"}, of: ofAttempts(func(a *gateway.Attempt) string { return a.Credential })},
	}
}

func ofAttempts(of func(*gateway.Attempt) string) func(*gateway.Entry) []string {
	return func(e *gateway.Entry) []string {
		var all []string
		for i := range e.Attempts {
			all = append(all, of(&e.Attempts[i]))
		}
		return all
	}
}

// WordFilter asks for a Word.
type WordFilter struct {
	word  *Word
	value string
}

// setWord sets the filter of a word; false when there is none of the name. "" asks nothing.
func (q *EntryQuery) setWord(name, value string) bool {
	for _, w := range Words() {
		if w.Name == name {
			if value != "" {
				q.Words = append(q.Words, WordFilter{&w, value})
			}
			return true
		}
	}
	return false
}

// Match decides what the store's SQL decides.
func (f *WordFilter) Match(e *gateway.Entry) bool {
	text, excludes := Unwanted(clean(f.value))
	if excludes && text == "" {
		return slices.ContainsFunc(f.word.of(e), func(have string) bool { return have != "" })
	}
	return slices.ContainsFunc(f.word.of(e), func(have string) bool {
		if have = clean(have); f.word.Within {
			return strings.Contains(have, text)
		}
		return have == text
	}) != excludes
}

// wordsAsked adds the filters of words.
func (e *engine) wordsAsked(c *conditions, q *EntryQuery) {
	for i := range q.Words {
		f := &q.Words[i]
		text, excludes := Unwanted(f.value)
		of, value := "EXISTS (SELECT 1 FROM "+e.docTexts(f.word.from), e.docText(f.word.from)
		not := ""
		if excludes {
			not = "NOT "
		}
		switch {
		case text == "":
			c.add(of + " WHERE " + value + " <> '')")
		case f.word.Within:
			c.add(not+of+" WHERE "+e.within(value)+")", clean(text))
		default:
			c.add(not+of+" WHERE "+value+" = ?)", clean(text))
		}
	}
}
