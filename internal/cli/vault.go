package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/term"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/vault"
)

// opened is the vault of a gateway that this process works on itself.
type opened struct {
	cfg        *config.Config
	vault      *vault.Vault
	masterFile string // "" = the environment gives the master key
	store      *store.Store
}

// told does something to the store's secrets and tells the audit log, before since it
// cannot be undone, and how it ended.
func (o *opened) told(ctx context.Context, action string, object audit.Object, do func() error, holds ...audit.Change) error {
	e := o.event(action, object)
	if len(holds) > 0 {
		text, err := json.Marshal(holds)
		if err != nil {
			return err
		}
		e.Changes = text
	}
	e.Outcome = audit.Begun
	if _, err := o.store.AppendAudit(ctx, e); err != nil {
		return fmt.Errorf("nothing was changed, since the audit log cannot be written: %w", err)
	}
	err := do()
	e.Time, e.Outcome = time.Now(), audit.OK
	if err != nil {
		e.Outcome, e.Code = audit.Refused, "failed"
	}
	_, failed := o.store.AppendAudit(ctx, e)
	return errors.Join(err, failed)
}

// toldTogether does something to rows of the store and tells the audit log of it in one
// transaction: both are stored or neither.
func (o *opened) toldTogether(ctx context.Context, action string, object audit.Object, do func(context.Context) error) error {
	if err := o.vault.Unlock(ctx); err != nil {
		return err
	}
	e := o.event(action, object)
	return o.store.Atomically(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		_, err := o.store.AppendAudit(ctx, e)
		return err
	})
}

// event is one of the command line's.
func (o *opened) event(action string, object audit.Object) audit.Event {
	object.Kind, _, _ = strings.Cut(action, ".")
	return audit.Event{
		Time: time.Now(), Actor: audit.Actor{Kind: "cli", Name: localUser(), Role: "admin"}, Action: action, Object: object, UserAgent: "sluice", RequestID: "req_" + uuid.NewString(),
		Outcome: audit.OK,
	}
}

// localUser is who runs this program, as the machine knows him.
func localUser() string {
	u, err := user.Current()
	if err != nil {
		return "command line"
	}
	return u.Username
}

// openPlace reads the configuration that serve would use, and opens nothing.
func openPlace(env *Env, at *place) (*opened, error) {
	cfg, problems, err := app.LoadConfig(at.options(env))
	if err == nil {
		err = badDocument(problems.Err())
	}
	if err != nil {
		return nil, err
	}
	return &opened{cfg: cfg, masterFile: app.MasterFile(cfg)}, nil
}

// withVault runs a function with the vault of the store that serve would use.
func withVault(ctx context.Context, env *Env, at *place, f func(*opened) error) error {
	o, err := openPlace(env, at)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, o.cfg.Storage.URL.Reveal(), store.RollUp(o.cfg.Storage.RollupMetadata...))
	if err != nil {
		return err
	}
	if err := s.Migrate(ctx); err != nil {
		return errors.Join(fmt.Errorf("the store cannot be used: %w", err), s.Close())
	}
	o.store, o.vault = s, app.OpenVault(s, o.cfg)
	return errors.Join(f(o), s.Close())
}

// replacing reports whether the environment gives a new master key beside the old one.
func (o *opened) replacing() bool {
	return strings.ContainsAny(strings.TrimSpace(o.cfg.Bootstrap.MasterKey.Reveal()), ", \t\r\n")
}

// maxInput is more than any secret has.
const maxInput = 64<<10 + 2

// readInput reads a secret from the standard input, or asks for it at a terminal without
// showing what is typed.
func readInput(env *Env) (string, error) {
	if f, ok := env.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(env.Stderr, "Secret (it is not shown): ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(env.Stderr)
		return string(b), err
	}
	b, err := io.ReadAll(io.LimitReader(env.Stdin, maxInput))
	if err == nil && len(b) == maxInput {
		err = errors.New("the standard input is too large for a secret")
	}
	if err == nil && strings.TrimSpace(string(b)) == "" {
		err = errors.New("the standard input is empty; the secret is read from there")
	}
	return string(b), err
}

// readCredential reads a credential, or the one part of it that field names.
func readCredential(env *Env, field string) (string, error) {
	text, err := readInput(env)
	if err != nil || field == "" {
		return text, err
	}
	b, err := json.Marshal(map[string]string{field: strings.TrimRight(text, "\r\n")})
	return string(b), err
}
