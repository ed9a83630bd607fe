package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func (l *logCommands) newShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one call with its attempts and bodies", Args: cobra.ExactArgs(1),
		Long: "Show one call. Its id is the sluice-request-id that the caller received.",
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			c, err := l.remote.client(l.env)
			if err != nil {
				return err
			}
			return l.show(cmd.Context(), c, args[0])
		}),
	}
	jsonFlag(cmd, &l.json)
	return cmd
}

func (l *logCommands) show(ctx context.Context, c *client, id string) error {
	b, err := c.ask(ctx, "GET", "/entries/"+url.PathEscape(id), nil, nil)
	if err != nil {
		return err
	}
	if l.json {
		_, err := l.env.Stdout.Write(b)
		return err
	}
	var d admin.EntryDetail
	if err := json.Unmarshal(b, &d); err != nil {
		return err
	}
	if err := l.facts(b); err != nil {
		return err
	}
	if err := l.attempts(&d); err != nil {
		return err
	}
	l.bodies(d.Bodies)
	return nil
}

// facts prints every field that says something, in the API's order and names.
func (l *logCommands) facts(doc []byte) error {
	fields, err := members(doc)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if f.name == "attempts" || f.name == "bodies" {
			continue
		}
		switch f.value {
		case `""`, "null", "[]", "{}":
			continue
		}
		text := f.value
		var s string
		if json.Unmarshal([]byte(text), &s) == nil {
			text = s
		}
		fmt.Fprintf(l.env.Stdout, "%-18s%s\n", f.name, strings.ReplaceAll(plain(text), "\n", " "))
	}
	return nil
}

type member struct{ name, value string }

// members gives an object's members in the order written.
func members(doc []byte) ([]member, error) {
	var all []member
	d := json.NewDecoder(strings.NewReader(string(doc)))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		all = append(all, member{fmt.Sprint(name), string(value)})
	}
	return all, nil
}

func (l *logCommands) attempts(d *admin.EntryDetail) error {
	if len(d.Attempts) == 0 {
		return nil
	}
	fmt.Fprintln(l.env.Stdout)
	t := newTable(l.env.Stdout, "ATTEMPT", "MODEL", "CREDENTIAL", "STATUS", "FAULT", "CONNECT MS", "FIRST BYTE MS", "MS", "COST")
	for i, a := range d.Attempts {
		answered := ""
		if a.Status != 0 {
			answered = strconv.Itoa(a.Status)
		}
		t.row(strconv.Itoa(i), a.Provider+"/"+a.Model, a.Credential, answered, a.Fault, count(a.ConnectMS), count(a.FirstByteMS), count(a.LatencyMS), cost(a.Cost))
	}
	return t.flush()
}

func (l *logCommands) bodies(b *admin.Bodies) {
	if b == nil {
		return
	}
	if why, lost := map[string]string{
		gateway.BodiesErased:  "the key of these bodies was destroyed; nobody can read them any more",
		gateway.BodiesDamaged: "these bodies were changed, or moved from another entry, and do not open",
		gateway.BodiesLocked:  "the key of these bodies is not at hand: is it the right master key, and is the store there?",
	}[b.State]; lost {
		fmt.Fprintf(l.env.Stdout, "\n── bodies: %s (%s)\n", b.State, why)
	}
	l.body("request", b.Request)
	l.body("answer", b.Answer)
	for _, a := range b.Attempts {
		name := fmt.Sprintf("attempt %d: ", a.Attempt)
		l.body(name+"request", a.Request)
		l.body(name+"answer", a.Answer)
		if a.Note != "" {
			fmt.Fprintf(l.env.Stdout, "\n── %s%s\n", name, plain(a.Note))
		}
	}
}

func (l *logCommands) body(name string, b *admin.Body) {
	if b == nil {
		return
	}
	note := ""
	if b.Truncated {
		note = ", only the beginning was kept"
	}
	if b.Encoding != "text" {
		note += ", in " + b.Encoding
	}
	fmt.Fprintf(l.env.Stdout, "\n── %s: %s, %d bytes%s\n%s\n", name, plain(b.ContentType), b.Size, note, plain(b.Content))
}
