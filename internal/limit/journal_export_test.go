package limit

import "os"

// BreakJournal puts a file in the journal's place that cannot be written.
func (d *Durable) BreakJournal() {
	f, err := os.Open(d.path + ".journal.1")
	if err != nil {
		panic(err)
	}
	d.file.Swap(f).Close()
}
