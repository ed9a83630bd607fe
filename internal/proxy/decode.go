package proxy

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

var errEncoding = errors.New("unknown content encoding")

// decoder opens a content encoding (RFC 9110 section 8.4).
func decoder(encoding string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return r, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate":
		return zlib.NewReader(r)
	case "br":
		return brotli.NewReader(r), nil
	case "zstd":
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, err
		}
		return d.IOReadCloser(), nil
	}
	return nil, errEncoding
}

// decoded gives the plain form of a whole body; the bytes themselves when it is plain
// already. It never gives more than limit bytes.
func decoded(encoding string, body []byte, limit int64) ([]byte, error) {
	if encoding == "" || encoding == "identity" {
		return body, nil
	}
	r, err := decoder(encoding, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, limit))
}

// copyDecoder decodes a copy of a compressed stream, so that its events can be read
// while its bytes pass as they came. It owns one goroutine until close.
type copyDecoder struct {
	in     *io.PipeWriter
	done   chan struct{}
	closed bool
}

func newCopyDecoder(encoding string, see func([]byte)) *copyDecoder {
	pr, pw := io.Pipe()
	d := &copyDecoder{in: pw, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		defer io.Copy(io.Discard, pr) // a broken encoding must not block the stream
		r, err := decoder(encoding, pr)
		if err != nil {
			return
		}
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			see(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	return d
}

func (d *copyDecoder) write(p []byte) { _, _ = d.in.Write(p) }

// close ends the goroutine and waits for it; what was seen may be read afterwards.
func (d *copyDecoder) close() {
	if d.closed {
		return
	}
	d.closed = true
	d.in.Close()
	<-d.done
}
