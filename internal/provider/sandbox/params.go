package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tuning is how one request is to be treated: the options, as the model's name changes
// them. After a '?' a name takes, joined by '&':
//
//	latency=200ms   before the first byte (also of an error), up to 10m
//	delay=10ms      between two pieces of streamed text, up to 1m
//	chunks=50       pieces of a streamed text, up to 100000
//	size=20000      bytes of answer text, up to 16 MiB (16777216)
//	fail=0.1        share of requests that fail, chosen by their hash
//	status=529      status of a failure; without fail, every request fails
type tuning struct {
	latency time.Duration
	delay   time.Duration
	chunks  int
	size    int // 0 = as it comes
	fail    float64
	status  int
}

const (
	maxLatency = 10 * time.Minute
	maxDelay   = time.Minute
	maxChunks  = 100_000
	maxSize    = 16 << 20

	slowLatency = 2 * time.Second
	longSize    = 16_000
)

// model is a model's name taken apart: what it does and how.
type model struct {
	name string // without parameters
	tuning
}

// parseModel takes a model's name apart. An unknown name is a 404 that lists the known
// ones, a bad parameter a 400 that names it.
func parseModel(o Options, ability ability, raw string) (model, *problem) {
	name, params, _ := strings.Cut(raw, "?")
	m := model{name: name, tuning: tuning{latency: o.Latency, delay: o.ChunkDelay, chunks: o.Chunks, fail: o.FailureRate}}
	m.status = cmp.Or(o.FailureStatus, http.StatusServiceUnavailable)
	if name == "" {
		return m, invalid("model", "you must provide a model")
	}
	if p := m.apply(ability); p != nil {
		return m, p
	}
	return m, m.tune(params)
}

// apply finds the name in the list and does what the name alone asks for.
func (m *model) apply(a ability) *problem {
	if code, ok := strings.CutPrefix(m.name, "error-"); ok {
		status, err := strconv.Atoi(code)
		if err != nil || status < 400 || status > 599 {
			return unknownModel(m.name, a)
		}
		m.status, m.fail = status, 1
		return nil
	}
	known, ok := find(m.name)
	if !ok || known.does&a == 0 {
		return unknownModel(m.name, a)
	}
	switch m.name {
	case "slow":
		m.latency = max(m.latency, slowLatency)
	case "long":
		m.size = longSize
	case "flaky":
		m.fail = 1.0 / 3
	}
	return nil
}

// tune applies the parameters of the name.
func (m *model) tune(raw string) *problem {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return invalid("model", fmt.Sprintf("the parameters of model %q cannot be read: write them as name=value joined by '&'", m.name))
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if hint := m.set(name, values.Get(name)); hint != "" {
			return invalid("model", fmt.Sprintf("model parameter %s=%q: %s", name, values.Get(name), hint))
		}
	}
	if values.Has("status") && !values.Has("fail") && m.fail == 0 {
		m.fail = 1
	}
	return nil
}

// set gives one parameter its value, or says what it should have been.
func (m *model) set(name, value string) (hint string) {
	switch name {
	case "latency":
		return setDuration(&m.latency, value, maxLatency)
	case "delay":
		return setDuration(&m.delay, value, maxDelay)
	case "chunks":
		return setInt(&m.chunks, value, 1, maxChunks)
	case "size":
		return setInt(&m.size, value, 1, maxSize)
	case "status":
		return setInt(&m.status, value, 400, 599)
	case "fail":
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(f) || f < 0 || f > 1 {
			return "want a share from 0 to 1, as 0.1"
		}
		m.fail = f
		return ""
	}
	return "no such parameter; there are latency, delay, chunks, size, fail and status"
}

func setDuration(d *time.Duration, value string, limit time.Duration) (hint string) {
	v, err := time.ParseDuration(value)
	if err != nil || v < 0 || v > limit {
		return "want a duration up to " + limit.String() + ", as 200ms"
	}
	*d = v
	return ""
}

func setInt(n *int, value string, low, high int) (hint string) {
	v, err := strconv.Atoi(value)
	if err != nil || v < low || v > high {
		return fmt.Sprintf("want a whole number from %d to %d", low, high)
	}
	*n = v
	return ""
}
