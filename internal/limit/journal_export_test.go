package limit

import "os"

// BreakJournal puts a file in the journal's place that cannot be written.
func (d *Durable) BreakJournal() {
	f, err := os.Open(d.path + ".journal.1")
	if err != nil {
		panic(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.page.close()
	d.page = &page{file: f}
}

// PageSize is how long a journal is.
const PageSize = pageSize
