package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	dirMode  = 0o700
	fileMode = 0o600

	probeBytes = 256 << 10
)

// spool is the queue of records on the disk, oldest first. One goroutine at a time may
// put, one may take and advance; everything else is free.
type spool struct {
	aside sync.Mutex // what is written in bad/

	dir     string
	segSize int64
	hotMax  int64
	syncs   bool // sync is called now and then, not only at the end
	create  func(path string) (file, error)

	mu       sync.Mutex
	segs     []*segment
	num      uint64 // the highest file number used
	nextSeq  uint64 // sequence number of the next record
	drained  uint64 // everything before is in the store
	bytes    int64  // of records not yet in the store
	hot      []hotEntry
	hotFirst uint64 // sequence number of hot[0]
	hotBytes int64
	dues     dues          // of what is not drained
	changed  chan struct{} // closed at the next advance; nil when nobody waits
	unsynced []*segment    // when syncs
	newFiles bool          // since the directory was last synced

	cursor file // nil until first needed; only the taker uses it
}

// hotEntry is an entry that is still at hand, with the size of its record.
type hotEntry struct {
	e    *gateway.Entry
	size uint32
}

// chunk is a run of encoded records with what is known about each.
type chunk struct {
	buf     []byte
	refs    []ref // offsets within buf
	entries []*gateway.Entry

	spacious int // how often in a row the buffer was much too large
}

// A buffer beyond keepBuffer is given back when it was much too large this often in a row.
const (
	keepBuffer = 64 << 10
	keepTimes  = 8
)

// reset empties the chunk.
func (c *chunk) reset() {
	if cap(c.buf) <= keepBuffer || len(c.buf) >= cap(c.buf)/4 {
		c.spacious = 0
	} else if c.spacious++; c.spacious == keepTimes {
		*c = chunk{}
	}
	c.buf = c.buf[:0]
	c.refs = c.refs[:0]
	clear(c.entries)
	c.entries = c.entries[:0]
}

// put adds the chunk's records: to the newest segment, or to memory when the disk
// refuses them, which the error then tells. Nothing is lost either way. keep says
// whether entries may stay at hand.
func (s *spool) put(c *chunk, keep bool) error {
	seg, err := s.writable()
	if err == nil {
		err = s.write(seg, c.buf)
	}
	if err != nil {
		s.hold(c, keep)
		return err
	}
	s.commit(seg, c, keep)
	return nil
}

// writable gives the newest segment, or a new one when that is full.
func (s *spool) writable() (*segment, error) {
	s.mu.Lock()
	if n := len(s.segs); n > 0 && !s.segs[n-1].sealed {
		defer s.mu.Unlock()
		return s.segs[n-1], nil
	}
	num, first := s.num+1, s.nextSeq
	s.mu.Unlock()
	seg, err := s.newFile(num)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seg.first = first
	s.num, s.newFiles = num, true
	s.segs = append(s.segs, seg)
	return seg, nil
}

func (s *spool) newFile(num uint64) (*segment, error) {
	path := filepath.Join(s.dir, segmentName(num))
	f, err := s.create(path)
	if err != nil {
		return nil, fmt.Errorf("create spool segment: %w", err)
	}
	if _, err := f.WriteAt([]byte(segmentMagic), 0); err != nil {
		return nil, errors.Join(fmt.Errorf("write spool segment: %w", err), f.Close(), os.Remove(path))
	}
	return &segment{num: num, path: path, file: f, size: int64(len(segmentMagic))}, nil
}

func segmentName(num uint64) string { return fmt.Sprintf("%020d.spool", num) }

// write puts buf behind the segment's committed bytes; a failure seals the segment.
func (s *spool) write(seg *segment, buf []byte) error {
	_, err := seg.file.WriteAt(buf, seg.size)
	if err == nil {
		return nil
	}
	// The tail is of no use. Where cutting it off fails as well, the next start does it.
	cut := seg.file.Truncate(seg.size)
	s.mu.Lock()
	seg.sealed = true
	s.mu.Unlock()
	return errors.Join(fmt.Errorf("write spool segment: %w", err), cut)
}

// commit makes written records visible.
func (s *spool) commit(seg *segment, c *chunk, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(seg, c, keep)
	seg.sealed = seg.size >= s.segSize
	s.written(seg)
}

// hold keeps a chunk in memory, as a segment that is written later. From then on until
// rescue has succeeded everything must be held, so that the order of files stays right.
func (s *spool) hold(c *chunk, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.segs)
	if n == 0 || s.segs[n-1].file != nil || s.segs[n-1].sealed {
		s.segs = append(s.segs, &segment{first: s.nextSeq, data: []byte(segmentMagic), size: int64(len(segmentMagic))})
	}
	seg := s.segs[len(s.segs)-1]
	seg.data = append(seg.data, c.buf...)
	s.add(seg, c, keep)
	seg.sealed = seg.size >= s.segSize
}

// add accounts for the chunk's records at the end of seg. Under mu.
func (s *spool) add(seg *segment, c *chunk, keep bool) {
	for _, r := range c.refs {
		r.off += uint32(seg.size)
		seg.refs = append(seg.refs, r)
	}
	size := int64(len(c.buf))
	if len(s.hot) == 0 {
		s.hotFirst, s.hotBytes = s.nextSeq, 0
	}
	if keep && s.hotFirst+uint64(len(s.hot)) == s.nextSeq && s.hotBytes+size <= s.hotMax {
		for i, e := range c.entries {
			s.hot = append(s.hot, hotEntry{e, c.refs[i].size})
		}
		s.hotBytes += size
	}
	for i, e := range c.entries {
		s.dues.add(s.nextSeq+uint64(i), e.Settlements)
	}
	seg.size += size
	s.bytes += size
	s.nextSeq += uint64(len(c.refs))
}

// rescue writes what the disk had refused to files of its own.
func (s *spool) rescue() error {
	for {
		seg := s.oldestInMemory()
		if seg == nil {
			return nil
		}
		moved, err := s.newFile(s.num + 1)
		if err == nil {
			_, err = moved.file.WriteAt(seg.data, 0)
			if err != nil {
				err = errors.Join(fmt.Errorf("write spool segment: %w", err), moved.file.Close(), os.Remove(moved.path))
			}
		}
		if err != nil {
			return err
		}
		s.rescued(seg, moved)
	}
}

// probe finds out whether the disk takes a useful amount again.
func (s *spool) probe() error {
	seg, err := s.writable()
	if err != nil {
		return err
	}
	if err := s.write(seg, make([]byte, probeBytes)); err != nil {
		return err
	}
	return seg.file.Truncate(seg.size)
}

func (s *spool) oldestInMemory() *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segs {
		if seg.file == nil {
			return seg
		}
	}
	return nil
}

// rescued replaces a segment in memory by its file. The segment may have been drained
// and dropped in the meantime; the file is then removed.
func (s *spool) rescued(seg, moved *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.num, s.newFiles = moved.num, true
	for _, have := range s.segs {
		if have == seg {
			seg.num, seg.path, seg.file, seg.data = moved.num, moved.path, moved.file, nil
			seg.sealed = true
			s.written(seg)
			return
		}
	}
	discard(moved)
}

// discard removes a segment that nobody needs. What cannot be removed is removed at the
// next start, since the cursor is beyond it.
func discard(seg *segment) {
	if seg.file != nil {
		seg.file.Close()    //nolint:errcheck // see above
		os.Remove(seg.path) //nolint:errcheck // see above
	}
}

// level tells how many bytes are not yet in the store.
func (s *spool) level() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// ends gives the sequence numbers of the first record that is not in the store and of
// the next one that will come.
func (s *spool) ends() (first, next uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drained, s.nextSeq
}

// depth tells how many records are not yet in the store.
func (s *spool) depth() int64 {
	first, next := s.ends()
	return int64(next - first)
}

// cool forgets the entries at hand; they are read back from the disk when needed.
func (s *spool) cool() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hot, s.hotBytes = nil, 0
}

// close closes the files; a spool that is wholly drained leaves none behind.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failed error
	for _, seg := range s.segs {
		switch {
		case seg.next() <= s.drained:
			discard(seg)
		case seg.file == nil:
			failed = errors.Join(failed, fmt.Errorf("%d entries could not be written to the spool", len(seg.refs)))
		default:
			failed = errors.Join(failed, seg.file.Close())
		}
	}
	if s.cursor != nil {
		failed = errors.Join(failed, s.cursor.Close())
	}
	return failed
}
