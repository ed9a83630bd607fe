package gateway

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// SpanID is the id of a span, 0 = none. In JSON it is 16 hexadecimal digits, "" for none.
type SpanID uint64

func (s SpanID) append(b []byte) []byte {
	if s == 0 {
		return b
	}
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], uint64(s))
	return hex.AppendEncode(b, raw[:])
}

// UnmarshalJSON reads what an entry has.
func (s *SpanID) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil || text == "" {
		*s = 0
		return err
	}
	id, err := strconv.ParseUint(text, 16, 64)
	*s = SpanID(id)
	return err
}
