package limit

import (
	"bytes"
	"crypto/sha256"
	"io"
)

// Sealed makes a snapshot of a body, with heading and checksum.
func Sealed(body []byte) io.Reader {
	all := append([]byte(heading), body...)
	sum := sha256.Sum256(all)
	return bytes.NewReader(append(all, sum[:]...))
}

// Counters tells how many counters m has.
func (m *Memory) Counters() (n int) {
	for i := range m.shards {
		m.shards[i].mu.Lock()
		n += len(m.shards[i].counters)
		m.shards[i].mu.Unlock()
	}
	return n
}

// Holds tells how many holds m knows.
func (m *Memory) Holds() (n int) {
	for i := range m.shards {
		m.shards[i].mu.Lock()
		n += len(m.shards[i].holds.heap) + len(m.shards[i].holds.lapsed)
		m.shards[i].mu.Unlock()
	}
	return n
}
