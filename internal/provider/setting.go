package provider

// Field is a part of a credential that is more than a key, under its name in the
// configuration.
type Field struct {
	Name string
	Env  []string // variables that usually hold it; the first set one counts
	With []string // fields without which it means nothing
	Not  []string // fields, api_key among them, that it cannot stand beside
}

// Setting says what a vendor makes of region or project.
type Setting struct {
	Env     []string // variables that usually hold it; the first set one counts
	Default string
	// Needed says that nothing works without it, unless base_url is given; NeedlessWith
	// are parts of a credential, api_key among them, with which it is not.
	Needed       bool
	NeedlessWith []string
}

// Edits are named changes to the members of a JSON body.
type Edits struct {
	Drop []string // left out
	Add  []Member // added, unless the body has them
}

// Member is one member of a JSON object; Value is JSON.
type Member struct{ Name, Value string }
