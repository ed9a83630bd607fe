package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// sentence makes one up about a topic.
func (w *words) sentence(r *rand.Rand, opening []string, topic int) string {
	t := &w.Topics[topic]
	s := fmt.Sprintf("%s %s the %s %s %s %s %s", pick(r, opening), pick(r, t.Verbs), pick(r, t.Adjectives), pick(r, t.Nouns),
		pick(r, w.Joins), pick(r, t.Adjectives), pick(r, t.Nouns))
	switch r.IntN(6) {
	case 0:
		s += fmt.Sprintf(" of %s in %s", pick(r, w.Names), pick(r, w.Places))
	case 1:
		s += fmt.Sprintf(", reference %s-%06d", strings.ToUpper(t.Nouns[0][:2]), r.IntN(1_000_000))
	case 2:
		s += fmt.Sprintf(" (%d of %d)", 1+r.IntN(9), 10+r.IntN(90))
	}
	return s + "."
}

// text makes about as many bytes up.
func (w *words) text(r *rand.Rand, opening []string, topic, size int) string {
	var b strings.Builder
	for b.Len() < size {
		if b.Len() > 0 {
			b.WriteByte(" \n"[min(r.IntN(8), 7)/7])
		}
		b.WriteString(w.sentence(r, opening, topic))
	}
	return b.String()
}

// question is what people ask, one in twelve in another language.
func (w *words) question(r *rand.Rand, topic int) string {
	size := 60 + r.IntN(400)
	if r.IntN(4) == 0 {
		size = 2500 + r.IntN(3500) // with documents pasted in
	}
	text := w.text(r, w.Openings, topic, size)
	if r.IntN(12) == 0 {
		text = pick(r, w.Foreign) + " " + text
	}
	return text
}

func (w *words) answer(r *rand.Rand, topic int) string {
	text := w.text(r, w.Answers, topic, 200+r.IntN(1600))
	if r.IntN(12) == 0 {
		text += " " + pick(r, w.Foreign)
	}
	return text
}
