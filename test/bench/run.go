//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plan is what is asked for.
type plan struct {
	launcher
	rounds, secs, streams, rate int
	loadCore                    int
	only                        *regexp.Regexp // targets that are measured
	inprocess                   string         // the test binary of internal/proxy; "" = none is run
	mock                        *process
	out                         *samples
}

// runAll measures every target in every phase of every round, and prints the tables.
func runAll(args []string) error {
	var p plan
	f := flag.NewFlagSet("run", flag.ExitOnError)
	f.StringVar(&p.sluice, "sluice", "", "path of the gateway's binary")
	f.StringVar(&p.scratch, "scratch", "", "a folder for temporary files")
	f.StringVar(&p.inprocess, "inprocess", "", "path of the test binary of internal/proxy, for what limits cost within one process")
	only := f.String("only", "", "an expression: targets with other names are left out")
	f.IntVar(&p.rounds, "rounds", 3, "rounds, 1 to 20")
	f.IntVar(&p.secs, "secs", 4, "seconds of one phase, 1 to 30")
	f.IntVar(&p.streams, "streams", 200, "streams at once, 1 to 500")
	f.IntVar(&p.rate, "rate", 1000, "calls a second at the fixed rate, 10 to 20000")
	if err := f.Parse(args); err != nil {
		return err
	}
	var err error
	if p.only, err = regexp.Compile(*only); err != nil {
		return fmt.Errorf("run: -only: %w", err)
	}
	if p.sluice == "" || p.scratch == "" {
		return errors.New("run: -sluice and -scratch are needed; run.sh gives them")
	}
	p.rounds, p.secs = min(max(p.rounds, 1), 20), min(max(p.secs, 1), 30)
	p.streams, p.rate = min(max(p.streams, 1), 500), min(max(p.rate, 10), 20000)
	p.core, p.loadCore = 0, 1
	if runtime.NumCPU() < 2 {
		fmt.Fprintln(os.Stderr, "*** one core only: proxies, upstream and callers share it ***")
		p.core, p.loadCore = -1, -1
	}
	p.out = newSamples()
	if err := p.measureAll(); err != nil {
		return err
	}
	return p.out.print(os.Stdout, &p)
}

func (p *plan) measureAll() (err error) {
	if p.up, err = freeAddress(); err != nil {
		return err
	}
	p.mock, err = spawn(p.loadCore, filepath.Join(p.scratch, "mock.log"), nil, p.scratch, os.Args[0], "mock", "-addr", p.up)
	if err != nil {
		return err
	}
	defer p.mock.stop()
	if _, err := awaitFirst(p.up, "gpt-4o-mini", time.Now()); err != nil {
		return err
	}
	for r := range p.rounds {
		began := time.Now()
		if err := errors.Join(p.round(r), p.measureInProcess(r)); err != nil {
			return fmt.Errorf("round %d: %w", r+1, err)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", r+1, p.rounds, time.Since(began).Round(time.Second))
	}
	return nil
}

// phase measures one thing of one target.
type phase func(*plan, *target) error

// visit is a phase and the targets that it visits.
type visit struct {
	run phase
	of  func(*target) bool
}

func everyOne(*target) bool { return true }
func usual(t *target) bool  { return !slices.Contains(inTurn, t.name) && t.name != cached }
func small(t *target) bool  { return !slices.Contains(inTurn, t.name) }

// round starts every target and lets each phase visit all of them in a new order.
func (p *plan) round(r int) error {
	order := rand.New(rand.NewPCG(uint64(r), 1))
	var live []*target
	defer func() {
		for _, t := range live {
			if t.proc != nil {
				t.proc.stop()
			}
		}
	}()
	all := slices.DeleteFunc(names(), func(name string) bool { return !p.only.MatchString(name) })
	order.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, name := range all {
		began := time.Now()
		t, err := p.start(name)
		if err != nil {
			return err
		}
		live = append(live, t)
		took, err := awaitFirst(t.addr, t.model(), began)
		if err != nil && slices.Contains(inTurn, name) {
			fmt.Fprintf(os.Stderr, "*** %s is left out: %v ***\n", name, err)
			t.proc.stop()
			live = live[:len(live)-1]
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if t.proc != nil {
			p.out.add(r, name, "ready", float64(took.Microseconds())/1000)
		}
	}
	time.Sleep(2 * time.Second)
	for _, one := range []visit{{idle, everyOne}, {warm, everyOne}, {saturate(1024, "1 KB"), small}, {saturate(20<<10, "20 KB"), usual}, {fixedRate, usual}, {streaming, usual}, {thousand, usual}} {
		order.Shuffle(len(live), func(i, j int) { live[i], live[j] = live[j], live[i] })
		for _, t := range live {
			p.out.round = r
			if !one.of(t) {
				continue
			}
			if err := one.run(p, t); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
	}
	return takingTurns(p, live, order)
}

// awaitFirst calls again and again until the first 200, and gives the time since the start.
func awaitFirst(addr, model string, began time.Time) (time.Duration, error) {
	request := (&calls{mode: "closed", addr: addr, key: gatewayKey, model: model, body: 1024}).request(agents[0])
	for time.Since(began) < 15*time.Second {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = c.Write(request)
			line, _ := bufio.NewReader(c).ReadString('\n')
			c.Close()
			if strings.Contains(line, " 200") {
				return time.Since(began), nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("no good answer from %s in 15 s", addr)
}

// load runs the callers and gives what they saw and what the target used meanwhile.
func (p *plan) load(t *target, args ...string) (r result, cpu time.Duration, err error) {
	args = append([]string{"-c", strconv.Itoa(max(p.loadCore, 0)), os.Args[0], "load", "-addr", t.addr, "-key", gatewayKey, "-model", t.model()}, args...)
	cmd := exec.Command("taskset", args...)
	if p.loadCore < 0 {
		cmd = exec.Command(args[2], args[3:]...)
	}
	cmd.Stderr = os.Stderr
	before := t.cpu()
	out, err := cmd.Output()
	cpu = t.cpu() - before
	if err != nil {
		return r, cpu, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, cpu, err
	}
	// The yardstick loses a stream now and then (https://go.dev/issue/40747).
	p.out.lost(t.name, r)
	if r.Requests < 20*r.Errors || r.Requests == 0 {
		return r, cpu, fmt.Errorf("%d of %d calls failed: %s", r.Errors, r.Errors+r.Requests, r.Example)
	}
	return r, cpu, nil
}

func (t *target) cpu() time.Duration {
	if t.proc == nil {
		return 0
	}
	return t.proc.cpu()
}

// drained waits until the store has every entry, and its exports too, and gives the CPU that
// this took.
func (t *target) drained() (time.Duration, error) {
	before := t.cpu()
	waits := []func() (float64, error){t.depth}
	if t.name == watched {
		waits = append(waits, t.lag)
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		for len(waits) > 0 { // what has come to its end is not asked again: answers cost CPU
			n, err := waits[0]()
			if err != nil {
				return 0, err
			}
			if n > 0 {
				break
			}
			waits = waits[1:]
		}
		if len(waits) == 0 {
			return t.cpu() - before, nil
		}
	}
	return 0, errors.New("the store does not take the entries")
}

// depth is how many entries wait for the store.
func (t *target) depth() (float64, error) {
	resp, err := http.Get("http://" + t.admin + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), "sluice_spool_depth "); ok {
			return strconv.ParseFloat(v, 64)
		}
	}
	return 0, errors.Join(errors.New("no sluice_spool_depth"), lines.Err())
}

// lag is how many entries of the store wait to be exported.
func (t *target) lag() (float64, error) {
	r, err := http.NewRequest(http.MethodGet, "http://"+t.admin+"/api/v1/exports/bench", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var x struct {
		Lag   float64 `json:"lag_entries"`
		Error string  `json:"error"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&x); err != nil {
		return 0, err
	}
	if x.Error != "" {
		return 0, errors.New("the export fails: " + x.Error)
	}
	return x.Lag, nil
}
