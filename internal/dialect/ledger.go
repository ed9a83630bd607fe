package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// Field is one field of a dialect's requests (or answers).
type Field struct {
	Path    string      // as the vendor writes it: messages[].content[].image_url.detail
	Feature llm.Feature // what it means; 0 = only this dialect has it, and no other target gets it
	// Example is a whole request (or answer) that holds the field, as small as may be;
	// "" = that of another Field.
	Example string
	Note    string // one sentence for the page, "" = none
	// Frame marks what every message has whatever it says (model, messages, type, role):
	// it is translated by its place and has no fate of its own.
	Frame bool
	// Refuse marks what no target of another dialect may go without (llm.Request.Refuse).
	Refuse bool
	// Besides are values of the member that do not mean the feature.
	Besides []string
}

// Fate is what becomes of a feature.
type Fate uint8

// The fates.
const (
	Dropped Fate = iota // left out, and said so
	Kept                // expressed as the caller meant it
	Mapped              // expressed by other means; How says which
	Refused             // the call is refused: leaving it out would change what is asked
)

// String gives the fate's word.
func (f Fate) String() string { return [...]string{"dropped", "kept", "mapped", "refused"}[f] }

// Carry says how a dialect, as the target, expresses a feature.
type Carry struct {
	Fate Fate
	How  string // for the page: the target's own field, and what is not the same
}

// Carried gives the features of a ledger that are not dropped.
func Carried(m map[llm.Feature]Carry) (s llm.Features) {
	for f, c := range m {
		if c.Fate != Dropped {
			s.Add(f)
		}
	}
	return s
}

// PathOf gives the path of a feature in a dialect's own words, the first Field that
// means it; "" when there is none.
func PathOf(fields []Field, f llm.Feature) string {
	for i := range fields {
		if fields[i].Feature == f {
			return fields[i].Path
		}
	}
	return ""
}
