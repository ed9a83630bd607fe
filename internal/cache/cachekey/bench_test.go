package cachekey_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/cachekey"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

var facts = []string{"main", "ws_1", "chat", "openai/gpt-5-mini", "openai-chat"}

// chatBody is a chat request of about n bytes, as clients write it.
func chatBody(n int) []byte {
	text := strings.Repeat("Name the three largest lakes of the country, with \"areas\".\n", n/60+1)
	turn := func(role, s string) map[string]any { return map[string]any{"role": role, "content": s} }
	messages := []any{turn("system", text[:n/8])}
	for i := range 4 {
		messages = append(messages, turn([]string{"user", "assistant"}[i%2], text[:n/8]))
	}
	body, _ := json.Marshal(messages)
	tools := `[{"type":"function","function":{"name":"find","description":"Finds a lake","parameters":{"type":"object","properties":{"name":{"type":"string"},"unit":{"type":"string","enum":["km2","ha"]}},"required":["name"]}}}]`
	return fmt.Appendf(nil, `{"model":"gpt-5-mini","messages":%s,"temperature":0.2,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true},"tools":%s}`, body, tools)
}

func BenchmarkKey(b *testing.B) {
	for _, policy := range []struct {
		name string
		of   gateway.Cache
	}{
		{"plain", gateway.Cache{}},
		{"excluded", gateway.Cache{Exclude: []string{"user", "metadata.trace", "messages.*.name"}}},
		{"normalized", gateway.Cache{Normalize: []string{"whitespace", "case"}}},
	} {
		p, err := cachekey.Compile(&policy.of)
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range []int{700, 1800, 8 << 10, 64 << 10, 1 << 20} {
			r := &cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: chatBody(n), Ignore: []string{"stream", "stream_options"}}
			b.Run(fmt.Sprintf("%s/%d", policy.name, len(r.Body)), func(b *testing.B) {
				b.SetBytes(int64(len(r.Body)))
				b.ReportAllocs()
				before := cpu()
				for b.Loop() {
					if _, err := p.Key(r); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

func BenchmarkKeyOfAnImage(b *testing.B) {
	p, _ := cachekey.Compile(nil)
	body := []byte(`{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` +
		strings.Repeat("QUJDREVG", 128<<10) + `"}}]}]}`)
	r := &cachekey.Request{Facts: facts, Kind: cachekey.JSON, Body: body}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Key(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSHA256(b *testing.B) {
	body := chatBody(700)
	before := cpu()
	for b.Loop() {
		sha256.Sum256(body)
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
	b.SetBytes(int64(len(body)))
}

// cpu is the time that the process has had, in nanoseconds: a busy machine does not count.
func cpu() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}
