// Package parquet writes entries as Parquet: a file a batch, whole or not there. Columns
// are the members of an entry; what has members itself is JSON.
package parquet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/files"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// Config says where to.
type Config struct {
	Dir  string
	Name string // files begin with it
	Keep int    // files that stay, 0 = all
}

// Sink writes files.
type Sink struct{ c Config }

// Open makes the directory.
func Open(c Config) (*Sink, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, files.Failed(err)
	}
	s := &Sink{c}
	if err := whole.SweepAll(c.Dir, s.wrote); err != nil {
		return nil, files.Failed(err)
	}
	return s, nil
}

// suffix ends the names of files.
const suffix = ".parquet"

// stem is what Stem gives.
var stem = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{16}$`)

// wrote reports the name of a file of this export: another export may have a name that goes
// on like this one's.
func (s *Sink) wrote(name string) bool {
	after, begins := strings.CutPrefix(name, s.c.Name+"-")
	middle, ends := strings.CutSuffix(after, suffix)
	return begins && ends && stem.MatchString(middle)
}

// Send implements export.Sink. The same rows make the same file: sent again, they replace
// themselves.
func (s *Sink) Send(_ context.Context, rows []export.Row) error {
	var b bytes.Buffer
	if err := Encode(&b, rows); err != nil {
		return &export.Refused{Reason: "entries cannot be written as Parquet: " + err.Error()} // of one of them: it is found by halves
	}
	err := os.MkdirAll(s.c.Dir, 0o700) // it may have been removed
	if err == nil {
		err = whole.Write(filepath.Join(s.c.Dir, s.c.Name+"-"+Stem(rows)+suffix), whole.Private, whole.Text(b.Bytes()))
	}
	if err == nil {
		err = files.Keep(s.c.Dir, s.wrote, s.c.Keep)
	}
	if err != nil {
		return files.Failed(err)
	}
	return nil
}

// Close implements export.Sink.
func (s *Sink) Close() error { return nil }

// Stem names a batch: the time of its first row, and a hash of the ids of all.
func Stem(rows []export.Row) string {
	h := sha256.New()
	for _, r := range rows {
		h.Write([]byte(r.ID + "\n"))
	}
	return rows[0].Time.UTC().Format("20060102T150405.000Z") + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// Encode writes rows as one Parquet file.
func Encode(to io.Writer, rows []export.Row) error {
	w := parquet.NewGenericWriter[row](to, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("sluice", "", ""))
	out := make([]row, len(rows))
	for i := range rows {
		if err := json.Unmarshal(rows[i].JSON, &out[i].entry); err != nil {
			return err
		}
		out[i].fill(rows[i].Time)
	}
	if _, err := w.Write(out); err != nil {
		return err
	}
	return w.Close()
}

// Decode reads what Encode wrote, as rows of column names and values; for tests and tools.
func Decode(file []byte) ([]map[string]any, error) {
	r := parquet.NewReader(bytes.NewReader(file))
	defer r.Close()
	var out []map[string]any
	for {
		m := map[string]any{}
		if err := r.Read(&m); err == io.EOF {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
}
