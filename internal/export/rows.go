package export

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// batch is what was read at once: the arrivals ]from, to], and the rows among them that
// are to be sent.
type batch struct {
	from, to int64
	rows     []Row
	numbers  []int64 // of the rows
	fates    []fate  // by number, of from+1 first; what is behind the end is open
}

// set notes what became of an arrival.
func (b *batch) set(number int64, f fate) {
	at := int(number - b.from - 1)
	for len(b.fates) <= at {
		b.fates = append(b.fates, 0)
	}
	b.fates[at] = f
}

// fate is what became of an arrival, 0 = it is open.
func (b *batch) fate(number int64) fate {
	if at := int(number - b.from - 1); at < len(b.fates) {
		return b.fates[at]
	}
	return 0
}

// fate is what became of an arrival that needs no sending any more.
type fate uint8

const (
	sent fate = iota + 1
	filtered
	deleted
	refused
)

// page is how many arrivals are read at once.
const page = 2000

// collect reads the next batch behind a number, up to another one. Those whose fate is
// known already are left out.
func (w *worker) collect(ctx context.Context, from, last int64) (*batch, error) {
	w.last.rows, w.last.numbers, w.last.fates = w.last.rows[:0], w.last.numbers[:0], w.last.fates[:0]
	b := &w.last
	b.from, b.to = from, from
	for size := 0; b.to < last && len(b.rows) < w.spec.Rows && b.to-from < maxPassed; {
		arrived, err := w.store.Arrivals(ctx, b.to, min(page, w.spec.Rows-len(b.rows)))
		if err != nil || len(arrived) == 0 {
			return b, err
		}
		for i := range arrived {
			full, err := w.add(ctx, b, &arrived[i], &size)
			if err != nil || full {
				return b, err
			}
		}
	}
	return b, nil
}

// maxPassed bounds the arrivals of a batch of which few are to be sent.
const maxPassed = 20_000

// add appends an arrival, unless the batch is full.
func (w *worker) add(ctx context.Context, b *batch, a *gateway.Arrival, size *int) (full bool, err error) {
	f, row, err := w.judge(ctx, a)
	switch {
	case err != nil:
		return false, err
	case f != 0:
		b.set(a.Number, f)
		b.to = a.Number
		return false, nil
	}
	if *size += len(row.JSON); *size > w.spec.Bytes && len(b.rows) > 0 {
		return true, nil
	}
	b.rows, b.numbers, b.to = append(b.rows, row), append(b.numbers, a.Number), a.Number
	return false, nil
}

// judge gives the row of an arrival, or its fate.
func (w *worker) judge(ctx context.Context, a *gateway.Arrival) (fate, Row, error) {
	if len(w.fates) > 0 && w.fates[a.Number] != 0 {
		return w.fates[a.Number], Row{}, nil
	}
	if a.Doc == nil {
		return deleted, Row{}, nil
	}
	began := a.Time
	if began.IsZero() {
		var err error
		if began, err = timeOf(a.Doc); err != nil {
			return w.unreadable(a, err), Row{}, nil
		}
	}
	if len(w.spec.Gateways) > 0 {
		if name, _ := jsonscan.String(jsonscan.Get(a.Doc, "gateway")); !slices.Contains(w.spec.Gateways, name) {
			return filtered, Row{}, nil
		}
	}
	if w.spec.Filter != nil {
		if match, err := w.spec.Filter.Match(a.Doc); err != nil || !match {
			return filtered, Row{}, nil // what cannot be told does not match
		}
	}
	doc, err := w.spec.project(a.Doc)
	if err != nil {
		return w.unreadable(a, err), Row{}, nil
	}
	doc, err = w.render(ctx, a.ID, doc)
	return 0, Row{ID: a.ID, Time: began, JSON: doc}, err
}

// unreadable sets aside what is no entry in the store: it would hold all others up for ever.
func (w *worker) unreadable(a *gateway.Arrival, err error) fate {
	w.ids[a.Number], w.why[a.Number] = a.ID, cut("it cannot be read in the store: "+err.Error())
	return refused
}

// timeOf reads when a call began, and nothing else: an entry has much more, and there are
// many.
func timeOf(doc []byte) (time.Time, error) {
	text, _ := jsonscan.String(jsonscan.Get(doc, "time"))
	return time.Parse(time.RFC3339Nano, text)
}

// render gives what is sent of an entry: with bodies, where they are. An error says that
// the store does not give them now.
func (w *worker) render(ctx context.Context, id string, doc []byte) ([]byte, error) {
	if !w.spec.Bodies {
		return doc, nil
	}
	bodies, err := w.bodies(ctx, id, w.spec.Redact)
	if err != nil || bodies == nil {
		return doc, err
	}
	doc = append(bytes.TrimSuffix(slices.Clone(doc), []byte{'}'}), `,"bodies":`...)
	return append(append(doc, bodies...), '}'), nil
}

// project leaves out members that are not sent; id and time always are.
func (s *Spec) project(doc []byte) ([]byte, error) {
	if len(s.Fields) == 0 && len(s.Exclude) == 0 {
		return doc, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for _, name := range gateway.EntryFields() {
		value, there := members[name]
		if !there || !s.sends(name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), name...), `":`...)
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

func (s *Spec) sends(name string) bool {
	switch {
	case name == "id", name == "time":
		return true
	case slices.Contains(s.Exclude, name):
		return false
	}
	return len(s.Fields) == 0 || slices.Contains(s.Fields, name)
}
