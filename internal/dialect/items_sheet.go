package dialect

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Sheet is an answer that holds results of several things, taken apart. It points into the
// answer.
type Sheet struct {
	form   *Items
	body   []byte
	places []place // of what differs by thing, in order
	n      int
	shares [][]string // of each count, by thing; nil = there is one thing
}

// place is an array with an element for each thing, or a number that is a sum over them.
type place struct {
	path  string
	at    jsonscan.Span
	each  []jsonscan.Span // by thing; nil = it is a number
	count int             // which of the numbers it is
}

// Result is what a sheet holds of one thing.
type Result struct {
	*Sheet
	Thing int
}

// Sheet takes an answer to n things apart; false when it does not hold a result for each.
func (f *Items) Sheet(answer []byte, n int) (*Sheet, bool) {
	s := &Sheet{form: f, body: answer, n: n}
	ok := true
	for _, path := range f.Give {
		eachAt(answer, "", path, func(path string, v []byte) { ok = s.array(path, v) && ok })
	}
	if !ok || len(s.places) == 0 {
		return nil, false
	}
	for _, path := range f.Counts {
		eachAt(answer, "", path, s.numbers)
	}
	slices.SortFunc(s.places, func(a, b place) int { return cmp.Compare(a.at.Start, b.at.Start) })
	counts := 0
	for i := range s.places {
		if s.places[i].each == nil {
			s.places[i].count = counts
			counts++
		}
	}
	return s, true
}

// array takes an array of results. One that is empty belongs to nobody.
func (s *Sheet) array(path string, v []byte) bool {
	if len(v) == 0 || v[0] != '[' {
		return true // other answers have something else here
	}
	each, ok := elementsOf(s.body, v)
	if !ok || len(each) != 0 && len(each) != s.n {
		return false
	}
	if len(each) == 0 {
		return true
	}
	if each = s.inOrder(each); each == nil {
		return false
	}
	s.places = append(s.places, place{path: path, at: within(s.body, v), each: each})
	return true
}

// inOrder puts results in the order of their things, where they tell it; nil when what
// they tell cannot be.
func (s *Sheet) inOrder(each []jsonscan.Span) []jsonscan.Span {
	if s.form.Index == "" {
		return each
	}
	sorted := make([]jsonscan.Span, len(each))
	for i, at := range each {
		n, ok := jsonscan.Int(s.indexOf(at.Of(s.body)))
		if !ok && i == 0 && s.indexOf(at.Of(s.body)) == nil {
			return each
		}
		if !ok || n < 0 || n >= int64(len(each)) || sorted[n].Found() {
			return nil
		}
		sorted[n] = at
	}
	return sorted
}

func (s *Sheet) indexOf(element []byte) []byte {
	if s.form.Index == "" || element[0] != '{' {
		return nil
	}
	return jsonscan.Get(element, s.form.Index)
}

// numbers takes all numbers of a value.
func (s *Sheet) numbers(path string, v []byte) {
	switch {
	case len(v) == 0:
	case v[0] == '{':
		_ = jsonscan.Members(v, func(key, one []byte) bool { s.numbers(path+"."+string(key), one); return true })
	case v[0] == '[':
		i := 0
		_ = jsonscan.Elements(v, func(one []byte) bool { s.numbers(path+"."+strconv.Itoa(i), one); i++; return true })
	case v[0] == '-', v[0]-'0' < 10:
		s.places = append(s.places, place{path: path, at: within(s.body, v)})
	}
}

// Alike reports whether results of both can stand in one answer.
func (s *Sheet) Alike(o *Sheet) bool {
	for _, name := range s.form.Same {
		if !bytes.Equal(jsonscan.Get(s.body, name), jsonscan.Get(o.body, name)) {
			return false
		}
	}
	return s.holds(o) && o.holds(s)
}

// holds reports whether there is an array wherever the other has one.
func (s *Sheet) holds(o *Sheet) bool {
	for i := range o.places {
		if o.places[i].each != nil && s.find(&o.places[i], i) == nil {
			return false
		}
	}
	return true
}

// find gives the same place of this sheet, nil when there is none. near is where it stands
// in answers of the same form.
func (s *Sheet) find(p *place, near int) *place {
	same := func(q *place) bool { return (q.each == nil) == (p.each == nil) && q.path == p.path }
	if near < len(s.places) && same(&s.places[near]) {
		return &s.places[near]
	}
	for i := range s.places {
		if same(&s.places[i]) {
			return &s.places[i]
		}
	}
	return nil
}

// Share says how much of the answer's counts each thing has: as much as its weight. Nothing
// is lost by rounding. Without it each thing of several has all.
func (s *Sheet) Share(weights []int64) {
	for i := range s.places {
		if p := &s.places[i]; p.each == nil {
			s.shares = append(s.shares, shareOut(string(p.at.Of(s.body)), weights))
		}
	}
}

func shareOut(number string, weights []int64) []string {
	out := make([]string, len(weights))
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n >= 0 {
		for i, part := range Portions(n, weights) {
			out[i] = strconv.FormatInt(part, 10)
		}
		return out
	}
	f, err := strconv.ParseFloat(number, 64)
	all := int64(0)
	for _, w := range weights {
		all += w
	}
	for i, w := range weights {
		out[i] = number
		if err == nil {
			out[i] = strconv.FormatFloat(f*float64(w)/float64(all), 'g', -1, 64)
		}
	}
	return out
}

// Portions divides n, which is not negative, by weights, which are positive; the portions
// add up to n.
func Portions(n int64, weights []int64) []int64 {
	out, all := make([]int64, len(weights)), uint64(0)
	for _, w := range weights {
		all += uint64(w)
	}
	sum, before := uint64(0), uint64(0)
	for i, w := range weights {
		sum += uint64(w)
		hi, lo := bits.Mul64(uint64(n), sum)
		upTo, _ := bits.Div64(hi, lo, all) // sum <= all, so that hi < all
		out[i], before = int64(upTo-before), upTo
	}
	return out
}

// of gives a thing's part of one of the numbers.
func (s *Sheet) of(p *place, thing int) string {
	if s.shares == nil {
		return string(p.at.Of(s.body))
	}
	return s.shares[p.count][thing]
}
