//go:build linux

package main

import "testing"

func TestFiguresOfTheBenchmarkAreRead(t *testing.T) {
	plain, added, err := benchFigures([]byte("goos: linux\nBenchmarkWhatLimitsAdd-2   \t      33\t 102547964 ns/op\t      2133 added-ns/call\t     47554 cpu-ns/call\nPASS\n"))
	if err != nil || plain != 47554 || added != 2133 {
		t.Errorf("plain %v, added %v, %v", plain, added, err)
	}
	for _, bad := range []string{"", "PASS\n", "BenchmarkWhatLimitsAdd-2 \n", "BenchmarkWhatLimitsAdd-2 33 1 ns/op\n"} {
		if _, _, err := benchFigures([]byte(bad)); err == nil {
			t.Errorf("%q has figures", bad)
		}
	}
}
