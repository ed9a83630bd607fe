package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

const (
	seenEvery = 5 * time.Second
	// awayAfter is how long a node may be silent before an erasure does not wait for it any
	// more. What it has in its spool is erased as it comes: see store.PutEntries.
	awayAfter = 30 * time.Second
	// forgetAfter is how long a node that is away is told of in receipts.
	forgetAfter = 24 * time.Hour
	askEvery    = 2 * time.Second
	// patience bounds one wait for the other nodes; the job is tried again.
	patience = lease / 3
)

// beSeen tells the store that this node is there, until ctx ends.
func (e *Eraser) beSeen(ctx context.Context) {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for {
		e.succeed(ctx)
		now := e.c.Clock()
		e.warn(ctx, "this node cannot be noted; erasures do not wait for it", e.c.Store.SeeNode(ctx, e.c.Node, now, now.Add(-forgetAfter)))
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = e.c.Store.LeaveNode(last, e.c.Node) // else it is away after a while
			return
		case <-tick.C:
		}
	}
}

// succeed takes the place of the process before, which may have been killed.
func (e *Eraser) succeed(ctx context.Context) {
	if e.before != "" && e.c.Store.LeaveNode(ctx, e.before) == nil {
		e.before = ""
	}
}

// answerAll does this node's part of erasures, until ctx ends.
func (e *Eraser) answerAll(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		asked, err := e.c.Store.AskedOf(ctx, e.c.Node, spooling, nodes)
		e.warn(ctx, "erasures cannot be looked for", err)
		for i := range asked {
			e.warn(ctx, "this node cannot do its part of an erasure; it is tried again", e.answer(ctx, &asked[i]))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (e *Eraser) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil && !store.Away(err) {
		e.c.Log.Warn(what, "error", err)
	}
}

// answer does this node's part of the step at which an erasure is, unless it is done.
func (e *Eraser) answer(ctx context.Context, job *gateway.Erasure) error {
	e.parts.Lock() // the worker and answerAll may be at it both
	defer e.parts.Unlock()
	if e.answered(ctx, job) {
		return nil
	}
	var err error
	switch job.Step {
	case spooling:
		err = e.emptySpool(ctx, job)
	case nodes:
		if job.Kind == gateway.ErasureOfKeys {
			err = e.c.ForgetKeys(ctx)
		}
		if err == nil {
			err = e.c.CompactCache(ctx)
		}
	}
	if err != nil {
		return err
	}
	return e.c.Store.AnswerErasure(ctx, job.ID, job.Step, e.c.Node)
}

func (e *Eraser) emptySpool(ctx context.Context, job *gateway.Erasure) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := e.c.Spool(ctx); err != nil {
		return err
	}
	if job.User == "" {
		return nil // it is nobody's
	}
	calls, unread, err := e.c.SetAside(job.User, job.Workspace)
	if calls > 0 || unread > 0 {
		e.c.Log.Info("what the spool had set aside of a user who is erased was deleted", "erasure", job.ID, "calls", calls, "files that cannot be read", unread)
	}
	return err
}

// together does this node's part of a step and waits until every other node that is there
// has done its own.
func (e *Eraser) together(ctx context.Context, job *gateway.Erasure) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	if err := e.answer(ctx, job); err != nil {
		return err
	}
	for {
		here, away, err := e.c.Store.SilentNodes(ctx, job.ID, job.Step, e.c.Clock().Add(-awayAfter))
		if err != nil {
			return err
		}
		if len(here) == 0 {
			e.left(job, away)
			return nil
		}
		select {
		case <-tick.C:
		case <-late:
			return fmt.Errorf("waiting for nodes that have not done their part: %s", strings.Join(here, ", "))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// answered reports whether this node has done its part.
func (e *Eraser) answered(ctx context.Context, job *gateway.Erasure) bool {
	asked, err := e.c.Store.AskedOf(ctx, e.c.Node, job.Step)
	return err == nil && !slices.ContainsFunc(asked, func(one gateway.Erasure) bool { return one.ID == job.ID })
}

// left notes the nodes that were not waited for.
func (e *Eraser) left(job *gateway.Erasure, away []string) {
	if len(away) > 0 {
		job.Counts["nodes_away"] = max(job.Counts["nodes_away"], len(away))
		e.c.Log.Warn("nodes that are away did not do their part of an erasure; what they have is erased as it comes to the store", "erasure", job.ID, "nodes", strings.Join(away, ", "))
	}
}
