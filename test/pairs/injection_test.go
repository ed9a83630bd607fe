package pairs_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// hostile are strings that would say more than they may, were they written as they are.
var hostile = []string{
	`1,"sluiced":{"a":1},"model":"sluiced"`, "AAAA\",\"sluiced\":\"AAAA", "two\nlines\\", "71 degrees", "\x00\u2028<\xef\xbf\xbd>", "data:image/png;base64,AA\"sluiced\":\nAA", `{"sluiced":1}`,
}

// TestNothingThatACallerWritesBreaksOutOfItsPlace puts such strings in the place of every
// value of requests, one after the other: what is written for the target is
// valid JSON, in which they are no members.
func TestNothingThatACallerWritesBreaksOutOfItsPlace(t *testing.T) {
	all := conversing(t)
	for _, from := range all {
		t.Run(string(from.Name), func(t *testing.T) {
			t.Parallel()
			for _, s := range []string{"tools", "result-images", "pdf", "thinking", "schema-loose"} {
				body := compacted(t, filepath.Join(goldenRoot, s, string(from.Name)+".json"))
				spoilt(t, body, hostile[:2], func(at string, body []byte) { staysInPlace(t, s+" "+at, from, all, body) })
			}
			for i := range from.Fields {
				if f := &from.Fields[i]; f.Example != "" {
					spoilt(t, []byte(f.Example), hostile, func(at string, body []byte) { staysInPlace(t, f.Path+" "+at, from, all, body) })
				}
			}
		})
	}
}

func staysInPlace(t *testing.T, at string, from *dialect.Dialect, all []*dialect.Dialect, body []byte) {
	t.Helper()
	if _, err := from.Codec.ParseRequest(body); err != nil {
		return
	}
	for _, to := range all {
		target := goldenTarget("", to.Name)
		_, w, err := translated(t, from, to, &target, body)
		if err == nil {
			inPlace(t, fmt.Sprintf("%s → %s: %s", from.Name, to.Name, at), w.Body)
		}
	}
}

// inPlace holds a text to being JSON without such members.
func inPlace(t *testing.T, at string, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Errorf("%s: %v:\n%s", at, err, text)
	} else if broken(v) {
		t.Errorf("%s: a value became a member:\n%s", at, text)
	}
}

// broken finds the member; what the caller gives as JSON in a string may be JSON.
func broken(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == "sluiced" && inner != float64(1) || broken(inner) {
				return true
			}
		}
	case []any:
		for _, inner := range v {
			if broken(inner) {
				return true
			}
		}
	}
	return false
}

// spoilt visits a body with each of its values in turn replaced by each of some strings.
func spoilt(t *testing.T, body []byte, by []string, visit func(at string, body []byte)) {
	t.Helper()
	var root any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	spoil(root, "", by, func(at string) {
		if text, err := json.Marshal(root); err == nil {
			visit(at, text)
		}
	})
}

func spoil(v any, at string, by []string, visit func(at string)) {
	each := func(at string, old any, set func(any)) {
		switch old.(type) {
		case map[string]any, []any:
			spoil(old, at, by, visit)
			return
		}
		for _, h := range by {
			set(h)
			visit(at)
		}
		set(old)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, old := range v {
			each(at+"."+key, old, func(n any) { v[key] = n })
		}
	case []any:
		for i, old := range v {
			each(fmt.Sprintf("%s[%d]", at, i), old, func(n any) { v[i] = n })
		}
	}
}

// TestNothingThatAVendorSaysBreaksOutOfItsPlace does the same with whole answers.
func TestNothingThatAVendorSaysBreaksOutOfItsPlace(t *testing.T) {
	all := conversing(t)
	for _, from := range all {
		for i := range from.AnswerFields {
			f := &from.AnswerFields[i]
			if f.Example == "" || f.Frame {
				continue
			}
			spoilt(t, []byte(f.Example), hostile, func(at string, body []byte) {
				for _, to := range all {
					c := callOf(to)
					if a, err := from.Codec.ParseAnswer(body, c); err == nil {
						inPlace(t, fmt.Sprintf("%s → %s: %s", from.Name, to.Name, f.Path+" "+at), to.Codec.FormatAnswer(nil, a, c))
					}
				}
			})
		}
	}
}
