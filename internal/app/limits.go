package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/limit"
)

// limitsFile is where the counters of a node stand between two runs; journals of budgets
// stand beside it.
const limitsFile = "limits.state"

// counters are what counts limits and budgets: this node alone, or together with others
// in Redis.
type counters struct {
	engine limit.Engine
	memory *limit.Durable
	client *redis.Client // nil = this node counts for itself
	shared *limit.Redis
	raises *raisesKnown
}

func (p *process) openCounters(cfg *config.Config) (err error) {
	path := filepath.Join(p.opt.DataDir, limitsFile)
	c := counters{memory: limit.NewDurable(limit.NewMemory(limit.MemoryOptions{Spent: p.spent}), path), raises: &raisesKnown{version: -1}}
	c.engine = c.memory
	p.restoreCounters(c.memory, path)
	if url := cfg.Shared.URL.Reveal(); url != "" {
		redis.SetLogger(quiet{}) // what it prints is told by sharedAway, once
		if c.client, err = limit.DialRedis(url, cfg.Shared.Timeout); err != nil {
			return fmt.Errorf("shared.url: %w", err)
		}
		c.shared = limit.NewRedis(c.client, limit.RedisOptions{
			Prefix: cfg.Shared.Prefix + "limit:", Timeout: cfg.Shared.Timeout, Local: c.memory, Spent: p.spent, Away: p.sharedAway,
		})
		c.engine = c.shared
	}
	p.counters = c
	return nil
}

// quiet keeps the library's own printing off standard error.
type quiet struct{}

// Printf implements the library's logger.
func (quiet) Printf(context.Context, string, ...any) {}

// restoreCounters reads what the last run wrote. What cannot be read is set aside: rates
// begin anew then, and budgets with what the ledger says.
func (p *process) restoreCounters(d *limit.Durable, path string) {
	err := d.Load()
	if err == nil {
		return
	}
	p.log.Warn("the counters of limits cannot be read and begin anew; budgets begin with what the ledger says", "error", err, "kept_as", path+".damaged")
	if err := os.Rename(path, path+".damaged"); err != nil && !errors.Is(err, os.ErrNotExist) {
		p.log.Warn("the damaged counters cannot be set aside", "error", err)
	}
}

// sharedAway is told when what several nodes share goes and comes back.
func (p *process) sharedAway(away bool) {
	p.metrics.SharedAway(away)
	if away {
		p.log.Warn("the shared memory of limits cannot be reached; each limit's on_outage counts")
		return
	}
	p.log.Info("the shared memory of limits can be reached again")
}

// keepCounters writes the counters down each second, so that a restart forgets at most
// that much.
func (p *process) keepCounters(ctx context.Context) {
	p.counters.memory.Keep(ctx, func(err error) {
		p.log.Warn("the counters of limits cannot be written down; a crash now would forget them", "error", err)
	})
}

func (c *counters) close() error {
	if c.shared == nil {
		return nil
	}
	err := c.shared.Close()
	if closed := c.client.Close(); err == nil {
		err = closed
	}
	return err
}

// spent is what a counter has spent since a time, by the ledger and by what is on its
// way there.
func (p *process) spent(ctx context.Context, counter limit.ID, since time.Time) (int64, error) {
	waiting, entries := p.recorder.PendingSpent(counter.String(), since)
	stored, err := p.store.SpentBeside(ctx, counter.String(), since, entries)
	return int64(stored + waiting), err
}
