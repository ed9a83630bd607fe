package litellm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// row is one row of the key table, from whatever source: by column, values as JSON has
// them, or all texts (CSV). Its methods note what is wrong and give the zero value then.
type row struct {
	line   int // of the file; the number of the row in a database
	values map[string]any
	found  *Problems
}

func (r *row) bad(column, text string) {
	*r.found = append(*r.found, Problem{r.line, column, text})
}

// text gives a column as text, "" when it is empty.
func (r *row) text(column string) string {
	switch v := r.values[column].(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	r.bad(column, "expected text")
	return ""
}

// number gives a number of 0 or more, and whether there is one.
func (r *row) number(column string) (float64, bool) {
	text := r.text(column)
	if text == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f < 0 || f > 1e15 {
		r.bad(column, "expected a number of 0 or more")
		return 0, false
	}
	return f, true
}

func (r *row) yes(column string) bool {
	switch text := strings.ToLower(r.text(column)); text {
	case "", "f", "false", "0", "no":
		return false
	case "t", "true", "1", "yes":
		return true
	}
	r.bad(column, "expected true or false")
	return false
}

// when gives a time, nil when there is none. LiteLLM writes UTC without a zone.
func (r *row) when(column string) *time.Time {
	text := r.text(column)
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() < 10000 {
			t = t.UTC().Truncate(time.Microsecond)
			return &t
		}
	}
	r.bad(column, "expected a time such as 2030-01-31T12:00:00Z")
	return nil
}

// texts gives a list: JSON's, or PostgreSQL's {a,b}.
func (r *row) texts(column string) (out []string) {
	switch v := r.values[column].(type) {
	case nil:
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				r.bad(column, "expected a list of texts")
				return nil
			}
			out = append(out, s)
		}
	case string:
		return r.array(column, strings.TrimSpace(v))
	default:
		r.bad(column, "expected a list of texts")
	}
	return out
}

// array reads a list that is written as one text.
func (r *row) array(column, text string) (out []string) {
	switch {
	case text == "":
		return nil
	case text[0] == '[':
		if json.Unmarshal([]byte(text), &out) != nil {
			r.bad(column, "expected a list of texts")
		}
		return out
	case text[0] != '{' || text[len(text)-1] != '}':
		r.bad(column, "expected a list such as {a,b} or [\"a\",\"b\"]")
		return nil
	}
	// https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
	var item strings.Builder
	quoted, escaped, any := false, false, false
	for _, c := range text[1 : len(text)-1] {
		switch {
		case escaped:
			item.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted, any = !quoted, true
		case c == ',' && !quoted:
			out = append(out, item.String())
			item.Reset()
		default:
			item.WriteRune(c)
			any = true
		}
	}
	if any || len(out) > 0 {
		out = append(out, item.String())
	}
	return out
}

// object gives a mapping, empty when there is none.
func (r *row) object(column string) map[string]any {
	switch v := r.values[column].(type) {
	case nil:
	case map[string]any:
		return v
	case string:
		if text := strings.TrimSpace(v); text != "" {
			dec := json.NewDecoder(strings.NewReader(text))
			dec.UseNumber()
			var out map[string]any
			if dec.Decode(&out) != nil {
				r.bad(column, "expected a JSON object")
			}
			return out
		}
	default:
		r.bad(column, "expected an object")
	}
	return nil
}

// within gives a column that is a row itself, such as a joined one.
func (r *row) within(column string) *row {
	return &row{line: r.line, values: r.object(column), found: r.found}
}

func (r *row) String() string { return fmt.Sprintf("row %d", r.line) } // never its values
