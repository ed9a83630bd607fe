package proxy

import "testing"

func TestASeamLeavesOutWhatIsSaidAgain(t *testing.T) {
	for name, c := range map[string]struct {
		before  string
		after   []string
		repeats bool
		want    string
	}{
		"new words":               {"The capital of", []string{" France", " is"}, true, " France is"},
		"white space twice":       {"The capital of ", []string{" ", "France"}, true, "France"},
		"an empty line twice":     {"First.\n\n", []string{"\n", "\nSecond."}, true, "Second."},
		"the last words again":    {"We set out in the early morning", []string{"We set", " out in the early morning", " and walked"}, true, " and walked"},
		"in one piece":            {"We set out in the early morning", []string{"set out in the early morning and walked"}, true, " and walked"},
		"few words again":         {"It is very, very", []string{" very", ", very good"}, true, " very, very good"},
		"lines of signs":          {"|---|---|---|---|---|---|---|\n", []string{"|---|---|---|---|---|---|---|\n", "end"}, true, "|---|---|---|---|---|---|---|\nend"},
		"what was not asked for":  {"We set out in the early morning", []string{"We set out in the early morning"}, false, "We set out in the early morning"},
		"nothing but a beginning": {"one two three", []string{"one"}, true, "one"},
		"letters beyond ASCII":    {"Größe über alles, sagten sie früher", []string{"über alles, sagten sie früher", " öfter"}, true, " öfter"},
	} {
		s := newSeam([]byte(c.before))
		s.repeats = c.repeats
		var got []byte
		for _, w := range c.after {
			got = append(got, s.join([]byte(w))...)
		}
		if got = append(got, s.close()...); string(got) != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
