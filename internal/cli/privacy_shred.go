package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sluice-gateway/sluice/internal/admin"
)

func (k *privacyCommands) newShred() *cobra.Command {
	var body admin.NewShred
	var yes, noWait bool
	cmd := &cobra.Command{
		Use: "shred", Short: "Destroy the keys of a workspace's bodies, so that nobody can read them any more", Args: cobra.NoArgs,
		Long: `Destroy the keys under which bodies of a workspace's calls are kept (log.encrypt of a gateway).
Nobody can read these bodies any more, whoever has the files; the calls themselves stay, with
what they cost. It cannot be undone. Later calls get a new key. Bodies that were kept before
log.encrypt was on are in clear and stay: erase users, or let their time end.

Backups that were made before still have the keys: whoever has one, and the master key, can
read what it has.`,
		Example: `  sluice privacy shred --workspace acme --dry-run
  sluice privacy shred --workspace acme --yes`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return k.with(cmd.Context(), func(c *client) error { return k.shred(cmd.Context(), c, &body, yes, noWait) })
		}),
	}
	f := cmd.Flags()
	f.StringVar(&body.Workspace, "workspace", "", "whose bodies")
	f.BoolVar(&body.DryRun, "dry-run", false, "only count what would be lost")
	f.BoolVar(&yes, "yes", false, "do not ask")
	f.BoolVar(&noWait, "no-wait", false, "do not wait for the end")
	cmd.MarkFlagRequired("workspace") //nolint:errcheck // it is there
	return cmd
}

// shred says what will be lost, asks, and waits for the receipt.
func (k *privacyCommands) shred(ctx context.Context, c *client, body *admin.NewShred, yes, noWait bool) error {
	if !body.DryRun && !yes {
		var would admin.Erasure
		if err := c.into(ctx, "POST", "/privacy/shreds", nil, admin.NewShred{Workspace: body.Workspace, DryRun: true}, &would); err != nil {
			return err
		}
		if err := k.sure(body.Workspace, would.Counts); err != nil {
			return err
		}
	}
	var e admin.Erasure
	if err := c.into(ctx, "POST", "/privacy/shreds", nil, body, &e); err != nil {
		return err
	}
	if !body.DryRun && !noWait {
		if err := k.await(ctx, c, &e); err != nil {
			return err
		}
	}
	return k.print(&e)
}

// sure asks at a terminal; elsewhere --yes is needed, since it cannot be undone.
func (k *privacyCommands) sure(workspace string, counts map[string]int) error {
	f, ok := k.env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &usage{errors.New("this cannot be undone: say --yes, or --dry-run to see what would be lost")}
	}
	fmt.Fprintf(k.env.Stderr, "The bodies of %d calls of workspace %s can then be read by nobody, for ever. Go on? [y/N] ", counts["entries"], plain(workspace))
	answer, _ := bufio.NewReader(f).ReadString('\n') // no answer is no
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was destroyed")
	}
	return nil
}
