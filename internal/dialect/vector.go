package dialect

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// AppendVectorNumbers appends an embedding as a JSON array of numbers. Floats are
// written so that reading them gives the same 32 bits.
func AppendVectorNumbers(dst []byte, v *llm.Vector) ([]byte, error) {
	if len(v.Numbers) > 0 {
		return appendDense(dst, v.Numbers), nil
	}
	raw, err := decodedVector(v.Base64)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '[')
	switch v.Kind {
	case "", llm.KindFloat:
		if len(raw)%4 != 0 {
			return dst, Unreadable("an embedding has no whole number of floats")
		}
		for i := 0; i < len(raw); i += 4 {
			dst = appendFloat32(dst, math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
		}
	case "int8", "binary":
		for _, b := range raw {
			dst = strconv.AppendInt(dst, int64(int8(b)), 10)
			dst = append(dst, ',')
		}
	default: // uint8, ubinary
		for _, b := range raw {
			dst = strconv.AppendUint(dst, uint64(b), 10)
			dst = append(dst, ',')
		}
	}
	if dst[len(dst)-1] == ',' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ']'), nil
}

// appendFloat32 writes a number and a comma. What is no number in JSON becomes 0.
func appendFloat32(dst []byte, f float32) []byte {
	if f != f || f > math.MaxFloat32 || f < -math.MaxFloat32 {
		f = 0
	}
	return append(strconv.AppendFloat(dst, float64(f), 'g', -1, 32), ',')
}

// appendDense appends an array of numbers without the white space in it.
func appendDense(dst []byte, numbers llm.Raw) []byte {
	for _, c := range numbers {
		if c > ' ' {
			dst = append(dst, c)
		}
	}
	return dst
}

// AppendVectorBase64 appends an embedding as base64 without quotes; see llm.VectorForm.
func AppendVectorBase64(dst []byte, v *llm.Vector) ([]byte, error) {
	if len(v.Base64) > 0 {
		return append(dst, v.Base64...), nil
	}
	raw, ok := packed(make([]byte, 0, len(v.Numbers)/2+8), v)
	if !ok {
		return dst, Unreadable("an embedding is no array of numbers")
	}
	return base64.StdEncoding.AppendEncode(dst, raw), nil
}

// packed appends the bytes of an array of numbers.
func packed(raw []byte, v *llm.Vector) ([]byte, bool) {
	floats := v.Kind == "" || v.Kind == llm.KindFloat
	list := bytes.TrimSpace(v.Numbers)
	if len(list) < 2 || list[0] != '[' || list[len(list)-1] != ']' {
		return raw, false
	}
	list = bytes.TrimSpace(list[1 : len(list)-1])
	for len(list) > 0 {
		n := bytes.IndexByte(list, ',')
		number := list
		if n >= 0 {
			number, list = list[:n], list[n+1:]
		} else {
			list = nil
		}
		f, err := strconv.ParseFloat(string(bytes.TrimSpace(number)), 64)
		switch {
		case err != nil:
			return raw, false
		case floats:
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(f)))
		default:
			raw = append(raw, byte(int64(f)))
		}
	}
	return raw, true
}

// decodedVector reads base64 with or without its padding.
func decodedVector(text []byte) ([]byte, error) {
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return nil, Unreadable("an embedding is no base64")
	}
	return raw, nil
}

// ReadVector takes an embedding as it stands in an answer: an array of numbers, or
// base64 of their bytes.
func ReadVector(index int, kind string, raw llm.Raw) (llm.Vector, error) {
	v := llm.Vector{Index: index, Kind: kind}
	switch text, plain := jsonscan.Plain(raw); {
	case len(raw) > 0 && raw[0] == '[':
		v.Numbers = raw
	case plain:
		v.Base64 = text
	case len(raw) > 1 && raw[0] == '"': // slashes may be escaped
		s, _ := jsonscan.String(raw)
		v.Base64 = []byte(s)
	default:
		return v, Unreadable("an embedding is neither an array nor base64")
	}
	return v, nil
}
