package gateway

import "time"

// Where a configuration document comes from.
const (
	FromFile  = "file"
	FromStore = "store"
)

// Author is who made a change.
type Author struct {
	Kind string `json:"kind" enum:"user,token,admin_token,file,sluice" doc:"file: a file that was read; sluice: the empty document of a first start."`
	ID   string `json:"id" doc:"Of the user or token; empty = it has none."`
	Name string `json:"name" doc:"For people: an e-mail address, a token's name, a file's path."`
}

// Revision is one state that the configuration document has had.
type Revision struct {
	Number int64     `json:"number" doc:"From 1, one more for each change."`
	Time   time.Time `json:"time" doc:"When it came into force."`
	Author Author    `json:"author"`
	Source string    `json:"source" enum:"file,store"`
	Note   string    `json:"note" doc:"What its author said about it."`
	Size   int64     `json:"size" doc:"Bytes of the document."`
	From   *int64    `json:"from" doc:"The revision whose document it took again; null = it is no rollback."`

	Document []byte `json:"-"` // YAML without secrets; nil in lists
}
