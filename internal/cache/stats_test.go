package cache_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/internal/cache"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestFiguresAreByEachOfWhatACallHas(t *testing.T) {
	var s cache.Stats
	if got := s.Snapshot(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	saved := gateway.Cost{USD: 5, Known: true}
	for _, c := range []cache.Call{
		{Gateway: "a", Model: "m", Outcome: cache.Miss},
		{Gateway: "a", Model: "m", Outcome: cache.Hit, Bytes: 10, Cost: saved, Took: time.Second},
		{Gateway: "a", Model: "n", Outcome: cache.Stale, Bytes: 1, Cost: gateway.Cost{USD: 7}},
		{Gateway: "b", Route: "r", Workspace: "w", KeyID: "k", Outcome: cache.Coalesced, Bytes: 3, Cost: saved},
		{Gateway: "b", Outcome: cache.SemanticHit},
		{Gateway: "b", Outcome: cache.Bypass},
	} {
		s.Count(&c)
	}
	b := cache.Figures{Coalesced: 1, SavedBytes: 3, SavedUSD: 5}
	by := func(f cache.Figures, by, name string) cache.Figures { f.By, f.Name = by, name; return f }
	want := []cache.Figures{
		{By: cache.ByGateway, Name: "a", Hits: 1, Misses: 1, Stale: 1, SavedBytes: 11, SavedUSD: 5, SavedTime: time.Second},
		{By: cache.ByGateway, Name: "b", Coalesced: 1, Semantic: 1, Bypassed: 1, SavedBytes: 3, SavedUSD: 5},
		{By: cache.ByModel, Name: "m", Hits: 1, Misses: 1, SavedBytes: 10, SavedUSD: 5, SavedTime: time.Second},
		{By: cache.ByModel, Name: "n", Stale: 1, SavedBytes: 1},
		by(b, cache.ByRoute, "r"), by(b, cache.ByWorkspace, "w"), by(b, cache.ByKey, "k"),
	}
	got := s.Snapshot()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if r := got[0].Ratio(); r < 0.66 || r > 0.67 {
		t.Errorf("ratio %v", r)
	}
}

func TestNamesAreBoundedAndTheRestIsOther(t *testing.T) {
	var s cache.Stats
	const names, each = 2000, 3
	var all sync.WaitGroup
	for range each {
		all.Go(func() {
			for i := range names {
				s.Count(&cache.Call{KeyID: fmt.Sprint("key_", i), Outcome: cache.Miss})
			}
		})
	}
	all.Wait()
	got, total, other := s.Snapshot(), int64(0), int64(0)
	for _, f := range got {
		total += f.Misses
		if f.Name == cache.Other {
			other = f.Misses
		}
	}
	if len(got) > 512 || total != names*each || other < (names-512)*each {
		t.Errorf("%d names, %d calls, %d of others", len(got), total, other)
	}
	if !slices.IsSortedFunc(got, func(a, b cache.Figures) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not in order")
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	var s cache.Stats
	c := cache.Call{Gateway: "a", Model: "m", Route: "r", Workspace: "w", KeyID: "k", Outcome: cache.Hit, Bytes: 1}
	if n := testing.AllocsPerRun(100, func() { s.Count(&c) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCount(b *testing.B) {
	var s cache.Stats
	c := cache.Call{Gateway: "a", Model: "m", Route: "r", Workspace: "w", KeyID: "k", Outcome: cache.Hit, Bytes: 1, Cost: gateway.Cost{USD: 1, Known: true}, Took: 1}
	b.ReportAllocs()
	for b.Loop() {
		s.Count(&c)
	}
}
