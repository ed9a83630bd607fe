package cachekey_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestWhatReadersCouldReadDifferentlyHasNoKey(t *testing.T) {
	p := policy(t, gateway.Cache{Exclude: []string{"user"}})
	for _, text := range []string{
		`{"a":1,"a":1}`, `{"a":1,"b":2,"a":3}`, `{"a":1,"\u0061":2}`, `{"m":[{"r":1,"c":2,"r":3}]}`, `{"b":1,"a":2,"a":3}`,
		`{"` + strings.Repeat("k", 2000) + `":1,"` + strings.Repeat("k", 2000) + `":2}`,
		`{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `[1,]`, `[1 2]`, `{a:1}`, `{"a":1}}`, `{"a":1} x`, `{'a':1}`, `{"user":{"x":}}`,
		`{"a":tru}`, `{"a":nul}`, `{"a":truex}`, `{"a":NaN}`, `{"a":Infinity}`, `{"a":+1}`, `{"a":01}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":-}`, `{"a":1.5.5}`, `{"a":0x1}`, `{"a":--1}`, `{"a":1e1e1}`,
		`{"a":1e9999999999}`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\u12g4"}`, "{\"a\":\"\n\"}", "{\"a\":\"" + strings.Repeat("x", 3000) + "\x01\"}", `{"a":"\`, `"`, "\uFEFF{}",
		strings.Repeat("[", 600) + strings.Repeat("]", 600), strings.Repeat(`{"a":`, 600) + "1" + strings.Repeat("}", 600), strings.Repeat("[", 100_000),
	} {
		if k, err := p.Key(&cachekey.Request{Kind: cachekey.JSON, Body: []byte(text)}); err == nil {
			t.Errorf("%.80q has the key %v", text, k)
		} else if k != (cache.Key{}) {
			t.Errorf("%.80q: a key beside the error", text)
		}
		if p.Loose(&cachekey.Request{Kind: cachekey.JSON, Body: []byte(text)}) != (cache.Key{}) {
			t.Errorf("%.80q has a loose key", text)
		}
	}
	keyOf(t, p, strings.Repeat("[", 500)+strings.Repeat("]", 500))
}

func TestAPolicyThatCannotBeIsAnError(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   gateway.Cache
		want string
	}{
		{"empty", gateway.Cache{Exclude: []string{""}}, `""`},
		{"empty name", gateway.Cache{Exclude: []string{"user", "metadata..trace"}}, "metadata..trace"},
		{"ends in a point", gateway.Cache{Exclude: []string{"metadata."}}, "metadata."},
		{"white space", gateway.Cache{Exclude: []string{"metadata. trace"}}, "metadata. trace"},
		{"everything", gateway.Cache{Exclude: []string{"*"}}, `"*"`},
		{"everything's", gateway.Cache{Exclude: []string{"*.a"}}, `"*.a"`},
		{"word", gateway.Cache{Normalize: []string{"whitespace", "unicode"}}, "unicode"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := cachekey.Compile(&tt.of); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error %v does not name %s", err, tt.want)
			}
		})
	}
	if _, err := cachekey.Compile(nil); err != nil {
		t.Errorf("no words: %v", err)
	}
}
