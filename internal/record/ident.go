package record

import (
	"cmp"
	"encoding/binary"
	"fmt"
)

// ident is an entry's id in 16 bytes: a UUID as it stands, so that order of idents is
// order of ids; any other text as a hash with hi 0.
type ident struct{ hi, lo uint64 }

func identOf[T string | []byte](id T) ident {
	var u [16]byte
	if parseUUID(id, &u) {
		return ident{binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])}
	}
	h := uint64(14695981039346656037) // FNV-1a
	for i := range min(len(id), maxIdent) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return ident{0, h}
}

// String gives the UUID.
func (a ident) String() string {
	h := fmt.Sprintf("%016x%016x", a.hi, a.lo)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// maxIdent is how many bytes of an id that is no UUID count.
const maxIdent = 200

// compare orders by id; ids that are no UUID have no order among themselves.
func (a ident) compare(b ident) int {
	if c := cmp.Compare(a.hi, b.hi); c != 0 || a.hi == 0 {
		return c
	}
	return cmp.Compare(a.lo, b.lo)
}

func parseUUID[T string | []byte](s T, out *[16]byte) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	n := 0
	for i := 0; i < 36; i += 2 {
		if s[i] == '-' {
			i++
		}
		high, low := hexValue[s[i]], hexValue[s[i+1]]
		if high|low > 15 {
			return false
		}
		out[n] = high<<4 | low
		n++
	}
	return true
}

// hexValue is what a hexadecimal digit stands for, 255 for any other byte.
var hexValue = func() (t [256]byte) {
	for c := range t {
		t[c] = 255
	}
	for i, c := range "0123456789abcdef" {
		t[c] = byte(i)
	}
	for i, c := range "ABCDEF" {
		t[c] = byte(10 + i)
	}
	return t
}()
