//go:build linux

// Command bench measures the gateway beside a bare reverse proxy, nginx and a direct
// call, interleaved in one run on one pinned core. It is the yardstick behind make bench
// and knows nothing of the gateway but its command line, its configuration and two of
// its metrics.
//
// Its parts are processes of their own, so that each one's CPU can be told: mock is the
// upstream, load the callers, goproxy the yardstick, and run starts and measures them.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: bench run|mock|load|goproxy [flags]")
		os.Exit(2)
	}
	parts := map[string]func([]string) error{"run": runAll, "mock": runMock, "load": runLoad, "goproxy": runGoproxy}
	part, ok := parts[os.Args[1]]
	if !ok {
		fmt.Fprintf(os.Stderr, "bench: no part is called %s\n", os.Args[1])
		os.Exit(2)
	}
	if err := part(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
