package store

import (
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

	compressAbove = 1 << 10
	// maxBody bounds what a stored body may grow to when it is read.
	maxBody = 1 << 30
)

// insertBodies stores what an entry has of bodies; those that are there already stay.
func (s *Store) insertBodies(ctx context.Context, tx *sql.Tx, e *gateway.Entry) error {
	if e.Bodies == nil {
		return nil
	}
	for _, p := range bodyParts(e.Bodies) {
		encoding, stored, err := s.zip.pack(p.body.Bytes)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, tx, `INSERT INTO bodies (entry_id, part, gateway, content_type, size, truncated, encoding, bytes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (entry_id, part) DO NOTHING`,
			clean(e.ID), p.name, clean(e.Gateway), clean(p.body.ContentType), p.body.Size, bit(p.body.Truncated), encoding, stored)
		if err != nil {
			return err
		}
	}
	return nil
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
	var all *gateway.Bodies
	err := s.query(ctx, "SELECT part, content_type, size, truncated, encoding, bytes FROM bodies WHERE entry_id = ? ORDER BY part", []any{clean(id)}, func(rows *sql.Rows) error {
		var part string
		var encoding int64
		var stored sql.RawBytes
		b := new(gateway.Body)
		if err := rows.Scan(&part, &b.ContentType, &b.Size, &b.Truncated, &encoding, &stored); err != nil {
			return err
		}
		var err error
		if b.Bytes, err = s.zip.unpack(encoding, stored); err != nil {
			return err
		}
		if all == nil {
			all = new(gateway.Bodies)
		}
		return place(all, part, b)
	})
	if err != nil || all == nil {
		return nil, err
	}
	slices.SortFunc(all.Attempts, func(a, b gateway.Sent) int { return a.Attempt - b.Attempt })
	return all, nil
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
