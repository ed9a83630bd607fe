package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Person is whose data is meant: a user as entries name him, in one workspace or, "", in all.
type Person struct{ User, Workspace string }

// where gives the condition for a table with the columns user and workspace.
func (p *Person) where(column string) (string, []any) {
	if p.Workspace == "" {
		return column + " = ?", []any{clean(p.User)}
	}
	return column + " = ? AND workspace = ?", []any{clean(p.User), clean(p.Workspace)}
}

// erased stands in texts for people where a user stood.
const erased = "(erased)"

// HeldOf counts what is kept of a person, by place.
func (s *Store) HeldOf(ctx context.Context, p Person) (map[string]int, error) {
	counts := map[string]int{}
	mine, args := p.where(`"user"`)
	for place, query := range map[string]string{
		"entries":  "SELECT count(*) FROM entries WHERE " + mine,
		"bodies":   "SELECT count(*) FROM bodies WHERE entry_id IN (SELECT id FROM entries WHERE " + mine + ")",
		"feedback": "SELECT count(*) FROM feedback WHERE entry_id IN (SELECT id FROM entries WHERE " + mine + ")",
		"ledger":   "SELECT count(*) FROM ledger WHERE " + mine,
	} {
		var n int
		if err := s.one(ctx, query, args, &n); err != nil {
			return nil, s.failed("count what is kept of a user", err)
		}
		counts[place] = n
	}
	return counts, nil
}

func scanText(rows *sql.Rows) (text string, err error) {
	err = rows.Scan(&text)
	return text, err
}

// WorkspacesOf gives the workspaces in which there are entries of a person.
func (s *Store) WorkspacesOf(ctx context.Context, p Person) ([]string, error) {
	mine, args := p.where(`"user"`)
	all, err := every(ctx, s, "SELECT DISTINCT COALESCE(workspace, '') FROM entries WHERE "+mine, scanText, args...)
	return all, s.failed("workspaces of a user", err)
}

// EntriesOf gives the ids of a person's entries below one, the newest first; "" = all.
func (s *Store) EntriesOf(ctx context.Context, p Person, below string, n int) ([]string, error) {
	mine, args := p.where(`"user"`)
	if below != "" {
		mine, args = mine+" AND id < ?", append(args, clean(below))
	}
	all, err := every(ctx, s, "SELECT id FROM entries WHERE "+mine+" ORDER BY id DESC LIMIT ?", scanText, append(args, n)...)
	return all, s.failed("entries of a user", err)
}

// EraseEntries takes a person out of at most step of his entries, in one transaction: what
// was said, and everything by which he can be told, goes; what the calls cost stays. It adds
// to what e counts, stores that with it, and gives the entries' ids. Call it again until it
// gives none; one that ended in the middle is just called again.
func (s *Store) EraseEntries(ctx context.Context, e *gateway.Erasure, until time.Time, step int) (done []string, err error) {
	p := Person{e.User, e.Workspace}
	counts := maps.Clone(e.Counts)
	err = s.tx(ctx, func(tx *sql.Tx) error {
		if err := s.lockEntries(ctx, tx); err != nil {
			return err
		}
		mine, args := p.where(`"user"`)
		ids, err := s.ids(ctx, tx, "SELECT id FROM entries WHERE "+mine+" ORDER BY id LIMIT ?", append(args, steps(step))...)
		if err != nil || len(ids) == 0 {
			return err
		}
		bodies, err := s.eraseBodies(ctx, tx, ids)
		if err != nil {
			return err
		}
		feedback, err := s.exec(ctx, tx, `UPDATE feedback SET comment = NULL, "by" = NULL WHERE entry_id IN (`+marks(len(ids))+")", ids...)
		if err != nil {
			return err
		}
		from, err := s.networksOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.eraseEntry(ctx, tx, id); err != nil {
				return err
			}
			done = append(done, id.(string))
		}
		networks, err := s.eraseNetworksOf(ctx, tx, from)
		if err != nil {
			return err
		}
		if err := s.changed(ctx, tx); err != nil {
			return err
		}
		e.Counts = maps.Clone(counts)
		e.Counts["entries"] += len(ids)
		e.Counts["bodies"] += bodies
		e.Counts["feedback"] += feedback
		e.Counts["networks"] += networks
		return s.saveErasure(ctx, tx, e, until)
	})
	if err != nil {
		e.Counts = counts
		return nil, s.failed("erase entries of a user", err)
	}
	return done, nil
}

func (s *Store) eraseBodies(ctx context.Context, tx *sql.Tx, ids []any) (n int, err error) {
	if err := tx.QueryRowContext(ctx, s.rebind("SELECT count(*) FROM bodies WHERE entry_id IN ("+marks(len(ids))+")"), ids...).Scan(&n); err != nil {
		return 0, err
	}
	return n, s.deleteBodies(ctx, tx, ids)
}

// eraseEntry leaves of an entry what says nothing of who made the call.
func (s *Store) eraseEntry(ctx context.Context, tx *sql.Tx, id any) error {
	var doc []byte
	if err := tx.QueryRowContext(ctx, s.rebind("SELECT doc FROM entries WHERE id = ?"), id).Scan(&doc); err != nil {
		return err
	}
	e := new(gateway.Entry)
	if err := json.Unmarshal(doc, e); err != nil {
		return err
	}
	anonymise(e)
	_, err := s.exec(ctx, tx, `UPDATE entries SET "user" = NULL, session = NULL, client_ip = NULL, trace_id = NULL, cache_tags = NULL, doc = ? WHERE id = ?`, string(e.AppendJSON(nil)), id)
	return err
}

// EraseLedger takes a person out of the ledger, of limits that count by user, and of what
// alerts and vendors' objects say of him; the sums stay. It tells how many rows changed.
func (s *Store) EraseLedger(ctx context.Context, p Person) (n int, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		mine, mineArgs := p.where(`"user"`)
		within, withinArgs := "1 = 1", []any{}
		if p.Workspace != "" {
			within, withinArgs = "workspace = ?", []any{clean(p.Workspace)}
		}
		for _, c := range []userText{
			{table: "ledger", column: "rule_values", before: "user=", ends: valueEnds, where: within, args: withinArgs},
			{table: "raises", column: "rule_values", before: "user=", ends: valueEnds, where: within, args: withinArgs},
			{table: "alerts", column: "rule_values", before: "user=", ends: valueEnds, where: within, args: withinArgs},
			{table: "alerts", column: "payload", before: "user=", ends: valueEnds, json: true, where: within, args: withinArgs},
			{table: "alert_mutes", column: "value", before: "user=", ends: valueEnds, where: within, args: withinArgs},
			{table: "alert_states", column: "state", before: "user=", ends: valueEnds, json: true, where: "1 = 1", also: ", version = version + 1"}, // who holds it reads it anew
			{table: "objects", column: "hold", before: `"user":"`, after: `"`, json: true, where: within, args: withinArgs},
			{table: "objects", column: "hold", before: "user=", ends: valueEnds, json: true, where: within, args: withinArgs}, // of the claims
		} {
			changed, err := s.eraseText(ctx, tx, &c, clean(p.User))
			if err != nil {
				return err
			}
			if c.table != "ledger" { // whose rows are counted next
				n += changed
			}
		}
		rows, err := s.exec(ctx, tx, `UPDATE ledger SET "user" = NULL WHERE `+mine, mineArgs...)
		n += rows
		return err
	})
	return n, s.failed("erase a user from the ledger", err)
}

// userText is a column in which a user may stand behind before, up to after, in some rows.
type userText struct {
	table, column, before, after, where string
	args                                []any
	json                                bool   // the column is JSON
	ends                                string // see replaceWhole
	also                                string // what a change of a row sets beside
}

// eraseText puts a word in the place of a user wherever he stands, whole.
func (s *Store) eraseText(ctx context.Context, tx *sql.Tx, c *userText, user string) (int, error) {
	if c.json {
		text, err := json.Marshal(user)
		if err != nil {
			return 0, err
		}
		user = string(text[1 : len(text)-1])
	}
	rows, err := tx.QueryContext(ctx, s.rebind("SELECT DISTINCT "+c.column+" FROM "+c.table+" WHERE "+c.where+" AND "+c.column+" LIKE ? ESCAPE '!'"),
		append(slices.Clone(c.args), "%"+likeEscape.Replace(c.before+user)+"%")...)
	if err != nil {
		return 0, err
	}
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			rows.Close()
			return 0, err
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	total := 0
	for _, text := range found {
		next := replaceWhole(text, c.before+user+c.after, c.before+erased+c.after, c.ends)
		if next == text {
			continue
		}
		n, err := s.exec(ctx, tx, "UPDATE "+c.table+" SET "+c.column+" = ?"+c.also+" WHERE "+c.column+" = ? AND "+c.where, append([]any{next, text}, c.args...)...)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// valueEnds is what may follow a value that stands among others.
const valueEnds = `,;"`

// replaceWhole replaces a text that is a name and a value where it is all of both; ends are
// what may follow the value, "" = anything.
func replaceWhole(in, old, by, ends string) string {
	var out strings.Builder
	for before := byte(0); ; {
		i := strings.Index(in, old)
		if i < 0 {
			return out.String() + in
		}
		if i > 0 {
			before = in[i-1]
		}
		rest := in[i+len(old):]
		if ends == "" || !ofName(before) && (rest == "" || strings.IndexByte(ends, rest[0]) >= 0 || strings.HasPrefix(rest, `\"`)) {
			out.WriteString(in[:i] + by)
		} else {
			out.WriteString(in[:i+len(old)])
		}
		in, before = rest, old[len(old)-1]
	}
}

// ofName reports whether a byte is part of a name: metadata.user is another one than user.
func ofName(c byte) bool {
	return c == '.' || c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// SearchForgets counts the entries that the search index has still to forget.
func (s *Store) SearchForgets(ctx context.Context) (n int, err error) {
	err = s.one(ctx, "SELECT count(*) FROM search_queue WHERE gone = 1", nil, &n)
	return n, s.failed("count what the search index has to forget", err)
}

// Compact leaves nothing of what was deleted in the database's files, and in those of the
// search index. Who writes meanwhile waits. In PostgreSQL dead rows are removed; their bytes
// are overwritten as the pages are used again.
func (s *Store) Compact(ctx context.Context) error {
	if !s.usable.Load() {
		return ErrNotReady
	}
	if err := s.compact(ctx, s.write); err != nil {
		return s.failed("compact", err)
	}
	if s.search == nil {
		return nil
	}
	return s.failed("compact the search index", s.search.compact(ctx))
}
