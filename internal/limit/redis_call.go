package limit

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed redis_common.lua
var commonLua string

//go:embed redis_decide.lua
var decideLua string

//go:embed redis_settle.lua
var settleLua string

// scripts are run by their digests, and sent again when the server has lost them.
type scripts struct{ decide, settle *redis.Script }

func newScripts(common string) scripts {
	return scripts{redis.NewScript(common + decideLua), redis.NewScript(common + settleLua)}
}

// The modes of the script that decides.
const (
	modeReserve = "r"
	modePeek    = "p"
	modeExtend  = "e"
	modeSwap    = "s"
)

// The codes of its answers.
const (
	codeRefused = iota
	codeTaken
	codeStale
	codeUnbegun
	codeNotOpen
)

// maxPlaces is how many places one claim may take: the server keeps each by itself.
const maxPlaces = 1024

// exact is the greatest amount that a script counts without loss.
const exact = 1 << 53

// lostError is a failure of the server or of the way to it.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

func lost(err error) bool { return errors.As(err, new(lostError)) }

// ask is one question to the script that decides.
type ask struct {
	mode   string
	id     [16]byte
	claims []Claim
	wants  []int64 // nil = what the claims want
	ttl    time.Duration
	old    settlement // of the hold that a swap settles first
	from   time.Time  // the period's begin, if the ledger was asked about it
	spent  int64      // what it said
}

func (a *ask) want(i int) int64 {
	if a.wants != nil {
		return a.wants[i]
	}
	return a.claims[i].Want
}

// decide asks until there is a decision: again when a period has ended since its bounds
// were reckoned, and when the ledger had to be asked. What was taken is written to h.
func (r *Redis) decide(ctx context.Context, a *ask, h *Hold) (Verdict, error) {
	if len(a.claims) == 0 {
		return r.nothing(a, h), nil
	}
	for range 5 {
		reply, err := r.question(ctx, a)
		if err != nil {
			return Verdict{}, err
		}
		switch reply[0] {
		case codeTaken, codeRefused:
			return r.verdict(a, reply, h), nil
		case codeNotOpen:
			return Verdict{}, ErrNotOpen
		case codeUnbegun:
			if err := r.begin(ctx, a.claims, reply[2:]); err != nil {
				return Verdict{}, err
			}
		}
	}
	return Verdict{}, lostError{errors.New("Redis finds no period that its clock is in")}
}

// nothing is the verdict over no claims at all.
func (r *Redis) nothing(a *ask, h *Hold) Verdict {
	if a.mode == modeReserve {
		h.Taken = r.now()
		h.Expires = h.Taken.Add(a.ttl)
	}
	return Verdict{Hold: h, Refused: -1}
}

// run runs a script with its own deadline: who asked may have gone, but what the server
// has taken must not be forgotten.
func (r *Redis) run(ctx context.Context, s *redis.Script, keys []string, args []any) *redis.Cmd {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.Timeout)
	defer cancel()
	return s.Run(ctx, r.client, keys, args...)
}

// question asks once.
func (r *Redis) question(ctx context.Context, a *ask) ([]int64, error) {
	keys, args, err := r.arguments(a)
	if err != nil {
		return nil, err
	}
	reply, err := r.run(ctx, r.scripts.decide, keys, args).Int64Slice()
	if err != nil {
		return nil, lostError{err}
	}
	r.ahead.Store(reply[1] - time.Now().UnixMicro())
	return reply, nil
}

// arguments writes the keys and arguments of a decision.
func (r *Redis) arguments(a *ask) ([]string, []any, error) {
	id := hex.EncodeToString(a.id[:])
	keys := append(make([]string, 0, 2+len(a.claims)), r.opts.Prefix+"open", r.holds()+id)
	args := append(make([]any, 0, 4+9*len(a.claims)), r.holds(), a.mode, id, a.ttl.Microseconds())
	now := r.now()
	for i := range a.claims {
		c := &a.claims[i]
		key, head, err := r.counter(c, now)
		if err != nil {
			return nil, nil, err
		}
		if c.Open && a.want(i) > maxPlaces {
			return nil, nil, fmt.Errorf("limit: counter %s: %d places for one call, more than %d", c.Counter, a.want(i), maxPlaces)
		}
		keys = append(keys, key)
		args = append(args, head[:]...)
		args = append(args, amount(a.want(i)))
		if a.mode == modeExtend {
			args = append(args, 0)
		} else {
			args = append(args, amount(c.Min))
		}
		args = append(args, c.Observe, r.beginning(a, c, head[1]))
	}
	if a.mode == modeSwap {
		claims := a.old.keys[2:]
		keys = append(append(keys, claims...), a.old.keys[1])
		args = append(args, a.old.args[settleHead:]...)
		args = append(args, a.old.args[1], a.old.args[2], len(claims))
	}
	return keys, args, nil
}

// beginning is what a period's counter begins with, if it has to: "" when the ledger has
// not been asked.
func (r *Redis) beginning(a *ask, c *Claim, from any) any {
	switch {
	case r.opts.Spent == nil || c.Open || c.Window.Period == "":
		return 0
	case !a.from.IsZero() && from == a.from.UnixMicro():
		return a.spent
	}
	return ""
}

func (r *Redis) holds() string { return r.opts.Prefix + "hold:" }

// counter gives a claim's key and what describes its window: kind, a, b, max, burst (see
// redis_common.lua). A window of another length has another key.
func (r *Redis) counter(c *Claim, at time.Time) (string, [5]any, error) {
	w, name := c.Window, r.opts.Prefix+c.Counter.String()
	head := [5]any{"s", w.Span.Microseconds(), 0, amount(w.Max), ceiling(c) - amount(w.Max)}
	switch {
	case c.Open:
		head[0], head[1] = "o", 0
		return name + ":open", head, nil
	case w.Period != "":
		from, till, err := r.bounds(w, at)
		if err != nil {
			return "", head, err
		}
		head[0], head[1], head[2] = "p", from.UnixMicro(), till.UnixMicro()
		return name + ":" + string(w.Period) + ":" + strconv.FormatInt(from.Unix(), 10), head, nil
	case w.Span < time.Microsecond:
		return "", head, fmt.Errorf("limit: counter %s: its window has neither a span nor a period", c.Counter)
	case w.Fixed:
		head[0] = "f"
	}
	return name + ":" + head[0].(string) + strconv.FormatInt(w.Span.Microseconds(), 10), head, nil
}

// ceiling is what may stand in a claim's window at once.
func ceiling(c *Claim) int64 {
	if c.Open || c.Window.Period != "" {
		return amount(c.Window.Max)
	}
	return amount(c.Window.Max) + amount(c.Window.Burst)
}

func amount(n int64) int64 { return min(max(n, 0), exact) }

// verdict reads an answer; what was taken is written to h.
func (r *Redis) verdict(a *ask, reply []int64, h *Hold) Verdict {
	v := Verdict{Refused: -1, States: make([]State, len(a.claims))}
	for i := range a.claims {
		used, reset := reply[4+3*i+1], reply[4+3*i+2]
		v.States[i] = State{Max: ceiling(&a.claims[i]), Used: used, Reset: micros(reset)}
	}
	r.known.note(r, a.claims, v.States)
	if reply[0] == codeRefused {
		v.Refused, v.Retry = int(reply[2]), micros(reply[3])
		if reply[3] < 0 {
			v.Retry = -1
		}
		return v
	}
	if h == nil {
		return v
	}
	v.Hold, h.Expires = h, time.UnixMicro(reply[2])
	if a.mode == modeReserve || a.mode == modeSwap {
		h.Taken = time.UnixMicro(reply[1])
	}
	for i := range a.claims {
		h.Granted[i] += reply[4+3*i]
	}
	return v
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// settleHead is how many arguments stand before the claims' in a settlement.
const settleHead = 4

// settlement is what is sent to settle a hold.
type settlement struct {
	keys []string
	args []any
}

// settlement writes down what was used, and where the hold was taken; false when there is
// nothing to tell. Of a hold that was taken without the server only what was counted
// matters.
func (r *Redis) settlement(h *Hold, used []int64) (settlement, bool) {
	id := hex.EncodeToString(h.ID[:])
	s := settlement{
		keys: append(make([]string, 0, 2+len(h.Claims)), r.opts.Prefix+"open", r.holds()+id),
		args: append(make([]any, 0, 4+9*len(h.Claims)), r.holds(), id, h.Taken.UnixMicro(), r.now().UnixMicro()),
	}
	for i := range h.Claims {
		c := &h.Claims[i]
		if h.Local && (c.Open || r.outage(c) != countLocal) {
			continue
		}
		key, head, err := r.counter(c, h.Taken)
		if err != nil {
			continue // it was never counted
		}
		s.keys = append(s.keys, key)
		s.args = append(append(s.args, head[:]...), amount(used[i]), 0, 0, 0)
	}
	return s, len(s.keys) > 2
}
