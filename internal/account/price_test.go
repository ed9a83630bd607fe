package account_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// use makes a usage from input and output tokens; changes do the rest.
func use(in, out int64, changes ...func(*llm.Usage)) *llm.Usage {
	u := &llm.Usage{InputTokens: llm.Known(in), OutputTokens: llm.Known(out)}
	for _, change := range changes {
		change(u)
	}
	return u
}

func read(n int64) func(*llm.Usage)  { return func(u *llm.Usage) { u.CacheReadTokens = llm.Known(n) } }
func wrote(n int64) func(*llm.Usage) { return func(u *llm.Usage) { u.CacheWriteTokens = llm.Known(n) } }
func heard(n int64) func(*llm.Usage) { return func(u *llm.Usage) { u.AudioInputTokens = llm.Known(n) } }
func spoke(n int64) func(*llm.Usage) {
	return func(u *llm.Usage) { u.AudioOutputTokens = llm.Known(n) }
}
func thought(n int64) func(*llm.Usage) {
	return func(u *llm.Usage) { u.ReasoningTokens = llm.Known(n) }
}
func unit(name string, n float64) func(*llm.Usage) {
	return func(u *llm.Usage) { u.SetUnit(name, n) }
}

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// The prices stand in the comments in dollars per million tokens, as the catalogue of
// 2026-09-23 has them; the sums are done by hand. "" is an unknown cost.
func TestGoldenCosts(t *testing.T) {
	c := load(t)
	for _, tc := range []struct {
		name            string
		provider, model string
		usage           *llm.Usage
		tier            string
		batch           bool
		at              time.Time
		want            string
		wantTier        string
	}{
		// input 3, output 15, cache read 0.30, write 3.75, write for 1 h 6, searches 10 per 1000
		{name: "plain input and output", provider: "anthropic", model: "claude-3-7-sonnet-latest",
			usage: use(1000, 500), // .003 + .0075
			want:  "0.0105"},
		{name: "cached input is not charged again as input", provider: "anthropic", model: "claude-3-7-sonnet-latest",
			usage: use(10_000, 100, read(8000), wrote(1500)), // 500×3=.0015 + 8000×.3=.0024 + 1500×3.75=.005625 + .0015
			want:  "0.011025"},
		{name: "cache writes of five minutes and of an hour have their own prices", provider: "anthropic", model: "claude-3-7-sonnet-latest",
			usage: use(10_000, 0, wrote(9000), unit(llm.UnitCacheWrite1h, 4000)), // 1000×3=.003 + 5000×3.75=.01875 + 4000×6=.024
			want:  "0.04575"},
		{name: "no more is written for an hour than is written", provider: "anthropic", model: "claude-3-7-sonnet-latest",
			usage: use(10_000, 0, wrote(4000), unit(llm.UnitCacheWrite1h, 9000)), // 6000×3=.018 + 4000×6=.024
			want:  "0.042"},
		{name: "web searches", provider: "anthropic", model: "claude-3-7-sonnet-latest",
			usage: use(1000, 500, unit(llm.UnitSearches, 3)), // .0105 + 3×.01
			want:  "0.0405"},
		{name: "a batch halves tokens, cached ones too, but not searches", provider: "anthropic", model: "claude-3-7-sonnet-latest", batch: true,
			usage: use(10_000, 100, read(8000), wrote(1500), unit(llm.UnitSearches, 1)), // .011025/2 + .01
			want:  "0.0155125", wantTier: "batch"},
		{name: "a batch answer that says so is not halved twice", provider: "anthropic", model: "claude-3-7-sonnet-latest", tier: "batch", batch: true,
			usage: use(1000, 500), want: "0.00525", wantTier: "batch"},
		{name: "a tier of committed capacity has no list price", provider: "anthropic", model: "claude-3-7-sonnet-latest", tier: "priority",
			usage: use(1000, 500), want: ""},
		{name: "standard by name", provider: "anthropic", model: "claude-3-7-sonnet-latest", tier: "standard",
			usage: use(1000, 500), want: "0.0105"},

		// input 2, cached 0.5, output 8, searches 10 per 1000
		{name: "cached input and reasoning, which is output", provider: "openai", model: "gpt-4.1",
			usage: use(2000, 1000, read(1500), thought(600)), // 500×2=.001 + 1500×.5=.00075 + 1000×8=.008
			want:  "0.00975"},
		{name: "flex is half", provider: "openai", model: "gpt-4.1", tier: "flex",
			usage: use(2000, 1000, read(1500)), want: "0.004875", wantTier: "flex"},
		{name: "batch is half", provider: "openai", model: "gpt-4.1", tier: "default", batch: true,
			usage: use(2000, 1000, read(1500)), want: "0.004875", wantTier: "batch"},
		{name: "priority is 1.75 times", provider: "openai", model: "gpt-4.1", tier: "priority",
			usage: use(2000, 1000, read(1500)), // 3.5, .875, 14: .00175 + .0013125 + .014
			want:  "0.0170625", wantTier: "priority"},
		{name: "batch and priority at once is nothing that is sold", provider: "openai", model: "gpt-4.1", tier: "priority", batch: true,
			usage: use(2000, 1000), want: ""},
		{name: "a tier that nobody knows", provider: "openai", model: "gpt-4.1", tier: "turbo",
			usage: use(2000, 1000), want: ""},
		{name: "an answer that echoes auto", provider: "openai", model: "gpt-4.1", tier: "auto",
			usage: use(2000, 1000), want: "0.012"},
		{name: "priority without a published price", provider: "openai", model: "o3", tier: "priority",
			usage: use(1000, 1000), want: ""},

		// input 5, cached .5, output 30; above 271,999 input tokens 10, 1, 45
		{name: "the last short prompt", provider: "openai", model: "gpt-5.5",
			usage: use(271_999, 1000), // 1.359995 + .03
			want:  "1.389995"},
		{name: "a long prompt raises the whole request", provider: "openai", model: "gpt-5.5",
			usage: use(300_000, 1000, read(100_000)), // 200000×10=2 + 100000×1=.1 + .045
			want:  "2.145", wantTier: ">271999"},
		{name: "a long prompt on flex", provider: "openai", model: "gpt-5.5", tier: "flex",
			usage: use(300_000, 1000, read(100_000)), want: "1.0725", wantTier: "flex >271999"},
		{name: "priority is 2.5 times", provider: "openai", model: "gpt-5.5", tier: "fast",
			usage: use(1000, 1000), // .0125 + .075
			want:  "0.0875", wantTier: "priority"},
		{name: "priority is not sold for long prompts", provider: "openai", model: "gpt-5.5", tier: "priority",
			usage: use(300_000, 1000), want: ""},
		// input 4, cached .4, output 20; long 8, .8, 30; priority twice that, long prompts too
		{name: "priority and a long prompt where both are sold", provider: "openai", model: "gpt-5.6-sol", tier: "priority",
			usage: use(300_000, 1000), // 300000×16=4.8 + .06
			want:  "4.86", wantTier: "priority >271999"},

		// input 1.25, cached .125, output 10; above 200,000 2.5, .25, 15
		{name: "exactly at the threshold is short", provider: "google", model: "gemini-2.5-pro",
			usage: use(200_000, 100), // .25 + .001
			want:  "0.251"},
		{name: "one token more is long", provider: "google", model: "gemini-2.5-pro",
			usage: use(200_001, 100), // .5000025 + .0015
			want:  "0.5015025", wantTier: ">200000"},
		{name: "cached tokens count towards the threshold", provider: "google", model: "gemini-2.5-pro",
			usage: use(250_000, 0, read(240_000)), // 10000×2.5=.025 + 240000×.25=.06
			want:  "0.085", wantTier: ">200000"},
		{name: "a batch's cached tokens keep their price", provider: "google", model: "gemini-2.5-pro", batch: true,
			usage: use(10_000, 1000, read(8000)), // 2000×.625=.00125 + 8000×.125=.001 + 1000×5=.005
			want:  "0.00725", wantTier: "batch"},
		{name: "flex under the other dialect's name", provider: "google", model: "gemini-2.5-pro", tier: "ON_DEMAND_FLEX",
			usage: use(10_000, 1000), // 10000×.625=.00625 + .005
			want:  "0.01125", wantTier: "flex"},
		{name: "what a cached token costs on flex is not known", provider: "google", model: "gemini-2.5-pro", tier: "flex",
			usage: use(10_000, 1000, read(1)), want: "", wantTier: "flex"},

		// input .3, audio 1, cached .03, cached audio .1, output 2.5
		{name: "audio is taken out of the input", provider: "google", model: "gemini-2.5-flash",
			usage: use(1000, 100, heard(600)), // 400×.3=.00012 + 600×1=.0006 + .00025
			want:  "0.00097"},
		{name: "cached audio is neither audio nor cached text", provider: "google", model: "gemini-2.5-flash",
			usage: use(1000, 0, heard(600), read(500), unit(llm.UnitCachedAudio, 200)), // text 100×.3, audio 400×1, cached text 300×.03, cached audio 200×.1
			want:  "0.000459"},
		{name: "what overlaps beyond the total must be cached audio", provider: "google", model: "gemini-2.5-flash",
			usage: use(1000, 0, heard(1000), read(400)), // 600×1=.0006 + 400×.1=.00004
			want:  "0.00064"},
		// input 4, audio in 32, output 16, audio out 64, cached .4
		{name: "audio both ways", provider: "openai", model: "gpt-realtime",
			usage: use(1000, 1000, heard(800), spoke(700)), // 200×4=.0008 + 800×32=.0256 + 300×16=.0048 + 700×64=.0448
			want:  "0.076"},
		// input 5, image in 8, output 10, image out 32
		{name: "images in tokens", provider: "openai", model: "gpt-image-1.5",
			usage: use(1000, 4000, unit(llm.UnitImageInputTokens, 900), unit(llm.UnitImageTokens, 3900)), // .0005 + .0072 + .001 + .1248
			want:  "0.1335"},
		{name: "audio without a price of its own costs what text does", provider: "openai", model: "gpt-4.1",
			usage: use(1000, 0, heard(600)), want: "0.002"},

		// .36 an hour
		{name: "audio by the hour, in seconds with decimals", provider: "openai", model: "whisper-1",
			usage: &llm.Usage{Units: map[string]float64{llm.UnitSeconds: 12.5}}, // 12.5/3600×.36
			want:  "0.00125"},
		{name: "an hour's price without seconds", provider: "openai", model: "whisper-1",
			usage: use(10, 10), want: ""},
		// 4 per 1000 pages
		{name: "pages", provider: "mistral", model: "mistral-ocr-latest",
			usage: &llm.Usage{Units: map[string]float64{llm.UnitPages: 3}},
			want:  "0.012"},
		// input 3, output 15, 14 per 1000 requests
		{name: "a price per call besides tokens", provider: "perplexity", model: "sonar-pro",
			usage: use(1000, 100, unit(llm.UnitSearches, 4)), // .003 + .0015 + .014; searches are in the call
			want:  "0.0185"},
		// input 2, output 8, reasoning 3, citations 2, searches 5 per 1000
		{name: "reasoning with a price of its own", provider: "perplexity", model: "sonar-deep-research",
			usage: use(1000, 3000, thought(2000), unit("citation_tokens", 500), unit(llm.UnitSearches, 2)), // .002 + .008 + .006 + .001 + .01
			want:  "0.027"},
		{name: "searches without a known price", provider: "google", model: "gemini-2.5-pro",
			usage: use(1000, 100, unit(llm.UnitSearches, 1)), want: ""},
		{name: "a unit that nobody bills", provider: "google", model: "gemini-2.5-pro",
			usage: use(1000, 100, unit("tool_calls", 7)), want: "0.00225"},

		// 10/40 until 2025-06-09, then 2/8
		{name: "the price of the day: before", provider: "openai", model: "o3", at: day("2025-06-09 23:59"),
			usage: use(1000, 1000), want: "0.05"},
		{name: "the price of the day: after", provider: "openai", model: "o3", at: day("2025-06-10 00:00"),
			usage: use(1000, 1000), want: "0.01"},
		// .66/1.98, from 01:00 to 04:00 and from 06:00 to 10:00 UTC 1.32/3.96
		{name: "the price of the hour: off", provider: "deepseek", model: "deepseek-v4-pro", at: day("2026-10-01 04:00"),
			usage: use(1000, 1000), want: "0.00264"},
		{name: "the price of the hour: peak", provider: "deepseek", model: "deepseek-v4-pro", at: day("2026-10-01 03:59"),
			usage: use(1000, 1000), want: "0.00528"},

		{name: "flex at the same price", provider: "groq", model: "whisper-large-v3", tier: "flex", // .111 an hour
			usage: &llm.Usage{Units: map[string]float64{llm.UnitSeconds: 3600}}, want: "0.111", wantTier: "flex"},
		{name: "embeddings have no output", provider: "openai", model: "text-embedding-3-small", // .02
			usage: &llm.Usage{InputTokens: llm.Known(1234)}, want: "0.00002468"},
		{name: "a free model costs nothing, whatever it used", provider: "openai", model: "omni-moderation-latest",
			usage: &llm.Usage{}, want: "0"},
		{name: "a free variant", provider: "openrouter", model: "cognitivecomputations/dolphin-mistral-24b-venice-edition:free",
			usage: use(1000, 1000), want: "0"},
		{name: "a model without a price", provider: "github-copilot", model: "gpt-4o",
			usage: use(1000, 1000), want: ""},
		{name: "no usage", provider: "openai", model: "gpt-4.1", usage: &llm.Usage{}, want: ""},
		{name: "no output count where output is billed", provider: "openai", model: "gpt-4.1",
			usage: &llm.Usage{InputTokens: llm.Known(10)}, want: ""},
		{name: "nothing used costs nothing", provider: "openai", model: "gpt-4.1", usage: use(0, 0), want: "0"},
		{name: "output where none is sold", provider: "openai", model: "text-embedding-3-small",
			usage: use(10, 10), want: ""},
		{name: "a negative count", provider: "openai", model: "gpt-4.1", usage: use(-1, 10), want: ""},
		{name: "an absurd count", provider: "openai", model: "gpt-4.1", usage: use(math.MaxInt64, 10), want: ""},
		{name: "a unit that is no number", provider: "openai", model: "whisper-1",
			usage: &llm.Usage{Units: map[string]float64{llm.UnitSeconds: math.NaN()}}, want: ""},
		{name: "half a billionth is rounded up, once", provider: "google", model: "gemini-2.5-flash",
			usage: use(0, 0, unit("x", 1), func(u *llm.Usage) { u.InputTokens = llm.Known(5) }, read(5)), // 5×.03 = 150e-9
			want:  "0.00000015"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, ok := c.Find([]string{tc.provider}, tc.model)
			if !ok {
				t.Fatalf("%s/%s is not in the catalogue", tc.provider, tc.model)
			}
			if tc.at.IsZero() {
				tc.at = at
			}
			cost, price := c.Price(m, nil, tc.usage, tc.at, tc.tier, tc.batch)
			check(t, cost, tc.want)
			if tc.wantTier != "" && (price == nil || price.Tier != tc.wantTier) {
				t.Errorf("price %+v, want tier %q", price, tc.wantTier)
			}
		})
	}
}

func check(t *testing.T, got gateway.Cost, want string) {
	t.Helper()
	if want == "" {
		if got.Known {
			t.Errorf("cost %s, want unknown", got.USD)
		}
		return
	}
	if !got.Known || got.USD.String() != want {
		t.Errorf("cost %s (known %t), want %s", got.USD, got.Known, want)
	}
}

func TestCostsAreRoundedOnceAndHalfUp(t *testing.T) {
	c := load(t)
	for _, tc := range []struct {
		in, out int64
		want    string
	}{
		{1, 0, "0"},           // .4 billionths
		{2, 0, "0.000000001"}, // .8
		{0, 1, "0.000000001"}, // .5
		{1, 1, "0.000000001"}, // .9: not 0 + 1
		{3, 1, "0.000000002"}, // 1.7: each apart would be 1 + 1
		{1, 3, "0.000000002"}, // 1.9
		{5, 0, "0.000000002"}, // 2
		{0, 3, "0.000000002"}, // 1.5
	} {
		cost, _ := c.Price(nil, map[string]float64{"input": 0.0004, "output": 0.0005}, use(tc.in, tc.out), at, "", false)
		check(t, cost, tc.want)
	}
}

func TestAConfiguredPriceReplacesTheListedOneKindByKind(t *testing.T) {
	c := load(t)
	m, _ := c.Find([]string{"openai"}, "gpt-4.1") // 2, cached .5, output 8
	for _, tc := range []struct {
		name     string
		model    *account.Model
		override map[string]float64
		usage    *llm.Usage
		tier     string
		want     string
	}{
		{"all given", m, map[string]float64{"input": 1, "output": 4, "cache_read": 0.1}, use(1000, 1000, read(500)), "", "0.00455"},
		{"what is not given stays", m, map[string]float64{"output": 4}, use(1000, 1000, read(500)), "", "0.00525"},
		{"tiers multiply it", m, map[string]float64{"input": 1, "output": 4}, use(1000, 1000), "flex", "0.0025"},
		{"an unlisted model", nil, map[string]float64{"input": 0.1, "output": 0.4}, use(1000, 1000), "", "0.0005"},
		{"cached input of an unlisted model costs what input does", nil, map[string]float64{"input": 0.1, "output": 0.4}, use(1000, 1000, read(900)), "", "0.0005"},
		{"cached audio costs what audio does before what cached text does", nil, map[string]float64{"input": 1, "input_audio": 10, "cache_read": 0.1, "output": 1},
			use(1000, 0, heard(500), read(500), unit(llm.UnitCachedAudio, 500)), "", "0.0055"},
		{"an unlisted model's other tier", nil, map[string]float64{"input": 0.1, "output": 0.4}, use(1000, 1000), "flex", ""},
		{"free", nil, map[string]float64{"input": 0, "output": 0}, use(1000, 1000), "", "0"},
		{"per image", nil, map[string]float64{"per_image": 0.04}, &llm.Usage{Images: llm.Known(3)}, "", "0.12"},
		{"per character", nil, map[string]float64{"per_million_characters": 15}, &llm.Usage{Units: map[string]float64{llm.UnitCharacters: 1000}}, "", "0.015"},
		{"per search unit", nil, map[string]float64{"per_1000_search_units": 2}, &llm.Usage{Units: map[string]float64{llm.UnitSearchUnits: 5}}, "", "0.01"},
		{"an impossible price", nil, map[string]float64{"input": -1}, use(1000, 1000), "", ""},
		{"no price", nil, nil, use(1000, 1000), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cost, price := c.Price(tc.model, tc.override, tc.usage, at, tc.tier, false)
			check(t, cost, tc.want)
			if tc.want != "" && (price.Source != account.SourceConfig || price.AsOf != "") {
				t.Errorf("source %q as of %q", price.Source, price.AsOf)
			}
		})
	}
	if cost, _ := c.Price(m, nil, use(1000, 1000), at, "", false); cost.USD.String() != "0.01" {
		t.Errorf("the listed price was changed: %s", cost.USD)
	}
}

func TestAKindThatATierLeavesOpenIsUnknownEvenWithoutAPriceOfItsOwn(t *testing.T) {
	text := strings.Replace(tiny, `"models"`, `"tiers":[{"names":["batch"],"factors":{"*":0.5,"cache_read":null},"source":"x"}],"models"`, 1)
	c, err := account.ReadCatalogue(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := c.Find([]string{"acme"}, "a") // 1, 2
	cost, _ := c.Price(m, nil, use(1000, 0), at, "", true)
	check(t, cost, "0.0005")
	cost, _ = c.Price(m, nil, use(1000, 0, read(10)), at, "", true)
	check(t, cost, "")
}

func TestAConfiguredPriceHoldsForLongPromptsToo(t *testing.T) {
	c := load(t)
	m, _ := c.Find([]string{"google"}, "gemini-2.5-pro")
	m, err := c.Override(m, map[string]float64{"input": 1})
	if err != nil {
		t.Fatal(err)
	}
	cost, _ := c.Price(m, nil, use(300_000, 100), at, "", false) // 300000×1 + 100×15
	check(t, cost, "0.3015")
}

func TestAWrongPriceIsNamed(t *testing.T) {
	for want, price := range map[string]map[string]float64{
		`unknown kind of price "inputs"`: {"inputs": 1},
		"price of input":                 {"input": math.Inf(1)},
		"price of output":                {"input": 1, "output": -0.1},
	} {
		if err := account.CheckPrice(price); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := account.CheckPrice(map[string]float64{"input": 0, "per_image": 0.04}); err != nil {
		t.Error(err)
	}
}

func TestTheAppliedPriceIsSharedAndTellsItsOrigin(t *testing.T) {
	c := load(t)
	m, _ := c.Find([]string{"openai"}, "gpt-4.1")
	_, first := c.Price(m, nil, use(1, 1), at, "priority", false)
	_, again := c.Price(m, nil, use(2, 2), at, "fast", false)
	if first != again {
		t.Error("two prices for one model, prompt size and tier")
	}
	if first.Rates["input"] != 3.5 || first.Rates["cache_read"] != 0.875 || first.Rates["per_1000_searches"] != 10 {
		t.Errorf("rates %v", first.Rates)
	}
	if first.AsOf != "2026-09-23" || first.Source != "https://developers.openai.com/api/docs/pricing" {
		t.Errorf("source %q as of %q", first.Source, first.AsOf)
	}
}

func TestManyMayFindAndPriceAtOnce(t *testing.T) {
	c := load(t)
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				m, ok := c.Find([]string{"openai", "anthropic"}, []string{"gpt-4.1", "GPT-4.1", "claude-3-7-sonnet-x"}[i%3])
				if !ok {
					t.Error("not found")
					return
				}
				c.Price(m, nil, use(int64(i), int64(g)), at, []string{"", "flex", "batch"}[i%3], false)
			}
		})
	}
	group.Wait()
}

func TestPriceDoesNotAllocate(t *testing.T) {
	c := load(t)
	m, _ := c.Find([]string{"anthropic"}, "claude-3-7-sonnet-latest")
	u := use(10_000, 100, read(8000), wrote(1500), unit(llm.UnitSearches, 1))
	if n := testing.AllocsPerRun(100, func() { c.Price(m, nil, u, at, "batch", true) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPrice(b *testing.B) {
	c := load(b)
	m, _ := c.Find([]string{"anthropic"}, "claude-3-7-sonnet-latest")
	long, _ := c.Find([]string{"openai"}, "gpt-5.6-sol")
	plain := use(1000, 500)
	cached := use(10_000, 100, read(8000), wrote(1500))
	units := use(10_000, 100, read(8000), wrote(1500), unit(llm.UnitSearches, 1), unit(llm.UnitCacheWrite1h, 400))
	for _, tc := range []struct {
		name  string
		model *account.Model
		usage *llm.Usage
		tier  string
	}{
		{"plain", m, plain, ""},
		{"cached", m, cached, "standard"},
		{"units", m, units, "standard"},
		{"priority-long", long, use(300_000, 100, read(10)), "priority"},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Price(tc.model, nil, tc.usage, at, tc.tier, false)
			}
		})
	}
}
