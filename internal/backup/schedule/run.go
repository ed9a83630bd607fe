package schedule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/backup"
	"github.com/sluice-gateway/sluice/internal/store"
)

const (
	look  = 30 * time.Second // between two looks at the clock
	lease = 2 * time.Minute
)

// Schedule makes backups when they are due.
type Schedule struct {
	Options
	holder string

	mu   sync.Mutex
	last State // as it was read last
}

// New makes a Schedule; Run starts it.
func New(o Options) *Schedule { return &Schedule{Options: o, holder: uuid.NewString()} }

// State is how the schedule stood at the last look.
func (s *Schedule) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// Run looks at the clock until ctx ends.
func (s *Schedule) Run(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Error("the schedule of backups cannot go on; it tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look makes a backup if one is due and no other node makes it. The error is about the
// schedule itself; that of a backup stands in its state.
func (s *Schedule) Look(ctx context.Context) error {
	p := s.Plan()
	if p == nil {
		return nil
	}
	st, err := s.load(ctx)
	if err != nil {
		return err
	}
	if s.note(&st); !st.Since.IsZero() && s.Now().Before(st.Due(p.When)) {
		return nil
	}
	taken := time.Now()
	mine, err := s.lease(ctx)
	if err != nil || !mine {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	ctx, end := s.hold(ctx, taken)
	defer end()
	if st, err = s.load(ctx); err != nil { // another node may have made it meanwhile
		return err
	}
	if st.Since.IsZero() || st.ID == "" {
		st.Since, st.ID = s.Now().UTC(), s.id()
		if err := s.save(ctx, &st); err != nil {
			return err
		}
	}
	if s.note(&st); s.Now().Before(st.Due(p.When)) {
		return nil
	}
	return s.make(ctx, p, &st)
}

func (s *Schedule) id() string {
	if s.newID != nil {
		return s.newID()
	}
	return uuid.NewString()[:8]
}

func (s *Schedule) note(st *State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = *st
}

func (s *Schedule) lease(ctx context.Context) (bool, error) {
	now := s.Now()
	return s.Store.Lease(ctx, setting, s.holder, now, now.Add(lease))
}

// hold keeps the lease, taken at a time, until the end, which gives it back then. Once it is
// another's, or may be, what the context is given to ends.
func (s *Schedule) hold(ctx context.Context, taken time.Time) (held context.Context, end func()) {
	held, lose := context.WithCancelCause(ctx)
	over := make(chan struct{})
	var keeper sync.WaitGroup
	keeper.Go(func() {
		tick := time.NewTicker(lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				if !s.renew(held, &taken) {
					lose(errLost)
					return
				}
			}
		}
	})
	return held, func() {
		close(over)
		lose(context.Canceled)
		keeper.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		now := s.Now()
		_, _ = s.Store.Lease(ctx, setting, s.holder, now, now) // else it ends by itself
	}
}

// renew renews the lease, and reports whether it certainly is still this node's.
func (s *Schedule) renew(ctx context.Context, taken *time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, lease/4)
	defer cancel()
	began := time.Now()
	switch mine, err := s.lease(ctx); {
	case err == nil && mine:
		*taken = began
		return true
	case err == nil:
		return false
	default:
		s.Logger.Warn("the lease of the schedule of backups cannot be renewed", "error", err)
		return time.Since(*taken) < lease-lease/4
	}
}

// make makes a backup and tells what came of it.
func (s *Schedule) make(ctx context.Context, p *Plan, st *State) error {
	began := time.Now()
	st.Tried, st.Node = s.Now().UTC(), s.Node
	f, warning, err := s.try(ctx, p, st)
	if errors.Is(err, errLost) || errors.Is(warning, errLost) || errors.Is(context.Cause(ctx), errLost) {
		return errLost // and the state is the other node's
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second) // what came of it is told though the time is over
	defer cancel()
	event := audit.Event{Time: s.Now(), Actor: audit.Actor{Kind: "sluice", Name: "the schedule"}, Action: "backup.create", Object: audit.Object{Kind: "backup"}, Outcome: audit.OK}
	event.Changes = told(p)
	if err != nil {
		st.Failed, st.Failures, st.Error = st.Failed+1, st.Failures+1, err.Error()
		s.Logger.Error("a backup failed; it is tried again", "to", p.Name, "failures", st.Failed, "error", err)
		event.Outcome, event.Code = audit.Refused, "backup_failed"
	} else {
		st.Made, st.Took, st.Failed, st.Error = f.Time, time.Since(began), 0, ""
		s.Logger.Info("a backup was made", "to", p.Name, "name", f.Name, "bytes", f.Size, "rows", f.Rows)
		event.Object.ID, event.Object.Name = f.Name, p.Name
	}
	if st.Warning = ""; warning != nil {
		st.Warning = warning.Error()
		s.Logger.Warn("old backups cannot be tidied up", "to", p.Name, "error", warning)
	}
	if st.Failed <= 1 { // the first of several failures in a row
		return s.settle(ctx, st, &event)
	}
	return s.settle(ctx, st, nil)
}

// told is what the audit log says that a backup holds.
func told(p *Plan) json.RawMessage {
	text, err := json.Marshal(backup.Told(store.Calls{Entries: p.Entries}))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return text
}

// settle keeps a state, together with its event.
func (s *Schedule) settle(ctx context.Context, st *State, event *audit.Event) error {
	err := s.Store.Atomically(ctx, func(ctx context.Context) error {
		if err := s.save(ctx, st); err != nil || event == nil {
			return err
		}
		_, err := s.Store.AppendAudit(ctx, *event)
		return err
	})
	if err == nil {
		s.note(st)
	}
	return err
}

// try makes a backup and tidies up. What went wrong in tidying up is only a warning.
func (s *Schedule) try(ctx context.Context, p *Plan, st *State) (f *File, warning, err error) {
	at, err := p.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	sizes, err := at.Sizes(ctx)
	if err != nil {
		return nil, nil, err
	}
	found, warning, err := st.adopt(ctx, at, sizes, p.Name, s.Now())
	if err != nil {
		return nil, warning, err
	}
	warning = errors.Join(warning, sweepParts(at, st.ID))
	if found != nil && s.Now().Before(p.When.next(found.Time)) {
		s.Logger.Info("a backup whose answer was lost is there, and whole", "to", p.Name, "name", found.Name)
		return found, errors.Join(warning, st.prune(ctx, at, p.Name, p.Keep)), nil
	}
	m, err := s.write(ctx, p, st.ID, at)
	if err != nil {
		return nil, warning, err
	}
	if err := s.put(ctx, st, at, m); err != nil {
		return nil, warning, errors.Join(err, sweepParts(at, st.ID))
	}
	if mine, err := s.lease(ctx); err != nil || !mine {
		return &m.File, errors.Join(warning, cmp.Or(err, errLost)), nil
	}
	return &m.File, errors.Join(warning, st.prune(ctx, at, p.Name, p.Keep)), nil
}

// put gives a backup its name, once the store knows that it may bear it.
func (s *Schedule) put(ctx context.Context, st *State, at Place, m *made) error {
	st.Unsure = append(st.Unsure, m.File)
	if err := s.save(ctx, st); err != nil {
		return err
	}
	err := at.Put(ctx, m.Name, m.path, m.sum)
	if _, refused := errors.AsType[*Refused](err); err == nil || refused {
		st.Unsure = st.Unsure[:len(st.Unsure)-1]
	}
	if err == nil {
		st.add(m.File)
	}
	return err
}
