package proxy

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/tokens"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// parted is what came of a call whose vendor was asked for a part of the list: the answer
// counts all of it.
type parted struct {
	usage llm.Usage    // of what was asked for
	saved gateway.Cost // what the rest would have cost
}

// completeList puts what is kept into a vendor's answer to a part of the list, so that it
// is as if the whole list had been asked for.
func (x *exchange) completeList(resp *upstream.Response) error {
	x.parted = nil
	part := x.part()
	if part == nil || resp.Status != http.StatusOK {
		return nil
	}
	buf, err := readWhole(resp, maxTranslated)
	defer func() { buf.Release() }()
	if err != nil {
		return err
	}
	plain, err := decoded(resp.Header.Get("Content-Encoding"), buf.Bytes, maxTranslated)
	if err != nil {
		return fault.New(fault.UpstreamError, "The provider's answer cannot be decompressed.").With(err)
	}
	if err := x.learnPart(resp, plain); err != nil {
		return err
	}
	sheet, ok := itemsOf(x.spoken, x).Sheet(plain, len(part))
	if !ok {
		return fault.Newf(fault.UpstreamError, "The provider's answer has no result for each of the %d inputs that it was asked for.", len(part))
	}
	if !x.caching.list.fits(sheet) {
		x.unlike = true
		return errUnlike()
	}
	replace(resp, x.joinPart(resp, sheet, part))
	return nil
}

// errUnlike is the fault of an answer that must not be mixed with what is kept: everything
// is asked for then.
func errUnlike() error {
	f := fault.New(fault.UpstreamError, "The provider's model is another than that of the results that are kept.")
	f.Kind, f.NoRetry = fault.Caller, true // it is no failure of the provider
	return f
}

// replace puts another body in the place of an answer's.
func replace(resp *upstream.Response, body []byte) {
	header, waited := slices.Clone(resp.Header), resp.Waited
	resp.Close()
	resp.Replay(http.StatusOK, int64(len(body)), &keptBody{rest: body})
	resp.Waited = waited
	for _, f := range header {
		if f.Name != "Content-Length" && f.Name != "Content-Encoding" {
			resp.Header = append(resp.Header, f)
		}
	}
}

// learnPart reads what the vendor says of what it was asked for.
func (x *exchange) learnPart(resp *upstream.Response, plain []byte) error {
	x.report = &dialect.Report{}
	contentType := resp.Header.Get("Content-Type")
	if x.spoken.NewMeter != nil {
		m := x.spoken.NewMeter(x.ep.Op)
		m.Answer(contentType, plain)
		x.report = m.Report()
	}
	x.report.Ended = true
	if f := x.report.Fault; f != nil {
		x.refused = refusal{header: resp.Header, status: resp.Status}
		x.keepRefusal(contentType, plain)
		return f
	}
	if x.translated() {
		reply := dialect.OpReply{ContentType: contentType, Header: resp.Header.Get, Body: plain}
		a, err := x.spoken.Ops[x.ep.Op].Read(&reply, &x.tr.opCall)
		if err != nil {
			return unreadable(err)
		}
		if x.report.Usage.IsZero() {
			x.report.Usage = a.Usage
		}
	}
	return nil
}

// fits reports whether everything that is kept can stand in one answer with a sheet.
func (l *itemized) fits(sheet *dialect.Sheet) bool {
	return !slices.ContainsFunc(l.kept, func(k keptItem) bool { return k.answer != nil && !k.sheet.Alike(sheet) })
}

// joinPart keeps each result of a part, and gives the answer to the whole list.
func (x *exchange) joinPart(resp *upstream.Response, sheet *dialect.Sheet, part []int) []byte {
	l := x.caching.list
	weights := l.weights(part)
	sheet.Share(weights)
	cost, _ := x.lane.price(x.p.catalogue, x.target.Model, x.report, x.began)
	costs := shared(cost, weights)
	if x.keepsAnswer(resp) {
		head := x.answerHead(resp)
		for j, place := range part {
			x.putItem(head, l.keys[l.of[place]], dialect.Result{Sheet: sheet, Thing: j}, costs[j])
		}
	}
	fromVendor := make(map[int]int, len(part)) // different thing to its place in the vendor's answer
	for j, place := range part {
		fromVendor[l.of[place]] = j
	}
	x.parted = &parted{usage: x.report.Usage, saved: gateway.Cost{Known: true}}
	results := make([]dialect.Result, len(l.of))
	for i, n := range l.of {
		if kept := l.kept[n]; kept.answer != nil {
			results[i] = dialect.Result{Sheet: kept.sheet}
			x.parted.saved = added(x.parted.saved, kept.answer.Cost)
			continue
		}
		j := fromVendor[n]
		results[i] = dialect.Result{Sheet: sheet, Thing: j}
		if i != l.first[n] {
			x.parted.saved = added(x.parted.saved, costs[j])
		}
	}
	return sheet.Join(results)
}

// putItems keeps each result of an answer to a whole list.
func (x *exchange) putItems(body []byte) {
	if x.parted != nil {
		return // what the vendor said is kept already
	}
	c, l, form := x.caching, x.caching.list, itemsOf(x.spoken, x)
	plain, err := decoded(x.rec.head.Encoding, body, maxTranslated)
	if err != nil || form == nil {
		return
	}
	sheet, ok := form.Sheet(plain, len(l.of))
	if !ok {
		return
	}
	keys := l.keys
	if facts := x.factsOf(c, &x.target); facts != nil {
		if keys, err = x.itemKeys(c, facts, l.first); err != nil {
			return
		}
	}
	places := make([]int, len(l.of))
	for i := range places {
		places[i] = i
	}
	weights := l.weights(places)
	sheet.Share(weights)
	costs := shared(x.cost, weights)
	for n, place := range l.first {
		x.putItem(x.rec.head, keys[n], dialect.Result{Sheet: sheet, Thing: place}, costs[place])
	}
}

// putItem keeps one result, as if it alone had been asked for.
func (x *exchange) putItem(head *cache.Answer, key cache.Key, r dialect.Result, cost gateway.Cost) {
	a := *head
	a.Body, a.Encoding, a.Cost = r.Join([]dialect.Result{r}), "", cost
	if int64(len(a.Body)) <= x.caching.policy.MaxEntry {
		x.keepUnder(key, &a)
	}
}

// shared divides a cost.
func shared(cost gateway.Cost, weights []int64) []gateway.Cost {
	out := make([]gateway.Cost, len(weights))
	if cost.Known && cost.USD >= 0 {
		for i, n := range dialect.Portions(int64(cost.USD), weights) {
			out[i] = gateway.Cost{USD: gateway.USD(n), Known: true}
		}
	}
	return out
}

// weights says how much each of some things has of what all together took: about as much as
// it has tokens.
func (l *itemized) weights(places []int) []int64 {
	out := make([]int64, len(places))
	for i, place := range places {
		raw := l.thing(place)
		if raw[0] == '[' {
			out[i] = int64(bytes.Count(raw, []byte(","))) + 1
		} else {
			out[i] = max(tokens.Text(raw), 1)
		}
	}
	return out
}

// askedTask is what of a task the present target is asked.
func (x *exchange) askedTask(t *llm.Task) *llm.Task {
	part := x.part()
	if x.isKept() && x.caching.list.many() {
		part = []int{0} // nothing is: only what becomes of the options is of interest
	}
	if part == nil || len(t.Inputs) != len(x.caching.list.of) {
		return t
	}
	short := *t
	short.Inputs = make([]llm.Input, len(part))
	for i, place := range part {
		short.Inputs[i] = t.Inputs[place]
	}
	return &short
}

// savedCost is what the call would have cost beside what it cost.
func (x *exchange) savedCost() gateway.Cost {
	switch {
	case x.isKept():
		return x.caching.served.Cost
	case x.parted != nil:
		return x.parted.saved
	}
	return gateway.Cost{}
}
