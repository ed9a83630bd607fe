package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/audit"
)

// auditCommands are what the commands of the audit log share.
type auditCommands struct {
	apiCommands
	who, action, object, workspace, outcome, from, to string
}

func newAudit(env *Env) *cobra.Command {
	k := &auditCommands{apiCommands: apiCommands{env: env}}
	list, export := k.newList(), k.newExport()
	for _, cmd := range []*cobra.Command{list, export} {
		f := cmd.Flags()
		f.StringVar(&k.who, "who", "", "id or name of who did it")
		f.StringVar(&k.action, "action", "", "exact action, or a noun with a point behind it: key.")
		f.StringVar(&k.object, "object", "", "id or name of what it was done to")
		f.StringVar(&k.workspace, "workspace", "", "events of this workspace")
		f.StringVar(&k.outcome, "outcome", "", "ok, refused or begun")
		f.StringVar(&k.from, "from", "", "from this `TIME` on (RFC 3339)")
		f.StringVar(&k.to, "to", "", "before this `TIME` (RFC 3339)")
	}
	return k.group("audit", "Show, export and verify the audit log: who did and saw what", list, export, k.newVerify())
}

func (k *auditCommands) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"who": k.who, "action": k.action, "object": k.object, "workspace": k.workspace, "outcome": k.outcome, "from": k.from, "to": k.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// each hands all events that match to a function, page by page.
func (k *auditCommands) each(ctx context.Context, c *client, query url.Values, most int, do func(*audit.Event) error) error {
	query.Set("limit", strconv.Itoa(largestPage))
	for n := 0; ; {
		var p list[audit.Event]
		if err := c.into(ctx, "GET", "/audit", query, nil, &p); err != nil {
			return err
		}
		for i := range p.Data {
			if n++; most > 0 && n > most {
				return nil
			}
			if err := do(&p.Data[i]); err != nil {
				return err
			}
		}
		if p.Next == "" {
			return nil
		}
		query.Set("cursor", p.Next)
	}
}

func (k *auditCommands) newList() *cobra.Command {
	most := 50
	cmd := &cobra.Command{
		Use: "list", Short: "List events, newest first", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				all := []audit.Event{}
				err := k.each(cmd.Context(), c, k.query(), most, func(e *audit.Event) error { all = append(all, *e); return nil })
				if err != nil {
					return err
				}
				return show(&k.apiCommands, all, []string{"#", "TIME", "WHO", "ACTION", "OBJECT", "WORKSPACE", "FROM", "OUTCOME"}, auditRow)
			})
		}),
	}
	cmd.Flags().IntVar(&most, "limit", most, "how many; 0 = all")
	return cmd
}

func auditRow(e *audit.Event) []string {
	outcome := e.Outcome
	if e.Code != "" {
		outcome += " (" + e.Code + ")"
	}
	if e.Count > 1 {
		outcome += " ×" + strconv.FormatInt(e.Count, 10)
	}
	object := e.Object.ID
	if e.Object.Name != "" {
		object = e.Object.Name
	}
	return []string{strconv.FormatInt(e.Seq, 10), stamp(e.Time), e.Actor.Name, e.Action, object, e.Workspace, e.IP, outcome}
}

func (k *auditCommands) newExport() *cobra.Command {
	format := "jsonl"
	cmd := &cobra.Command{
		Use: "export", Short: "Write events to the standard output, oldest first", Args: cobra.NoArgs,
		Long: `Write events to the standard output, oldest first: as JSON lines, which audit verify --export
proves, or as CSV. Without filters the file is the whole log.`,
		Example: `  sluice audit export > audit.jsonl
  sluice audit export --format csv --from 2026-01-01T00:00:00Z > audit.csv`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			if format != "jsonl" && format != "csv" {
				return &usage{fmt.Errorf("--format %s is none; it is jsonl or csv", format)}
			}
			return k.with(cmd.Context(), func(c *client) error {
				q := k.query()
				q.Set("order", "oldest")
				return k.export(cmd.Context(), c, q, format)
			})
		}),
	}
	cmd.Flags().StringVar(&format, "format", format, "jsonl or csv")
	return cmd
}

func (k *auditCommands) export(ctx context.Context, c *client, query url.Values, format string) error {
	var last *audit.Event
	write, end := jsonLines(k.env.Stdout)
	if format == "csv" {
		write, end = csvLines(k.env.Stdout)
	}
	n := 0
	err := k.each(ctx, c, query, 0, func(e *audit.Event) error { last, n = e, n+1; return write(e) })
	if err == nil {
		err = end()
	}
	if err == nil && last != nil {
		fmt.Fprintf(k.env.Stderr, "%s, the last is #%d with the hash %s\n", number(n, "event"), last.Seq, last.Hash)
	}
	return err
}

func jsonLines(w io.Writer) (write func(*audit.Event) error, end func() error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e *audit.Event) error { return enc.Encode(e) }, func() error { return nil }
}

func csvLines(w io.Writer) (write func(*audit.Event) error, end func() error) {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"seq", "time", "actor_kind", "actor_id", "actor_name", "actor_role", "action", "object_kind", "object_id", "object_name", "workspace", "ip", "user_agent", "request_id", "outcome", "code", "count", "changes", "prev_hash", "hash"}) // end tells
	return func(e *audit.Event) error {
			return out.Write([]string{
				strconv.FormatInt(e.Seq, 10), e.Time.Format("2006-01-02T15:04:05.000000Z07:00"), e.Actor.Kind, cell(e.Actor.ID), cell(e.Actor.Name), e.Actor.Role, e.Action, e.Object.Kind, cell(e.Object.ID), cell(e.Object.Name),
				cell(e.Workspace), e.IP, cell(e.UserAgent), e.RequestID, e.Outcome, e.Code, strconv.FormatInt(e.Count, 10), string(e.Changes), e.Prev.String(), e.Hash.String(),
			})
		}, func() error {
			out.Flush()
			return out.Error()
		}
}

// cell keeps a text from being taken for a formula by whoever opens the file in a spreadsheet.
// https://owasp.org/www-community/attacks/CSV_Injection
func cell(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}
