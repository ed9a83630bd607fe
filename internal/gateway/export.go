package gateway

import (
	"reflect"
	"strings"
	"sync"
	"time"
)

// ExportState is how far an export has come, as all nodes know it.
type ExportState struct {
	Name     string
	Created  time.Time
	Passed   int64     // the number of the last arrival that it has passed
	Last     int64     // the number of the last arrival that there is
	Oldest   time.Time // when the first arrival came that it has not passed, zero = none
	Holder   string    // the node that works for it, "" = none
	Until    time.Time // until when it does
	Paused   bool
	PausedBy string

	Sent     int64 // entries that the sink has taken
	Filtered int64 // entries that the export's filter left out
	Deleted  int64 // entries that were deleted before they were sent
	SetAside int64 // entries that the sink refused for good
	Failures int64 // tries that failed

	LastSent  time.Time // zero = never
	Failing   bool      // the last try failed
	Error     string    // of the last try that failed
	ErrorTime time.Time
}

// Lag is how many arrivals the export has not passed.
func (s *ExportState) Lag() int64 { return max(s.Last-s.Passed, 0) }

// ExportStep is how an export moved on.
type ExportStep struct {
	From, To       int64 // arrivals ]From, To] were passed
	Sent, Filtered int64
	Deleted        int64
	SetAside       []SetAside
	Time           time.Time
	Until          time.Time // until when the holder goes on holding it
}

// SetAside is an entry that a sink refused for good.
type SetAside struct {
	EntryID string    `json:"entry_id"`
	Time    time.Time `json:"time"`
	Reason  string    `json:"reason"`
}

// Arrival is an entry in the order in which entries came to the store.
type Arrival struct {
	Number int64
	ID     string
	Time   time.Time // when the call began; zero = Doc says it
	Doc    []byte    // as Entry.AppendJSON wrote it, read-only; nil = the entry was deleted since
}

// EntryFields are the names of an entry's members, in their order.
func EntryFields() []string { return entryFields() }

var entryFields = sync.OnceValue(func() (names []string) {
	t := reflect.TypeFor[Entry]()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
})
