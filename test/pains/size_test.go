package pains_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// Field pains A 4.1.8, B 24, B 33, C 17; wire pitfall 13: twenty megabytes of an image
// reach every vendor, whole and once.
func TestTwentyMegabytesOfAnImageReachEveryVendor(t *testing.T) {
	t.Parallel()
	raw := make([]byte, 20<<20)
	copy(raw, "\x89PNG\r\n\x1a\n")
	for i := 8; i < len(raw); i++ {
		raw[i] = byte(i * 7)
	}
	data := base64.StdEncoding.EncodeToString(raw)
	parts := map[string]object{
		"chat":      {"messages": []any{object{"role": "user", "content": []any{object{"type": "image_url", "image_url": object{"url": "data:image/png;base64," + data}}, object{"type": "text", "text": "what?"}}}}},
		"responses": {"input": []any{object{"role": "user", "content": []any{object{"type": "input_image", "image_url": "data:image/png;base64," + data}, object{"type": "input_text", "text": "what?"}}}}},
		"messages":  {"messages": []any{object{"role": "user", "content": []any{object{"type": "image", "source": object{"type": "base64", "media_type": "image/png", "data": data}}, object{"type": "text", "text": "what?"}}}}},
		"gemini":    {"contents": []any{object{"role": "user", "parts": []any{object{"inlineData": object{"mimeType": "image/png", "data": data}}, object{"text": "what?"}}}}},
		"converse":  {"messages": []any{object{"role": "user", "content": []any{object{"image": object{"format": "png", "source": object{"bytes": data}}}, object{"text": "what?"}}}}},
		"cohere":    {"messages": []any{object{"role": "user", "content": []any{object{"type": "image_url", "image_url": object{"url": "data:image/png;base64," + data}}, object{"type": "text", "text": "what?"}}}}},
	}
	s := start(t)
	next := map[string]*vendor{"chat": messagesVendor, "responses": geminiVendor, "messages": chatVendor, "gemini": converseVendor, "converse": responsesVendor, "cohere": messagesVendor}
	for i, c := range []*caller{chatCaller, converseCaller, messagesCaller} {
		if thin > 1 && i > 0 {
			continue
		}
		v := next[c.name]
		t.Run(c.name+" to "+v.name, func(t *testing.T) {
			s.up.Script(v.says(hello))
			q := ask(v.asked(), "x")
			q.more = parts[c.name]
			s.must(t, c, q, false)
			if n := strings.Count(string(s.up.Last().Body), data); n != 1 {
				t.Errorf("the image stands %d times in what the vendor got", n)
			}
		})
	}
}

// Field pain A 4.1.1: conversations of ten thousand messages are translated in time that
// grows with their length, not with its square.
func TestTenThousandMessagesAreTranslatedInLinearTime(t *testing.T) {
	s := start(t)
	for i, c := range callers {
		for _, v := range []*vendor{vendors[(i+1)%len(vendors)]} {
			if (testing.Short() || thin > 1) && i > 0 {
				continue
			}
			t.Run(c.name+" to "+v.name, func(t *testing.T) {
				s.up.Script(v.says(hello))
				took := func(n int) time.Duration {
					q := ask(v.asked(), "question")
					q.tools = []tool{cityTool}
					for i := range n / 4 {
						id := fmt.Sprintf("call%05d", i)
						q.turns = append(q.turns, turn{raw: history(t, c, &said{blocks: []block{callOf(id, "Lisbon", "")}}), results: []result{{id, "get_weather", "20"}}}, turn{raw: history(t, c, hello)}, turn{user: "next"})
					}
					r := s.request(c, q, false)
					began := time.Now()
					resp, body := s.Do(r)
					if resp.StatusCode != 200 {
						t.Fatalf("status %d: %.500s", resp.StatusCode, body)
					}
					return time.Since(began)
				}
				few, many := took(1000), took(10000)
				for range 4 { // a machine that halts for a moment is slow once
					if many <= 40*few+300*time.Millisecond {
						break
					}
					many = min(many, took(10000))
				}
				if many > 40*few+300*time.Millisecond {
					t.Errorf("1000 messages take %v, 10000 take %v", few, many)
				}
				got := readReceived(t, v, s.sent(t))
				if len(got.results) != 2500 {
					t.Errorf("%d results arrived", len(got.results))
				}
			})
		}
	}
}

// Field pains A 4.1.1, A 4.1.3, B 44, C 17; contract: what an open translated stream holds
// does not grow with what it has said, and it has no goroutine for every chunk.
func TestAnOpenTranslatedStreamHoldsLittle(t *testing.T) {
	const open, chunks = 40, 300
	s := startWith(t, "gateways:\n  default:\n    log: { bodies: metadata }\n") // what is kept of bodies has its own bound
	for i, pair := range []struct {
		c *caller
		v *vendor
	}{{chatCaller, messagesVendor}, {messagesCaller, chatVendor}, {geminiCaller, chatVendor}, {converseCaller, messagesVendor}, {cohereCaller, geminiVendor}, {chatCaller, responsesVendor}} {
		if thin > 1 && i > 0 {
			continue
		}
		t.Run(pair.c.name+" to "+pair.v.name, func(t *testing.T) {
			long := &said{blocks: []block{{kind: words, text: "Hello " + strings.Repeat("@", 6)}}, usage: hello.usage}
			var begin []string
			var delta string
			for _, e := range pair.v.events(pair.v, long) {
				begin = append(begin, e)
				if strings.Contains(e, "@@@@") {
					delta = strings.Replace(e, "@@@@", strings.Repeat("y", 2000), 1)
					break
				}
			}
			enough, done := make(chan struct{}), make(chan struct{})
			var said sync.WaitGroup
			said.Add(open)
			s.up.Script(func(call *testup.Call) {
				pair.v.send(call, nil, begin...)
				<-enough
				for range chunks {
					call.More(delta)
				}
				said.Done()
				<-done
			})
			var bodies []io.ReadCloser
			for range open {
				resp, err := http.DefaultTransport.RoundTrip(s.request(pair.c, ask(pair.v.asked(), "go"), true))
				if err != nil {
					t.Fatal(err)
				}
				bodies = append(bodies, resp.Body)
			}
			before, running := heap(), goroutines()
			close(enough)
			var readers sync.WaitGroup
			for _, b := range bodies {
				readers.Go(func() {
					want := chunks * 2000
					buf := make([]byte, 4<<10)
					for want > 0 {
						n, err := b.Read(buf)
						want -= strings.Count(string(buf[:n]), "y")
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			said.Wait()
			readers.Wait()
			each := int64(1 << 40)
			for range 20 { // the calls before are being stored meanwhile
				if each = min(each, (int64(heap())-int64(before))/open); each <= 24<<10 {
					break
				}
			}
			if each > 24<<10 {
				t.Errorf("after %d KB a stream holds %d KB more", chunks*2, each>>10)
			}
			if n := goroutines(); n > running+open { // one of each watches for a caller that leaves
				t.Errorf("%d goroutines became %d", running, n)
			}
			close(done)
			for _, b := range bodies {
				b.Close()
			}
		})
	}
}

// goroutines counts those that live, but for those that the store's driver has for moments.
// runtime.NumGoroutine would read its counts while they change.
func goroutines() (n int) {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	for line := range bytes.Lines(all) {
		by, ok := bytes.CutPrefix(line, []byte("created by "))
		if ok && !bytes.HasPrefix(by, []byte("database/sql.")) && !bytes.HasPrefix(by, []byte("modernc.org/")) {
			n++
		}
	}
	return n
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
