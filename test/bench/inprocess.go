//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// inProcess is the row of calls that are made within one process: their caller and their
// upstream are in it, and in the figure.
const inProcess = "CPU per call in process"

// addedBench is the benchmark of internal/proxy that takes turns between calls with and
// without limits, some thousand times a second apart.
const addedBench = "BenchmarkWhatLimitsAdd"

// measureInProcess notes what limits add within one process, where a difference of a
// microsecond can be told; two processes differ by as much for reasons of their own.
func (p *plan) measureInProcess(round int) error {
	if p.inprocess == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.inprocess, "-test.run", "^$", "-test.bench", "^"+addedBench+"$", "-test.benchtime", strconv.Itoa(p.secs)+"s")
	cmd.Dir = p.scratch
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", addedBench, err, out)
	}
	plain, added, err := benchFigures(out)
	if err != nil {
		return err
	}
	p.out.add(round, paused, inProcess, plain/1000)
	p.out.add(round, limited, inProcess, (plain+added)/1000)
	return nil
}

// benchFigures reads the CPU of a plain call, and what limits add, in nanoseconds.
func benchFigures(out []byte) (plain, added float64, err error) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || !strings.HasPrefix(words[0], addedBench) {
			continue
		}
		found := map[string]float64{}
		for i := 2; i < len(words); i++ {
			if v, bad := strconv.ParseFloat(words[i-1], 64); bad == nil {
				found[words[i]] = v
			}
		}
		if plain, added = found["cpu-ns/call"], found["added-ns/call"]; plain > 0 {
			return plain, added, nil
		}
	}
	return 0, 0, errors.Join(fmt.Errorf("%s told no figures: %q", addedBench, out), lines.Err())
}
