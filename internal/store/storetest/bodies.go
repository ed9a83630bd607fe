package storetest

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return b
}

func testBodies(t *testing.T, fresh func(testing.TB) string) {
	s := Open(t, fresh(t))
	text := func(b string) *gateway.Body {
		return &gateway.Body{ContentType: "application/json", Bytes: []byte(b), Size: int64(len(b))}
	}
	cases := map[string]*gateway.Bodies{
		"small": {Request: *text(`{"a":1}`), Answer: *text(`{"b":2}`)},
		"attempts": {Request: *text("r"), Answer: *text("a"), Attempts: []gateway.Sent{
			{Attempt: 0, Request: text("r0"), Answer: text("a0")}, {Attempt: 2, Answer: text("a2"), DumpNote: "request spilled"}, {Attempt: 11, DumpNote: "too large"}}},
		"binary with NUL": {Request: gateway.Body{ContentType: "audio/wav", Bytes: []byte("\x00\xff\xfe\x00"), Size: 4}},
		"at the border":   {Request: gateway.Body{Bytes: bytes.Repeat([]byte("a"), 1024)}, Answer: gateway.Body{Bytes: bytes.Repeat([]byte("a"), 1025)}},
		"random":          {Answer: gateway.Body{Bytes: random(100_000), Size: 900_000, Truncated: true}},
		"huge":            {Request: gateway.Body{Bytes: bytes.Repeat([]byte(`{"role":"user"},`), 1<<20), Size: 16 << 20}, Answer: gateway.Body{Bytes: random(4 << 20)}},
		"only a size":     {Answer: gateway.Body{Size: 77, Truncated: true}},
	}
	n := 0
	for name, bodies := range cases {
		n++
		e := Entry(n)
		e.Bodies = bodies
		t.Run(name, func(t *testing.T) {
			put(t, s, e)
			put(t, s, e)
			if diff := cmp.Diff(bodies, need(s.Entry(t.Context(), e.ID))(t).Bodies, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Error(diff[:min(len(diff), 2000)])
			}
		})
	}
}
