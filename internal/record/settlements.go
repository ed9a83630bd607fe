package record

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"sort"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// appendSettlements appends the settlements with the length of them all in front.
func appendSettlements(dst []byte, settlements []gateway.Settlement) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for i := range settlements {
		s := &settlements[i]
		dst = appendString(dst, s.Rule)
		dst = appendString(dst, s.Counter)
		dst = appendString(dst, s.Values)
		dst = binary.AppendVarint(dst, int64(s.Amount))
		dst = binary.AppendVarint(dst, s.Time.Unix())
		dst = binary.AppendUvarint(dst, uint64(s.Time.Nanosecond()))
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// settlements reads what appendSettlements wrote.
func (r *reader) settlements() (all []gateway.Settlement) {
	part := reader{b: r.take(int(r.fixed32()))}
	for len(part.b) > 0 && !part.bad {
		s := gateway.Settlement{Rule: string(part.bytes()), Counter: string(part.bytes()), Values: string(part.bytes()), Amount: gateway.USD(part.varint())}
		s.Time = time.Unix(part.varint(), int64(part.uvarint())).UTC()
		all = append(all, s)
	}
	r.bad = r.bad || part.bad
	return all
}

// maxFront is how much of a record is looked at to find its settlements. They stand
// first, and what is beyond could only be names of hundreds of kilobytes.
const maxFront = 256 << 10

// peekSettlements reads the settlements of the payload of size bytes that src is at.
func peekSettlements(src *bufio.Reader, size int) ([]gateway.Settlement, error) {
	most := min(size, src.Size())
	for n := min(most, maxIdent+8); ; {
		front, err := src.Peek(n)
		if err != nil {
			return nil, err
		}
		r := reader{b: front}
		if r.byte() != settledVersion {
			return nil, nil
		}
		r.bytes()
		if all := r.settlements(); !r.bad {
			return all, nil
		}
		if n == most {
			return nil, nil
		}
		n = min(n*4, most)
	}
}

// due is a settlement that the store does not have yet. It has no pointers: many may wait,
// and the collector need not look at them.
type due struct {
	seq     uint64 // of its record
	counter counterKey
	amount  gateway.USD
	time    int64 // microseconds since 1970, as the store keeps it
}

// counterKey is a counter in 16 bytes: 32 lower-case hexadecimal digits as what they stand
// for, any other text as a hash.
type counterKey [16]byte

func keyOf(counter string) (k counterKey) {
	if len(counter) == 2*len(k) {
		bad := byte(0)
		for i := range k {
			a, b := counter[2*i], counter[2*i+1]
			high, low := hexValue[a], hexValue[b]
			k[i] = high<<4 | low
			bad |= (high | low) & 0xf0
			if a-'A' < 6 || b-'A' < 6 {
				bad = 1
			}
		}
		if bad == 0 {
			return k
		}
	}
	sum := sha256.Sum256([]byte(counter))
	return counterKey(sum[:])
}

// dues are all of them, in the order of records, in blocks that stay where they are. They
// are walked for one counter and not sorted by it: that costs a nanosecond each, and only
// when a counter is first met.
type dues struct{ blocks [][]due }

// blockDues is how many stand in a block.
const blockDues = 256

func (d *dues) add(seq uint64, settlements []gateway.Settlement) {
	for i := range settlements {
		s := &settlements[i]
		d.push(due{seq, keyOf(s.Counter), s.Amount, s.Time.UnixMicro()})
	}
}

func (d *dues) push(one due) {
	last := len(d.blocks) - 1
	if last < 0 || len(d.blocks[last]) == cap(d.blocks[last]) {
		d.blocks, last = append(d.blocks, make([]due, 0, blockDues)), last+1
	}
	d.blocks[last] = append(d.blocks[last], one)
}

// all gives them one after the other.
func (d *dues) all(yield func(*due) bool) {
	for _, block := range d.blocks {
		for i := range block {
			if !yield(&block[i]) {
				return
			}
		}
	}
}

// forget drops those of records before seq.
func (d *dues) forget(seq uint64) {
	for len(d.blocks) > 0 {
		block := d.blocks[0]
		n := sort.Search(len(block), func(i int) bool { return block[i].seq >= seq })
		if n < len(block) {
			d.blocks[0] = block[n:]
			return
		}
		d.blocks = d.blocks[1:]
	}
	d.blocks = nil
}

// PendingSpent is what a counter's settlements since then add up to that are not yet in
// the store, and the ids of their entries. An entry may reach the store meanwhile: who
// adds the store's part asks here first, then the store for all but these entries, and so
// misses nothing and counts nothing twice.
func (r *Recorder) PendingSpent(counter string, since time.Time) (sum gateway.USD, entryIDs map[string]bool) {
	r.flush()
	for _, d := range r.spool.owed(counter, since) {
		id, ok := r.spool.id(d.seq)
		if !ok { // the store has it by now, and its part of the sum
			continue
		}
		if entryIDs == nil {
			entryIDs = map[string]bool{}
		}
		entryIDs[id] = true
		sum += d.amount
	}
	return sum, entryIDs
}

// owed lists a counter's dues.
func (s *spool) owed(counter string, since time.Time) (found []due) {
	want, from := keyOf(counter), since.UnixMicro()
	s.mu.Lock()
	defer s.mu.Unlock()
	for d := range s.dues.all {
		if d.counter == want && d.time >= from {
			found = append(found, *d)
		}
	}
	return found
}

// id gives the id of a record's entry, false when the store has it by now.
func (s *spool) id(seq uint64) (string, bool) {
	s.mu.Lock()
	var id ident
	known := seq >= s.drained && seq < s.nextSeq
	if known {
		seg := s.at(seq)
		id = seg.refs[seq-seg.first].id
	}
	s.mu.Unlock()
	if !known || id.hi != 0 {
		return id.String(), known
	}
	e, err := s.one(seq)
	if err != nil || e == nil {
		return "", false
	}
	return e.ID, true
}
