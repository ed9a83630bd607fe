package tokens

import (
	_ "embed"
	"encoding/json"
	"sync"
)

//go:embed families.json
var familiesJSON []byte

// family is what a kind of model adds to the text that it is given (families.json says
// what each number is).
type family struct {
	Names      []string `json:"names"`
	Scale      int64    `json:"scale"`
	Base       int64    `json:"base"`
	Turn       int64    `json:"turn"`
	Tools      int64    `json:"tools"`
	Tool       int64    `json:"tool"`
	Schema     int64    `json:"schema"`
	Answer     int64    `json:"answer"`
	FreeAnswer bool     `json:"free_answer"`
	// What bodies look like that are most likely for this family.
	Contents    bool `json:"contents"`
	InputSchema bool `json:"input_schema"`
}

// families are read at first use; the last is everybody else's.
var families = sync.OnceValue(func() []family {
	var data struct {
		Families []family `json:"families"`
	}
	if err := json.Unmarshal(familiesJSON, &data); err != nil || len(data.Families) == 0 {
		panic("BUG: families.json is not readable")
	}
	return data.Families
})

// familyOf finds the family of a model's id, whatever stands around its name.
func familyOf[T string | []byte](model T) *family {
	all := families()
	for i := range all {
		for _, name := range all[i].Names {
			if holdsWord(model, name) {
				return &all[i]
			}
		}
	}
	return &all[len(all)-1]
}

// familyOfForm guesses the family of a body that names no model.
func familyOfForm(f form) *family {
	all := families()
	for i := range all {
		if all[i].Contents && f&formContents != 0 || all[i].InputSchema && f&formInputSchema != 0 {
			return &all[i]
		}
	}
	return &all[len(all)-1]
}

// holdsWord reports whether s holds a name, whatever its letter case, at the beginning
// of a word.
func holdsWord[T string | []byte](s T, name string) bool {
	for i := 0; i+len(name) <= len(s); i++ {
		if (i == 0 || !letter(s[i-1])) && begins(s[i:], name) {
			return true
		}
	}
	return false
}

func letter(c byte) bool { return classes[c] == lower || classes[c] == upper }

func begins[T string | []byte](s T, name string) bool {
	for i := range len(name) {
		c := s[i]
		if classes[c] == upper {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}
