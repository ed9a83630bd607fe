package jsonscan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

func TestReaderEntersOnlyWhatItIsAskedTo(t *testing.T) {
	var got []string
	r := jsonscan.NewReader([]byte(` {"a":{"b":[1,{"c":"x"},[2]],"d":[3]},"e":7 , "f":{} }`))
	ok := r.Object(func(key []byte) {
		if string(key) != "a" {
			got = append(got, string(key)+"="+string(r.Raw()))
			return
		}
		r.Object(func(key []byte) {
			if string(key) == "b" {
				r.Array(func() {
					if !r.Object(func(key []byte) { got = append(got, string(key)) }) {
						got = append(got, string(r.Raw()))
					}
				})
			}
		})
	})
	if want := `1|c|[2]|e=7|f={}`; !ok || strings.Join(got, "|") != want {
		t.Errorf("got %v (%v), want %s", got, ok, want)
	}
}

func TestReaderStopsAtMalformedText(t *testing.T) {
	for _, doc := range []string{`{"a":[1,}`, `{"a":[1`, `{"a":{"b"`, `{"a":[1]`, `{"a" 1}`} {
		r := jsonscan.NewReader([]byte(doc))
		ok := r.Object(func([]byte) { r.Array(func() {}) })
		if ok || r.Err() == nil || r.Raw() != nil {
			t.Errorf("%s passed", doc)
		}
	}
	r := jsonscan.NewReader([]byte("7"))
	if r.Object(func([]byte) {}) || r.Array(func() {}) || string(r.Raw()) != "7" || fmt.Sprint(r.Err()) != "<nil>" {
		t.Error("a number was entered")
	}
}
