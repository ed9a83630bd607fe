package dialect

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Rule says which ids or names a dialect allows: letters, digits and Extra, at most Max
// of them (0 = any number), or just Exact.
type Rule struct {
	Extra string
	Max   int
	Exact int
}

func (r Rule) allows(s string) bool {
	if s == "" || r.Max > 0 && len(s) > r.Max || r.Exact > 0 && len(s) != r.Exact {
		return false
	}
	for i := range len(s) {
		if !r.letter(s[i]) {
			return false
		}
	}
	return true
}

func (r Rule) letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(r.Extra, c) >= 0
}

// ID gives a tool call's id as a target allows it: the id itself, or one made from it.
// It is the same for a call and for its result.
func (r Rule) ID(id string) string {
	if r.allows(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	if r.Exact > 0 {
		return hex.EncodeToString(sum[:])[:r.Exact]
	}
	return "call_" + hex.EncodeToString(sum[:12])
}

// Name gives a tool's name as a target allows it, and notes in names (made on first
// use) what the caller called it when that had to be rewritten.
func (r Rule) Name(name string, names *map[string]string) string {
	if r.allows(name) {
		return name
	}
	clean := []byte(name)
	for i, c := range clean {
		if !r.letter(c) {
			clean[i] = '_'
		}
	}
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:4])
	if most := r.Max - len(tail); r.Max > 0 && len(clean) > most {
		clean = clean[:most]
	}
	short := string(clean) + tail
	if *names == nil {
		*names = map[string]string{}
	}
	(*names)[short] = name
	return short
}

// MadeID gives the id of the nth tool call of an answer whose vendor gave none. It
// differs from call to call.
func (c *Call) MadeID(choice, n int) string {
	sum := sha256.Sum256([]byte(c.ID + "/" + strconv.Itoa(choice) + "/" + strconv.Itoa(n)))
	return "call_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15]))
}

// ArgumentsObject gives a call's arguments as a JSON object, those of a custom tool as
// FunctionOf says. What a model wrote that is none is kept in a member of its own:
// {"invalid_json": "what it wrote"}.
func ArgumentsObject(c *llm.Call) llm.Raw {
	if c.Custom {
		return customArguments(c)
	}
	text := []byte(c.Arguments)
	if c.Quoted {
		s, _ := jsonscan.String(c.Arguments)
		text = []byte(strings.TrimSpace(s))
	}
	switch {
	case len(text) == 0, jsonscan.IsNull(text):
		return llm.Raw("{}")
	case text[0] == '{' && (!c.Quoted || json.Valid(text)):
		return text
	}
	var w jsonout.Writer
	w.Begin('{')
	if !c.Quoted {
		w.Text("invalid_json", string(text))
	} else {
		w.Member("invalid_json", c.Arguments)
	}
	w.End('}')
	return w.B
}

// ArgumentsText gives a call's arguments as a JSON string that holds JSON: "{}" when
// there are none. See ArgumentsObject for custom tools.
func ArgumentsText(c *llm.Call) llm.Raw {
	switch {
	case c.Custom:
		return jsonout.Quote(string(customArguments(c)))
	case c.Quoted && len(c.Arguments) > 2:
		return c.Arguments
	case c.Quoted, len(c.Arguments) == 0, jsonscan.IsNull(c.Arguments):
		return llm.Raw(`"{}"`)
	}
	return jsonout.Quote(string(c.Arguments))
}
