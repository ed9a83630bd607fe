package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/seal"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// backing is one run of backup.
type backing struct {
	apiCommands
	entries, encrypt, master bool
	since                    string
}

func newBackup(env *Env) *cobra.Command {
	k := &backing{apiCommands: apiCommands{env: env}}
	cmd := &cobra.Command{
		Use: "backup FILE|-", Short: "Write all that the store holds into one file, while the gateway serves", Args: cobra.ExactArgs(1),
		Long: `Write what the store holds into one file, as it is at one moment, while the gateway serves:
configuration and its history, workspaces, people, keys, sealed credentials and secrets, the
ledger, budgets, alerts, audit log and sums; with --entries also the calls. A store in SQLite
and one in PostgreSQL give the same file, so that it can be restored into either.

The file holds hashes of keys and sealed credentials, and with --entries what people said:
encrypt it (--encrypt), or keep it where nobody else reads it. The master key, without which
credentials stay sealed, is not in it unless you say --with-master-key.`,
		Example: `  sluice backup sluice.tar.zst
  sluice backup --entries --since 30d --encrypt sluice.tar.zst.age
  sluice backup - | aws s3 cp - s3://backups/sluice.tar.zst
  sluice backup verify sluice.tar.zst`,
		RunE: runs(func(cmd *cobra.Command, args []string) error { return k.run(cmd.Context(), args[0]) }),
	}
	k.remote.flags(cmd, env)
	k.at.flags(cmd, env)
	f := cmd.Flags()
	f.BoolVar(&k.offline, "offline", false, "read the store itself (see --config and --data) instead of asking the admin API")
	f.BoolVar(&k.entries, "entries", false, "also the calls, with their bodies and feedback")
	f.StringVar(&k.since, "since", "", "with --entries: those from this `TIME` on (RFC 3339, or a duration such as 30d)")
	f.BoolVar(&k.encrypt, "encrypt", false, "encrypt the file with a passphrase, from "+EnvPassphrase+" or asked for")
	f.BoolVar(&k.master, "with-master-key", false, "with --encrypt: also the master key, from this machine (see --config and --data)")
	cmd.AddCommand(newVerifyBackup(env))
	return cmd
}

func (k *backing) run(ctx context.Context, file string) error {
	calls, err := k.calls()
	if err != nil {
		return err
	}
	if k.master && !k.encrypt {
		return &usage{errors.New("--with-master-key needs --encrypt: whoever reads the file could open every credential in it")}
	}
	var lock backup.Lock
	if k.encrypt {
		if lock.Passphrase, err = newPassphrase(k.env); err != nil {
			return err
		}
	}
	var master []byte
	if k.master {
		if master, err = k.masterKey(); err != nil {
			return err
		}
	}
	var h backup.Header
	err = writeFile(k.env, file, func(w io.Writer) error {
		h, err = k.write(ctx, w, calls, lock, master)
		return err
	})
	if err != nil {
		return err
	}
	told := fmt.Sprintf("backed up: %s in %s", number(int(h.Rows()), "row"), number(len(h.Tables), "table"))
	if !h.Entries {
		told += ", without the calls (--entries)"
	}
	fmt.Fprintln(k.env.Stderr, told)
	if h.Waiting > 0 {
		fmt.Fprintf(k.env.Stderr, "warning: %d entries in the spool are not in it, since the store does not take them now\n", h.Waiting)
	}
	return nil
}

// calls reads which calls are asked for.
func (k *backing) calls() (c store.Calls, err error) {
	c.Entries = k.entries
	if k.since == "" {
		return c, nil
	}
	if !k.entries {
		return c, &usage{errors.New("--since is about the calls, which are backed up with --entries")}
	}
	if c.Since, err = time.Parse(time.RFC3339, k.since); err == nil {
		return c, nil
	}
	d, err := config.ParseDuration(k.since)
	if err != nil {
		return c, &usage{fmt.Errorf("--since %s is neither a time such as 2026-01-31T12:00:00Z nor a duration such as 30d", k.since)}
	}
	c.Since = time.Now().Add(-d)
	return c, nil
}

// masterKey gives the master key as it stands on this machine.
func (k *backing) masterKey() ([]byte, error) {
	o, err := openPlace(k.env, &k.at)
	if err != nil {
		return nil, err
	}
	if o.masterFile == "" {
		return []byte(o.cfg.Bootstrap.MasterKey.Reveal()), nil
	}
	text, err := seal.ReadFile(o.masterFile)
	if err != nil {
		return nil, fmt.Errorf("the master key is not on this machine: %w", err)
	}
	return []byte(text), nil
}

// write writes the backup: through the admin API, or from the store itself.
func (k *backing) write(ctx context.Context, w io.Writer, calls store.Calls, lock backup.Lock, master []byte) (h backup.Header, err error) {
	bar := &rowBar{env: k.env, what: "rows written"}
	if k.offline {
		err = withVault(ctx, k.env, &k.at, func(o *opened) error {
			return o.told(ctx, "backup.create", audit.Object{}, func() (err error) {
				h, err = backup.Write(ctx, o.store, w, backup.Options{Calls: calls, Version: k.env.Version, Created: time.Now(), Lock: lock, Master: master, Progress: bar.tell})
				return err
			}, backup.Told(calls)...)
		})
		bar.end()
		return h, err
	}
	c, err := k.remote.client(k.env)
	if err != nil {
		return h, err
	}
	query := url.Values{}
	if calls.Entries {
		query.Set("entries", "true")
	}
	if !calls.Since.IsZero() {
		query.Set("since", calls.Since.UTC().Format(time.RFC3339Nano))
	}
	resp, err := c.open(ctx, "GET", "/backup", query, nil)
	if err != nil {
		return h, err
	}
	defer resp.Body.Close()
	r, err := backup.NewReader(resp.Body, nil)
	if err != nil {
		return h, err
	}
	defer r.Close()
	err = backup.Copy(r, w, lock, master, bar.tell)
	bar.end()
	return r.Header, err
}

// writeFile writes a new file that its owner alone may read, whole or not at all; - is the
// standard output.
func writeFile(env *Env, name string, write func(io.Writer) error) error {
	if name == "-" {
		return write(env.Stdout)
	}
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s exists already; nothing was written", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.part") // its own, for its owner alone, whoever else writes one
	if err != nil {
		return err
	}
	part := f.Name()
	defer os.Remove(part)
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := named(part, name); err != nil {
		return err
	}
	return whole.SyncDir(filepath.Dir(name))
}

// named gives a file a name that no other has.
func named(part, name string) error {
	err := os.Link(part, name)
	switch {
	case errors.Is(err, fs.ErrExist): // made meanwhile
		return fmt.Errorf("%s exists already; nothing was written", name)
	case err == nil:
		return nil
	}
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s exists already; nothing was written", name)
	}
	return os.Rename(part, name) // where there are no links
}

// rowBar shows how many rows are through.
type rowBar struct {
	env  *Env
	what string
	bar  *progress
}

func (b *rowBar) tell(done, of int64) {
	if b.bar == nil {
		b.bar = newProgress(b.env.Stderr, int(of))
	}
	b.bar.tell(int(done), b.what)
}

func (b *rowBar) end() {
	if b.bar != nil {
		b.bar.end()
	}
}
