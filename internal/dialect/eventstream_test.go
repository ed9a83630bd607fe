package dialect_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/sluice-gateway/sluice/internal/dialect"
)

// reference encodes messages as the vendor's own SDK does.
func reference(t testing.TB, messages ...eventstream.Message) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, m := range messages {
		if err := eventstream.NewEncoder().Encode(&out, m); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func message(payload string, headers ...string) eventstream.Message {
	m := eventstream.Message{Payload: []byte(payload)}
	for i := 0; i+1 < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	return m
}

// framed feeds pieces of a size and tells the events as lines "name data"; comments and
// pieces of large events are told by a word.
func framed(t testing.TB, stream []byte, size int, digest ...string) []string {
	t.Helper()
	f := dialect.NewEventStream(digest)
	var lines []string
	var raw []byte
	take := func(e *dialect.Event) {
		raw = append(raw, e.Raw...)
		switch {
		case e.Partial:
			if len(lines) == 0 || lines[len(lines)-1] != "piece" {
				lines = append(lines, "piece")
			}
		case e.Comment:
			if len(lines) == 0 || lines[len(lines)-1] != "comment" {
				lines = append(lines, "comment")
			}
		default:
			lines = append(lines, string(e.Name)+" "+string(e.Data))
		}
	}
	for p := range slices.Chunk(stream, size) {
		p = slices.Clone(p)
		f.Feed(p, take)
		clear(p)
	}
	f.Close(take)
	if !bytes.Equal(raw, stream) {
		t.Errorf("in pieces of %d: %d bytes came out of %d", size, len(raw), len(stream))
	}
	return lines
}

func TestAnEventStreamIsFramedHoweverItIsCut(t *testing.T) {
	odd := message(`{"a":1}`, ":event-type", "metadata")
	odd.Headers.Set("flag", eventstream.BoolValue(true))
	odd.Headers.Set("off", eventstream.BoolValue(false))
	odd.Headers.Set("byte", eventstream.Int8Value(-1))
	odd.Headers.Set("short", eventstream.Int16Value(2))
	odd.Headers.Set("int", eventstream.Int32Value(3))
	odd.Headers.Set("long", eventstream.Int64Value(4))
	odd.Headers.Set("bytes", eventstream.BytesValue([]byte{0, 1}))
	odd.Headers.Set("time", eventstream.TimestampValue(time.UnixMilli(5)))
	odd.Headers.Set("uuid", eventstream.UUIDValue{})
	stream := reference(t,
		message(`{"role":"assistant"}`, ":event-type", "messageStart", ":content-type", "application/json", ":message-type", "event"),
		odd, message(""), message("", ":event-type", "empty"),
		message(`{"message":"slow down"}`, ":exception-type", "throttlingException", ":message-type", "exception"),
		message("", ":message-type", "error", ":error-code", "500", ":error-message", `it "broke"`),
	)
	want := []string{
		`messageStart {"role":"assistant"}`, `metadata {"a":1}`, ` `, `empty `, `throttlingException {"message":"slow down"}`,
		`error {"code":"500","message":"it \"broke\""}`,
	}
	for _, size := range []int{1, 2, 3, 7, 11, 12, 13, 64, len(stream)} {
		if got := framed(t, stream, size); !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
}

func TestAMessageTooLargeToHoldIsPassedOnInPiecesWithADigest(t *testing.T) {
	payload := `{"message":"m","pad":"` + strings.Repeat("x", dialect.MaxEvent) + `","usage":{"n":7}}`
	stream := reference(t, message(payload, ":event-type", "metadata", ":message-type", "event"), message(`{}`, ":event-type", "next"))
	want := []string{"piece", `metadata {"message":"m","usage":{"n":7}}`, "next {}"}
	for _, size := range []int{1, 4096, 100_000} {
		if got := framed(t, stream, size, "message", "usage"); !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: %.200q", size, got)
		}
	}
	if got := framed(t, stream, len(stream)); !slices.Equal(got, []string{"metadata " + payload, "next {}"}) {
		t.Errorf("though it was there at once: %.200q", got)
	}
	stream[len(stream)/2] ^= 1
	got := framed(t, stream, 4096, "usage")
	if len(got) < 2 || !strings.HasPrefix(got[1], "error ") || !strings.Contains(got[1], "checksum") || slices.Contains(got, "next {}") {
		t.Errorf("with a wrong bit: %.200q", got)
	}
}

func TestAWrongBitAnywhereIsAnErrorAndTheEndOfTheStream(t *testing.T) {
	one := reference(t, message(`{"a":1}`, ":event-type", "first", ":message-type", "event"))
	good := slices.Concat(one, one, one)
	for i := range 2 * len(one) {
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		for _, size := range []int{1, 5, len(bad)} {
			got := framed(t, bad, size)
			at := i / len(one)
			if len(got) <= at || !strings.HasPrefix(got[at], "error ") || !strings.Contains(got[at], "damaged") {
				t.Fatalf("byte %d, pieces of %d: %q", i, size, got)
			}
			if rest := slices.DeleteFunc(got[at+1:], func(s string) bool { return s == "comment" }); len(rest) > 0 {
				t.Fatalf("byte %d, pieces of %d: after the error came %q", i, size, rest)
			}
		}
	}
}

func TestAMessageThatIsCutOffIsNoEvent(t *testing.T) {
	one := reference(t, message(`{"a":1}`, ":event-type", "first"))
	for n := range len(one) {
		got := framed(t, slices.Concat(one, one[:n]), 9)
		if want := []string{`first {"a":1}`, "comment"}[:min(n, 1)+1]; !slices.Equal(got, want) {
			t.Fatalf("cut after %d bytes: %q", n, got)
		}
	}
}

func TestAnImpossibleLengthIsAnError(t *testing.T) {
	for _, head := range []string{"\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x10\x00\x00\x00\x01", "\x7f\xff\xff\xff\x00\x00\x00\x00", "\x00\x40\x00\x00\x00\x30\x00\x00"} {
		stream := append([]byte(head), crc(head)...)
		stream = append(stream, "and more"...)
		got := framed(t, stream, 3)
		if len(got) == 0 || !strings.Contains(got[0], "impossible") {
			t.Errorf("%x: %q", head, got)
		}
	}
}

func TestMalformedHeadersAreAnError(t *testing.T) {
	for _, headers := range []string{"\x05abc", "\x01a", "\x01a\x07\x00", "\x01a\x07\x00\x09b", "\x01a\x63", "\x01a\x09xx"} {
		body := []byte{0, 0, 0, byte(16 + len(headers)), 0, 0, 0, byte(len(headers))}
		body = append(body, crc(string(body))...)
		body = append(body, headers...)
		body = append(body, crc(string(body))...)
		if got := framed(t, body, 4); len(got) != 1 || !strings.Contains(got[0], "headers") {
			t.Errorf("%q: %q", headers, got)
		}
	}
}

func crc(s string) []byte {
	var e [4]byte
	n := checksum([]byte(s))
	e[0], e[1], e[2], e[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	return e[:]
}

// checksum is CRC-32 bit by bit (ISO 3309), so that the test shares no code.
func checksum(b []byte) uint32 {
	n := ^uint32(0)
	for _, c := range b {
		n ^= uint32(c)
		for range 8 {
			n = n>>1 ^ 0xEDB88320&-(n&1)
		}
	}
	return ^n
}

var startHeaders = []dialect.EventHeader{{Name: ":event-type", Value: "messageStart"}, {Name: ":content-type", Value: "application/json"}, {Name: ":message-type", Value: "event"}}

func TestAppendedMessagesAreWhatTheVendorsSDKReadsAndWrites(t *testing.T) {
	var out []byte
	for n := range 300 {
		payload := strings.Repeat("p", n)
		before := len(out)
		out = dialect.AppendEventStream(out, startHeaders[:n%4], []byte(payload))
		m := eventstream.Message{Payload: []byte(payload)}
		for _, h := range startHeaders[:n%4] {
			m.Headers = append(m.Headers, eventstream.Header{Name: h.Name, Value: eventstream.StringValue(h.Value)})
		}
		if !bytes.Equal(out[before:], reference(t, m)) {
			t.Fatalf("%d bytes of payload: %x", n, out[before:])
		}
	}
	r := bytes.NewReader(out)
	for n := range 300 {
		m, err := eventstream.NewDecoder().Decode(r, nil)
		if err != nil || len(m.Payload) != n || len(m.Headers) != n%4 {
			t.Fatalf("message %d: %v, %d bytes, %d headers", n, err, len(m.Payload), len(m.Headers))
		}
	}
}

func TestFramingAnEventStreamAllocatesNothing(t *testing.T) {
	stream := dialect.AppendEventStream(nil, startHeaders, []byte(`{"contentBlockIndex":0,"delta":{"text":"hello"},"p":"abcdef"}`))
	f := dialect.NewEventStream(nil)
	seen := 0
	count := func(*dialect.Event) { seen++ }
	var out []byte
	if n := testing.AllocsPerRun(100, func() {
		f.Feed(stream, count)
		f.Feed(stream[:50], count)
		f.Feed(stream[50:], count)
		out = dialect.AppendEventStream(out[:0], startHeaders, stream[:100])
	}); n > 0 || seen == 0 {
		t.Errorf("%v allocations for two events", n)
	}
}

func FuzzEventStream(f *testing.F) {
	f.Add(reference(f, message(`{"a":1}`, ":event-type", "x"), message(`{}`, ":exception-type", "y")), uint8(3))
	f.Add([]byte("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		got := framed(t, stream, int(size)+1)
		r := bytes.NewReader(stream)
		for i, line := range got { // what is an event to us is one to the vendor's SDK
			if line == "comment" || strings.HasPrefix(line, "error ") {
				return
			}
			m, err := eventstream.NewDecoder().Decode(r, nil)
			if err != nil || !strings.HasSuffix(line, " "+string(m.Payload)) {
				t.Fatalf("event %d %q: %v %q", i, line, err, m.Payload)
			}
		}
	})
}

func BenchmarkEventStream(b *testing.B) {
	stream := dialect.AppendEventStream(nil, startHeaders, []byte(`{"contentBlockIndex":0,"delta":{"text":"hello"},"p":"abcdefghijklmnopqrstuvwxyz"}`))
	b.Run("frame", func(b *testing.B) {
		f := dialect.NewEventStream(nil)
		n := 0
		take := func(e *dialect.Event) { n += len(e.Data) }
		b.SetBytes(int64(len(stream)))
		b.ReportAllocs()
		for b.Loop() {
			f.Feed(stream, take)
		}
	})
	b.Run("append", func(b *testing.B) {
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			out = dialect.AppendEventStream(out[:0], startHeaders, stream[90:])
		}
	})
}
