package record

import (
	"context"
	"errors"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

const (
	// lockedWait is how long a key that does not open is waited for. Then calls go to the
	// store without what it has sealed: what they cost is not to wait for it.
	lockedWait  = time.Minute
	lockedPause = time.Second
)

// withoutLocked brings a batch to the store of which some bodies are sealed under a key that
// does not open: without these bodies, once it was waited for long enough. Copies of those
// records stay in bad/, still sealed; back in the spool, they bring the bodies once the key
// opens.
func (d *drainer) withoutLocked(ctx context.Context, b batch) {
	entries, bare, err := d.bared(ctx, b)
	if err == nil && entries == nil {
		sleep(ctx, lockedPause, nil)
		return
	}
	if err == nil {
		err = d.copyAside(bare)
	}
	if err == nil {
		err = d.put(ctx, entries)
	}
	if err != nil {
		d.refused(ctx, b, err)
		return
	}
	d.counters.locked.Add(int64(len(bare)))
	d.log.Error("bodies of calls are sealed under a key that does not open: the calls are in the store without them; copies are in the spool's folder bad, to be moved back into the spool when the key opens", "calls", len(bare))
	d.finish(ctx, b)
}

// bared gives the entries of a batch without bodies that cannot be opened, and the records of
// these; nothing while a key is still waited for.
func (d *drainer) bared(ctx context.Context, b batch) (entries []*gateway.Entry, bare []uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	opens := map[gateway.BodyKeyID]bool{}
	waiting := false
	seqs := b.seqs()
	for i, e := range b.entries {
		if !sealedNow(e) {
			entries = append(entries, e)
			continue
		}
		key := e.Bodies.Key
		ok, known := opens[key]
		if !known {
			if ok, err = d.opens(ctx, key); err != nil {
				return nil, nil, err
			}
			opens[key] = ok
		}
		if ok {
			entries = append(entries, e)
			continue
		}
		waiting = waiting || d.opt.Clock().Sub(d.locked[key]) < lockedWait
		without := *e
		without.Bodies = &gateway.Bodies{Encrypt: true, Key: key, Lost: gateway.BodiesLocked}
		entries, bare = append(entries, &without), append(bare, seqs[i])
	}
	if waiting {
		return nil, nil, nil
	}
	return entries, bare, nil
}

// opens reports whether a key opens what it has sealed, and since when it does not.
func (d *drainer) opens(ctx context.Context, key gateway.BodyKeyID) (bool, error) {
	err := d.opt.Seals.Settle(ctx, []gateway.BodyKeyID{key})
	if err == nil {
		delete(d.locked, key)
		return true, nil
	}
	if !errors.Is(err, gateway.ErrBodyLocked) {
		return false, err
	}
	if _, known := d.locked[key]; !known {
		d.locked[key] = d.opt.Clock()
		d.log.Warn("bodies of calls are sealed under a key that does not open; it is waited for", "key", key.String(), "for", lockedWait, "error", err)
	}
	return false, nil
}

// copyAside keeps copies of records in bad/.
func (d *drainer) copyAside(seqs []uint64) error {
	for _, seq := range seqs {
		if _, _, err := d.spool.setAside(seq); err != nil {
			return err
		}
	}
	d.counters.badBytes.Store(dirBytes(badPath(d.opt.Dir)))
	return nil
}

// seqs gives the records of a batch's entries.
func (b *batch) seqs() []uint64 {
	broken := map[uint64]bool{}
	for _, seq := range b.broken {
		broken[seq] = true
	}
	seqs := make([]uint64, 0, len(b.entries))
	for seq := b.from; seq < b.to; seq++ {
		if !broken[seq] {
			seqs = append(seqs, seq)
		}
	}
	return seqs
}

// sealedNow says that an entry has bodies that are kept under a key alone.
func sealedNow(e *gateway.Entry) bool {
	return e.Bodies != nil && e.Bodies.Encrypt && e.Bodies.Lost == ""
}
