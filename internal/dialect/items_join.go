package dialect

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// Join gives the answer as it would be for other things: with the results of these, in this
// order, and their counts, and with everything else as it stands here. All must be Alike.
func (s *Sheet) Join(results []Result) []byte {
	out, from := make([]byte, 0, s.room(results)), 0
	for i := range s.places {
		p := &s.places[i]
		out = append(out, s.body[from:p.at.Start]...)
		if p.each != nil {
			out = s.joinArray(out, i, results)
		} else {
			out = append(out, s.sum(i, results)...)
		}
		from = p.at.End
	}
	return append(out, s.body[from:]...)
}

// room is about how long that is.
func (s *Sheet) room(results []Result) int {
	n := len(s.body)
	for _, r := range results {
		n += len(r.body)/r.n + 16
	}
	return n
}

// joinArray writes an array, with white space between elements as the vendor has it.
func (s *Sheet) joinArray(out []byte, i int, results []Result) []byte {
	p := &s.places[i]
	first, last := bounds(p.each)
	gap := s.body[p.at.Start+1 : first]
	out = append(append(out, '['), gap...)
	for at, r := range results {
		if at > 0 {
			out = append(append(out, ','), gap...)
		}
		if q := r.find(p, i); q != nil {
			out = r.element(out, q.each[r.Thing].Of(r.body), at)
		}
	}
	return append(out, s.body[last:p.at.End]...)
}

// bounds gives where the first of some elements begins and the last one ends.
func bounds(each []jsonscan.Span) (first, last int) {
	first = each[0].Start
	for _, at := range each {
		first, last = min(first, at.Start), max(last, at.End)
	}
	return first, last
}

// element writes a result, whose place in the list is another now.
func (s *Sheet) element(out, element []byte, place int) []byte {
	index := s.indexOf(element)
	if index == nil {
		return append(out, element...)
	}
	at := within(element, index)
	out = append(out, element[:at.Start]...)
	out = strconv.AppendInt(out, int64(place), 10)
	return append(out, element[at.End:]...)
}

// sum adds up what the results have of a number.
func (s *Sheet) sum(i int, results []Result) string {
	p := &s.places[i]
	whole, broken, isWhole, text := int64(0), 0.0, true, "0"
	for _, r := range results {
		q := r.find(p, i)
		if q == nil {
			continue
		}
		text = r.of(q, r.Thing)
		n, err := strconv.ParseInt(text, 10, 64)
		f, _ := strconv.ParseFloat(text, 64)
		isWhole = isWhole && err == nil
		whole, broken = whole+n, broken+f
	}
	switch {
	case len(results) == 1:
		return text
	case isWhole:
		return strconv.FormatInt(whole, 10)
	}
	return decimal(broken)
}

// decimal writes a sum without what rounding has added to it.
func decimal(f float64) string {
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}
