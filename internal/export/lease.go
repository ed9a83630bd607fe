package export

import (
	"context"
	"time"
)

const (
	// lease is for how long an export stays with a node that says nothing: so soon another
	// one goes on where it died.
	lease = 10 * time.Second
	// beat is how often the holder renews it, whatever it is doing.
	beat = lease / 4
)

// keep renews the lease until the function that it gives is called, which waits. The
// context ends too when another node has the export: what is sent then comes twice.
func (w *worker) keep(ctx context.Context) (held context.Context, letGo func()) {
	held, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			if !w.renew(held) {
				return
			}
		}
	}()
	return held, func() { cancel(); <-done }
}

// renew reports whether no other node is known to have the export. A store that is away
// knows of none.
func (w *worker) renew(ctx context.Context) bool {
	asking, cancel := context.WithTimeout(ctx, beat)
	defer cancel()
	now := time.Now()
	held, err := w.store.HoldExport(asking, w.spec.Name, w.node, now, now.Add(lease))
	return held || err != nil
}
