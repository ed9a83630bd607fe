package cache

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// codec writes answers down and reads them again. Its memory is bounded whatever the
// bodies are.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

const (
	worthPacking = 512 // bytes; less is not compressed
	zstdWindow   = 512 << 10
)

// newCodec makes a codec. It has no goroutine and need not be closed.
func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithAllLitEntropyCompression(true), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(MaxBody), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &codec{enc: enc, dec: dec}, nil
}

// pack gives the body compressed; as it is where that is not worth trying.
func (c *codec) pack(a *Answer) []byte {
	if len(a.Body) < worthPacking || a.Encoding != "" {
		return a.Body
	}
	return c.enc.EncodeAll(a.Body, make([]byte, 0, len(a.Body)/2))
}

// unpack gives a body of a known length again; nil = it is damaged.
func (c *codec) unpack(b []byte, length int) []byte {
	body, err := c.dec.DecodeAll(b, make([]byte, 0, length))
	if err != nil {
		return nil
	}
	return body
}
