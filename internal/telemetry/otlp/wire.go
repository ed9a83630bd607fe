package otlp

import (
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// wire is a message of protobuf, written as it goes over the network: a span has dozens of
// attributes, and a struct for each is most of the work of making one.
// https://protobuf.dev/programming-guides/encoding/
type wire []byte

// usual is how many bytes the length of a message takes that is neither tiny nor huge.
const usual = 2

// begin begins a message within this one; end ends it, and is told what begin gave.
func (w *wire) begin(field protowire.Number) (start int) {
	*w = append(protowire.AppendTag(*w, field, protowire.BytesType), make([]byte, usual)...)
	return len(*w)
}

func (w *wire) end(start int) {
	size := len(*w) - start
	if more := protowire.SizeVarint(uint64(size)) - usual; more != 0 {
		*w = append(*w, make([]byte, max(more, 0))...)
		copy((*w)[start+more:], (*w)[start:start+size])
		*w = (*w)[:start+more+size]
		start += more
	}
	protowire.AppendVarint((*w)[:start-protowire.SizeVarint(uint64(size))], uint64(size))
}

// text writes a text, unless it is empty. What is no UTF-8 would keep a whole batch from
// being read.
func (w *wire) text(field protowire.Number, v string) {
	if v != "" {
		*w = protowire.AppendString(protowire.AppendTag(*w, field, protowire.BytesType), utf8Of(v))
	}
}

// utf8Of gives a text in which nothing is not UTF-8; of most it is known at a glance.
func utf8Of(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// bytes writes bytes, unless there are none.
func (w *wire) bytes(field protowire.Number, v []byte) {
	if len(v) > 0 {
		*w = protowire.AppendBytes(protowire.AppendTag(*w, field, protowire.BytesType), v)
	}
}

// number writes a number of variable length, also 0.
func (w *wire) number(field protowire.Number, v uint64) {
	*w = protowire.AppendVarint(protowire.AppendTag(*w, field, protowire.VarintType), v)
}

// fixed64 writes a number of eight bytes, unless it is 0.
func (w *wire) fixed64(field protowire.Number, v uint64) {
	if v != 0 {
		*w = protowire.AppendFixed64(protowire.AppendTag(*w, field, protowire.Fixed64Type), v)
	}
}

// fixed32 writes a number of four bytes, unless it is 0.
func (w *wire) fixed32(field protowire.Number, v uint32) {
	if v != 0 {
		*w = protowire.AppendFixed32(protowire.AppendTag(*w, field, protowire.Fixed32Type), v)
	}
}

// Fields of the messages of an attribute.
// https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto
const (
	pairKey   = 1
	pairValue = 2

	valueText   = 1
	valueTruth  = 2
	valueWhole  = 3
	valueNumber = 4
	valueList   = 5

	listValues = 1

	// Tags and lengths up to oneByte take one byte.
	oneByte      = 1<<7 - 1
	tagPairKey   = pairKey<<3 | byte(protowire.BytesType)
	tagPairValue = pairValue<<3 | byte(protowire.BytesType)
	tagText      = valueText<<3 | byte(protowire.BytesType)
)

// attributes writes attributes into a message, in a field of it whose tag takes one byte.
type attributes struct {
	*wire
	field protowire.Number
}

// pair writes an attribute up to its value, which has a size that is known.
func (a attributes) pair(name string, size int) {
	b := protowire.AppendTag(*a.wire, a.field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(1+protowire.SizeBytes(len(name))+1+protowire.SizeBytes(size)))
	b = protowire.AppendString(protowire.AppendTag(b, pairKey, protowire.BytesType), name)
	*a.wire = protowire.AppendVarint(protowire.AppendTag(b, pairValue, protowire.BytesType), uint64(size))
}

func (a attributes) putText(name, v string) {
	v = utf8Of(v)
	if value := 2 + len(v); value+len(name)+4 <= oneByte { // as most are
		b := append(*a.wire, byte(protowire.EncodeTag(a.field, protowire.BytesType)), byte(4+len(name)+value), tagPairKey, byte(len(name)))
		b = append(append(b, name...), tagPairValue, byte(value), tagText, byte(len(v)))
		*a.wire = append(b, v...)
		return
	}
	a.pair(name, 1+protowire.SizeBytes(len(v)))
	*a.wire = protowire.AppendString(protowire.AppendTag(*a.wire, valueText, protowire.BytesType), v)
}

func (a attributes) putWhole(name string, v int64) {
	a.pair(name, 1+protowire.SizeVarint(uint64(v)))
	a.number(valueWhole, uint64(v))
}

func (a attributes) putTruth(name string, v bool) {
	a.pair(name, 2)
	a.number(valueTruth, protowire.EncodeBool(v))
}

func (a attributes) putNumber(name string, v float64) {
	a.pair(name, 9)
	*a.wire = protowire.AppendFixed64(protowire.AppendTag(*a.wire, valueNumber, protowire.Fixed64Type), math.Float64bits(v))
}

func (a attributes) putTexts(name string, all []string) {
	pair := a.begin(a.field)
	*a.wire = protowire.AppendString(protowire.AppendTag(*a.wire, pairKey, protowire.BytesType), name)
	value, list := a.begin(pairValue), a.begin(valueList)
	for _, v := range all {
		one := a.begin(listValues)
		*a.wire = protowire.AppendString(protowire.AppendTag(*a.wire, valueText, protowire.BytesType), utf8Of(v))
		a.end(one)
	}
	a.end(list)
	a.end(value)
	a.end(pair)
}
