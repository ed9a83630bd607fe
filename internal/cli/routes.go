package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// trafficCommands are what the commands about where calls go share. They ask a running
// gateway.
type trafficCommands struct{ apiCommands }

func newTraffic(env *Env) *trafficCommands { return &trafficCommands{apiCommands{env: env}} }

// alone is a command that stands in no group.
func (k *trafficCommands) alone(cmd *cobra.Command) *cobra.Command {
	k.remote.flags(cmd, k.env)
	jsonFlag(cmd, &k.json)
	return cmd
}

func newRoutes(env *Env) *cobra.Command {
	k := newTraffic(env)
	return k.alone(&cobra.Command{
		Use: "routes", Short: "List the routes in force", Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error {
				var l admin.RouteList
				if err := c.into(cmd.Context(), "GET", "/routes", nil, nil, &l); err != nil {
					return err
				}
				return k.routes(&l)
			})
		}),
	})
}

func (k *trafficCommands) routes(l *admin.RouteList) error {
	if k.json {
		return printJSON(k.env.Stdout, l)
	}
	t := newTable(k.env.Stdout, "ROUTE", "STEP", "WHEN", "CHOOSES", "TARGETS", "FALLBACK")
	for i := range l.Data {
		r := &l.Data[i]
		for j := range r.Steps {
			s := &r.Steps[j]
			name := s.Name
			if name == "" {
				name = fmt.Sprintf("steps[%d]", j)
			}
			back := s.Fallback
			if len(back) == 0 {
				back = r.Fallback
			}
			t.row(r.Name, name, s.When, strings.TrimSpace(s.Kind+" "+s.By), shares(s), strings.Join(back, ", "))
		}
	}
	return t.flush()
}

// shares renders the targets of a step, with weights where they say something.
func shares(s *admin.RouteStep) string {
	var out []string
	for _, t := range s.Targets {
		if s.Kind == "split" || s.By == gateway.ByWeight {
			out = append(out, fmt.Sprintf("%s %g", t.Target, t.Weight))
			continue
		}
		out = append(out, t.Target)
	}
	sep := ", "
	if s.Kind == "canary" {
		sep = " → "
	}
	return strings.Join(out, sep)
}

func newRoute(env *Env) *cobra.Command {
	k := newTraffic(env)
	return group("route", "See what would become of a call", k.alone(k.newExplain()))
}

func (k *trafficCommands) newExplain() *cobra.Command {
	var q admin.NewExplain
	var headers []string
	var body string
	cmd := &cobra.Command{
		Use: "explain NAME", Short: "Show which steps of a route match a call and what would be tried, without sending anything", Args: cobra.ExactArgs(1),
		Long: "Show which steps of a route match a call and what would be tried in which order, without\nsending anything. NAME is a route's, or any other that callers give as the model.",
		RunE: runs(func(cmd *cobra.Command, args []string) (err error) {
			if q.Headers, err = headersOf(headers); err == nil {
				q.Body, err = k.bodyOf(body)
			}
			if err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error {
				var e gateway.Explained
				if err := c.into(cmd.Context(), "POST", "/routes/"+url.PathEscape(args[0])+"/explain", nil, given(&q), &e); err != nil {
					return err
				}
				if k.json {
					return printJSON(k.env.Stdout, &e)
				}
				return printExplained(k.env.Stdout, &e)
			})
		}),
	}
	f := cmd.Flags()
	f.StringVar(&body, "body", "", "the call's body: a `FILE` with a JSON object; - = the standard input")
	f.StringArrayVar(&headers, "header", nil, "a `'NAME: VALUE'` of the call; may be given again")
	f.StringVar(&q.Gateway, "gateway", "", "the gateway that is called")
	f.StringVar(&q.KeyID, "key", "", "the key (`ID`) that the call is made with")
	f.StringVar(&q.Operation, "operation", "", "the operation, such as embeddings (default: chat)")
	f.StringVar(&q.Path, "path", "", "the path that is called, such as /v1/messages")
	f.StringVar(&q.IP, "ip", "", "the caller's address")
	return cmd
}

// given leaves out what is not said.
func given(q *admin.NewExplain) map[string]any {
	m := map[string]any{}
	for name, v := range map[string]string{"gateway": q.Gateway, "key_id": q.KeyID, "operation": q.Operation, "path": q.Path, "ip": q.IP} {
		if v != "" {
			m[name] = v
		}
	}
	if len(q.Headers) > 0 {
		m["headers"] = q.Headers
	}
	if len(q.Body) > 0 {
		m["body"] = q.Body
	}
	return m
}

func headersOf(lines []string) (map[string]string, error) {
	all := map[string]string{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, &usage{fmt.Errorf("--header %q is no 'NAME: VALUE'", line)}
		}
		all[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return all, nil
}

func (k *trafficCommands) bodyOf(file string) (b json.RawMessage, err error) {
	switch file {
	case "":
		return nil, nil
	case "-":
		b, err = io.ReadAll(k.env.Stdin)
	default:
		b, err = os.ReadFile(file)
	}
	if err == nil && !json.Valid(b) {
		err = errors.New("the body is no JSON")
	}
	return b, err
}

func printExplained(w io.Writer, e *gateway.Explained) error {
	for _, s := range e.Steps {
		if s.Step == "" {
			continue // of a name that is no route's
		}
		mark := "✗"
		if s.Matched {
			mark = "✓"
		}
		line := mark + " " + s.Route + "/" + s.Step
		if s.When != "" {
			line += "  when " + s.When
		}
		if s.Why != "" {
			line += "  (" + s.Why + ")"
		}
		fmt.Fprintln(w, plain(line))
	}
	if e.Refused != "" {
		fmt.Fprintln(w, plain("refused ("+e.Code+"): "+e.Refused))
	}
	if len(e.Targets) == 0 {
		return nil
	}
	t := newTable(w, "#", "TRIED IN ORDER", "LEVEL", "REGION", "BUT")
	for i, c := range e.Targets {
		t.row(fmt.Sprint(i+1), c.Target, c.Level, c.Region, c.Not)
	}
	if err := t.flush(); err != nil {
		return err
	}
	for _, more := range []struct {
		what  string
		names []string
	}{
		{"hedge", e.Hedge}, {"a copy goes to", e.Shadow}, {"when the input is too long", e.ContextWindow}, {"when a filter refuses", e.ContentPolicy}, {"when a stream breaks", e.ContinueOn}, {"limits of", e.Owners},
	} {
		if len(more.names) > 0 {
			fmt.Fprintln(w, plain(more.what+": "+strings.Join(more.names, ", ")))
		}
	}
	return nil
}
