//go:build unix

package redact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// size is how much a benchmark searches at once.
const size = 10 << 20

// files gives 10 MB of the files of a pattern, one after the other, again and again.
func files(b *testing.B, pattern string) []byte {
	b.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		b.Fatal(pattern, err)
	}
	var all bytes.Buffer
	for all.Len() < size {
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.Bytes()[:size]
}

// conversation is 10 MB of a chat, as applications send it: turns of prose and of code.
func conversation(b *testing.B, prose, code []byte) []byte {
	b.Helper()
	type turn struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	var turns []turn
	for at := 0; at < size*9/10; at += 4000 {
		part, role := prose, "user"
		if at/4000%2 == 1 {
			part, role = code, "assistant"
		}
		turns = append(turns, turn{role, strings.ToValidUTF8(string(part[at:at+4000]), "")})
	}
	text, err := json.Marshal(map[string]any{"model": "gpt-4o", "messages": turns})
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// plain is 10 MB of prose without anything of keys, numbers and addresses.
func plain() []byte {
	const text = "It was a bright morning when the travellers left the harbour; the sea lay calm, and nobody spoke of the night before. "
	return []byte(strings.Repeat(text, size/len(text)+1))[:size]
}

// spent is the CPU time of this process, in seconds: other work of the machine is not in it.
func spent() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkAllRules is what docs/privacy.md tells of speed: all rules, an own pattern and one
// region of phone numbers, over this project's own documents and code.
func BenchmarkAllRules(b *testing.B) {
	prose, code := files(b, "../../docs/*.md"), files(b, "../*/*.go")
	for name, text := range map[string]struct {
		kind string
		body []byte
	}{"prose": {"text/plain", plain()}, "manual": {"text/plain", prose}, "code": {"text/plain", code}, "json": {"application/json", conversation(b, prose, code)}} {
		b.Run(name, func(b *testing.B) {
			r := all(b)
			b.SetBytes(int64(len(text.body)))
			began, n := spent(), 0
			for ; b.Loop(); n++ {
				r.Body(text.kind, text.body, false, nil)
			}
			b.ReportMetric(float64(n)*float64(len(text.body))/1e6/(spent()-began), "MB/cpu-s")
		})
	}
}
