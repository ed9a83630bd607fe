package rules

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/sluice-gateway/sluice/internal/limit"
)

// counterName is what a rule's counter of some values is called.
type counterName struct {
	key    string // the values, told apart by their lengths
	id     limit.ID
	digits string       // id as the ledger knows it
	values string       // for people
	spots  []limit.Spot // one a window
}

// maxKey bounds how long values may be that are remembered: callers choose them.
const maxKey = 256

// key tells the values of a call apart by their lengths, so that no two tuples give the
// same one.
func (r *Rule) key(f *Facts, b []byte) ([]byte, error) {
	for i := range r.values {
		v, err := r.values[i].of(f)
		if err != nil {
			return b, err
		}
		b = binary.AppendUvarint(append(b, 0), uint64(len(v)))
		b = append(b, v...)
	}
	return b, nil
}

// name gives what the counter of a call is called; scratch is used again.
func (r *Rule) name(f *Facts, scratch []byte) (*counterName, []byte, error) {
	b, err := r.key(f, append(scratch[:0], r.ID...))
	if err != nil {
		return nil, b, err
	}
	key := b[len(r.ID):]
	hash := maphash.Bytes(r.names.seed, key)
	if known := r.names.get(hash); known != nil && known.key == string(key) {
		return known, b, nil
	}
	c := &counterName{key: string(key), id: counterID(b), spots: make([]limit.Spot, len(r.Windows))}
	if r.Kind == Cost {
		c.digits, c.values = c.id.String(), r.Values(f)
	}
	if len(key) <= maxKey {
		r.names.put(hash, c)
	}
	return c, b, nil
}
