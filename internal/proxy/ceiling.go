package proxy

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// wantedCeiling is what is known beforehand of the maximum that requests of an endpoint
// may state.
type wantedCeiling struct {
	end   int           // the spans from wantCeiling up to here are all members where it may stand; 0 = not known
	empty [2]ceilingGap // in a body that has none; the second one by the older name
}

// ceilingGap are the texts between which a maximum stands.
type ceilingGap struct{ before, after string }

func ceilingOf(ep *endpoint) (w wantedCeiling) {
	c := ep.dialect.Ceiling
	if c == nil || !answersInTokens(ep.Op) {
		return w
	}
	for i := range w.empty {
		_, _, _, w.empty[i].before, w.empty[i].after = c.Place([]byte("{}"), i == 1)
	}
	names := c.Members()
	for _, path := range [...]string{c.Write, c.Old} {
		if name, _, _ := strings.Cut(path, "."); name != "" && !slices.Contains(names, name) {
			return w
		}
	}
	if len(ep.want) >= wantCeiling+len(names) && slices.Equal(ep.want[wantCeiling:wantCeiling+len(names)], names) {
		w.end = wantCeiling + len(names)
	}
	return w
}

// scanned reports whether the scan of the body found the members that it was asked for.
func (x *exchange) scanned() bool { return x.said == nil && x.ep.Body == dialect.JSON }

// saysNoCeiling reports that the scan has found none of the members that say how long the
// answer may become, or how many there are to be.
func (x *exchange) saysNoCeiling() bool {
	end := x.ep.ceiling.end
	if end == 0 || !x.scanned() || x.dialect != x.ep.dialect {
		return false
	}
	for i := wantCeiling; i < end; i++ {
		if x.ask.spans[i].Found() {
			return false
		}
	}
	return true
}

// member gives a member of the request's body, nil when it has none.
func (x *exchange) member(name string) []byte {
	if i := slices.Index(x.ep.want, name); i >= 0 && x.scanned() {
		return x.ask.spans[i].Of(x.body.bytes())
	}
	return jsonscan.Get(x.words(), name)
}

// sendsCeiling gives the maximum to be told to the vendor in place of the request's own,
// 0 when nothing is to be told.
func (x *exchange) sendsCeiling() int64 {
	if x.held == nil || !x.answers() || x.native != "" && x.dialect.Ceiling == nil {
		return 0
	}
	return x.held.most.send
}

// ceilingEdit puts the maximum into a body that is forwarded.
func (x *exchange) ceilingEdit(edits []edit) []edit {
	n := x.sendsCeiling()
	if n == 0 || x.dialect.Ceiling == nil {
		return edits
	}
	span, more, before, after := x.placeCeiling()
	text := append(x.scratch.most[:0], before...)
	text = append(strconv.AppendInt(text, n, 10), after...)
	if more {
		text = append(text, ',')
	}
	return append(edits, edit{span, text})
}

// placeCeiling says what of the body the maximum replaces, and between which texts it
// stands there; more says that other members follow.
func (x *exchange) placeCeiling() (span jsonscan.Span, more bool, before, after string) {
	body, c := x.body.bytes(), x.dialect.Ceiling
	old := x.target.Provider.Spec.Traits.MaxTokens || x.ep.Op == llm.OpCompletions
	if x.lacksCeiling(c) { // then it goes where it would in an empty body
		gap := &x.ep.ceiling.empty[0]
		if old {
			gap = &x.ep.ceiling.empty[1]
		}
		return jsonscan.Span{Start: x.ask.doc.Inside, End: x.ask.doc.Inside}, !x.ask.doc.Empty, gap.before, gap.after
	}
	at, whole, more, before, after := c.Place(body, old)
	if span = spanOf(body, at); !whole {
		span.Start += bytes.IndexByte(at, '{') + 1
		span.End = span.Start
	}
	return span, more && !whole, before, after
}

// lacksCeiling reports whether the body has none of the members where a maximum may stand.
// It knows that from the scan that was made.
func (x *exchange) lacksCeiling(c *dialect.Ceiling) bool {
	if x.said != nil || x.held.most.stated || x.dialect != x.ep.dialect {
		return false
	}
	if x.saysNoCeiling() {
		return true
	}
	for _, path := range [...]string{c.Write, c.Old} {
		if name, _, _ := strings.Cut(path, "."); name != "" && x.member(name) != nil {
			return false
		}
	}
	return true
}

// limitCeiling puts it into a request that is written anew.
func (x *exchange) limitCeiling(r *llm.Request) *llm.Request {
	n := x.sendsCeiling()
	if n == 0 {
		return r
	}
	lower := *r
	lower.MaxOutput = llm.Known(n)
	lower.Has.Add(llm.FMaxOutput)
	return &lower
}
