package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// How a body's bytes are kept.
const (
	plainBody = 0
	zstdBody  = 1
	// sealedBody is added to how what was sealed afterwards is kept.
	sealedBody = 2

	// lostPart is the part that says why there are no others.
	lostPart = "lost"

	compressAbove = 1 << 10
	// maxBody bounds what a stored body may grow to when it is read.
	maxBody = 1 << 30
)

// insertBodies stores what an entry has of bodies; those that are there already stay.
//
// Where again is true, entries are sent again: bodies that could not be opened the first time
// may be among them.
func (s *Store) insertBodies(ctx context.Context, tx *sql.Tx, e *gateway.Entry, again bool) error {
	if e.Bodies == nil {
		return nil
	}
	if again && e.Bodies.Encrypt && e.Bodies.Lost == "" {
		if _, err := s.exec(ctx, tx, "DELETE FROM bodies WHERE entry_id = ? AND part = ? AND bytes = ?", clean(e.ID), lostPart, []byte(gateway.BodiesLocked)); err != nil {
			return err
		}
	}
	rows, err := s.bodyRows(e)
	if err != nil {
		return err
	}
	for _, r := range rows {
		_, err = s.exec(ctx, tx, `INSERT INTO bodies (entry_id, part, gateway, content_type, size, truncated, encoding, bytes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (entry_id, part) DO NOTHING`,
			clean(e.ID), r.part, clean(e.Gateway), clean(r.body.ContentType), r.body.Size, bit(r.body.Truncated), r.encoding, r.stored)
		if err != nil {
			return err
		}
	}
	return nil
}

// bodyRow is a row of bodies.
type bodyRow struct {
	part     string
	body     *gateway.Body // its Bytes are only those of a row that is in clear
	encoding int64
	stored   []byte
}

// bodyRows gives the rows of an entry. Where its bodies were lost before, there is one that
// says why.
func (s *Store) bodyRows(e *gateway.Entry) ([]bodyRow, error) {
	if why := e.Bodies.Lost; why != "" {
		return lostRow(why), nil
	}
	var rows []bodyRow
	for _, p := range bodyParts(e.Bodies) {
		encoding, stored, err := s.zip.pack(p.body.Bytes)
		if err != nil {
			return nil, err
		}
		r := bodyRow{p.name, p.body, encoding, stored}
		if e.Bodies.Encrypt && !s.sealRow(&r, clean(e.ID), e.Bodies.Key) {
			return lostRow(gateway.BodiesErased), nil
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func lostRow(why string) []bodyRow {
	return []bodyRow{{lostPart, new(gateway.Body), plainBody, []byte(why)}}
}

type bodyPart struct {
	name string
	body *gateway.Body
}

// bodyParts names every body; the migration says how.
func bodyParts(b *gateway.Bodies) []bodyPart {
	parts := []bodyPart{{"request", &b.Request}, {"answer", &b.Answer}}
	for i := range b.Attempts {
		a := &b.Attempts[i]
		prefix := strconv.Itoa(a.Attempt) + "."
		parts = append(parts, bodyPart{prefix + "request", a.Request}, bodyPart{prefix + "answer", a.Answer})
		if a.DumpNote != "" {
			parts = append(parts, bodyPart{prefix + "note", &gateway.Body{Bytes: []byte(a.DumpNote)}})
		}
	}
	return slices.DeleteFunc(parts, func(p bodyPart) bool { return p.body == nil || empty(p.body) })
}

func empty(b *gateway.Body) bool {
	return b.ContentType == "" && len(b.Bytes) == 0 && b.Size == 0 && !b.Truncated
}

// bodies reads an entry's bodies, nil when it has none.
func (s *Store) bodies(ctx context.Context, id string) (*gateway.Bodies, error) {
	var found []bodyRow
	damaged := false
	err := s.query(ctx, "SELECT part, content_type, size, truncated, encoding, bytes FROM bodies WHERE entry_id = ? ORDER BY part", []any{clean(id)}, func(rows *sql.Rows) error {
		r := bodyRow{body: new(gateway.Body)}
		var stored sql.RawBytes
		err := rows.Scan(&r.part, &r.body.ContentType, &r.body.Size, &r.body.Truncated, &r.encoding, &stored)
		if err != nil {
			return err
		}
		if r.encoding >= sealedBody {
			r.stored = bytes.Clone(stored)
		} else if r.body.Bytes, err = s.zip.unpack(r.encoding, stored); err != nil {
			damaged = true
		}
		found = append(found, r)
		return nil
	})
	switch {
	case err != nil || len(found) == 0:
		return nil, err
	case damaged:
		return &gateway.Bodies{Lost: gateway.BodiesDamaged}, nil
	}
	all := new(gateway.Bodies)
	for i := range found {
		if err := s.take(ctx, all, &found[i], clean(id)); err != nil {
			return nil, err
		}
	}
	if all.Lost != "" {
		return &gateway.Bodies{Encrypt: true, Key: all.Key, Lost: all.Lost}, nil
	}
	slices.SortFunc(all.Attempts, func(a, b gateway.Sent) int { return a.Attempt - b.Attempt })
	return all, nil
}

// take adds a row to what is known of an entry's bodies, opening it if it is sealed.
func (s *Store) take(ctx context.Context, all *gateway.Bodies, r *bodyRow, id string) error {
	if r.part == lostPart {
		all.Lost = string(r.body.Bytes)
		return nil
	}
	if r.encoding >= sealedBody {
		all.Encrypt = true
		if all.Lost != "" {
			return nil
		}
		if all.Lost = s.openRow(ctx, all, r, id); all.Lost != "" {
			return nil
		}
		var err error
		if r.body.Bytes, err = s.zip.unpack(r.encoding-sealedBody, r.stored); err != nil {
			all.Lost = gateway.BodiesDamaged
			return nil
		}
	}
	return place(all, r.part, r.body)
}

// place puts a body where its part's name says.
func place(all *gateway.Bodies, part string, b *gateway.Body) error {
	number, side, isAttempt := strings.Cut(part, ".")
	if !isAttempt {
		if part == "request" {
			all.Request = *b
		} else {
			all.Answer = *b
		}
		return nil
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("body part %q: %w", part, err)
	}
	i := slices.IndexFunc(all.Attempts, func(s gateway.Sent) bool { return s.Attempt == n })
	if i < 0 {
		i = len(all.Attempts)
		all.Attempts = append(all.Attempts, gateway.Sent{Attempt: n})
	}
	switch sent := &all.Attempts[i]; side {
	case "request":
		sent.Request = b
	case "answer":
		sent.Answer = b
	case "note":
		sent.DumpNote = string(b.Bytes)
	}
	return nil
}

// compressor makes its coders on first use: many stores never see a large body.
type compressor struct {
	mu      sync.Mutex
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

// pack compresses what is large and shrinks; small bodies are given back as they are.
func (c *compressor) pack(b []byte) (int64, []byte, error) {
	if b == nil {
		b = []byte{}
	}
	if len(b) <= compressAbove {
		return plainBody, b, nil
	}
	encoder, _, err := c.coders()
	if err != nil {
		return 0, nil, err
	}
	if packed := encoder.EncodeAll(b, make([]byte, 0, len(b)/2)); len(packed) < len(b) {
		return zstdBody, packed, nil
	}
	return plainBody, b, nil
}

// unpack gives bytes of its own.
func (c *compressor) unpack(encoding int64, stored []byte) ([]byte, error) {
	switch encoding {
	case plainBody:
		return append([]byte{}, stored...), nil
	case zstdBody:
		_, decoder, err := c.coders()
		if err != nil {
			return nil, err
		}
		return decoder.DecodeAll(stored, nil)
	}
	return nil, fmt.Errorf("a body is stored in an encoding (%d) that this binary does not know", encoding)
}

func (c *compressor) coders() (*zstd.Encoder, *zstd.Decoder, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errE, errD error
	if c.encoder == nil {
		c.encoder, errE = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(256<<10))
	}
	if c.decoder == nil {
		c.decoder, errD = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxBody))
	}
	return c.encoder, c.decoder, errors.Join(errE, errD)
}

func (c *compressor) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.decoder != nil {
		c.decoder.Close()
	}
	c.encoder, c.decoder = nil, nil
}
