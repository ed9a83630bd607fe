package redact_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/redact"
)

func all(t testing.TB) *redact.Redactor {
	t.Helper()
	r, err := redact.New(redact.Options{Rules: redact.RuleNames(), Patterns: map[string]string{"employee": `EMP-\d{6}`}, PhoneRegions: []string{"US"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// planted are values that must not be kept, by kind; none is anybody's.
var planted = map[string][]string{
	redact.Secret: {"ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx", "AKIA" + "QYLPMN5HHHFPZAM2", "xoxb-" + "730191371696-1413868247813-IG7Z6nYevC2hdviE3aJhb5kY"},
	redact.Email:  {"jane.doe+x@mail.example.co.uk", "jürgen@bücher.example", "a@b.io"},
	redact.Card:   {"4111111111111111", "5500 0000 0000 0004", "3782-822463-10005", "2223003122003222"},
	redact.Phone:  {"+49 30 901820", "+1 650-253-0000", "0044 20 7031 3000", "(650) 253-0000"},
	redact.IBAN:   {"DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "nl91abna0417164300"},
	redact.IP:     {"203.0.113.77", "2001:db8::8a2e:370:7334"},
	"employee":    {"EMP-123456"},
}

func eachPlanted(do func(kind, value string)) {
	kinds := make([]string, 0, len(planted))
	for kind := range planted {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		for _, value := range planted[kind] {
			do(kind, value)
		}
	}
}

func TestWhatIsPlantedInATextIsTakenOutAndCounted(t *testing.T) {
	r := all(t)
	eachPlanted(func(kind, value string) {
		for _, around := range [][2]string{{"", ""}, {"my value is ", ", is it not?"}, {"(", ")"}, {"token=\"", "\"\nnext line"}, {"über ", " 😀"}} {
			var n redact.Counts
			got := r.Text(around[0]+value+around[1], &n)
			if strings.Contains(got, value) || n[kind] != 1 || !strings.Contains(got, redact.Marker(kind)) {
				t.Errorf("%s %q in %q: %q, counted %v", kind, value, around, got, n)
			}
		}
	})
}

func TestWhatOnlyLooksLikeItStays(t *testing.T) {
	r, err := redact.New(redact.Options{Rules: redact.RuleNames()})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"4111111111111112", "order 1234567890123456", "DE89370400440532013001", "std::string a::b", "at 10:11:12 on 2026-11-22", "user@localhost", "a @ b.de",
		"version 1.2.3", "+12", "key: value", "total 3.1415926535897932", "127.0.0.1", "id 018f3a2b-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "password = changeme",
	} {
		var n redact.Counts
		if got := r.Text(text, &n); got != text || n != nil {
			t.Errorf("%q became %q, %v", text, got, n)
		}
	}
}

func TestJSONStaysValidWhateverStandsInIt(t *testing.T) {
	r := all(t)
	eachPlanted(func(kind, value string) {
		inner, _ := json.Marshal(map[string]string{"secret_key": "\n" + value, "other\t": "stays"})
		for _, doc := range []any{
			map[string]any{"messages": []any{map[string]any{"role": "user", "content": "line\nbreak \"" + value + "\" end"}}},
			map[string]any{"arguments": string(inner)},
			map[string]any{value: 1, "x": []string{value, "a", value}},
		} {
			text, _ := json.Marshal(doc)
			for _, body := range [][]byte{text, escapeAll(text)} {
				var n redact.Counts
				got := r.Body("application/json", body, false, &n)
				var back any
				if err := json.Unmarshal(got, &back); err != nil {
					t.Fatalf("%s in %s: %v: %s", value, body, err, got)
				}
				plain, _ := json.Marshal(back)
				if holds(plain, value) || n[kind] == 0 {
					t.Errorf("%q: %s (%v)", value, plain, n)
				}
			}
		}
	})
	for in, want := range map[string]string{
		`{"card": 4111111111111111, "n": 12}`: `{"card": "[redacted:card]", "n": 12}`,
		`{email: jane@example.com}`:           `{email: [redacted:email]}`,
		`{"a":"jane@exam`:                     `{"a":"jane@exam`,
	} {
		if got := r.Body("application/json", []byte(in), false, new(redact.Counts)); string(got) != want {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func holds(text []byte, value string) bool {
	quoted, _ := json.Marshal(value)
	return bytes.Contains(text, []byte(value)) || bytes.Contains(text, quoted[1:len(quoted)-1])
}

// escapeAll writes every letter in strings as \u.
func escapeAll(doc []byte) []byte {
	var out bytes.Buffer
	quoted := false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case c == '\\':
			out.Write(doc[i : i+2])
			i++
		case c == '"':
			quoted = !quoted
			out.WriteByte(c)
		case quoted && c < 0x80 && i%3 == 0:
			fmt.Fprintf(&out, `\u%04X`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.Bytes()
}

// dialects write a stream in which pieces come one by one.
var dialects = map[string]func(pieces []string) (contentType string, body []byte){
	"chat": func(pieces []string) (string, []byte) {
		return sse(pieces, func(i int, p string) any {
			return map[string]any{"id": "chatcmpl-1234567890", "object": "chat.completion.chunk", "created": 1764000000, "choices": []any{map[string]any{"index": 0, "delta": map[string]any{"content": p}}}}
		})
	},
	"tools": func(pieces []string) (string, []byte) {
		return sse(pieces, func(i int, p string) any {
			return map[string]any{"choices": []any{map[string]any{"index": 0, "delta": map[string]any{"tool_calls": []any{map[string]any{"index": 1, "function": map[string]any{"arguments": p}}}}}}}
		})
	},
	"responses": func(pieces []string) (string, []byte) {
		return sse(pieces, func(i int, p string) any {
			return map[string]any{"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": p, "sequence_number": i}
		})
	},
	"anthropic": func(pieces []string) (string, []byte) {
		return sse(pieces, func(i int, p string) any {
			return map[string]any{"type": "content_block_delta", "index": 0, "delta": map[string]any{"type": "text_delta", "text": p}}
		})
	},
	"gemini": func(pieces []string) (string, []byte) {
		return sse(pieces, func(i int, p string) any {
			return map[string]any{"candidates": []any{map[string]any{"content": map[string]any{"parts": []any{map[string]any{"text": p}}, "role": "model"}, "index": 0}}}
		})
	},
	"gemini array": func(pieces []string) (string, []byte) {
		var all []any
		for _, p := range pieces {
			all = append(all, map[string]any{"candidates": []any{map[string]any{"content": map[string]any{"parts": []any{map[string]any{"text": p}}}}}})
		}
		body, _ := json.Marshal(all)
		return "application/json", body
	},
	"ollama": func(pieces []string) (string, []byte) {
		var out bytes.Buffer
		for _, p := range pieces {
			line, _ := json.Marshal(map[string]any{"model": "m", "message": map[string]any{"role": "assistant", "content": p}})
			out.Write(append(line, '\n'))
		}
		return "application/x-ndjson", out.Bytes()
	},
	"converse": func(pieces []string) (string, []byte) {
		var out []byte
		for _, p := range pieces {
			payload, _ := json.Marshal(map[string]any{"contentBlockIndex": 0, "delta": map[string]any{"text": p}})
			out = append(out, frame([]byte("\x05:type\x07\x00\x05delta"), payload)...)
		}
		return "application/vnd.amazon.eventstream", out
	},
}

func sse(pieces []string, event func(i int, p string) any) (string, []byte) {
	var out bytes.Buffer
	for i, p := range pieces {
		data, _ := json.Marshal(event(i, p))
		fmt.Fprintf(&out, "event: x\ndata: %s\n\n", data)
	}
	out.WriteString("data: [DONE]\n\n")
	return "text/event-stream; charset=utf-8", out.Bytes()
}

func frame(headers, payload []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(16+len(headers)+len(payload)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(headers)))
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
	out = append(append(out, headers...), payload...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out))
}

// textOf joins what the strings of a stream's events say, checking its frames.
func textOf(t *testing.T, contentType string, body []byte) string {
	t.Helper()
	var events [][]byte
	switch {
	case strings.HasPrefix(contentType, "text/event-stream"):
		for line := range bytes.Lines(body) {
			if data, ok := bytes.CutPrefix(line, []byte("data: {")); ok {
				events = append(events, append([]byte("{"), data...))
			}
		}
	case strings.Contains(contentType, "ndjson"):
		events = bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	case strings.Contains(contentType, "amazon"):
		for len(body) > 0 {
			n, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
			if crc32.ChecksumIEEE(body[:8]) != binary.BigEndian.Uint32(body[8:]) || crc32.ChecksumIEEE(body[:n-4]) != binary.BigEndian.Uint32(body[n-4:]) {
				t.Fatal("a checksum is wrong")
			}
			events, body = append(events, body[12+h:n-4]), body[n:]
		}
	default:
		events = [][]byte{body}
	}
	var out strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			out.WriteString(v)
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, name := range []string{"candidates", "content", "parts", "text", "choices", "delta", "tool_calls", "function", "arguments", "message"} {
				walk(v[name])
			}
		}
	}
	for _, event := range events {
		var v any
		if err := json.Unmarshal(event, &v); err != nil {
			t.Fatalf("%v: %s", err, event)
		}
		walk(v)
	}
	return out.String()
}

func TestWhatAStreamCutsInPiecesIsTakenOut(t *testing.T) {
	r := all(t)
	random := rand.New(rand.NewPCG(1, 2))
	for name, write := range dialects {
		eachPlanted(func(kind, value string) {
			whole := "Here it is:\n" + value + " and \"so\" on"
			for range 4 {
				contentType, body := write(cutUp(random, whole))
				var n redact.Counts
				got := r.Body(contentType, body, false, &n)
				said := textOf(t, contentType, got)
				if strings.Contains(said, value) || !strings.Contains(said, redact.Marker(kind)) || !strings.HasPrefix(said, "Here it is:\n") || !strings.HasSuffix(said, "\"so\" on") {
					t.Fatalf("%s, %s %q: %q (%v)\n%s", name, kind, value, said, n, got)
				}
				if n[kind] != 1 {
					t.Errorf("%s, %q: counted %v", name, value, n)
				}
			}
		})
	}
}

// cutUp cuts a text into pieces of one to five letters.
func cutUp(random *rand.Rand, text string) (pieces []string) {
	letters := []rune(text)
	for len(letters) > 0 {
		n := min(1+random.IntN(5), len(letters))
		pieces, letters = append(pieces, string(letters[:n])), letters[n:]
	}
	return pieces
}

func TestSeveralTextsOfOneStreamAreNotMixed(t *testing.T) {
	var out bytes.Buffer
	for i, p := range []string{"jane@", "4111 1111", "example.com", " 1111 1111"} {
		data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]any{"content": p}, "index": i % 2}}})
		fmt.Fprintf(&out, "data: %s\n\n", data)
	}
	var n redact.Counts
	got := all(t).Body("text/event-stream", out.Bytes(), false, &n)
	if bytes.Contains(got, []byte("1111")) || bytes.Contains(got, []byte("jane")) || n[redact.Card] != 1 || n[redact.Email] != 1 {
		t.Errorf("%v: %s", n, got)
	}
}

func TestWhatTheEndOfACutBodyCutsInTwoIsLeftOut(t *testing.T) {
	r := all(t)
	eachPlanted(func(kind, value string) {
		body := []byte(`{"content":"hello, it is ` + value)
		for n := len(body) - len(value) + 4; n < len(body); n++ {
			got := r.Body("application/json", body[:n], true, new(redact.Counts))
			if bytes.Contains(got, []byte(value[:4])) || !bytes.HasPrefix(got, []byte(`{"content":"hello,`)) {
				t.Fatalf("%s: %s", value[:n-len(body)+len(value)], got)
			}
		}
	})
}

func TestBytesThatAreNoTextMoveNothing(t *testing.T) {
	body := "\xff\xfe \xc0 key = \"" + planted[redact.Secret][0] + "\" and İ jane@example.com"
	want := strings.NewReplacer(planted[redact.Secret][0], "[redacted]", "jane@example.com", "[redacted:email]").Replace(body)
	if got := all(t).Body("application/octet-stream", []byte(body), false, new(redact.Counts)); string(got) != want {
		t.Errorf("%q", got)
	}
}

func TestAnUnknownRuleIsNamed(t *testing.T) {
	for _, o := range []redact.Options{{Rules: []string{"emails"}}, {Patterns: map[string]string{"emails": "("}}, {Rules: []string{"phone"}, PhoneRegions: []string{"emails"}}} {
		if _, err := redact.New(o); err == nil || !strings.Contains(err.Error(), "emails") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if r, err := redact.New(redact.Options{}); r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
}

func FuzzBody(f *testing.F) {
	for _, write := range dialects {
		_, body := write([]string{"jane@exam", "ple.com", `\"4111111111111111`})
		f.Add(body, uint8(0))
	}
	kinds := []string{"application/json", "text/event-stream", "application/vnd.amazon.eventstream", "application/x-ndjson", "text/plain"}
	r := all(f)
	f.Fuzz(func(t *testing.T, body []byte, kind uint8) {
		before := bytes.Clone(body)
		got := r.Body(kinds[int(kind)%len(kinds)], body, kind > 127, new(redact.Counts))
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}
		if json.Valid(body) && kind <= 127 && int(kind)%len(kinds) == 0 && !json.Valid(got) {
			t.Fatalf("%q became %q", body, got)
		}
	})
}

func BenchmarkBody(b *testing.B) {
	r := all(b)
	text := strings.Repeat("The quick brown fox has a key idea: tokens cost money, so write to the team on Monday, 10:30, about the 1,234 items. ", 560)
	prose, _ := json.Marshal(map[string]any{"messages": []any{map[string]any{"role": "user", "content": text}}})
	_, stream := dialects["chat"](cutUp(rand.New(rand.NewPCG(1, 2)), text[:4<<10]))
	worst := []byte(strings.Repeat(`key="api_token secret auth" +1 4 5 1.1.1:a@b `, 1500))
	for name, body := range map[string][]byte{"json": prose, "stream": stream, "worst": worst} {
		b.Run(name, func(b *testing.B) {
			kind := "application/json"
			if name == "stream" {
				kind = "text/event-stream"
			}
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				r.Body(kind, body, false, new(redact.Counts))
			}
		})
	}
}
