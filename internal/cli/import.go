package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/importer/litellm"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// warned is the outcome of a --strict command that found something to warn of.
type warned struct{ error }

func newImport(env *Env) *cobra.Command {
	return group("import", "Bring along what another gateway was configured with", newImportLiteLLM(env), newImportCloudflare(env))
}

// liteLLM are the flags of one import.
type liteLLM struct {
	env                     *Env
	config, keys, out, data string
	workspace               string
	apply, strict, force    bool
}

func newImportLiteLLM(env *Env) *cobra.Command {
	x := &liteLLM{env: env}
	cmd := &cobra.Command{
		Use: "litellm", Short: "Import a LiteLLM proxy's config.yaml and keys", Args: cobra.NoArgs,
		Long: `Make a sluice.yaml of a LiteLLM proxy's config.yaml, and gateway keys of its key table, so
that its callers keep their keys. What could not be carried over is told on the standard
error, line by line. Secrets in plain text are never copied.

The document goes to --out, or to the standard output. Keys are only shown unless --apply
is given; a key that is there already is left as it is.`,
		Example: `  sluice import litellm --config config.yaml --out sluice.yaml
  sluice import litellm --config config.yaml --keys postgres://litellm@db/litellm --data /var/lib/sluice --apply`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error { return x.run(cmd.Context()) }),
	}
	f := cmd.Flags()
	f.StringVar(&x.config, "config", "", "LiteLLM's config.yaml, a `FILE`")
	f.StringVar(&x.keys, "keys", "", "its key table: a .json or .csv file of LiteLLM_VerificationToken, or the postgres://… `URL` of its database, or env:NAME for a variable with that URL")
	f.StringVar(&x.out, "out", "", "where the document is written, a `FILE` (default: the standard output)")
	f.StringVar(&x.data, "data", env.get(config.EnvData), "data `DIR`ectory of Sluice, whose store takes the keys (env "+config.EnvData+"; default: the working directory)")
	f.StringVar(&x.workspace, "workspace", gateway.DefaultWorkspace, "workspace of the keys")
	f.BoolVar(&x.apply, "apply", false, "put the keys into the store, instead of showing them only")
	f.BoolVar(&x.strict, "strict", false, "exit with 2 and write nothing when anything is lost or changed")
	f.BoolVar(&x.force, "force", false, "replace the file at --out")
	return cmd
}

func (x *liteLLM) run(ctx context.Context) error {
	switch {
	case x.config == "" && x.keys == "":
		return &usage{errors.New("--config or --keys is needed")}
	case x.out != "" && x.config == "":
		return &usage{errors.New("--out means nothing without --config")}
	case x.apply && x.keys == "":
		return &usage{errors.New("--apply means nothing without --keys")}
	}
	conf, err := x.readConfig()
	if err != nil {
		return err
	}
	keys, err := x.readKeys(ctx, conf)
	if err != nil {
		return err
	}
	if n := x.tell(conf, keys); x.strict && n > 0 {
		return &warned{fmt.Errorf("%s; nothing was written (--strict)", number(n, "warning"))}
	}
	return x.write(ctx, conf, keys)
}

// maxImport is more than any file of keys, and little enough for memory.
const maxImport = 256 << 20

func readImport(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	if err == nil && len(b) > maxImport {
		err = fmt.Errorf("%s is larger than %d MiB", file, maxImport>>20)
	}
	return b, err
}

func (x *liteLLM) readConfig() (*litellm.Config, error) {
	if x.config == "" {
		return nil, nil
	}
	data, err := readImport(x.config)
	if err != nil {
		return nil, err
	}
	conf, err := litellm.Read(data, x.env.Lookup)
	if err == nil {
		err = conf.Check(app.Vendors())
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be imported:\n%w", x.config, err)
	}
	return conf, nil
}

func (x *liteLLM) readKeys(ctx context.Context, conf *litellm.Config) (*litellm.Keys, error) {
	if x.keys == "" {
		return nil, nil
	}
	rows, err := x.rows(ctx)
	if err != nil {
		return nil, fmt.Errorf("the keys cannot be imported:\n%w", err)
	}
	keys, err := rows.Keys(conf, x.workspace, time.Now())
	if err != nil {
		return nil, fmt.Errorf("the keys cannot be imported:\n%w", err)
	}
	return keys, nil
}

func (x *liteLLM) rows(ctx context.Context) (*litellm.Rows, error) {
	from := x.keys
	if name, is := strings.CutPrefix(from, "env:"); is {
		if from = x.env.get(name); from == "" {
			return nil, fmt.Errorf("the variable %s is not set", name)
		}
	}
	if u, err := url.Parse(from); strings.HasPrefix(from, "postgres") && (err != nil || u.Scheme == "postgres" || u.Scheme == "postgresql") {
		return litellm.ReadPostgres(ctx, from)
	}
	data, err := readImport(from)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(from), ".csv") {
		return litellm.ReadCSV(data)
	}
	return litellm.ReadJSON(data)
}

// tell prints what is to be known and gives how much of it is lost or changed.
func (x *liteLLM) tell(conf *litellm.Config, keys *litellm.Keys) (n int) {
	if conf != nil {
		n += x.notes(x.config, conf.Notes)
	}
	if keys != nil {
		n += x.notes("keys", keys.Notes)
	}
	if conf != nil && len(conf.Env) > 0 {
		fmt.Fprintf(x.env.Stderr, "Variables that Sluice needs:\n  %s\n", plain(strings.Join(conf.Env, " ")))
	}
	return n
}

func (x *liteLLM) notes(of string, notes litellm.Notes) (n int) {
	for _, g := range []litellm.Group{litellm.Lost, litellm.Changed, litellm.Todo} {
		in := notes.In(g)
		if len(in) == 0 {
			continue
		}
		fmt.Fprintf(x.env.Stderr, "%s (%s):\n", g, plain(of))
		for _, note := range in {
			fmt.Fprintf(x.env.Stderr, "  %s\n", plain(note.String()))
		}
		if g != litellm.Todo {
			n += len(in)
		}
	}
	return n
}

// write puts document and keys where they belong: first what may fail without a trace.
func (x *liteLLM) write(ctx context.Context, conf *litellm.Config, keys *litellm.Keys) error {
	if !x.apply {
		if err := x.writeDocument(conf); err != nil {
			return err
		}
		x.show(keys)
		return nil
	}
	s, err := x.open(ctx)
	if err != nil {
		return err
	}
	err = x.writeDocument(conf)
	if err == nil {
		err = x.insert(ctx, s, keys)
	}
	return errors.Join(err, s.Close())
}

func (x *liteLLM) writeDocument(conf *litellm.Config) error {
	switch {
	case conf == nil:
		return nil
	case x.out == "":
		_, err := x.env.Stdout.Write(conf.Document)
		return err
	}
	if err := replaceFile(x.out, conf.Document, x.force); err != nil {
		return err
	}
	fmt.Fprintf(x.env.Stderr, "Wrote %s; check it with: sluice check --config %s\n", plain(x.out), plain(x.out))
	return nil
}

// replaceFile writes a whole file or nothing of it.
func replaceFile(name string, data []byte, force bool) error {
	if _, err := os.Lstat(name); err == nil && !force {
		return fmt.Errorf("%s is there already; --force replaces it", name)
	}
	return whole.Write(name, whole.AsItWas, whole.Text(data))
}

func (x *liteLLM) show(keys *litellm.Keys) {
	if keys == nil {
		return
	}
	t := newTable(x.env.Stderr, "NAME", "KEY", "OWNER", "STATE", "LIMITS", "MODELS")
	now := time.Now()
	for i := range keys.Keys {
		k := &keys.Keys[i]
		t.row(k.Name, k.Hint, k.Owner, importState(k, now), limitNames(k), strings.Join(k.Models, " "))
	}
	_ = t.flush() // to the terminal
	fmt.Fprintf(x.env.Stderr, "%s would be imported; --apply does it.\n", number(len(keys.Keys), "key"))
}

func importState(k *gateway.Key, now time.Time) string {
	if k.Disabled != nil {
		return "disabled"
	}
	return state(k, now)
}

func limitNames(k *gateway.Key) string {
	names := make([]string, len(k.Limits))
	for i, r := range k.Limits {
		names[i] = r.Name
	}
	return strings.Join(names, " ")
}

// open opens the store that the configuration in force names: the file's, where there is
// one, else the environment's. The document that was made just now names none.
func (x *liteLLM) open(ctx context.Context) (*store.Store, error) {
	at := place{config: x.env.get(config.EnvConfig), data: x.data}
	cfg, problems, err := app.LoadConfig(at.options(x.env))
	if err == nil {
		err = badDocument(problems.Err())
	}
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, cfg.Storage.URL.Reveal(), store.RollUp(cfg.Storage.RollupMetadata...))
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the store cannot be used: %w", err), s.Close())
	}
	if _, err := s.Workspace(ctx, x.workspace); err != nil {
		return nil, errors.Join(fmt.Errorf("workspace %s: %w", x.workspace, err), s.Close())
	}
	return s, nil
}

func (x *liteLLM) insert(ctx context.Context, s *store.Store, keys *litellm.Keys) error {
	made, there, err := litellm.Insert(ctx, s, keys.Keys)
	if err == nil || made > 0 {
		fmt.Fprintf(x.env.Stderr, "Imported %s; %d there already.\n", number(made, "key"), there)
	}
	return err
}
