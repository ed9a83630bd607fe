package dialect_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestFloatsSurviveTheWayToBase64AndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		bits := r.Uint32()
		f := math.Float32frombits(bits)
		if f != f || math.IsInf(float64(f), 0) {
			continue
		}
		text, err := json.Marshal([]float32{f})
		if err != nil {
			t.Fatal(err)
		}
		packed, err := dialect.AppendVectorBase64(nil, &llm.Vector{Numbers: text})
		if err != nil {
			t.Fatal(err)
		}
		back, err := dialect.AppendVectorNumbers(nil, &llm.Vector{Base64: packed})
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		if err := json.Unmarshal(back, &got); err != nil || len(got) != 1 || math.Float32bits(got[0]) != math.Float32bits(f) && f != 0 {
			t.Fatalf("%v became %s by way of %s", f, back, packed)
		}
	}
}

func TestVectorsAreWrittenAsEachKindIs(t *testing.T) {
	for _, tt := range []struct{ name, kind, base64, numbers string }{
		{"floats", "float", "AAAAPwAAAMA=", "[0.5,-2]"},
		{"floats without padding", "", "AAAAPwAAAMA", "[0.5,-2]"},
		{"what is no number", "float", "AADAfw==", "[0]"},
		{"bytes with a sign", "int8", "Af6A", "[1,-2,-128]"},
		{"packed bits with a sign", "binary", "/wA=", "[-1,0]"},
		{"bytes", "uint8", "Af6A", "[1,254,128]"},
		{"none", "float", "", "[]"},
	} {
		got, err := dialect.AppendVectorNumbers(nil, &llm.Vector{Kind: tt.kind, Base64: []byte(tt.base64)})
		if err != nil || string(got) != tt.numbers {
			t.Errorf("%s: %s, %v", tt.name, got, err)
		}
	}
	if got, err := dialect.AppendVectorNumbers(nil, &llm.Vector{Numbers: llm.Raw("[\n 1.50 ,\t-2e-3\n]")}); err != nil || string(got) != "[1.50,-2e-3]" {
		t.Errorf("numbers are not copied without their white space: %s, %v", got, err)
	}
	if got, err := dialect.AppendVectorBase64(nil, &llm.Vector{Kind: "ubinary", Numbers: llm.Raw("[255,0]")}); err != nil || string(got) != "/wA=" {
		t.Errorf("bytes become %s, %v", got, err)
	}
	for _, v := range []llm.Vector{{Base64: []byte("A")}, {Base64: []byte("AAA=")}, {Base64: []byte("!!!!")}} {
		if got, err := dialect.AppendVectorNumbers(nil, &v); err == nil {
			t.Errorf("%s is no vector, and became %s", v.Base64, got)
		}
	}
	if _, err := dialect.AppendVectorBase64(nil, &llm.Vector{Numbers: llm.Raw(`["a"]`)}); err == nil {
		t.Error("a text is no number")
	}
	for _, raw := range []string{"", "7", "null", `{"a":1}`} {
		if _, err := dialect.ReadVector(0, "float", llm.Raw(raw)); err == nil {
			t.Errorf("%q was read as a vector", raw)
		}
	}
	if v, err := dialect.ReadVector(3, "float", llm.Raw(`"AA\/="`)); err != nil || string(v.Base64) != "AA/=" || v.Index != 3 {
		t.Errorf("an escaped slash: %+v, %v", v, err)
	}
}

func TestTheNearestAspectRatioIsChosen(t *testing.T) {
	ratios := []string{"1:1", "2:3", "3:2", "9:16", "16:9"}
	for size, want := range map[string]string{"1024x1024": "1:1", "1536x1024": "3:2", "1024x1536": "2:3", "1792x1024": "16:9", "1000x1900": "9:16", "auto": "", "x": "", "0x5": ""} {
		task := &llm.Task{}
		task.Ask(llm.ParamSize, "size", llm.Raw(`"`+size+`"`))
		if got := dialect.Aspect(task, ratios...); got != want {
			t.Errorf("%s is %q, want %q", size, got, want)
		}
	}
}

func BenchmarkVectorNumbers(b *testing.B) {
	packed, _ := dialect.AppendVectorBase64(nil, &llm.Vector{Numbers: thousand()})
	v := &llm.Vector{Base64: packed}
	out := make([]byte, 0, 64<<10)
	for b.Loop() {
		out, _ = dialect.AppendVectorNumbers(out[:0], v)
	}
}

func BenchmarkVectorBase64(b *testing.B) {
	v := &llm.Vector{Numbers: thousand()}
	out := make([]byte, 0, 64<<10)
	for b.Loop() {
		out, _ = dialect.AppendVectorBase64(out[:0], v)
	}
}

// thousand is an embedding of 1024 numbers.
func thousand() llm.Raw {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]float32, 1024)
	for i := range list {
		list[i] = r.Float32() - 0.5
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return text
}
