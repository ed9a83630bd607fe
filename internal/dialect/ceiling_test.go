package dialect_test

import (
	"strings"
	"testing"
	"unsafe"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

func TestWhereARequestBoundsItsAnswer(t *testing.T) {
	c := &dialect.Ceiling{Read: []string{"new", "old", "config.most"}, Write: "config.most", Times: "n"}
	for _, tt := range []struct {
		body   string
		most   int64
		stated bool
		times  int64
		placed string
	}{
		{`{}`, 0, false, 1, `{"config":{"most":7}}`},
		{`{"a":1}`, 0, false, 1, `{"config":{"most":7},"a":1}`},
		{`{"old":5,"n":3}`, 5, true, 3, `{"old":7,"n":3}`},
		{`{"old":5,"new":4}`, 4, true, 1, `{"old":5,"new":7}`},
		{`{"config":{"most":9,"x":1}}`, 9, true, 1, `{"config":{"most":7,"x":1}}`},
		{`{ "config" : {"x":1}}`, 0, false, 1, `{ "config" : {"most":7,"x":1}}`},
		{`{"config":{}}`, 0, false, 1, `{"config":{"most":7}}`},
		{`{"config":null,"n":0,"new":"x"}`, 0, false, 1, `{"config":{"most":7},"n":0,"new":"x"}`},
	} {
		most, at, times := c.Stated([]byte(tt.body))
		if most != tt.most || (at != nil) != tt.stated || times != tt.times {
			t.Errorf("%s: %d, %s, %d", tt.body, most, at, times)
		}
		if got := put(c, tt.body); got != tt.placed {
			t.Errorf("%s: became %s, want %s", tt.body, got, tt.placed)
		}
	}
}

func put(c *dialect.Ceiling, body string) string {
	b := []byte(body)
	at, whole, more, before, after := c.Place(b, false)
	start := int(uintptr(unsafe.Pointer(&at[0])) - uintptr(unsafe.Pointer(&b[0])))
	text := before + "7" + after
	if whole {
		return body[:start] + text + body[start+len(at):]
	}
	if more {
		text += ","
	}
	start += strings.IndexByte(string(at), '{') + 1
	return body[:start] + text + body[start:]
}
