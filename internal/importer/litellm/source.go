package litellm

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Rows are rows of LiteLLM's key table.
type Rows struct {
	rows     []*row
	found    Problems
	database bool // lines are numbers of rows
}

func (rs *Rows) add(line int, values map[string]any) {
	rs.rows = append(rs.rows, &row{line: line, values: values, found: &rs.found})
}

// ReadJSON reads an export: a list of objects, an object with such a list under keys or
// data, or one object after another. The error is a Problems.
func ReadJSON(data []byte) (*Rows, error) {
	rs := &Rows{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		var v json.RawMessage
		start := dec.InputOffset()
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badJSON(data, start, err)
		}
		rs.json(data, v, int(dec.InputOffset())-len(v), 0)
	}
	if len(rs.rows) == 0 && len(rs.found) == 0 {
		rs.found = Problems{{0, "keys", "there is none in it"}}
	}
	return rs, rs.found.err()
}

func badJSON(data []byte, start int64, err error) error {
	at := start
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = se.Offset
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		at = int64(len(data))
	}
	return Problems{{lineOf(data, int(at)), "JSON", "cannot be read: it breaks off or is malformed here"}}
}

func lineOf(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), len(data))], []byte("\n"))
}

// json reads one value that stands at an offset of the file.
func (rs *Rows) json(data []byte, v json.RawMessage, offset, depth int) {
	line := lineOf(data, offset)
	switch {
	case v[0] == '[' && depth < 2:
		dec := json.NewDecoder(bytes.NewReader(v))
		_, _ = dec.Token() // the bracket that was seen
		for dec.More() {
			var item json.RawMessage
			if dec.Decode(&item) != nil {
				return // was read once already
			}
			rs.json(data, item, offset+int(dec.InputOffset())-len(item), depth+2)
		}
	case v[0] == '{':
		dec := json.NewDecoder(bytes.NewReader(v))
		dec.UseNumber()
		var values map[string]any
		_ = dec.Decode(&values) // was read once already
		for _, key := range []string{"keys", "data"} {
			if _, ok := values[key].([]any); ok && values["token"] == nil && depth == 0 {
				rs.inside(data, v, offset, key)
				return
			}
		}
		rs.add(line, values)
	default:
		rs.found = append(rs.found, Problem{line, "keys", "expected an object with the columns of LiteLLM_VerificationToken"})
	}
}

// inside reads the list under a key of an object.
func (rs *Rows) inside(data []byte, v json.RawMessage, offset int, key string) {
	var of map[string]json.RawMessage
	_ = json.Unmarshal(v, &of) // was read once already
	rs.json(data, of[key], offset+max(bytes.Index(v, of[key]), 0), 1)
}

// ReadCSV reads an export with the columns' names in its first line. The error is a
// Problems.
func ReadCSV(data []byte) (*Rows, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	in.FieldsPerRecord = 0
	head, err := in.Read()
	if err != nil {
		return nil, badCSV(err)
	}
	head = append([]string(nil), head...)
	rs := &Rows{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badCSV(err)
		}
		line, _ := in.FieldPos(0)
		values := map[string]any{}
		for n, text := range record {
			if text != "" && text != `\N` {
				values[strings.TrimSpace(head[n])] = text
			}
		}
		rs.add(line, values)
	}
	if len(rs.rows) == 0 {
		return nil, Problems{{0, "keys", "there is none in it"}}
	}
	return rs, nil
}

func badCSV(err error) error {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return Problems{{pe.Line, "CSV", pe.Err.Error()}}
	}
	return Problems{{0, "CSV", "the file is empty"}}
}

// ReadPostgres reads LiteLLM's own database, changing nothing in it. The URL is never
// part of an error.
func ReadPostgres(ctx context.Context, url string) (*Rows, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("--keys is no URL of a PostgreSQL database such as postgres://user@host:5432/litellm")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("LiteLLM's database: %w", err) // without the password
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rs := &Rows{database: true}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err == nil {
		err = rs.query(ctx, tx)
		_ = tx.Rollback(ctx) // nothing was changed
	}
	if err != nil {
		return nil, fmt.Errorf("LiteLLM's database: %w", err)
	}
	return rs, nil
}

// joins are tables of which a key has a row, older databases not all of them.
func joins() []struct{ table, as, on string } {
	return []struct{ table, as, on string }{
		{"LiteLLM_BudgetTable", "litellm_budget_table", "j.budget_id = t.budget_id"},
		{"LiteLLM_TeamTable", "team", "j.team_id = t.team_id"},
		{"LiteLLM_DeprecatedVerificationToken", "before", "j.active_token_id = t.token AND j.revoke_at > now()"},
	}
}

// query reads rows as JSON, so that columns that this LiteLLM does not have yet, or has
// no more, do no harm.
func (rs *Rows) query(ctx context.Context, tx pgx.Tx) error {
	row := "to_jsonb(t)"
	for _, j := range joins() {
		var there bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", `"`+j.table+`"`).Scan(&there); err != nil {
			return err
		}
		if there {
			row += ` || jsonb_build_object('` + j.as + `', (SELECT to_jsonb(j) FROM "` + j.table + `" j WHERE ` + j.on + ` LIMIT 1))`
		}
	}
	rows, err := tx.Query(ctx, `SELECT (`+row+`)::text FROM "LiteLLM_VerificationToken" t ORDER BY t.token`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var values map[string]any
		if err := dec.Decode(&values); err != nil {
			return err
		}
		rs.add(n, values)
	}
	return rows.Err()
}
