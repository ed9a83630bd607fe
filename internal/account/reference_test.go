package account_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// reference is one line of the list of prices that the catalogue was made from, read
// here by code that shares nothing with the catalogue's.
type reference struct {
	Provider, Model string
	Match           map[string]any
	Prices          []struct {
		When struct {
			StartDate string `json:"start_date"`
			StartTime string `json:"start_time"`
			EndTime   string `json:"end_time"`
		}
		USD map[string]any `json:"usd_per_million"`
	}
}

func references(t *testing.T) []reference {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "reference", "models", "prices.jsonl"))
	if err != nil {
		t.Skip("the reference list of prices is not beside this repository")
	}
	defer f.Close()
	var all []reference
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r reference
		dec := json.NewDecoder(strings.NewReader(lines.Text()))
		dec.UseNumber()
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// homes are the names under which a reference's vendor is asked.
func homes(provider string) []string {
	if provider == "google" {
		return []string{"google", "google-vertex"}
	}
	return []string{provider}
}

func TestEveryReferenceModelCostsWhatTheReferenceSays(t *testing.T) {
	refs := references(t)
	c := load(t)
	random := rand.New(rand.NewPCG(1, 2))
	times := []time.Time{day("2024-01-01 05:30"), day("2026-03-13 00:00"), day("2026-10-01 02:00"), day("2026-10-01 20:15"), day("2027-02-01 07:00")}
	priced := 0
	for _, r := range refs {
		m, ok := c.Find(homes(r.Provider), r.Model)
		if !ok || m.ID != r.Model {
			t.Errorf("%s/%s is found as %+v", r.Provider, r.Model, m)
			continue
		}
		for range 8 {
			u, when := randomUsage(random), times[random.IntN(len(times))]
			got, _ := c.Price(m, nil, u, when, "", false)
			want := r.cost(u, when)
			if got.Known != (want != nil) || want != nil && nanos(want) != int64(got.USD) {
				text, _ := json.Marshal(u)
				t.Errorf("%s/%s at %s: cost %v, want %v for %s", r.Provider, r.Model, when, got, want, text)
				break
			}
			if got.Known {
				priced++
			}
		}
	}
	if priced < 8*1500 {
		t.Errorf("only %d prices compared", priced)
	}
}

// Each spelling that the reference gives as equal leads to its model.
func TestEveryReferenceSpellingLeadsToItsModel(t *testing.T) {
	ids := make(map[string]bool)
	refs := references(t)
	for _, r := range refs {
		ids[r.Provider+" "+r.Model] = true
	}
	c := load(t)
	for _, r := range refs {
		for _, name := range equals(r.Match) {
			if m, ok := c.Find(homes(r.Provider), name); !ok || m.ID != r.Model && !ids[r.Provider+" "+name] {
				t.Errorf("%s %q is found as %+v, want %s", r.Provider, name, m, r.Model)
			}
		}
	}
}

func equals(match map[string]any) []string {
	var names []string
	for how, v := range match {
		switch v := v.(type) {
		case string:
			if how == "equals" {
				names = append(names, v)
			}
		case []any:
			for _, part := range v {
				names = append(names, equals(part.(map[string]any))...)
			}
		}
	}
	return names
}

func randomUsage(r *rand.Rand) *llm.Usage {
	in := r.Int64N([]int64{2000, 150_000, 600_000}[r.IntN(3)])
	u := use(in, r.Int64N(20_000))
	part := func() int64 { return r.Int64N(in/8 + 1) }
	if r.IntN(2) == 0 {
		u.CacheReadTokens = llm.Known(part())
		u.CacheWriteTokens = llm.Known(part())
		u.SetUnit(llm.UnitCacheWrite1h, float64(r.Int64N(u.CacheWriteTokens.N+1)))
	}
	if r.IntN(2) == 0 {
		u.AudioInputTokens = llm.Known(part())
		u.AudioOutputTokens = llm.Known(r.Int64N(u.OutputTokens.N + 1))
	}
	if r.IntN(3) == 0 {
		u.SetUnit(llm.UnitSeconds, float64(r.IntN(7200_00))/100)
		u.SetUnit(llm.UnitPages, float64(r.IntN(30)))
	}
	return u
}

var freeModels = regexp.MustCompile(`:free$|^(openai/moderation|google/gemma-(3|3n|4-26b-a4b-it|4-31b-it))$`)

// cost is what u costs by the reference, in dollars; nil is unknown.
func (r *reference) cost(u *llm.Usage, when time.Time) *big.Rat {
	p := r.pricesAt(when)
	if len(p) == 0 {
		if freeModels.MatchString(r.Provider + "/" + r.Model) {
			return new(big.Rat)
		}
		return nil
	}
	total, ok := unitCost(p, u), true
	tokens := slices.ContainsFunc([]string{"input_mtok", "output_mtok"}, func(k string) bool { return p[k] != nil })
	if !tokens {
		if total.Sign() == 0 && !unitsReported(p, u) {
			return nil
		}
		return total
	}
	rate := func(names ...string) *big.Rat {
		for _, n := range names {
			if p[n] != nil {
				return amountFor(p[n], u.InputTokens.N)
			}
		}
		ok = false
		return new(big.Rat)
	}
	charge := func(n int64, names ...string) {
		if n != 0 {
			million := new(big.Rat).SetFrac64(n, 1_000_000)
			total.Add(total, million.Mul(million, rate(names...)))
		}
	}
	hour := int64(u.Units[llm.UnitCacheWrite1h])
	read, write, audio, spoken := u.CacheReadTokens.N, u.CacheWriteTokens.N, u.AudioInputTokens.N, u.AudioOutputTokens.N
	charge(u.InputTokens.N-read-write-audio, "input_mtok")
	charge(read, "cache_read_mtok", "input_mtok")
	charge(write-hour, "cache_write_mtok", "input_mtok")
	charge(hour, "cache_write_1h_mtok", "cache_write_mtok", "input_mtok")
	charge(audio, "input_audio_mtok", "input_mtok")
	charge(u.OutputTokens.N-spoken, "output_mtok")
	charge(spoken, "output_audio_mtok", "output_mtok")
	if !ok {
		return nil
	}
	return total
}

func (r *reference) pricesAt(when time.Time) map[string]any {
	for _, p := range slices.Backward(r.Prices) {
		clock := when.Format("15:04:05Z")
		switch {
		case p.When.StartDate != "" && when.Format(time.DateOnly) < p.When.StartDate:
		case p.When.StartTime != "" && (clock < p.When.StartTime || clock >= p.When.EndTime):
		default:
			return p.USD
		}
	}
	return r.Prices[0].USD
}

// amountFor reads a price; one with tiers by the size of the prompt. Prices with more
// than nine decimals are rounded to nine.
func amountFor(v any, inputTokens int64) *big.Rat {
	if m, ok := v.(map[string]any); ok {
		v = m["base"]
		for _, tier := range m["tiers"].([]any) {
			tier := tier.(map[string]any)
			if start, _ := tier["start"].(json.Number).Int64(); inputTokens > start {
				v = tier["price"]
			}
		}
	}
	exact, ok := new(big.Rat).SetString(v.(json.Number).String())
	if !ok {
		panic(fmt.Sprint("no number: ", v))
	}
	rounded, _ := new(big.Rat).SetString(exact.FloatString(9))
	return rounded
}

func unitCost(p map[string]any, u *llm.Usage) *big.Rat {
	total := new(big.Rat)
	add := func(kind string, n float64, per int64) {
		if p[kind] == nil {
			return
		}
		count, _ := new(big.Rat).SetString(fmt.Sprintf("%.6f", n))
		count.Quo(count, new(big.Rat).SetInt64(per))
		total.Add(total, count.Mul(count, amountFor(p[kind], 0)))
	}
	add("requests_kcount", 1, 1000)
	add("audio_hours", u.Units[llm.UnitSeconds], 3600)
	add("input_document_kpages", u.Units[llm.UnitPages], 1000)
	return total
}

func unitsReported(p map[string]any, u *llm.Usage) bool {
	_, seconds := u.Units[llm.UnitSeconds]
	_, pages := u.Units[llm.UnitPages]
	return p["audio_hours"] != nil && seconds || p["input_document_kpages"] != nil && pages || p["requests_kcount"] != nil
}

// nanos rounds dollars half up to billionths.
func nanos(usd *big.Rat) int64 {
	n := new(big.Rat).Mul(usd, new(big.Rat).SetInt64(1_000_000_000))
	n.Add(n, big.NewRat(1, 2))
	return new(big.Int).Div(n.Num(), n.Denom()).Int64()
}
