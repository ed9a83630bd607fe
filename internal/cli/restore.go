package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
)

func newRestore(env *Env) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Fill a fresh store with a backup", Args: cobra.ExactArgs(1),
		Long: `Fill the store that serve would use (see --config and --data, and storage.url) with a backup.
The whole file is proved first: one that is cut or changed changes nothing. The store must be
fresh: a new file, or an empty PostgreSQL schema. A backup of an older Sluice is brought up to
date; that of a newer one is refused. When a restore is interrupted, the store says so and is
not used by serve; run it again.`,
		Example: `  sluice restore --data /var/lib/sluice-new sluice.tar.zst`,
		RunE:    runs(func(cmd *cobra.Command, args []string) error { return restore(cmd.Context(), env, &at, args[0]) }),
	}
	at.flags(cmd, env)
	return cmd
}

func restore(ctx context.Context, env *Env, at *place, file string) error {
	o, err := openPlace(env, at)
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file; a backup is read twice", file)
	}
	if err := os.MkdirAll(filepath.Clean(o.cfg.DataDir), 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	s, err := store.Open(ctx, o.cfg.Storage.URL.Reveal(), store.RollUp(o.cfg.Storage.RollupMetadata...))
	if err != nil {
		return err
	}
	defer s.Close()
	o.store, o.vault = s, app.OpenVault(s, o.cfg)
	verified, loaded := &rowBar{env: env, what: "rows proved"}, &rowBar{env: env, what: "rows restored"}
	h, master, err := backup.Restore(ctx, s, f, knownPassphrase(env), verified.tell, loaded.tell)
	verified.end()
	loaded.end()
	if err != nil {
		return err
	}
	if err := o.told(ctx, "backup.restore", audit.Object{Name: filepath.Base(file)}, func() error { return nil }); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "restored: %s in %s, as they were at %s\n", number(int(h.Rows()), "row"), number(len(h.Tables), "table"), stamp(h.Created))
	return o.missing(ctx, env, &h, master)
}

// missing tells what a restored store still lacks.
func (o *opened) missing(ctx context.Context, env *Env, h *backup.Header, master []byte) error {
	if !h.Entries {
		fmt.Fprintln(env.Stdout, "not in it: the calls, which are backed up with --entries")
	}
	if h.Waiting > 0 {
		fmt.Fprintf(env.Stdout, "not in it: %d entries that were in the spool\n", h.Waiting)
	}
	if len(master) > 0 && o.masterFile != "" {
		switch err := seal.PutFile(o.masterFile, string(master)); {
		case err == nil:
			fmt.Fprintf(env.Stdout, "the master key is in %s\n", o.masterFile)
		case !errors.Is(err, fs.ErrExist):
			return fmt.Errorf("the master key could not be written: %w", err)
		}
	}
	contents, err := o.vault.Read(ctx)
	switch {
	case errors.Is(err, seal.ErrWrongMaster):
		fmt.Fprintf(env.Stdout, "missing: the master key, without which credentials and secrets stay sealed (%s)\n", plain(err.Error()))
	case err != nil:
		return fmt.Errorf("the store is restored, but credentials and secrets cannot be read: %w", err)
	case len(contents.Closed) > 0:
		fmt.Fprintf(env.Stdout, "warning: %s cannot be opened\n", number(len(contents.Closed), "secret"))
	}
	return nil
}

func newVerifyBackup(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify FILE", Short: "Prove that a backup is whole, and that it can be restored", Args: cobra.ExactArgs(1),
		Long: `Prove by its sums that nothing of the file is missing or changed, then restore it into a
temporary SQLite file, which is removed. The exit code is 1 when it does not hold.`,
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			return verifyBackup(cmd.Context(), env, args[0], asJSON)
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func verifyBackup(ctx context.Context, env *Env, file string, asJSON bool) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	dir, err := os.MkdirTemp("", "sluice-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "trial.db"))
	if err != nil {
		return err
	}
	defer s.Close()
	verified, loaded := &rowBar{env: env, what: "rows proved"}, &rowBar{env: env, what: "rows restored on trial"}
	h, master, err := backup.Restore(ctx, s, f, knownPassphrase(env), verified.tell, loaded.tell)
	verified.end()
	loaded.end()
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(env.Stdout, struct {
			backup.Header
			MasterKey bool `json:"master_key"`
		}{h, master != nil})
	}
	fmt.Fprintf(env.Stdout, "verified: %s in %s, made by Sluice %s from %s on %s; it can be restored\n", number(int(h.Rows()), "row"), number(len(h.Tables), "table"), h.Sluice, h.Engine, stamp(h.Created))
	t := newTable(env.Stdout, "TABLE", "ROWS")
	for _, x := range h.Tables {
		t.row(x.Name, fmt.Sprint(x.Rows))
	}
	return t.flush()
}
