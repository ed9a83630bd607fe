package openairesponses

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// own is the dialect's name in requests and in envelopes of reasoning state.
const own = string(dialect.Responses)

// encrypted is the kind of this dialect's reasoning state; signed is that of a
// signature on a tool call, which has no field here and stands in a reasoning item of
// its own.
const (
	encrypted = "encrypted"
	signed    = "thought_signature"
)

// codec implements dialect.Codec.
type codec struct{}

// wrong says that a member is not what it must be.
func wrong(path, want string) error {
	return fault.New(fault.InvalidRequest, "'"+path+"' must be "+want+".").Field(path)
}

// malformed says that the body is no JSON object, or that a part of it is broken.
func malformed(err error) error {
	return fault.Newf(fault.InvalidRequest, "The request body is not valid: %v.", err).With(err)
}

func isNull(v []byte) bool   { return len(v) == 0 || jsonscan.IsNull(v) }
func isString(v []byte) bool { return len(v) > 1 && v[0] == '"' }
func isArray(v []byte) bool  { return len(v) > 1 && v[0] == '[' }
func isObject(v []byte) bool { return len(v) > 1 && v[0] == '{' }

// word gives what stands between a plain string's quotes; "" when it has escapes or is
// no string. It is for words of the protocol, which have none.
func word(v []byte) string {
	text, _ := jsonscan.Plain(v)
	return string(text)
}

// bare is word without a copy, for comparisons.
func bare(v []byte) []byte {
	text, ok := jsonscan.Plain(v)
	if !ok {
		return nil
	}
	return text
}

func text(v []byte) string {
	s, _ := jsonscan.String(v)
	return s
}
