package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// ExitChanges is the exit code of plan when the document would change something.
const ExitChanges = 2

// errChanges ends a plan that found changes; there is nothing to tell.
var errChanges = errors.New("the document would change something")

// document is a body that is sent as it is.
type document []byte

// configCommands are what the commands of the configuration document share.
type configCommands struct {
	apiCommands
	note string
	yes  bool
}

func newConfigCommands(env *Env) []*cobra.Command {
	k := &configCommands{apiCommands: apiCommands{env: env}}
	return []*cobra.Command{k.newPlan(), k.newApply(), k.newRollback(), k.newExport(), k.newConfig()}
}

// single is a command without a group of its own.
func (k *configCommands) single(cmd *cobra.Command) *cobra.Command {
	k.remote.flags(cmd, k.env)
	jsonFlag(cmd, &k.json)
	return cmd
}

func (k *configCommands) newPlan() *cobra.Command {
	return k.single(&cobra.Command{
		Use: "plan FILE", Short: "Show what a document would change at a running gateway", Args: cobra.ExactArgs(1),
		Annotations: map[string]string{usageFails: "true"},
		Long: `Show what a document (- = the standard input) would change at a running gateway, and all
that is wrong with it. Nothing changes. The exit code is 0 when nothing would change, 2 when
something would, and 1 on every error.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			text, err := k.read(args[0])
			if err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error {
				d, err := k.plan(cmd.Context(), c, nil, text)
				if err == nil && d.Text != "" {
					err = errChanges
				}
				return err
			})
		}),
	})
}

func (k *configCommands) newApply() *cobra.Command {
	cmd := k.single(&cobra.Command{
		Use: "apply FILE", Short: "Put a document in force at a running gateway", Args: cobra.ExactArgs(1),
		Long: `Put a document (- = the standard input) in force at a running gateway and at all that share
its store, after showing what it changes and, at a terminal, asking. Nothing changes when the
document is wrong, when somebody else changed it meanwhile, or when the gateway's
configuration comes from a file.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			text, err := k.read(args[0])
			if err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error {
				d, err := k.plan(cmd.Context(), c, nil, text)
				if err != nil || d.Text == "" {
					return err
				}
				return k.put(cmd.Context(), c, "PUT", "/config", d.Revision, document(text))
			})
		}),
	})
	k.changeFlags(cmd)
	return cmd
}

func (k *configCommands) newRollback() *cobra.Command {
	cmd := k.single(&cobra.Command{
		Use: "rollback N", Short: "Put the document of a revision in force again", Args: cobra.ExactArgs(1),
		Long: `Put the document of a revision in force again, as a new revision, after showing what that
changes and, at a terminal, asking. See sluice config revisions.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			n, err := revisionArg(args[0])
			if err != nil {
				return err
			}
			return k.with(cmd.Context(), func(c *client) error {
				now, err := k.revision(cmd.Context(), c)
				if err != nil {
					return err
				}
				d, err := k.plan(cmd.Context(), c, url.Values{"from": {now}, "to": {n}}, nil)
				if err != nil || d.Text == "" {
					return err
				}
				return k.put(cmd.Context(), c, "POST", "/config/revisions/"+n+"/rollback", d.Revision, nil)
			})
		}),
	})
	k.changeFlags(cmd)
	return cmd
}

func (k *configCommands) changeFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.note, "note", "", "what to say about the change, for people")
	cmd.Flags().BoolVar(&k.yes, "yes", false, "do not ask")
}

// read gives the document in a file.
func (k *configCommands) read(name string) ([]byte, error) {
	in := k.env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, doctree.MaxBytes+1))
	if err == nil && len(text) > doctree.MaxBytes {
		err = fmt.Errorf("%s is larger than %d bytes", name, doctree.MaxBytes)
	}
	return text, err
}

// revision gives the number of the document in force.
func (k *configCommands) revision(ctx context.Context, c *client) (string, error) {
	var v admin.ConfigView
	if err := c.into(ctx, "GET", "/config", nil, nil, &v); err != nil {
		return "", err
	}
	if v.Revision == nil {
		return "", errors.New("the history does not have the document in force yet; try again when the store is back")
	}
	return strconv.FormatInt(*v.Revision, 10), nil
}

func revisionArg(text string) (string, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err != nil || n < 1 {
		return "", &usage{fmt.Errorf("%q is no number of a revision; sluice config revisions lists them", text)}
	}
	return text, nil
}

// plan asks what would change, and prints it. That a document is wrong is an error.
func (k *configCommands) plan(ctx context.Context, c *client, query url.Values, text []byte) (d admin.ConfigDiff, err error) {
	if err := c.into(ctx, "POST", "/config/diff", query, document(text), &d); err != nil {
		return d, err
	}
	if k.json {
		err = printJSON(k.env.Stdout, d)
	} else {
		err = k.printPlan(&d)
	}
	if err == nil && !d.OK {
		err = errors.New("the document cannot be used")
	}
	return d, err
}

func (k *configCommands) printPlan(d *admin.ConfigDiff) error {
	out := d.Text
	for _, p := range d.Problems {
		at := p.File
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
		}
		if p.Path != "" {
			at += ": " + p.Path
		}
		if p.Warning {
			at += ": warning"
		}
		out += at + ": " + p.Message + "\n"
	}
	switch {
	case d.Text == "":
		out += "no changes\n"
	case len(d.Changes) == 0 && d.OK:
		out += "no changes but of comments and form\n"
	case d.OK:
		out += number(len(d.Changes), "change") + "\n"
	}
	if len(d.Restart) > 0 {
		out += "waiting for a restart: " + strings.Join(d.Restart, ", ") + "\n"
	}
	_, err := io.WriteString(k.env.Stdout, plain(out))
	return err
}

// put asks whether to go on, then changes the document.
func (k *configCommands) put(ctx context.Context, c *client, method, path string, after *int64, body any) error {
	if !k.yes && !k.confirmed() {
		return errors.New("nothing was changed")
	}
	query := url.Values{}
	set(query, "note", k.note)
	if after != nil {
		query.Set("revision", strconv.FormatInt(*after, 10))
	}
	var done admin.ConfigChanged
	if err := c.into(ctx, method, path, query, body, &done); err != nil {
		return err
	}
	said := fmt.Sprintf("revision %d is in force", done.Revision)
	if !done.InForce {
		said = fmt.Sprintf("revision %d is stored, but this node does not use it yet; sluice health says why", done.Revision)
	}
	if k.json {
		return printJSON(k.env.Stdout, done)
	}
	_, err := fmt.Fprintln(k.env.Stdout, said)
	return err
}

// confirmed asks at a terminal; without one there is nobody to ask.
func (k *configCommands) confirmed() bool {
	f, ok := k.env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return true
	}
	fmt.Fprint(k.env.Stderr, "Put this in force? [y/N] ")
	answer, _ := bufio.NewReader(f).ReadString('\n') // no answer is no
	return strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes")
}
