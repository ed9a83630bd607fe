package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/privacy"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// openPrivacy makes what erases users, and the keys of bodies.
func (p *process) openPrivacy() {
	p.eraser = privacy.New(privacy.Config{
		Store: p.store, Node: p.node, Before: p.nodeBefore(), Spool: p.recorder.Roll, SetAside: p.forgetAside, PurgeCache: p.purgeWorkspace, CompactCache: p.compactCache, ForgetStream: p.proxy.ForgetStream, DestroyKeys: p.destroyBodyKeys, ForgetKeys: p.bodyKeys.Read,
		Sign: p.held.vault.Sign, Clock: time.Now, Log: p.log,
	})
}

// nodeFile names the node that has the data directory.
const nodeFile = ".sluice-node"

// nodeBefore gives the node that had the data directory before, "" = none that is known, and
// notes that it is this one's.
func (p *process) nodeBefore() string {
	before, err := os.ReadFile(p.knownPath(nodeFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.log.Warn("which node had the data directory before is not known", "error", err)
	}
	if err := whole.Write(p.knownPath(nodeFile), whole.Private, whole.Text([]byte(p.node))); err != nil {
		p.log.Warn("it cannot be noted which node has the data directory", "error", err)
	}
	return strings.TrimSpace(string(before))
}

// runPrivacy erases whom people ask to, once the store is there.
func (p *process) runPrivacy(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.eraser.Run(ctx)
}

// forgetAside deletes what the spool set aside of a user.
func (p *process) forgetAside(user, workspace string) (calls, unread int, err error) {
	return p.recorder.ForgetAside(func(e *gateway.Entry) bool {
		return e.User == user && (workspace == "" || e.Workspace == workspace)
	})
}

// compactCache leaves nothing of what was purged in this node's memory and files.
func (p *process) compactCache(ctx context.Context) error {
	if err := p.takePurges(ctx); err != nil {
		return err
	}
	if err := p.forgetPrompts(ctx); err != nil {
		return err
	}
	return p.cache.Compact(ctx)
}

// purgeWorkspace lets no answer be served any more that a workspace's calls brought.
func (p *process) purgeWorkspace(ctx context.Context, workspace string) error {
	if workspace == "" {
		return nil // a call without a caller brings none
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("purge the cache: %w", err)
	}
	if err := p.store.PutPurge(ctx, gateway.CachePurge{ID: "prg_" + id.String(), Time: time.Now().UTC(), Workspace: workspace, By: "an erasure"}); err != nil {
		return err
	}
	return p.takePurges(ctx)
}
