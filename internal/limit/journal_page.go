package limit

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"
)

// pageSize is how long a journal is.
const pageSize = 256 << 10

// blank is what a page is full of at first. It is never written.
var blank [32 << 10]byte

// frameHead is how long the head of a record is: its length and checksum.
const frameHead = 8

var journalSum = crc32.MakeTable(crc32.Castagnoli)

// page is one file of the journal, full of zeros behind the last record. Where the system
// can, it is mapped: what is written is the system's at once, which a kill leaves alone,
// and costs no call of it. It is for one goroutine at a time.
type page struct {
	file *os.File
	mem  []byte // nil = records go through the file
	at   int
}

// newPage makes a file of the journal, which nobody but the owner can read.
func newPage(path string) (*page, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	p := &page{file: f}
	for at := int64(0); at < pageSize; at += int64(len(blank)) { // so that there is room on the disk
		if _, err := f.WriteAt(blank[:], at); err != nil {
			_ = p.close()
			return nil, err
		}
	}
	if p.mem, err = mapFile(f, pageSize); err != nil {
		p.mem = nil
	}
	return p, nil
}

// add appends a record, which begins with frameHead bytes for its head. fits is false
// when the page has no room for it.
func (p *page) add(record []byte) (fits bool, err error) {
	if len(record) > pageSize-p.at && p.at > 0 {
		return false, nil
	}
	body := record[frameHead:]
	binary.LittleEndian.PutUint32(record, uint32(len(body)))
	binary.LittleEndian.PutUint32(record[4:], crc32.Checksum(body, journalSum))
	if p.mem != nil && len(record) <= pageSize {
		err = p.copy(record)
	} else {
		_, err = p.file.WriteAt(record, int64(p.at))
	}
	p.at += len(record)
	return true, err
}

// copy writes into the mapped file. A disk that fails is a fault of the memory there,
// which is told as an error.
func (p *page) copy(record []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the mapped file: %v", fault)
		}
	}()
	copy(p.mem[p.at:], record)
	return nil
}

func (p *page) close() error {
	if p.mem != nil {
		_ = unmapFile(p.mem) // it is our own: nothing can be wrong with it
		p.mem = nil
	}
	return p.file.Close()
}
