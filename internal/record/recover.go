package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// cursorSize is what the file "cursor" holds: number of the segment, offset, checksum.
const cursorSize = 8 + 8 + 4

// position says that everything before off in segment num, and all earlier segments,
// are in the store.
type position struct {
	num uint64
	off int64
}

// load reads the directory as the last process left it. Damage never fails it: what
// stands before is kept, what is cut off is logged and counted in the result.
func (s *spool) load(log *slog.Logger) (cut int64, err error) {
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, fmt.Errorf("open spool: %w", err)
	}
	done := readCursor(s.dir)
	for _, num := range s.number(names, done.num, log) {
		n, err := s.recoverSegment(num, done)
		cut += n
		switch {
		case err != nil:
			log.Error("a spool segment cannot be read and is left alone", "file", segmentName(num), "error", err)
		case n > 0:
			log.Warn("the end of a spool segment was torn and is cut off", "file", segmentName(num), "bytes", n)
		}
	}
	return cut, nil
}

// number lists the segments in their order. A file of another name, such as one that
// was moved here from bad/, gets a new number behind the others.
func (s *spool) number(names []os.DirEntry, last uint64, log *slog.Logger) (nums []uint64) {
	var strange []string
	s.num = last
	for _, entry := range names { // sorted by name, so by number
		if num, ok := segmentNumber(entry.Name()); ok {
			nums = append(nums, num)
			s.num = max(s.num, num)
		} else if strings.HasSuffix(entry.Name(), ".spool") {
			strange = append(strange, entry.Name())
		}
	}
	for _, name := range strange {
		if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(s.dir, segmentName(s.num+1))); err != nil {
			log.Error("a spool segment cannot be renamed and is left alone", "file", name, "error", err)
			continue
		}
		s.num++
		nums = append(nums, s.num)
	}
	return nums
}

func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ".spool")
	if !ok {
		return 0, false
	}
	num, err := strconv.ParseUint(digits, 10, 64)
	return num, err == nil && num > 0 && name == segmentName(num)
}

// recoverSegment adds one file's records that are not in the store yet.
func (s *spool) recoverSegment(num uint64, done position) (cut int64, err error) {
	seg := &segment{num: num, path: filepath.Join(s.dir, segmentName(num)), first: s.nextSeq, sealed: true}
	if num < done.num {
		return 0, os.Remove(seg.path)
	}
	f, err := os.OpenFile(seg.path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	seg.file = f
	info, err := f.Stat()
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	var found dues // by place in the segment
	seg.refs, seg.size, err = scanSegment(f, info.Size(), func(i int, all []gateway.Settlement) { found.add(uint64(i), all) })
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	if cut = info.Size() - seg.size; cut > 0 {
		f.Truncate(seg.size) //nolint:errcheck // else the next start finds it again
	}
	s.adopt(seg, done, found)
	return cut, nil
}

func (s *spool) adopt(seg *segment, done position, found dues) {
	drained := 0
	if seg.num == done.num {
		for drained < len(seg.refs) && int64(seg.refs[drained].off) < done.off {
			drained++
		}
	}
	if drained == len(seg.refs) {
		discard(seg)
		return
	}
	seg.refs = seg.refs[drained:]
	for _, r := range seg.refs {
		s.bytes += int64(r.size)
	}
	found.forget(uint64(drained))
	for d := range found.all {
		d.seq += seg.first - uint64(drained)
		s.dues.push(*d)
	}
	s.segs = append(s.segs, seg)
	s.nextSeq += uint64(len(seg.refs))
}

func cursorPath(dir string) string { return filepath.Join(dir, "cursor") }

// readCursor gives the zero position when there is no valid cursor: everything is
// then handed to the store once more.
func readCursor(dir string) position {
	b, err := os.ReadFile(cursorPath(dir))
	if err != nil || len(b) != cursorSize || binary.LittleEndian.Uint32(b[16:]) != crc32.Checksum(b[:16], castagnoli) {
		return position{}
	}
	return position{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))}
}

// saveCursor writes the position without syncing: a stale one costs repeated work, no entry.
func (s *spool) saveCursor(p position) error {
	if s.cursor == nil {
		f, err := os.OpenFile(cursorPath(s.dir), os.O_CREATE|os.O_RDWR, fileMode)
		if err != nil {
			return err
		}
		s.cursor = f
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, cursorSize), p.num)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.off))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := s.cursor.WriteAt(b, 0)
	return err
}
