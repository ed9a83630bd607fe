package semantic_test

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

// thresholds are those that figures are given for.
var thresholds = []float64{0, 0.6, 0.7, 0.75, semantic.Threshold, 0.85, 0.9, 0.95}

func TestWithARealEmbedderNinetyNineOfAHundredHitsAreRight(t *testing.T) {
	same, alike := load(t, "same.jsonl"), load(t, "alike.jsonl")
	var texts []string
	for _, p := range slices.Concat(same, alike) {
		texts = append(texts, p.A, p.B)
	}
	vectors := embed(t, texts)
	guarded := judge(t, vectors, same, true)
	wrong := judge(t, vectors, alike, false)
	for _, least := range thresholds {
		var bare, hits, misses halves
		for _, o := range guarded {
			hits.count(o.pair, o.served && o.score >= least)
		}
		for _, o := range wrong {
			misses.count(o.pair, o.served && o.score >= least)
			bare.count(o.pair, o.score >= least)
		}
		report(t, least, hits, misses, bare)
	}
}

// outcome is what a pair comes to when every score is enough.
type outcome struct {
	pair
	score  float64
	served bool
}

// judge adds the first prompt of each pair in a scope of its own, and looks for the second.
func judge(t *testing.T, vectors map[string][]float32, pairs []pair, same bool) (out []outcome) {
	t.Helper()
	x := semantic.New(semantic.Options{})
	for i, p := range pairs {
		scope, key := cache.Key(sha256.Sum256([]byte(p.A))), cache.Key(sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		x.Add(scope, key, vectors[p.A], p.A, time.Now().Add(time.Hour))
		m, ok, why := x.Find(scope, vectors[p.B], p.B, -1)
		if m.Text != p.A {
			t.Fatalf("line %d: found %q for %q", p.Line, m.Text, p.B)
		}
		out = append(out, outcome{pair: p, score: m.Score, served: ok})
		if p.seen() && ok != same {
			t.Logf("%.2f line %d (%s): %q and %q", m.Score, p.Line, why, p.A, p.B)
		}
	}
	return out
}

// report gives the figures of a threshold, and holds the default one to what is promised.
func report(t *testing.T, least float64, hits, misses, bare halves) {
	t.Helper()
	name := [...]string{"seen", "held out"}
	for i := range hits {
		t.Logf("threshold %.2f, %s: precision %.1f %%, recall %.1f %%; %.0f %% of the look-alikes are as near", least, name[i],
			precision(hits[i], misses[i]), hits[i].percent(), bare[i].percent())
	}
	if least != semantic.Threshold {
		return
	}
	for i := range hits {
		if p := precision(hits[i], misses[i]); p < 98 {
			t.Errorf("%s: precision %.1f %%", name[i], p)
		}
	}
	if p := precision(hits.both(), misses.both()); p < 99 {
		t.Errorf("precision %.1f %%", p)
	}
	if r := hits.both().percent(); r < 50 {
		t.Errorf("recall %.1f %%", r)
	}
}

// precision is the share of hits that are right.
func precision(right, wrong share) float64 {
	return share{right.some, right.some + wrong.some}.percent()
}
