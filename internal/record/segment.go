package record

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// segmentMagic begins each segment file; its last byte is the format's version.
const segmentMagic = "slspool\x01"

// file is what a segment needs of *os.File.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// ref says where one record is.
type ref struct {
	id   ident
	off  uint32
	size uint32
}

func (r ref) end() int64 { return int64(r.off) + int64(r.size) }

// segment is a run of records in a file, or in memory while the disk refuses them.
// It is guarded by spool.mu; a copy taken under the lock may be read without it, since
// everything in it only grows.
type segment struct {
	num    uint64 // number of its file, 0 while in memory
	path   string
	first  uint64 // sequence number of its first record
	refs   []ref
	size   int64 // committed bytes, magic included
	sealed bool  // nothing may be added any more
	file   file  // nil while in memory
	data   []byte
}

func (s *segment) next() uint64 { return s.first + uint64(len(s.refs)) }

// read gives the bytes of [from, to); they are the caller's to read only.
func (s *segment) read(from, to int64) ([]byte, error) {
	if s.file == nil {
		return s.data[from:to], nil
	}
	buf := make([]byte, to-from)
	if _, err := s.file.ReadAt(buf, from); err != nil {
		return nil, fmt.Errorf("read spool segment %s: %w", s.path, err)
	}
	return buf, nil
}

// entry reads one whole entry.
func (s *segment) entry(i int) (*gateway.Entry, error) {
	rec, err := s.read(int64(s.refs[i].off), s.refs[i].end())
	if err != nil {
		return nil, err
	}
	payload, err := checkRecord(rec)
	if err != nil {
		return nil, err
	}
	return decodePayload(payload)
}

// glance is how much of a record holds its JSON nearly always.
const glance = 4 << 10

// summary reads an entry without its bodies and objects, touching little of the disk.
func (s *segment) summary(i int) (*gateway.Entry, error) {
	from := int64(s.refs[i].off)
	rec, err := s.read(from, min(s.refs[i].end(), from+glance))
	if err != nil {
		return nil, err
	}
	r := reader{b: rec[headSize:]}
	if e, err := r.entry(); err == nil || len(rec) == int(s.refs[i].size) {
		return e, err
	}
	e, err := s.entry(i)
	if err != nil {
		return nil, err
	}
	e.Bodies, e.Objects = nil, nil
	return e, nil
}

// scanSegment finds the whole records of a segment of the given size. good is where the
// first byte stands that belongs to none. An error is a failure to read, never damage.
// settled is told the settlements of each record that has some.
func scanSegment(src io.Reader, size int64, settled func(record int, all []gateway.Settlement)) (refs []ref, good int64, err error) {
	br := bufio.NewReaderSize(src, maxFront)
	magic, err := br.Peek(len(segmentMagic))
	if string(magic) != segmentMagic {
		return nil, 0, ignoreEOF(err)
	}
	br.Discard(len(segmentMagic)) //nolint:errcheck // peeked before
	good = int64(len(segmentMagic))
	for {
		r, settlements, err := scanRecord(br, size-good)
		if err != nil {
			return refs, good, ignoreEOF(err)
		}
		if len(settlements) > 0 {
			settled(len(refs), settlements)
		}
		r.off = uint32(good)
		good = r.end()
		refs = append(refs, r)
	}
}

// scanRecord reads over one record; io.EOF says that there is no whole one.
func scanRecord(br *bufio.Reader, room int64) (ref, []gateway.Settlement, error) {
	head, err := br.Peek(headSize)
	if err != nil {
		return ref{}, nil, err
	}
	size, sum := binary.LittleEndian.Uint32(head), binary.LittleEndian.Uint32(head[4:])
	if size < minPayload || headSize+int64(size) > room {
		return ref{}, nil, io.EOF
	}
	br.Discard(headSize) //nolint:errcheck // peeked before
	front, err := br.Peek(int(min(size, maxIdent+8)))
	if err != nil {
		return ref{}, nil, err
	}
	r := ref{id: payloadIdent(front), size: headSize + size}
	settlements, err := peekSettlements(br, int(size))
	if err != nil {
		return ref{}, nil, err
	}
	got, err := checksum(br, int(size))
	if err != nil {
		return ref{}, nil, err
	}
	if got != sum {
		return ref{}, nil, io.EOF
	}
	return r, settlements, nil
}

func checksum(br *bufio.Reader, n int) (sum uint32, err error) {
	for n > 0 {
		part, err := br.Peek(min(n, br.Size()))
		if err != nil {
			return 0, err
		}
		sum = crc32.Update(sum, castagnoli, part)
		br.Discard(len(part)) //nolint:errcheck // peeked before
		n -= len(part)
	}
	return sum, nil
}

// payloadIdent reads the id at the front of a payload.
func payloadIdent(front []byte) ident {
	n, size := binary.Uvarint(front[1:])
	if size <= 0 {
		return ident{}
	}
	id := front[1+size:]
	return identOf(id[:min(n, uint64(len(id)), maxIdent)])
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
