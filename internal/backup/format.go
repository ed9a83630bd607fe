package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/sluice-gateway/sluice/internal/store"
)

// Format is the version of the file's format.
const Format = 1

// Members of the archive.
const (
	headerName   = "sluice-backup.json"
	manifestName = "manifest.json"
	masterName   = "master.key"
)

const (
	chunkBytes = 4 << 20   // of rows in one member, about
	maxMember  = 512 << 20 // a row may hold a body of 64 MiB
	maxHeader  = 4 << 20
)

// ErrBroken says that a file is no whole backup: cut, changed, or something else.
var ErrBroken = errors.New("the backup is broken")

// ErrNewerFormat says that a file was made by a newer Sluice.
var ErrNewerFormat = errors.New("the backup was made by a newer Sluice")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrBroken, fmt.Errorf(format, args...))
}

// Header is what a backup says of itself.
type Header struct {
	Format  int           `json:"format"`
	Sluice  string        `json:"sluice"` // version that made it
	Created time.Time     `json:"created"`
	Engine  string        `json:"engine"` // sqlite or postgres
	Schema  int64         `json:"schema"` // version of the store's schema
	Entries bool          `json:"entries"`
	Since   *time.Time    `json:"since"`   // the entries from then on; null = all
	Waiting int64         `json:"waiting"` // entries that were in the spool, and so are not in it
	Tables  []store.Table `json:"tables"`
}

// Rows is how many rows there are in all tables.
func (h *Header) Rows() (n int64) {
	for i := range h.Tables {
		n += h.Tables[i].Rows
	}
	return n
}

// table gives a table of the backup, nil when it has none of that name.
func (h *Header) table(name string) *store.Table {
	for i := range h.Tables {
		if h.Tables[i].Name == name {
			return &h.Tables[i]
		}
	}
	return nil
}

// Member is one member of the archive, as the manifest lists it.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

type manifest struct {
	Members []Member `json:"members"`
}

// encodeRow gives a row's line.
func encodeRow(to *bytes.Buffer, row []any) error {
	for i, v := range row {
		if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) { // of which JSON has none
			row[i] = strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	return enc.Encode(row)
}

// decodeRows reads the lines of a member.
func decodeRows(text []byte, table *store.Table) ([][]any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var rows [][]any
	for dec.More() {
		var row []any
		if err := dec.Decode(&row); err != nil {
			return nil, err
		}
		if len(row) != len(table.Columns) {
			return nil, fmt.Errorf("a row has %d values for %d columns", len(row), len(table.Columns))
		}
		for i := range row {
			var err error
			if row[i], err = decodeValue(row[i], table.Columns[i].Kind); err != nil {
				return nil, fmt.Errorf("column %s: %w", table.Columns[i].Name, err)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func decodeValue(v any, kind string) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case json.Number:
		switch kind {
		case store.KindInteger:
			return v.Int64()
		case store.KindReal:
			return v.Float64()
		}
	case string:
		switch kind {
		case store.KindText:
			return v, nil
		case store.KindReal:
			return strconv.ParseFloat(v, 64)
		case store.KindBytes:
			return base64.StdEncoding.DecodeString(v)
		}
	}
	return nil, fmt.Errorf("it holds no %s", kind)
}
