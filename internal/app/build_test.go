package app

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/provider"
)

func TestTheOnlyProviderOfAFamilyIsWhoCanBeMeant(t *testing.T) {
	speaks := func(free bool, names ...dialect.Name) *provider.Provider {
		return &provider.Provider{Spec: &provider.Spec{Free: free}, Speaks: names}
	}
	chat, messages := speaks(false, dialect.Chat), speaks(false, dialect.Messages)
	box := speaks(true, dialect.Chat, dialect.Messages)
	for name, c := range map[string]struct {
		providers map[string]*provider.Provider
		want      map[string]string
	}{
		"nobody":                      {nil, map[string]string{}},
		"one":                         {map[string]*provider.Provider{"groq": chat}, map[string]string{"openai": "groq"}},
		"one of each family":          {map[string]*provider.Provider{"groq": chat, "claude": messages}, map[string]string{"openai": "groq", "anthropic": "claude"}},
		"the vendor itself":           {map[string]*provider.Provider{"groq": chat, "openai": chat, "mistral": chat}, map[string]string{"openai": "openai"}},
		"two that could be meant":     {map[string]*provider.Provider{"groq": chat, "mistral": chat}, map[string]string{}},
		"the sandbox alone":           {map[string]*provider.Provider{"sandbox": box}, map[string]string{"openai": "sandbox", "anthropic": "sandbox"}},
		"the sandbox beside one":      {map[string]*provider.Provider{"sandbox": box, "groq": chat}, map[string]string{"openai": "groq", "anthropic": "sandbox"}},
		"the sandbox beside two":      {map[string]*provider.Provider{"sandbox": box, "groq": chat, "mistral": chat}, map[string]string{"anthropic": "sandbox"}},
		"one that speaks both":        {map[string]*provider.Provider{"both": speaks(false, dialect.Chat, dialect.Responses, dialect.Messages)}, map[string]string{"openai": "both", "anthropic": "both"}},
		"a dialect that is not built": {map[string]*provider.Provider{"x": speaks(false, "no-such-dialect")}, map[string]string{}},
	} {
		if got := onlyProviders(c.providers); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestTheMachinesMemoryIsKnownWhereItCanBe(t *testing.T) {
	n := availableMemory()
	if runtime.GOOS != "linux" {
		if n != 0 {
			t.Errorf("%d bytes out of nowhere", n)
		}
		return
	}
	if n < 64<<20 || n > 1<<50 {
		t.Errorf("%d bytes", n)
	}
}

func percent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// collect runs a collection, and sets the percentage as the collector's own call would.
func collect() uint64 {
	runtime.GC()
	retune(nil)
	return percent()
}

// alone tells a test that it is the only one of its process.
const alone = "SLUICE_TEST_ALONE"

func TestASmallHeapIsNotCollectedBelowTheFloorAndALargeOneAsUsual(t *testing.T) {
	if os.Getenv(alone) == "" { // what other tests left on the heap is no small one
		c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		c.Env = append(os.Environ(), alone+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	t.Cleanup(func() { debug.SetGCPercent(100) })
	small := collect()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	n := live[0].Value.Uint64()
	if next := n + n*small/100; n >= heapFloor/2 || small <= 100 || small > 4800 || (n > 1<<20 && (next < heapFloor*9/10 || next > heapFloor*11/10)) {
		t.Errorf("live %d, %d%%: the next collection at %d, the floor is %d", n, small, next, heapFloor)
	}
	ballast := make([]byte, heapFloor)
	if got := collect(); got != 100 {
		t.Errorf("with a large heap it is %d%%", got)
	}
	runtime.KeepAlive(ballast)
	ballast = nil
	if got := collect(); got <= 100 {
		t.Errorf("with a small heap again it is %d%%", got)
	}
}

func TestTheCollectorCallsForTheNextAdjustmentItself(t *testing.T) {
	t.Cleanup(func() { debug.SetGCPercent(100) })
	runtime.GC()
	retune(nil)
	debug.SetGCPercent(77)
	for range 2000 {
		runtime.GC() // finalizers run on a goroutine of their own
		runtime.Gosched()
		if percent() != 77 {
			return
		}
	}
	t.Error("nobody adjusted the percentage after a collection")
}
