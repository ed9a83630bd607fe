package proxy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
)

// schemeControl is one of Cloudflare's request headers, as it is obeyed here.
// https://developers.cloudflare.com/ai-gateway/
type schemeControl struct {
	word string // the control of the gateway's policy that it needs; "" = none
	free string // a value that needs none
	same string // the header of Sluice's own that says the same; both together are refused
	read func(c *controls, name, value string) error
	why  string // it cannot be obeyed; "" = it can
}

// schemePrefix begins the headers' names.
const schemePrefix = "Cf-Aig-"

const onlyAutoRouter = "it steers Cloudflare's own Auto Router; call a route instead"

var schemeControls = map[string]schemeControl{
	"Cf-Aig-Authorization":       {read: func(*controls, string, string) error { return nil }},
	"Cf-Aig-Metadata":            {word: "metadata", same: "Sluice-Metadata", read: readSchemeMetadata},
	"Cf-Aig-Event-Id":            {word: "metadata", read: readEvent},
	"Cf-Aig-Session-Id":          {word: "metadata", read: func(c *controls, name, v string) error { return c.note(name, "session_id", v) }},
	"Cf-Aig-Request-Timeout":     {word: "timeout-ms", read: readFirstByte},
	"Cf-Aig-Max-Attempts":        {read: readAttempts},
	"Cf-Aig-Retry-Delay":         {read: readDelay},
	"Cf-Aig-Backoff":             {read: readBackoff},
	"Cf-Aig-Skip-Cache":          {word: "cache", free: "false", read: readSkipCache},
	"Cf-Skip-Cache":              {word: "cache", free: "false", read: readSkipCache},
	"Cf-Aig-Cache-Ttl":           {word: "cache", read: readCacheTTL},
	"Cf-Cache-Ttl":               {word: "cache", read: readCacheTTL},
	"Cf-Aig-Cache-Key":           {word: "cache-key", same: "Sluice-Cache-Key", read: readSchemeCacheKey},
	"Cf-Aig-Collect-Log":         {word: "log", free: "true", same: "Sluice-Log", read: func(c *controls, name, v string) error { return c.lower(name, v, catalog.BodiesNone) }},
	"Cf-Aig-Collect-Log-Payload": {word: "log", free: "true", same: "Sluice-Log", read: func(c *controls, name, v string) error { return c.lower(name, v, catalog.BodiesMetadata) }},
	"Cf-Aig-Byok-Alias":          {word: "credential", same: "Sluice-Credential", read: func(c *controls, name, v string) error { return readName(&c.credential, name, v) }},
	"Cf-Aig-No-Wholesale":        {read: readFlag},
	"Cf-Aig-Zdr":                 {read: readRetention},
	"Cf-Aig-Otel-Trace-Id":       {same: "Traceparent", read: readTrace},
	"Cf-Aig-Otel-Parent-Span-Id": {same: "Traceparent", read: readSpan},
	"Cf-Aig-Custom-Cost":         {why: "prices are the operator's, since budgets go by them (providers.<name>.models.<model>.price)"},
	"Cf-Aig-Gateway-Id":          {why: "the gateway is in the path: /v1/{account}/{gateway} or /gateways/{gateway}"},
	"Cf-Aig-Turn-Id":             {why: onlyAutoRouter},
	"Cf-Aig-No-Session-Affinity": {why: onlyAutoRouter},
	"Cf-Aig-Allowed-Models":      {why: onlyAutoRouter},
	"Cf-Aig-Allowed-Providers":   {why: onlyAutoRouter},
}

// isSchemeControl reports whether a header is one of Cloudflare's controls, or is spelt
// as if it were. name is canonical.
func isSchemeControl(name string) bool {
	return strings.HasPrefix(name, schemePrefix) || name == "Cf-Skip-Cache" || name == "Cf-Cache-Ttl"
}

// readScheme reads one of Cloudflare's headers into the controls. allowed are the
// controls that the gateway's policy lets callers use.
func (c *controls) readScheme(h http.Header, name string, allowed []string) error {
	s, exists := schemeControls[name]
	values := h[name]
	switch {
	case !exists:
		return badHeader(name, "there is no such control")
	case s.why != "":
		low := strings.ToLower(name)
		return fault.Newf(fault.UnsupportedParameter, "The header %s cannot be obeyed: %s.", low, s.why).Field(low)
	case len(values) != 1:
		return badHeader(name, "it is given more than once")
	case s.word != "" && values[0] != s.free && !permitted("Sluice-"+s.word, allowed):
		return forbiddenHeader(name)
	case s.same != "" && h[s.same] != nil:
		return badHeader(name, "the header "+strings.ToLower(s.same)+" says the same")
	}
	return s.read(c, name, values[0])
}

// maxNote bounds ids that callers give.
const maxNote = 256

// note keeps a word of the caller's as a member of the metadata.
func (c *controls) note(header, member, v string) error {
	if err := readWord(c, header, v); err != nil {
		return err
	}
	c.notes = append(c.notes, [2]string{member, v})
	return nil
}

// addNotes puts the notes into the metadata, beside what the caller says there.
func (c *controls) addNotes() error {
	if len(c.notes) == 0 {
		return nil
	}
	all := map[string]json.RawMessage{}
	if c.metadata != nil {
		if err := json.Unmarshal(c.metadata, &all); err != nil {
			return err
		}
	}
	for _, n := range c.notes {
		if all[n[0]] == nil {
			all[n[0]] = appendQuoted(nil, n[1])
		}
	}
	b, err := json.Marshal(all)
	c.metadata = b
	return err
}

func readSchemeMetadata(c *controls, name, v string) (err error) {
	c.metadata, err = metadataOf(strings.ToLower(name), v)
	return err
}

func readEvent(c *controls, name, v string) error {
	c.event = v
	return c.note(name, "event_id", v)
}

// readWord takes any short text: what a word means that nothing here keeps apart.
func readWord(_ *controls, name, v string) error {
	if v == "" || len(v) > maxNote || headerSafe(v) == "" {
		return badHeader(name, "it is empty, longer than 256 bytes, or holds control characters")
	}
	return nil
}

// readFlag takes what is so by nature, whether it is asked for or not: all credentials are
// the operator's or the caller's own.
func readFlag(_ *controls, name, v string) error {
	_, err := flag(name, v)
	return err
}

func flag(name, v string) (bool, error) {
	if v != "true" && v != "false" {
		return false, badHeader(name, "it is true or false")
	}
	return v == "true", nil
}

func readMilliseconds(name, v string, least, most time.Duration) (time.Duration, error) {
	ms, err := strconv.ParseUint(v, 10, 40)
	d := time.Duration(ms) * time.Millisecond
	if err != nil || d < least || d > most {
		return 0, badHeader(name, "it is no whole number of milliseconds between "+itoa(least.Milliseconds())+" and "+itoa(most.Milliseconds()))
	}
	return d, nil
}

func readFirstByte(c *controls, name, v string) (err error) {
	c.firstByte, err = readMilliseconds(name, v, time.Millisecond, maxTimeout)
	return err
}

// What Cloudflare lets callers ask for.
// https://developers.cloudflare.com/ai-gateway/configuration/request-handling/
const (
	maxAttemptsAsked = 5
	maxDelayAsked    = 5 * time.Second
)

func readAttempts(c *controls, name, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxAttemptsAsked {
		return badHeader(name, "it is no whole number between 1 and 5")
	}
	c.again.attempts = n
	return nil
}

func readDelay(c *controls, name, v string) (err error) {
	c.again.delay, err = readMilliseconds(name, v, 0, maxDelayAsked)
	c.again.delayed = err == nil
	return err
}

func readBackoff(c *controls, name, v string) error {
	switch v {
	case constant, linear, exponential:
		c.again.backoff = v
		return nil
	}
	return badHeader(name, "it is constant, linear or exponential")
}

// lower lets less be kept of the call where v is false.
func (c *controls) lower(name, v string, to catalog.Bodies) error {
	on, err := flag(name, v)
	if err != nil || on {
		return err
	}
	if !c.logSet || to < c.log {
		c.log, c.logSet = to, true
	}
	return nil
}

func readRetention(_ *controls, name, v string) error {
	on, err := flag(name, v)
	if err != nil || !on {
		return err
	}
	low := strings.ToLower(name)
	return fault.Newf(fault.UnsupportedParameter, "The header %s: true cannot be obeyed: what a vendor keeps is agreed with the vendor. Send the call to a provider of which you know.", low).Field(low)
}

func readTrace(c *controls, name, v string) error {
	if !isHex(v, 32) {
		return badHeader(name, "it is no trace id of 32 lower-case hexadecimal digits")
	}
	c.trace = v
	return nil
}

// readSpan takes the caller's own span, in which the call was made. It means nothing
// without the trace.
func readSpan(c *controls, name, v string) error {
	if !isHex(v, 16) {
		return badHeader(name, "it is no span id of 16 lower-case hexadecimal digits")
	}
	c.span = v
	return nil
}

func isHex(v string, n int) bool {
	return len(v) == n && strings.Trim(v, "0123456789abcdef") == "" && strings.Trim(v, "0") != ""
}
