package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// EnvURL says where the data plane is, EnvGatewayKey what opens it.
const (
	EnvURL        = "SLUICE_URL"
	EnvGatewayKey = "SLUICE_KEY"

	defaultGateway = "http://127.0.0.1:8080"
)

// warm fills the cache from a file.
type warm struct {
	env      *Env
	url, key string
	rate     float64
	parallel int
	resume   bool
	dry      bool
	json     bool
}

func newWarm(env *Env) *cobra.Command {
	w := &warm{env: env}
	cmd := &cobra.Command{
		Use: "warm FILE", Short: "Fill the cache beforehand: make the calls that a file holds, one a line", Args: cobra.ExactArgs(1),
		Long: `Fill the cache beforehand: make the calls that a file holds, one a line (- = the standard
input). A line is {"url": "/v1/chat/completions", "body": {…}, "headers": {…}}, or a line of
an OpenAI batch, or the bare body of a chat. What is kept already is not asked for again.

How far a run has come stands in FILE.warm while anything is left to do; with --resume the
next run goes on from there, and tries again what failed.`,
		Example: `  sluice cache warm questions.jsonl --rate 5
  sluice cache warm questions.jsonl --resume`,
		RunE: runs(func(cmd *cobra.Command, args []string) error { return w.run(cmd.Context(), args[0]) }),
	}
	f := cmd.Flags()
	f.StringVar(&w.url, "url", cmp.Or(env.get(EnvURL), defaultGateway), "`URL` of the gateway, with /g/NAME for one that is not the default (env "+EnvURL+")")
	f.StringVar(&w.key, "key", "", "gateway `KEY` (better in env "+EnvGatewayKey+", which other users of the machine cannot see)")
	f.Float64Var(&w.rate, "rate", 0, "calls per second at most (default: as fast as it goes)")
	f.IntVar(&w.parallel, "parallel", 4, "calls at once")
	f.BoolVar(&w.resume, "resume", false, "go on where the last run of this file stopped")
	f.BoolVar(&w.dry, "dry-run", false, "only read the file, and say what is wrong with it")
	jsonFlag(cmd, &w.json)
	return cmd
}

func (w *warm) check() error {
	u, err := url.Parse(w.url)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return &usage{fmt.Errorf("--url %s is no URL such as %s", w.url, defaultGateway)}
	case w.rate < 0:
		return &usage{errors.New("--rate must be more than 0")}
	case w.parallel < 1 || w.parallel > 256:
		return &usage{errors.New("--parallel must be 1 to 256")}
	}
	return nil
}

func (w *warm) run(ctx context.Context, input string) error {
	if err := w.check(); err != nil {
		return err
	}
	total, err := linesOf(input)
	if err != nil {
		return err
	}
	state, err := newState(input, w.resume)
	if err != nil {
		return err
	}
	in := io.NopCloser(w.env.Stdin)
	if input != "-" {
		if in, err = os.Open(input); err != nil {
			return err
		}
	}
	defer in.Close()
	s := &warmSummary{progress: newProgress(w.env.Stderr, total), state: state, dry: w.dry}
	readErr := w.each(ctx, in, state, s.note)
	return errors.Join(readErr, s.end(w.env, w.json, readErr == nil))
}

// linesOf counts the lines of a file; 0 = it is the standard input.
func linesOf(input string) (n int, err error) {
	if input == "-" {
		return 0, nil
	}
	f, err := os.Open(input)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = eachLine(f, func(int, []byte) error { n++; return nil })
	return n, err
}

// longestLine bounds a line.
const longestLine = 64 << 20

// eachLine gives the lines, without white space around them, until the function fails.
func eachLine(r io.Reader, do func(number int, text []byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	for number := 1; lines.Scan(); number++ {
		if err := do(number, bytes.TrimSpace(lines.Bytes())); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return errors.New("a line is longer than 64 MiB")
	}
	return lines.Err()
}

// each makes the calls and notes what became of them, in this goroutine. All of its own
// goroutines have ended when it returns.
func (w *warm) each(ctx context.Context, in io.Reader, state *warmState, note func(warmResult)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls, results := make(chan warmLine), make(chan warmResult, w.parallel)
	skip := *state // as it was: the reader looks at it while results change it
	skip.Failed = slices.Clone(state.Failed)
	var readErr error
	var running sync.WaitGroup
	running.Go(func() {
		defer close(calls)
		readErr = w.read(ctx, in, &skip, calls, results)
	})
	g := &gatewayCaller{base: strings.TrimRight(w.url, "/"), key: cmp.Or(w.key, w.env.get(EnvGatewayKey)), http: &http.Client{Transport: w.env.Transport}}
	for range w.parallel {
		running.Go(func() {
			for l := range calls {
				results <- w.call(ctx, g, &l)
			}
		})
	}
	go func() { running.Wait(); close(results) }()
	for r := range results {
		note(r)
	}
	return readErr
}

// read hands on the lines that are to be sent, at the rate that was asked for.
func (w *warm) read(ctx context.Context, in io.Reader, state *warmState, calls chan<- warmLine, results chan<- warmResult) error {
	next := time.Now()
	err := eachLine(in, func(number int, text []byte) error {
		if len(text) == 0 || !state.wants(number) {
			results <- warmResult{line: number, kind: warmSkipped}
			return nil
		}
		line, err := readLine(number, text)
		if err != nil {
			results <- warmResult{line: number, why: err.Error()}
			return nil
		}
		if w.rate > 0 && !w.dry {
			if !sleep(ctx, time.Until(next)) {
				return errStopped
			}
			next = maxTime(next, time.Now().Add(-time.Second)).Add(time.Duration(float64(time.Second) / w.rate))
		}
		select {
		case calls <- line:
			return nil
		case <-ctx.Done():
			return errStopped
		}
	})
	if ctx.Err() != nil {
		return errStopped
	}
	return err
}

var errStopped = errors.New("stopped before the end; --resume goes on from here")

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *warm) call(ctx context.Context, g *gatewayCaller, l *warmLine) warmResult {
	if w.dry {
		return warmResult{line: l.number, kind: warmGood}
	}
	return g.send(ctx, l)
}
