package backup

import (
	"archive/tar"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Writer writes a backup. Nothing of it is a backup before Close. It is for one goroutine.
type Writer struct {
	tar      *tar.Writer
	layers   []io.Closer // from the innermost out
	created  time.Time
	manifest manifest
}

// Lock is what closes a backup.
type Lock struct {
	Passphrase string // "" = it is open
	// Cost is that of trying a passphrase, as a power of two; 0 = 18, about a second.
	Cost int
}

const usualCost = 18

// NewWriter writes a backup to w, which the caller closes.
func NewWriter(w io.Writer, lock Lock, h *Header) (*Writer, error) {
	x := &Writer{created: h.Created}
	if lock.Passphrase != "" {
		recipient, err := age.NewScryptRecipient(lock.Passphrase)
		if err != nil {
			return nil, err
		}
		recipient.SetWorkFactor(cmp.Or(lock.Cost, usualCost))
		sealed, err := age.Encrypt(w, recipient)
		if err != nil {
			return nil, err
		}
		x.layers, w = append(x.layers, sealed), sealed
	}
	summed := &summingWriter{to: w, sum: sha256.New()}
	packed, err := zstd.NewWriter(summed, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	x.tar = tar.NewWriter(packed)
	x.layers = append([]io.Closer{x.tar, packed, summed}, x.layers...)
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return x, x.add(headerName, text, 0)
}

// add adds a member.
func (x *Writer) add(name string, content []byte, rows int64) error {
	sum := sha256.Sum256(content)
	x.manifest.Members = append(x.manifest.Members, Member{Name: name, Size: int64(len(content)), Rows: rows, SHA256: hex.EncodeToString(sum[:])})
	return x.write(name, content)
}

func (x *Writer) write(name string, content []byte) error {
	err := x.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: x.created, Format: tar.FormatPAX})
	if err == nil {
		_, err = x.tar.Write(content)
	}
	return err
}

// AddMaster adds the master key, which opens the sealed credentials.
func (x *Writer) AddMaster(text []byte) error { return x.add(masterName, text, 0) }

// Close ends the backup: it is whole when the error is nil.
func (x *Writer) Close() error {
	text, err := json.Marshal(x.manifest)
	if err == nil {
		err = x.write(manifestName, text)
	}
	for _, layer := range x.layers {
		err = errors.Join(err, layer.Close())
	}
	return err
}

// rowsWriter cuts a table's rows into members.
type rowsWriter struct {
	to    *Writer
	table string
	part  int
	rows  int64 // in text
	text  bytes.Buffer
}

func (w *rowsWriter) add(row []any) error {
	if err := encodeRow(&w.text, row); err != nil {
		return fmt.Errorf("table %s: %w", w.table, err)
	}
	if w.rows++; w.text.Len() < chunkBytes {
		return nil
	}
	return w.flush()
}

func (w *rowsWriter) flush() error {
	if w.rows == 0 {
		return nil
	}
	if w.text.Len() > maxMember {
		return fmt.Errorf("table %s: a row is larger than %d MiB", w.table, maxMember>>20)
	}
	err := w.to.add(fmt.Sprintf("tables/%s/%06d.jsonl", w.table, w.part), w.text.Bytes(), w.rows)
	w.part, w.rows = w.part+1, 0
	w.text.Reset()
	return err
}
