package compare

import (
	"fmt"
	"strings"
)

// Least is how many calls each side needs before anything is said about them.
const Least = 30

// wider is how much wider than 95 % an interval must be so that the ten measures of a
// comparison are together wrong in no more than 5 % (Bonferroni: 99.5 %, z = 2.81).
const wider = 2.81 / z

// Comparison is two sides beside each other.
type Comparison struct {
	A           Figures      `json:"a"`
	B           Figures      `json:"b"`
	Differences []Difference `json:"differences" doc:"What both sides are known of."`
	Enough      bool         `json:"enough" doc:"Both sides have calls enough to say something."`
	Verdict     string       `json:"verdict" doc:"For people."`
}

// Difference is B − A in one measure.
type Difference struct {
	Of   string `json:"of" doc:"The name of the figure."`
	Sure bool   `json:"sure" doc:"The sides differ in this: 0 lies so far outside of the interval that of 20 comparisons of equal targets no more than one has any sure difference."`
	Estimate
}

// measure is one figure that sides are compared by.
type measure struct {
	name string
	of   func(*Figures) *Estimate
	// say tells a sure difference: "fails more often". Less is first.
	less, more string
	unit       string
	scale      float64
}

// measures are in the order of the verdict.
func measures() []measure {
	return []measure{
		{"error_rate", func(f *Figures) *Estimate { return f.Errors }, "fails less often", "fails more often", " %", 100},
		{"latency_p50_ms", func(f *Figures) *Estimate { return f.LatencyP50 }, "is faster as a rule", "is slower as a rule", " ms", 1},
		{"latency_p95_ms", func(f *Figures) *Estimate { return f.LatencyP95 }, "is faster in its slowest calls (p95)", "is slower in its slowest calls (p95)", " ms", 1},
		{"first_token_p50_ms", func(f *Figures) *Estimate { return f.FirstP50 }, "begins sooner as a rule", "begins later as a rule", " ms", 1},
		{"first_token_p95_ms", func(f *Figures) *Estimate { return f.FirstP95 }, "begins sooner in its slowest streams (p95)", "begins later in its slowest streams (p95)", " ms", 1},
		{"input_tokens", func(f *Figures) *Estimate { return f.Input }, "reads fewer tokens", "reads more tokens", "", 1},
		{"output_tokens", func(f *Figures) *Estimate { return f.Output }, "writes fewer tokens", "writes more tokens", "", 1},
		{"cost_usd", func(f *Figures) *Estimate { return f.Cost }, "costs less", "costs more", " dollars a call", 1},
		{"score", func(f *Figures) *Estimate { return f.Score }, "is scored lower", "is scored higher", "", 1},
		{"liked", func(f *Figures) *Estimate { return f.Liked }, "gets fewer thumbs up", "gets more thumbs up", " %", 100},
	}
}

// Compare compares two sides, whose names the verdict uses.
func Compare(nameA, nameB string, a, b Figures) Comparison {
	c := Comparison{A: a, B: b, Differences: []Difference{}, Enough: a.Calls >= Least && b.Calls >= Least}
	var says, alike []string
	for _, m := range measures() {
		x, y := m.of(&a), m.of(&b)
		if x == nil || y == nil {
			continue
		}
		d := Difference{Of: m.name, Estimate: *Apart(x, y)}
		d.Sure = c.Enough && min(x.N, y.N) >= Least && (d.Value-wider*(d.Value-d.Low) > 0 || d.Value+wider*(d.High-d.Value) < 0)
		c.Differences = append(c.Differences, d)
		if d.Sure {
			says = append(says, m.sentence(nameA, nameB, x, y, &d))
		} else {
			alike = append(alike, m.name)
		}
	}
	c.Verdict = verdict(nameA, nameB, &c, says, alike)
	return c
}

func verdict(nameA, nameB string, c *Comparison, says, alike []string) string {
	switch {
	case !c.Enough:
		return fmt.Sprintf("Too few calls to tell: %s has %d and %s has %d, and %d of each are needed.", nameA, c.A.Calls, nameB, c.B.Calls, Least)
	case len(says) == 0:
		return fmt.Sprintf("No sure difference between %s (%d calls) and %s (%d calls).", nameA, c.A.Calls, nameB, c.B.Calls)
	case len(alike) > 0:
		says = append(says, "No sure difference in "+strings.Join(alike, ", ")+".")
	}
	return strings.Join(says, " ")
}

func (m *measure) sentence(nameA, nameB string, a, b *Estimate, d *Difference) string {
	word := m.more
	low, high := d.Low, d.High
	if d.Value < 0 {
		word, low, high = m.less, -d.High, -d.Low
	}
	return fmt.Sprintf("%s %s than %s: %s against %s%s (a difference of %s to %s%s).", nameB, word, nameA,
		shown(b.Value*m.scale), shown(a.Value*m.scale), m.unit, shown(low*m.scale), shown(high*m.scale), m.unit)
}

// shown writes a number with as many digits as say something.
func shown(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
