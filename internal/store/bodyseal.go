package store

import (
	"context"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// BodyKeys seals and opens bodies under keys of workspaces.
type BodyKeys interface {
	// Seal appends a text, sealed under a key and bound to where it belongs; false = the key
	// is not there any more.
	Seal(dst []byte, key gateway.BodyKeyID, bound string, text []byte) ([]byte, bool)
	// Open gives the text and its key, or one of gateway's errors. A key that is not known
	// yet is looked for.
	Open(ctx context.Context, bound string, sealed []byte) ([]byte, gateway.BodyKeyID, error)
}

// UseBodyKeys tells what seals bodies that must be; without it they are not kept. It is
// called before the store is used.
func (s *Store) UseBodyKeys(keys BodyKeys) { s.bodyKeys = keys }

// sealRow seals a row that is packed; false = its key is not there any more.
func (s *Store) sealRow(r *bodyRow, id string, key gateway.BodyKeyID) (ok bool) {
	if s.bodyKeys == nil {
		return false
	}
	r.stored, ok = s.bodyKeys.Seal(nil, key, rowBound(id, r.part, r.encoding), r.stored)
	r.encoding += sealedBody
	return ok
}

// openRow opens a sealed row, or says why it cannot.
func (s *Store) openRow(ctx context.Context, all *gateway.Bodies, r *bodyRow, id string) (lost string) {
	if s.bodyKeys == nil {
		return gateway.BodiesLocked
	}
	var err error
	if r.stored, all.Key, err = s.bodyKeys.Open(ctx, rowBound(id, r.part, r.encoding-sealedBody), r.stored); err != nil {
		return gateway.LostFor(err)
	}
	return ""
}

// rowBound says where a sealed body belongs: it opens nowhere else.
func rowBound(id, part string, packed int64) string {
	return "body\x00" + id + "\x00" + part + "\x00" + strconv.FormatInt(packed, 10)
}
