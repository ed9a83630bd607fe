package seal

import (
	"context"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Sealer seals and opens secrets. All methods may be called by any number of goroutines.
type Sealer struct {
	keeper Keeper

	mu      sync.RWMutex
	masters []Master // the present one first; replaced, never changed
	current uint32
	keys    map[uint32]cipher.AEAD
}

// Format prints nothing of the keys, whatever the verb.
func (s *Sealer) Format(f fmt.State, _ rune) {
	io.WriteString(f, "sealer") //nolint:errcheck // fmt reports it
}

// What a sealed secret begins with: its format and the number of its data key.
const (
	sealedVersion = 1
	sealedHead    = 1 + 4
)

// ErrSealed says that a sealed secret does not open: it was changed, cut, or belongs to
// another row.
var ErrSealed = errors.New("a sealed secret does not open: it is damaged, or was moved from another row")

// Open opens the keyring, or makes one where there is none. The first master key of the
// source is the present one: data keys that only the others open are wrapped under it
// too. The error is ErrWrongMaster when none opens it; a key that is missing is made only
// where nothing was sealed yet.
func Open(ctx context.Context, keeper Keeper, source Source) (*Sealer, error) {
	s := &Sealer{keeper: keeper}
	r, err := change(ctx, keeper, func(r *ring) (err error) {
		if s.masters, err = source.masters(r.Current == 0); err != nil {
			return err
		}
		if r.Current == 0 {
			r.add(s.masters)
		}
		return r.wrap(s.masters)
	})
	if err != nil {
		return nil, err
	}
	if err := s.use(r); err != nil {
		return nil, err
	}
	return s, nil
}

// use takes the keys of a ring.
func (s *Sealer) use(r *ring) error {
	keys, err := r.open(s.present())
	if err != nil {
		return err
	}
	aeads := make(map[uint32]cipher.AEAD, len(keys))
	for number, key := range keys {
		if aeads[number], err = newAEAD(key); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Current >= s.current { // else a newer one was read meanwhile
		s.current, s.keys = r.Current, aeads
	}
	return nil
}

// Seal gives the secret sealed for the row of that id. Neither is kept.
func (s *Sealer) Seal(id string, secret []byte) []byte {
	number, aead := s.sealing()
	head := binary.BigEndian.AppendUint32([]byte{sealedVersion}, number)
	return aead.Seal(head, nil, secret, bind(head, id))
}

func (s *Sealer) sealing() (uint32, cipher.AEAD) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.current, s.keys[s.current]
}

// bind is what a secret is bound to: how it was sealed, and its row.
func bind(head []byte, id string) []byte {
	return append(append(make([]byte, 0, len(head)+len(id)), head...), id...)
}

// Open gives the secret of the row of that id, or ErrSealed. One that another node has
// sealed under a newer data key makes it read the keyring again.
func (s *Sealer) Open(ctx context.Context, id string, sealed []byte) ([]byte, error) {
	if len(sealed) < sealedHead || sealed[0] != sealedVersion {
		return nil, fmt.Errorf("%s: %w", id, ErrSealed)
	}
	aead, err := s.key(ctx, numberOf(sealed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	secret, err := aead.Open(nil, nil, sealed[sealedHead:], bind(sealed[:sealedHead], id))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, ErrSealed)
	}
	return secret, nil
}

func numberOf(sealed []byte) uint32 { return binary.BigEndian.Uint32(sealed[1:]) }

// key gives a data key, from the keyring if it is not known yet.
func (s *Sealer) key(ctx context.Context, number uint32) (cipher.AEAD, error) {
	if aead := s.known(number); aead != nil {
		return aead, nil
	}
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	if aead := s.known(number); aead != nil {
		return aead, nil
	}
	return nil, ErrSealed
}

func (s *Sealer) known(number uint32) cipher.AEAD {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.keys[number]
}

// Reload reads the keyring again, so that a data key that another node has made seals
// here too. Opening needs no Reload.
func (s *Sealer) Reload(ctx context.Context) error {
	stored, err := s.keeper.Keyring(ctx)
	if err != nil {
		return fmt.Errorf("read the keyring: %w", err)
	}
	r, err := parseRing(stored)
	if err != nil {
		return err
	}
	return s.use(r)
}

// Rotate makes a new data key for what is sealed from now on. What is sealed already
// still opens; Renew seals it anew. While a master key is being replaced it needs both.
func (s *Sealer) Rotate(ctx context.Context) error {
	masters := s.present()
	return s.change(ctx, func(r *ring) error {
		if _, err := r.open(masters); err != nil {
			return err
		}
		if other, ok := r.missing(masters); ok {
			return fmt.Errorf("the master key with fingerprint %s opens the stored secrets too and is not known here: name both, or finish its replacement first", other)
		}
		r.add(masters)
		return nil
	})
}

// Renew gives the secret sealed under the current data key; fresh is false, and sealed
// given back, when it is so already.
func (s *Sealer) Renew(ctx context.Context, id string, sealed []byte) (renewed []byte, fresh bool, err error) {
	if current, _ := s.sealing(); len(sealed) >= sealedHead && numberOf(sealed) == current {
		return sealed, false, nil
	}
	secret, err := s.Open(ctx, id, sealed)
	if err != nil {
		return nil, false, err
	}
	return s.Seal(id, secret), true, nil
}

// RotateMaster wraps the data keys under the source's master key too, which from now on
// is this Sealer's present one. Nodes that have the one before go on, and may start again
// with either until Forget.
func (s *Sealer) RotateMaster(ctx context.Context, source Source) error {
	next, err := source.masters(true)
	if err != nil {
		return err
	}
	all := append(next[:1:1], s.present()...)
	if err := s.change(ctx, func(r *ring) error { return r.wrap(all) }); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.masters = all
	return nil
}

// Forget drops the data keys' wraps under all master keys but the present one: from then
// on older ones open nothing, and nodes that have no other cannot start any more.
func (s *Sealer) Forget(ctx context.Context) error {
	masters := s.present()
	return s.change(ctx, func(r *ring) error {
		if err := r.wrap(masters); err != nil {
			return err
		}
		r.keep(masters[0])
		return nil
	})
}

func (s *Sealer) present() []Master {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.masters
}

func (s *Sealer) change(ctx context.Context, fn func(*ring) error) error {
	r, err := change(ctx, s.keeper, fn)
	if err != nil {
		return err
	}
	return s.use(r)
}
