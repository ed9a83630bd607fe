package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// batch is the next run of records for the store, [from, to). Records that cannot be
// read as entries are in broken instead.
type batch struct {
	from, to uint64
	entries  []*gateway.Entry
	broken   []uint64
}

// take gives the next records, at most n and about maxBytes, at least one when there is
// one. It does not remove them: advance does.
func (s *spool) take(n int, maxBytes int64) (batch, error) {
	s.mu.Lock()
	if s.drained == s.nextSeq {
		s.mu.Unlock()
		return batch{from: s.drained, to: s.drained}, nil
	}
	if len(s.hot) > 0 && s.hotFirst <= s.drained {
		defer s.mu.Unlock()
		return s.takeHot(n, maxBytes), nil
	}
	seg, end := *s.at(s.drained), s.nextSeq
	if len(s.hot) > 0 {
		end = s.hotFirst
	}
	from := int(s.drained - seg.first)
	to := from + int(min(uint64(n), seg.next()-s.drained, end-s.drained))
	s.mu.Unlock()
	for i := from + 1; i < to; i++ {
		if seg.refs[i].end()-int64(seg.refs[from].off) > maxBytes {
			to = i
		}
	}
	return takeStored(&seg, from, to)
}

// takeHot copies entries at hand. Under mu.
func (s *spool) takeHot(n int, maxBytes int64) batch {
	b := batch{from: s.drained}
	var size int64
	for _, h := range s.hot[s.drained-s.hotFirst:] {
		size += int64(h.size)
		if len(b.entries) == n || len(b.entries) > 0 && size > maxBytes {
			break
		}
		b.entries = append(b.entries, h.e)
	}
	b.to = b.from + uint64(len(b.entries))
	return b
}

// takeStored reads records [from, to) of a segment with one read.
func takeStored(seg *segment, from, to int) (batch, error) {
	b := batch{from: seg.first + uint64(from), to: seg.first + uint64(to)}
	start := int64(seg.refs[from].off)
	buf, err := seg.read(start, seg.refs[to-1].end())
	if err != nil {
		return batch{}, err
	}
	for i := from; i < to; i++ {
		r := seg.refs[i]
		payload, err := checkRecord(buf[int64(r.off)-start : r.end()-start])
		var e *gateway.Entry
		if err == nil {
			e, err = decodePayload(payload)
		}
		if err != nil {
			b.broken = append(b.broken, seg.first+uint64(i))
			continue
		}
		b.entries = append(b.entries, e)
	}
	return b, nil
}

// at finds the segment of a record that is not drained. Under mu.
func (s *spool) at(seq uint64) *segment {
	for _, seg := range s.segs {
		if seq < seg.next() {
			return seg
		}
	}
	panic("BUG: a record without a segment")
}

// one reads a single record; nil when the store has it by now.
func (s *spool) one(seq uint64) (*gateway.Entry, error) {
	s.mu.Lock()
	if seq < s.drained || seq >= s.nextSeq {
		s.mu.Unlock()
		return nil, nil
	}
	seg := *s.at(seq)
	s.mu.Unlock()
	return seg.entry(int(seq - seg.first))
}

// advance notes that everything before to is in the store, and removes segments that
// are not needed any more.
func (s *spool) advance(to uint64) error {
	s.mu.Lock()
	if to <= s.drained {
		s.mu.Unlock()
		return nil
	}
	s.forget(to)
	s.drained = to
	done := s.dropDrained()
	p, known := s.position()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	s.mu.Unlock()
	var err error
	if known {
		err = s.saveCursor(p)
	}
	for _, seg := range done {
		discard(seg)
	}
	return err
}

// forget takes [drained, to) out of the account and out of memory. Under mu.
func (s *spool) forget(to uint64) {
	for _, seg := range s.segs {
		for seq := max(s.drained, seg.first); seq < min(to, seg.next()); seq++ {
			s.bytes -= int64(seg.refs[seq-seg.first].size)
		}
	}
	s.dues.forget(to)
	if len(s.hot) == 0 || to <= s.hotFirst {
		return
	}
	n := int(min(to-s.hotFirst, uint64(len(s.hot))))
	for _, h := range s.hot[:n] {
		s.hotBytes -= int64(h.size)
	}
	kept := copy(s.hot, s.hot[n:])
	clear(s.hot[kept:])
	s.hot = s.hot[:kept]
	s.hotFirst += uint64(n)
}

// dropDrained takes finished segments off the list. Under mu.
func (s *spool) dropDrained() (done []*segment) {
	for len(s.segs) > 0 {
		seg := s.segs[0]
		if seg.next() > s.drained || !seg.sealed && seg.file != nil {
			break
		}
		done = append(done, seg)
		s.segs[0] = nil
		s.segs = s.segs[1:]
	}
	return done
}

// position says how far the files are drained; not known while a segment in memory
// comes first. Under mu.
func (s *spool) position() (position, bool) {
	if len(s.segs) == 0 {
		return position{num: s.num + 1}, true
	}
	seg := s.segs[0]
	if seg.file == nil {
		return position{}, false
	}
	if i := s.drained - seg.first; i < uint64(len(seg.refs)) {
		return position{seg.num, int64(seg.refs[i].off)}, true
	}
	return position{seg.num, seg.size}, true
}

// wait gives a channel that is closed when more is drained, or nil when everything
// before seq is.
func (s *spool) wait(seq uint64) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drained >= seq {
		return nil
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func badPath(dir string) string { return filepath.Join(dir, "bad") }

// setAside copies the raw bytes of one record to a file of its own in bad/, in the
// format of a segment, and tells the file's name and size.
func (s *spool) setAside(seq uint64) (path string, size int64, err error) {
	s.mu.Lock()
	seg := *s.at(seq)
	s.mu.Unlock()
	r := seg.refs[seq-seg.first]
	rec, err := seg.read(int64(r.off), r.end())
	if err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(badPath(s.dir), dirMode); err != nil {
		return "", 0, err
	}
	s.aside.Lock()
	defer s.aside.Unlock()
	path = filepath.Join(badPath(s.dir), fmt.Sprintf("%d-%d.spool", seg.num, r.off))
	if err := whole.Write(path, fileMode, whole.Text(append([]byte(segmentMagic), rec...))); err != nil {
		return "", 0, fmt.Errorf("set a record aside: %w", err)
	}
	return path, int64(r.size), nil
}

// setSegmentAside moves the unreadable first segment to bad/ as it is and tells how
// many of its records were not in the store yet.
func (s *spool) setSegmentAside() (path string, lost int, err error) {
	s.mu.Lock()
	seg := *s.at(s.drained)
	lost = int(seg.next() - s.drained)
	s.mu.Unlock()
	if seg.file == nil {
		return "", 0, errors.New("BUG: a segment in memory cannot be unreadable")
	}
	if err := os.MkdirAll(badPath(s.dir), dirMode); err != nil {
		return "", 0, err
	}
	path = filepath.Join(badPath(s.dir), fmt.Sprintf("%d-all.spool", seg.num))
	if err := os.Rename(seg.path, path); err != nil {
		return "", 0, fmt.Errorf("set a spool segment aside: %w", err)
	}
	return path, lost, nil
}
