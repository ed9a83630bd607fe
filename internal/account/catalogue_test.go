package account_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
)

func load(t testing.TB) *account.Catalogue {
	t.Helper()
	c, err := account.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryEmbeddedVendorCanBeRead(t *testing.T) {
	account.EmbeddedVendors(t)
	c := load(t)
	if n := len(c.Providers()); n < 50 {
		t.Errorf("%d vendors, want at least 50", n)
	}
}

func TestTheIndexListsEveryFileAndEveryAlias(t *testing.T) {
	var all bytes.Buffer
	files, err := fs.Glob(os.DirFS("data"), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f == "index.json" {
			continue
		}
		text, err := os.ReadFile("data/" + f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	read, err := account.ReadCatalogue(&all)
	if err != nil {
		t.Fatal(err)
	}
	c := load(t)
	if got, want := fmt.Sprint(c.Providers()), fmt.Sprint(read.Providers()); got != want {
		t.Errorf("index %s\nfiles %s", got, want)
	}
	for _, p := range []string{"bedrock", "azure-openai", "gemini", "vertex", "xai", "togetherai", "fireworks-ai"} {
		if len(c.Models([]string{p})) == 0 || len(read.Models([]string{p})) == 0 {
			t.Errorf("alias %s leads to no models", p)
		}
	}
}

func TestModelsAreFoundByTheMostSpecificSpelling(t *testing.T) {
	c := load(t)
	for _, tc := range []struct{ provider, name, want string }{
		{"openai", "gpt-4.1", "gpt-4.1"},
		{"openai", "gpt-4.1-2025-04-14", "gpt-4.1"},
		{"openai", "GPT-4.1", "gpt-4.1"},
		{"openai", "gpt-5.6-luna-2026-07-09", "gpt-5.6-luna"},
		{"openai", "ft:gpt-4o-mini-2024-07-18:acme::x1", "ft:gpt-4o-mini"},
		{"openai", "ft:gpt-4o-2024-08-06:acme::x1", "ft:gpt-4o"},
		{"openai", "omni-moderation-latest", "moderation"},
		{"openai", "gpt-4.1-experimental", ""},
		{"openai", "", ""},
		{"anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5"},
		{"google", "gemini-2.5-flash-lite-preview-09-2025", "gemini-2.5-flash-lite"},
		{"google", "gemini-2.5-pro-preview-05-06", "gemini-2.5-pro"},
		{"google", "gemini-2.5-pro-preview-tts", "gemini-2.5-pro-tts"},
		{"aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0"},
		{"fireworks", "accounts/fireworks/models/kimi-k3", "kimi-k3"},
		{"nobody", "gpt-4.1", ""},
	} {
		m, ok := c.Find([]string{tc.provider}, tc.name)
		got := ""
		if ok {
			got = m.ID
		}
		if got != tc.want {
			t.Errorf("%s %q: found %q, want %q", tc.provider, tc.name, got, tc.want)
		}
	}
}

func TestAnExactNameOfALaterVendorWinsOverARuleOfAnEarlierOne(t *testing.T) {
	c := load(t)
	m, ok := c.Find([]string{"anthropic", "openai"}, "gpt-4.1")
	if !ok || m.Provider != "openai" {
		t.Errorf("found %+v", m)
	}
}

func TestABareNameIsListedOnlyUnderItsOwnSpelling(t *testing.T) {
	c := load(t)
	if !c.Lists([]string{"openai"}, "gpt-4.1-2025-04-14") {
		t.Error("a dated spelling is not listed")
	}
	if c.Lists([]string{"openai"}, "my-moderation-model") || c.Lists([]string{"google"}, "claude-opus-5") {
		t.Error("a pattern counts as a listing")
	}
}

func TestAModelHasItsAbilities(t *testing.T) {
	m, ok := load(t).Find([]string{"openai"}, "gpt-4.1")
	if !ok || m.Abilities == nil {
		t.Fatalf("found %+v", m)
	}
	if m.Context < 1_000_000 || m.MaxOutput != 32768 || !m.Abilities.Tools || m.Abilities.Reasoning {
		t.Errorf("facts %+v, abilities %+v", m, m.Abilities)
	}
	if m.AsOf == "" || !strings.HasPrefix(m.Source, "https://") {
		t.Errorf("as of %q, source %q", m.AsOf, m.Source)
	}
}

func TestModelsAreListedOnceAndInOrder(t *testing.T) {
	last := ""
	list := load(t).Models([]string{"google", "google-vertex", "google"})
	for _, m := range list {
		if m.ID <= last {
			t.Errorf("%q after %q", m.ID, last)
		}
		last = m.ID
	}
	if len(list) < 50 {
		t.Errorf("%d models", len(list))
	}
}

// Callers choose model names: a flood of unknown ones must leave nothing behind.
func TestAFloodOfUnknownNamesDoesNotGrowMemory(t *testing.T) {
	c := load(t)
	flood := func() {
		for i := range 50_000 {
			c.Find([]string{"groq", "cohere"}, fmt.Sprintf("no-such-model-%d-%s", i, strings.Repeat("x", i%200)))
		}
		c.Find([]string{"groq"}, strings.Repeat("x", 1<<20))
	}
	flood()
	before := heap()
	flood()
	if grown := int64(heap()) - int64(before); grown > 128<<10 {
		t.Errorf("%d bytes were kept", grown)
	}
	runtime.KeepAlive(c)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

const tiny = `{"schema":1,"provider":"acme","as_of":"2026-10-01","sources":["https://acme.example/prices"],"models":[
{"id":"a","match":["a-*"],"prices":[{"rates":{"input":1,"output":2}}]}]}`

func TestANewerFileReplacesTheVendorsItHolds(t *testing.T) {
	newer, err := account.ReadCatalogue(strings.NewReader(tiny + strings.ReplaceAll(tiny, "acme", "openai")))
	if err != nil {
		t.Fatal(err)
	}
	base := load(t)
	c := base.Overlay(newer)
	if _, ok := c.Find([]string{"acme"}, "a-1"); !ok {
		t.Error("the new vendor is missing")
	}
	if _, ok := c.Find([]string{"openai"}, "gpt-4.1"); ok {
		t.Error("the old vendor is still there")
	}
	if _, ok := c.Find([]string{"anthropic"}, "claude-sonnet-4-5"); !ok {
		t.Error("another vendor got lost")
	}
	if _, ok := base.Find([]string{"openai"}, "gpt-4.1"); !ok {
		t.Error("the old catalogue was changed")
	}
}

func TestABadFileIsRefusedWithTheReason(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"empty":           {tiny, "", "no document"},
		"not JSON":        {tiny, "prices: no", "invalid character"},
		"cut off":         {`]}]}`, ``, "unexpected EOF"},
		"other schema":    {`"schema":1`, `"schema":2`, "schema 2"},
		"unknown field":   {`"sources"`, `"origins"`, "origins"},
		"no source":       {`["https://acme.example/prices"]`, `[]`, "sources are missing"},
		"bad day":         {`2026-10-01`, `1 October`, "YYYY-MM-DD"},
		"unknown kind":    {`"input":1`, `"inputs":1`, `"inputs"`},
		"negative price":  {`"input":1`, `"input":-1`, "plain decimal"},
		"too fine":        {`"input":1`, `"input":0.0000000001`, "plain decimal"},
		"bad pattern":     {`"a-*"`, `"/(/"`, "missing closing"},
		"same name twice": {`"a-*"`, `"a"`, "share the name"},
		"same vendor":     {tiny, tiny + tiny, "occurs twice"},
		"no id":           {`"id":"a"`, `"id":""`, "id is missing"},
		"no rates":        {`{"input":1,"output":2}`, `{}`, "without rates"},
		"bad hours":       {`{"rates"`, `{"hours":"late","rates"`, "00:30-16:30"},
		"tier, no source": {`"models"`, `"tiers":[{"names":["batch"],"factors":{"*":0.5},"source":""}],"models"`, "source"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(tiny, tc.old, tc.new, 1)
			if _, err := account.ReadCatalogue(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b)
	}
}

func BenchmarkLoadAndReadEveryVendor(b *testing.B) {
	b.ReportAllocs()
	before := heap()
	var c *account.Catalogue
	for b.Loop() {
		c = load(b)
		c.Models(c.Providers())
	}
	b.ReportMetric(float64(int64(heap())-int64(before)), "heap-B")
	runtime.KeepAlive(c)
}

func BenchmarkReadOneVendor(b *testing.B) {
	for _, p := range []string{"openai", "openrouter"} {
		b.Run(p, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				load(b).Find([]string{p}, "x")
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	c := load(b)
	for name, tc := range map[string]struct{ provider, model string }{
		"exact": {"openai", "gpt-4.1"},
		"rule":  {"openai", "gpt-5.6-luna-2026-07-09"},
	} {
		provider := []string{tc.provider}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.Find(provider, tc.model); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
	b.Run("unknown", func(b *testing.B) {
		b.ReportAllocs()
		names := make([]string, 4096)
		for i := range names {
			names[i] = fmt.Sprintf("no-such-model-%d", i)
		}
		for i := 0; b.Loop(); i++ {
			c.Find([]string{"openrouter"}, names[i%len(names)])
		}
	})
}

var at = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
