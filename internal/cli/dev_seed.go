package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/seed"
	"github.com/sluice-gateway/sluice/internal/store"
)

func newDev(env *Env) *cobra.Command {
	return group("dev", "Tools for developing and measuring", newSeed(env))
}

// seeding writes made-up entries to a store.
type seeding struct {
	env   *Env
	at    place
	opt   seed.Options
	days  float64
	until string
	force bool
}

func newSeed(env *Env) *cobra.Command {
	s := &seeding{env: env}
	cmd := &cobra.Command{
		Use: "seed", Short: "Fill a store with made-up traffic", Args: cobra.NoArgs,
		Long: `Fill the store that serve would use with the made-up traffic of a company: workspaces, keys,
entries with all that analytics adds up, and what was said in some of them. No calls are made,
and the keys have no secrets. The same flags give the same entries, but for the time at which
they end. When it is interrupted, the same command goes on where it stopped.

A store that a gateway has open is refused, since retention there deletes what is older than
the gateway's log.retain (7 days unless configured): stop the gateway first, or say --force.`,
		Example: `  sluice dev seed --entries 100000
  sluice dev seed --entries 5000000 --bodies 500000 --days 60`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context()) }),
	}
	s.at.flags(cmd, env)
	f := cmd.Flags()
	f.IntVar(&s.opt.Entries, "entries", 100_000, "how many calls")
	f.IntVar(&s.opt.Bodies, "bodies", -1, "how many of them have bodies (default: a tenth)")
	f.Float64Var(&s.days, "days", 7, "over how many days, 3650 at most")
	f.StringVar(&s.until, "until", "", "the time (RFC 3339) of the last call (default: now)")
	f.Uint64Var(&s.opt.Seed, "seed", 1, "another number gives other calls beside these")
	f.BoolVar(&s.force, "force", false, "also when a gateway has the store open")
	return cmd
}

// Most that is made at once, which bounds a mistake in a flag.
const (
	mostEntries = 100_000_000
	mostDays    = 3650
)

func (s *seeding) check() (err error) {
	if s.opt.Bodies < 0 {
		s.opt.Bodies = s.opt.Entries / 10
	}
	s.opt.Span = time.Duration(s.days * 24 * float64(time.Hour))
	s.opt.End = time.Now().UTC().Truncate(time.Minute)
	if s.until != "" {
		if s.opt.End, err = time.Parse(time.RFC3339, s.until); err != nil {
			return &usage{errors.New("--until is a time such as 2030-01-31T12:00:00Z")}
		}
	}
	switch {
	case s.opt.Entries < 1 || s.opt.Entries > mostEntries:
		return &usage{fmt.Errorf("--entries must be 1 to %d", mostEntries)}
	case s.opt.Bodies > s.opt.Entries:
		return &usage{errors.New("--bodies must not be more than --entries")}
	case !(s.days >= 1.0/24) || s.days > mostDays:
		return &usage{fmt.Errorf("--days must be 0.05 to %d", mostDays)}
	}
	return nil
}

func (s *seeding) run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	cfg, problems, err := app.LoadConfig(s.at.options(s.env))
	if err == nil {
		err = badDocument(problems.Err())
	}
	if err != nil {
		return err
	}
	if !s.force {
		switch used, err := store.InUse(ctx, cfg.Storage.URL.Reveal()); {
		case err != nil:
			return err
		case used:
			return errors.New("another process has this store open, probably a gateway; stop it, name another store, or say --force")
		}
	}
	db, err := store.Open(ctx, cfg.Storage.URL.Reveal(), store.RollUp(cfg.Storage.RollupMetadata...))
	if err != nil {
		return err
	}
	err = db.Migrate(ctx)
	if err == nil {
		err = s.fill(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// seeded is how far a run has come, as the store keeps it.
type seeded struct {
	Options seed.Options `json:"options"`
	Done    int          `json:"done"`
}

func (s *seeding) fill(ctx context.Context, db *store.Store) error {
	state, err := s.begin(ctx, db)
	if err != nil {
		return err
	}
	if state.Done == s.opt.Entries {
		fmt.Fprintf(s.env.Stderr, "These %d entries are there already; another --seed makes others beside them.\n", state.Done)
		return nil
	}
	maker := seed.New(state.Options)
	if err := people(ctx, db, maker); err != nil {
		return err
	}
	if state.Done > 0 {
		fmt.Fprintf(s.env.Stderr, "%d entries are there already; going on behind them.\n", state.Done)
	}
	began, first := time.Now(), state.Done
	bar := newProgress(s.env.Stderr, s.opt.Entries)
	defer bar.end()
	for batch := range batches(ctx, maker, state.Done, s.opt.Entries) {
		if err := db.PutEntries(ctx, batch); err != nil {
			return err
		}
		state.Done += len(batch)
		if err := s.keep(ctx, db, state); err != nil {
			return err
		}
		bar.tell(state.Done, fmt.Sprintf("entries, %.0f a second", float64(state.Done-first)/time.Since(began).Seconds()))
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stopped after %d of %d entries; the same command goes on from there", state.Done, s.opt.Entries)
	}
	return nil
}

// begin reads how far an earlier run of the same flags has come.
func (s *seeding) begin(ctx context.Context, db *store.Store) (seeded, error) {
	state := seeded{Options: s.opt}
	text, err := db.Setting(ctx, s.setting())
	if errors.Is(err, store.ErrNotFound) {
		return state, s.keep(ctx, db, state)
	}
	var kept seeded
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return state, err
	}
	if s.until == "" {
		state.Options.End = kept.Options.End
	}
	if !kept.Options.End.Equal(state.Options.End) {
		return state, fmt.Errorf("--seed %d was used in this store for other calls (until %s); take another number", s.opt.Seed, kept.Options.End.Format(time.RFC3339))
	}
	if kept.Options.End = state.Options.End; kept.Options != state.Options {
		return state, fmt.Errorf("--seed %d was used in this store for other calls (%d entries, %d bodies, %s); take another number, or the same flags", s.opt.Seed, kept.Options.Entries, kept.Options.Bodies, kept.Options.Span)
	}
	return kept, nil
}

func (s *seeding) setting() string { return fmt.Sprintf("dev.seed.%d", s.opt.Seed) }

func (s *seeding) keep(ctx context.Context, db *store.Store, state seeded) error {
	text, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return db.PutSetting(ctx, s.setting(), text)
}

// people makes the workspaces and keys that are not there yet.
func people(ctx context.Context, db *store.Store, maker *seed.Maker) error {
	for _, w := range maker.Workspaces() {
		if err := db.CreateWorkspace(ctx, w); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	for _, k := range maker.Keys() {
		_, _ = rand.Read(k.Hash[:]) // never fails; no secret is known that has this hash
		if err := db.CreateKey(ctx, k); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return nil
}

// Batches are larger than the recorder's, since nobody waits for them.
const (
	batchEntries = 4000
	batchBodies  = 8 << 20
)

// batches makes entries beside their being stored. It ends early when ctx does.
func batches(ctx context.Context, maker *seed.Maker, from, to int) func(yield func([]*gateway.Entry) bool) {
	return func(yield func([]*gateway.Entry) bool) {
		ctx, cancel := context.WithCancel(ctx)
		made := make(chan []*gateway.Entry)
		go func() {
			defer close(made)
			for n := from; n < to && ctx.Err() == nil; {
				batch := make([]*gateway.Entry, 0, batchEntries)
				for size := 0; n < to && len(batch) < batchEntries && size < batchBodies; n++ {
					e := maker.Entry(n)
					if e.Bodies != nil {
						size += len(e.Bodies.Request.Bytes) + len(e.Bodies.Answer.Bytes)
					}
					batch = append(batch, e)
				}
				select {
				case made <- batch:
				case <-ctx.Done():
				}
			}
		}()
		defer func() {
			cancel()
			for range made { // until its maker has ended
			}
		}()
		for batch := range made {
			if ctx.Err() != nil || !yield(batch) {
				return
			}
		}
	}
}
