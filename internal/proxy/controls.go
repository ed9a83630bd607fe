package proxy

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// controls are what a caller asked for in sluice-* headers.
type controls struct {
	metadata   json.RawMessage // nil = none
	timeout    time.Duration   // 0 = the provider's
	log        catalog.Bodies
	logSet     bool
	provider   string
	credential string
	fallback   []string         // nil = the route's
	priority   catalog.Priority // "" = none is asked for
	resume     bool
	cache      cacheAsk

	// What only Cloudflare's headers say.
	firstByte time.Duration // 0 = the provider's
	again     again
	event     string      // the caller's own id of the call
	trace     string      // "" = as traceparent says
	span      string      // of the caller, in that trace; "" = none is named
	notes     [][2]string // for the metadata
}

const (
	maxMetadata = 16 << 10
	maxTimeout  = 24 * time.Hour
)

// control reads one header into the controls.
type control func(c *controls, value string) error

// known controls by canonical name; a nil control is one that this version has not.
var known = map[string]control{
	"Sluice-Metadata":   readMetadata,
	"Sluice-Timeout-Ms": readTimeout,
	"Sluice-Log":        readLog,
	"Sluice-Provider":   func(c *controls, v string) error { return readName(&c.provider, "sluice-provider", v) },
	"Sluice-Credential": func(c *controls, v string) error { return readName(&c.credential, "sluice-credential", v) },
	"Sluice-Cache":      readCache,
	"Sluice-Key":        func(*controls, string) error { return nil },
	"Sluice-Cache-Key":  readCacheKey,
	"Sluice-Fallback":   readFallback,
	"Sluice-Priority":   readPriority,
	"Sluice-Resume":     readResume,
}

// readControls reads the sluice-* headers. A malformed, repeated or unknown one is an
// error that names it: nothing is accepted and ignored.
//
// allowed are the controls that the gateway's policy lets callers use.
func readControls(h http.Header, allowed []string) (controls, error) {
	c := controls{log: catalog.BodiesFull, cache: cacheAsk{ifError: -1}}
	for name, values := range h {
		if isSchemeControl(name) {
			if err := c.readScheme(h, name, allowed); err != nil {
				return c, err
			}
			continue
		}
		if !strings.HasPrefix(name, "Sluice-") {
			continue
		}
		read, exists := known[name]
		switch {
		case !exists:
			return c, badHeader(name, "there is no such control")
		case read == nil:
			return c, fault.Newf(fault.UnsupportedParameter, "The header %s is not built in this version of Sluice.", strings.ToLower(name)).Field(strings.ToLower(name))
		case !permitted(name, allowed):
			return c, forbiddenHeader(name)
		case len(values) != 1:
			return c, badHeader(name, "it is given more than once")
		}
		if err := read(&c, values[0]); err != nil {
			return c, err
		}
	}
	return c, c.addNotes()
}

func forbiddenHeader(name string) error {
	name = strings.ToLower(name)
	f := fault.Newf(fault.Forbidden, "This gateway does not let callers use the header %s.", name).Field(name)
	f.NoRetry = true
	return f
}

// permitted reports whether policy lets callers use a control. The key is no control.
func permitted(name string, allowed []string) bool {
	word := strings.ToLower(name[len("Sluice-"):])
	return word == "key" || slices.Contains(allowed, word)
}

func badHeader(name, why string) error {
	name = strings.ToLower(name)
	return fault.Newf(fault.InvalidRequest, "The header %s is refused: %s.", clip(name), why).Field(clip(name))
}

func readPriority(c *controls, v string) error {
	switch p := catalog.Priority(v); p {
	case catalog.Low, catalog.Normal, catalog.High:
		c.priority = p
		return nil
	}
	return badHeader("sluice-priority", "it is low, normal or high")
}

func readMetadata(c *controls, v string) (err error) {
	c.metadata, err = metadataOf("sluice-metadata", v)
	return err
}

func metadataOf(header, v string) (json.RawMessage, error) {
	var m map[string]any
	if len(v) > maxMetadata {
		return nil, badHeader(header, "it is longer than 16 KiB")
	}
	if err := json.Unmarshal([]byte(v), &m); err != nil || m == nil {
		return nil, badHeader(header, `it is no JSON object such as {"team":"search"}`)
	}
	return json.RawMessage(v), nil
}

func readTimeout(c *controls, v string) error {
	ms, err := strconv.ParseUint(v, 10, 40)
	if err != nil || ms == 0 || ms > uint64(maxTimeout.Milliseconds()) {
		return badHeader("sluice-timeout-ms", "it is no whole number of milliseconds between 1 and 86400000")
	}
	c.timeout = time.Duration(ms) * time.Millisecond
	return nil
}

// maxFallbacks bounds what one call may be sent to.
const maxFallbacks = 10

func readFallback(c *controls, v string) error {
	for _, name := range strings.Split(v, ",") {
		name = strings.TrimSpace(name)
		if name == "" || len(name) > 200 || len(c.fallback) == maxFallbacks {
			return badHeader("sluice-fallback", "it is no list of up to 10 models or routes, with commas between them")
		}
		c.fallback = append(c.fallback, name)
	}
	return nil
}

func readLog(c *controls, v string) error {
	b, ok := catalog.ParseBodies(v)
	if !ok {
		return badHeader("sluice-log", "it is none of none, metadata, full")
	}
	c.log, c.logSet = b, true
	return nil
}

func readName(dst *string, header, v string) error {
	if v == "" || len(v) > 200 || strings.ContainsAny(v, " ,;\"") {
		return badHeader(header, "it is no name")
	}
	*dst = v
	return nil
}
