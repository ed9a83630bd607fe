package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Keeper is where the keyring is kept, shared by all nodes.
type Keeper interface {
	// Keyring gives what was last stored, nil when there is nothing yet.
	Keyring(ctx context.Context) ([]byte, error)
	// SwapKeyring stores next unless the keyring is not old any more, which is then false.
	SwapKeyring(ctx context.Context, old, next []byte) (bool, error)
}

// ErrWrongMaster says that no master key at hand opens the keyring.
var ErrWrongMaster = errors.New("the master key does not open the stored secrets")

// ring is the keyring as it is stored.
type ring struct {
	Version int              `json:"version"` // 1
	Current uint32           `json:"current"` // the data key that seals
	Keys    map[uint32]wraps `json:"keys"`
}

// wraps are one data key under each master key, by fingerprint.
type wraps map[string][]byte

const ringVersion = 1

func parseRing(stored []byte) (*ring, error) {
	r := new(ring)
	if err := json.Unmarshal(stored, r); err != nil {
		return nil, fmt.Errorf("the keyring is damaged: %w", err)
	}
	if r.Version != ringVersion {
		return nil, fmt.Errorf("the keyring has version %d, which this binary does not know: run the newer Sluice", r.Version)
	}
	if len(r.Keys[r.Current]) == 0 {
		return nil, errors.New("the keyring is damaged: its current key is missing")
	}
	return r, nil
}

// Check reports why the master keys of a source do not open what is sealed, as Open would,
// and changes and makes nothing. It is nil where nothing is sealed yet.
func Check(ctx context.Context, keeper Keeper, source Source) error {
	stored, err := keeper.Keyring(ctx)
	if err != nil || stored == nil {
		return err
	}
	r, err := parseRing(stored)
	if err != nil {
		return err
	}
	masters, err := source.masters(false)
	if err != nil {
		return err
	}
	_, err = r.open(masters)
	return err
}

// wrapFor binds a wrapped data key to its number.
func wrapFor(number uint32) []byte {
	return []byte("sluice data key " + strconv.FormatUint(uint64(number), 10))
}

// add puts a new data key under the masters and makes it the current one.
func (r *ring) add(masters []Master) {
	key, number := newKey(), r.Current+1
	w := wraps{}
	for _, m := range masters {
		w[m.fingerprint] = m.aead.Seal(nil, nil, key, wrapFor(number))
	}
	r.Keys[number], r.Current = w, number
}

// open unwraps every data key with the first master that can.
func (r *ring) open(masters []Master) (map[uint32][]byte, error) {
	keys := make(map[uint32][]byte, len(r.Keys))
	for number, w := range r.Keys {
		key, err := w.open(number, masters)
		if err != nil {
			return nil, err
		}
		keys[number] = key
	}
	return keys, nil
}

func (w wraps) open(number uint32, masters []Master) ([]byte, error) {
	for _, m := range masters {
		wrapped, ok := w[m.fingerprint]
		if !ok {
			continue
		}
		key, err := m.aead.Open(nil, nil, wrapped, wrapFor(number))
		if err != nil || len(key) != keySize {
			return nil, fmt.Errorf("the keyring is damaged: data key %d does not open", number)
		}
		return key, nil
	}
	return nil, fmt.Errorf("%w: they need the one with fingerprint %s, this is %s; put that key into SLUICE_MASTER_KEY or restore the file master.key that was beside the data",
		ErrWrongMaster, strings.Join(slices.Sorted(maps.Keys(w)), " or "), fingerprints(masters))
}

func fingerprints(masters []Master) string {
	if len(masters) == 0 {
		return "none"
	}
	var all []string
	for _, m := range masters {
		all = append(all, m.fingerprint)
	}
	return strings.Join(all, ", ")
}

// wrap wraps the data keys, which one of the masters must open, under the first one too.
func (r *ring) wrap(masters []Master) error {
	keys, err := r.open(masters)
	if err != nil {
		return err
	}
	first := masters[0]
	for number, key := range keys {
		if _, ok := r.Keys[number][first.fingerprint]; !ok {
			r.Keys[number][first.fingerprint] = first.aead.Seal(nil, nil, key, wrapFor(number))
		}
	}
	return nil
}

// missing gives the fingerprint of a master that opens the ring and is not among ours.
func (r *ring) missing(masters []Master) (fingerprint string, ok bool) {
	for fingerprint := range r.Keys[r.Current] {
		if !slices.ContainsFunc(masters, func(m Master) bool { return m.fingerprint == fingerprint }) {
			return fingerprint, true
		}
	}
	return "", false
}

// keep drops the wraps of all other masters.
func (r *ring) keep(m Master) {
	for _, w := range r.Keys {
		maps.DeleteFunc(w, func(fingerprint string, _ []byte) bool { return fingerprint != m.fingerprint })
	}
}

// change reads the ring, lets fn change it, and stores it; again when another node came
// between. old is nil and r empty when there is none yet.
func change(ctx context.Context, keeper Keeper, fn func(r *ring) error) (*ring, error) {
	for {
		old, err := keeper.Keyring(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the keyring: %w", err)
		}
		r := &ring{Version: ringVersion, Keys: map[uint32]wraps{}}
		if old != nil {
			if r, err = parseRing(old); err != nil {
				return nil, err
			}
		}
		if err := fn(r); err != nil {
			return nil, err
		}
		next, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(next, old) {
			return r, nil
		}
		stored, err := keeper.SwapKeyring(ctx, old, next)
		if err != nil {
			return nil, fmt.Errorf("store the keyring: %w", err)
		}
		if stored {
			return r, nil
		}
	}
}
