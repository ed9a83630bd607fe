package record

import (
	"context"
	"sync"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// keepBuffers is how large a buffer for sealing may be that is kept for the next call.
const keepBuffers = 256 << 10

// sealing are the buffers of one sealing.
type sealing struct{ clear, sealed []byte }

var sealings = sync.Pool{New: func() any { return new(sealing) }}

// spoolBound says where sealed bodies of the spool belong: they open nowhere else.
func spoolBound(id string) string { return "spool\x00" + id }

// sealed gives an entry's bodies as the spool may have them, nil where it may have them in
// clear. What it gives is to be given back with done.
func (r *Recorder) sealed(e *gateway.Entry) (text []byte, done func()) {
	if e.Bodies == nil || !e.Bodies.Encrypt {
		return nil, func() {}
	}
	if r.opt.Seals == nil {
		e.Bodies = nil
		r.counters.droppedBodies.Add(1)
		return nil, func() {}
	}
	s := sealings.Get().(*sealing)
	e.Bodies.Key = r.opt.Seals.Key(e.Workspace)
	s.clear = appendBodies(s.clear[:0], e.Bodies)
	ok := false
	if s.sealed, ok = r.opt.Seals.Seal(s.sealed[:0], e.Bodies.Key, spoolBound(e.ID), s.clear); !ok { // destroyed this very moment
		e.Bodies = &gateway.Bodies{Encrypt: true, Key: e.Bodies.Key, Lost: gateway.BodiesErased}
	}
	done = func() {
		if cap(s.clear) <= keepBuffers && cap(s.sealed) <= keepBuffers {
			sealings.Put(s)
		}
	}
	if !ok {
		return nil, done
	}
	return s.sealed, done
}

// opened gives an entry of the spool with its bodies open, or with the reason why they are
// not. It does not change e.
func (r *Recorder) opened(e *gateway.Entry) *gateway.Entry {
	if e.Bodies == nil || e.Bodies.Sealed == nil {
		return e
	}
	open := *e
	open.Bodies = r.openBodies(e)
	return &open
}

func (r *Recorder) openBodies(e *gateway.Entry) *gateway.Bodies {
	if r.opt.Seals == nil {
		return &gateway.Bodies{Encrypt: true, Lost: gateway.BodiesLocked}
	}
	text, key, err := r.opt.Seals.OpenKnown(spoolBound(e.ID), e.Bodies.Sealed)
	if err != nil {
		return &gateway.Bodies{Encrypt: true, Key: key, Lost: gateway.LostFor(err)}
	}
	read := reader{b: text}
	if read.byte() != clearBodies {
		return &gateway.Bodies{Encrypt: true, Key: key, Lost: gateway.BodiesDamaged}
	}
	b := read.bodies()
	if read.bad {
		return &gateway.Bodies{Encrypt: true, Key: key, Lost: gateway.BodiesDamaged}
	}
	b.Encrypt, b.Key = true, key
	return b
}

// settled gives a batch with its bodies open, once the store has their keys. The error says
// that the batch must wait.
func (r *Recorder) settled(ctx context.Context, entries []*gateway.Entry) ([]*gateway.Entry, error) {
	var keys []gateway.BodyKeyID
	for _, e := range entries {
		if sealedNow(e) {
			keys = append(keys, e.Bodies.Key)
		}
	}
	if len(keys) == 0 || r.opt.Seals == nil {
		return entries, nil
	}
	if err := r.opt.Seals.Settle(ctx, keys); err != nil {
		return nil, err
	}
	open := make([]*gateway.Entry, len(entries))
	for i, e := range entries {
		open[i] = r.opened(e)
	}
	return open, nil
}
