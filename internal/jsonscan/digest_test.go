package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

var paths = []string{"id", "usage", "response.usage", "response.id", "choices.*.finish_reason", "error"}

func digestOf(doc []byte, cuts ...int) []byte {
	d := jsonscan.NewDigest(paths)
	last := 0
	for _, c := range cuts {
		d.Write(doc[last:c])
		last = c
	}
	d.Write(doc[last:])
	return d.JSON()
}

func TestDigestKeepsOnlyWhatIsAskedFor(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"members", `{"id":"x","big":"…","usage":{"a":[1,"}"]},"z":0}`, `{"id":"x","usage":{"a":[1,"}"]}}`},
		{"nested", `{"response":{"output":[{"id":1}],"id":"r","usage":{}}}`, `{"response":{"id":"r","usage":{}}}`},
		{"array", `{"choices":[{"delta":{}},{"finish_reason":"stop"},{"finish_reason":null}]}`, `{"choices":[{"finish_reason":"stop"},{"finish_reason":null}]}`},
		{"nothing", `{"a":1}`, `{}`},
		{"empty", ``, `{}`},
		{"wrong shape", `{"choices":{"finish_reason":"stop"},"response":[1],"id":7}`, `{"id":7}`},
		{"escaped name", `{"\u0069d":"x","us\"age":1}`, `{"id":"x"}`},
		{"cut in a value", `{"id":"x","usage":{"a":`, `{"id":"x"}`},
		{"cut elsewhere", `{"response":{"id":"r","output":[`, `{"response":{"id":"r"}}`},
		{"garbage", `{"id":"x"]`, `{"id":"x"}`},
		{"padded", "\n \n{\"id\":1}\n", `{"id":1}`},
		{"empty containers", `{"choices":[],"response":{},"id":1}`, `{"id":1}`},
		{"no JSON", `<html>`, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(digestOf([]byte(tt.doc))); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDigestHasNullForValuesThatAreTooLong(t *testing.T) {
	long := `"` + strings.Repeat("x", 20<<10) + `"`
	doc := []byte(`{"id":` + long + `,"response":{"id":` + long + `},"usage":{"n":1}}`)
	for _, cut := range []int{0, 1, 1000, 17000, len(doc)} {
		if got := string(digestOf(doc, cut)); got != `{"id":null,"response":{"id":null},"usage":{"n":1}}` {
			t.Errorf("cut at %d: %s", cut, got)
		}
	}
	many := []byte(`{"choices":[` + strings.Repeat(`{"finish_reason":"stop"},`, 100_000) + `{}]}`)
	if got := digestOf(many); len(got) > 80<<10 || !json.Valid(got) {
		t.Errorf("a digest of %d bytes, valid %v", len(got), json.Valid(got))
	}
}

func TestDigestIsTheSameForEverySplit(t *testing.T) {
	doc := []byte(`{"id":"a\\\"b\u00e9","x":"\\\\\"","usage":{"d":[{"e":"]"},-1.5e3,true]},"choices":[{"finish_reason":"st\"op","m":[["\\"]]},{"finish_reason":null}],"response":{"id":12,"usage":[ 1 , 2 ]}}`)
	whole := digestOf(doc)
	for i := range doc {
		if got := digestOf(doc, i); !bytes.Equal(got, whole) {
			t.Fatalf("cut at %d: %s, want %s", i, got, whole)
		}
	}
	single := jsonscan.NewDigest(paths)
	for i := range doc {
		single.Write(doc[i : i+1])
		if !json.Valid(single.JSON()) {
			t.Fatalf("after %d bytes: %s", i+1, single.JSON())
		}
	}
	if got := single.JSON(); !bytes.Equal(got, whole) {
		t.Errorf("byte by byte: %s, want %s", got, whole)
	}
	single.Reset()
	single.Write([]byte(`{"id":2}`))
	if got := string(single.JSON()); got != `{"id":2}` {
		t.Errorf("after Reset: %s", got)
	}
}

func TestDigestAgreesWithADecodedProjection(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		v := randomValue(r, 5)
		doc, _ := json.Marshal(map[string]any{"response": v, "id": randomValue(r, 3), "choices": randomValue(r, 4), "x": v})
		a, b := r.IntN(len(doc)), r.IntN(len(doc))
		var in, got any
		if err := json.Unmarshal(digestOf(doc, min(a, b), max(a, b)), &got); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(doc, &in)
		want := map[string]any{}
		for _, p := range paths {
			if v := project(in, strings.Split(p, ".")); v != nil {
				merge(want, v.(map[string]any))
			}
		}
		if !reflect.DeepEqual(got, any(want)) {
			t.Fatalf("%s\n got %v\nwant %v", doc, got, want)
		}
	}
}

func randomValue(r *rand.Rand, depth int) any {
	names := []string{"id", "usage", "finish_reason", "q\"", "\\"}
	switch n := r.IntN(8); {
	case n < 3 && depth > 0:
		m := map[string]any{}
		for range r.IntN(4) {
			m[names[r.IntN(len(names))]] = randomValue(r, depth-1)
		}
		return m
	case n < 5 && depth > 0:
		a := []any{}
		for range r.IntN(4) {
			a = append(a, randomValue(r, depth-1))
		}
		return a
	case n < 7:
		return names[r.IntN(len(names))]
	}
	return r.IntN(100)
}

// project gives the part of v that a path names, nil when nothing is there.
func project(v any, path []string) any {
	if len(path) == 0 {
		return v
	}
	if a, ok := v.([]any); ok && path[0] == "*" {
		var out []any
		for _, e := range a {
			if p := project(e, path[1:]); p != nil {
				out = append(out, p)
			}
		}
		if out == nil {
			return nil
		}
		return out
	}
	m, ok := v.(map[string]any)
	if !ok || m[path[0]] == nil {
		return nil
	}
	if p := project(m[path[0]], path[1:]); p != nil {
		return map[string]any{path[0]: p}
	}
	return nil
}

func merge(dst, src map[string]any) {
	for k, v := range src {
		d, ok := dst[k].(map[string]any)
		s, also := v.(map[string]any)
		if ok && also {
			merge(d, s)
			continue
		}
		dst[k] = v
	}
}

func FuzzDigestSplits(f *testing.F) {
	f.Add([]byte(`{"id":"a\\\"b","choices":[{"finish_reason":"x"}]}`), uint(7))
	f.Add([]byte(`{"usage":{"a":[1,2,{"b":"\""}]}}`), uint(11))
	f.Fuzz(func(t *testing.T, doc []byte, cut uint) {
		whole := digestOf(doc)
		if got := digestOf(doc, int(cut%uint(len(doc)+1))); !bytes.Equal(got, whole) {
			t.Fatalf("%q cut at %d: %s, want %s", doc, cut, got, whole)
		}
		if json.Valid(doc) && !json.Valid(whole) {
			t.Fatalf("%q: %s", doc, whole)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	doc := []byte(`{"id":"x","data":[{"b64_json":"` + strings.Repeat("QUJD", 256<<10) + `"}],"usage":{"n":1}}`)
	d := jsonscan.NewDigest(paths)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		for p := doc; len(p) > 0; p = p[min(32<<10, len(p)):] {
			d.Write(p[:min(32<<10, len(p))])
		}
	}
}
