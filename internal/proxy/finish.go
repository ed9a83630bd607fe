package proxy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// finish runs exactly once on every exit, panics and disconnects included: it gives
// back what the call held, and hands its entry on.
func (x *exchange) finish() {
	x.leaveBody()
	x.endCommitment()
	x.endTape()
	x.endCaching()
	if x.streaming {
		x.p.observer.StreamOpen(-1)
	}
	x.settleCall()
	x.giveBackBatch()
	x.settleBatch()
	if !x.quiet {
		x.record()
	}
	x.releaseHold()
	if x.admitted {
		x.p.inFlight.Add(-1)
	}
	x.releaseBody()
	x.releaseTranslation()
	abort := x.abort
	x.free()
	if abort {
		panic(http.ErrAbortHandler)
	}
}

func (x *exchange) record() {
	x.countCaching()
	x.bill()
	took := time.Since(x.began) // read once: a clock costs as much as some of what follows
	e := x.entry(took)
	o := Observation{Entry: e, Overhead: (took - x.waited).Seconds(), Latency: took.Seconds(), First: -1}
	if !x.firstByte.IsZero() {
		o.First = x.firstByte.Sub(x.began).Seconds()
	}
	o.Trace = x.traced(e, took)
	x.p.observer.Observe(&o)
	if x.failed != nil && x.failed.Code == fault.InternalError {
		x.p.log.Error("internal error", "request_id", x.id, "error", x.failed)
	}
	if x.refusedByUs() {
		x.p.recorder.Refuse(e)
		return
	}
	x.p.recorder.Append(e)
}

// refusedByUs reports calls that never reached a vendor for a reason that a flood may
// repeat.
func (x *exchange) refusedByUs() bool {
	if x.failed == nil || len(x.attempts) > 0 {
		return false
	}
	if x.failed.Code == fault.NotFound {
		return true
	}
	switch x.status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

// logBlock is an entry with room for the usual single attempt and phases, in one allocation.
type logBlock struct {
	entry   gateway.Entry
	attempt [1]gateway.Attempt
	phases  [2]gateway.Phase
}

// paidBlock has room for the usual single settlement, too.
type paidBlock struct {
	logBlock
	settled [1]gateway.Settlement
}

// newLog makes the block of a call.
func (x *exchange) newLog() {
	if x.held == nil {
		x.log = new(logBlock)
		return
	}
	b := new(paidBlock)
	x.log, x.held.settled = &b.logBlock, append(b.settled[:0], x.held.settled...)
}

func (x *exchange) logEntry() *gateway.Entry {
	if x.log == nil {
		x.newLog()
	}
	return &x.log.entry
}

// entry makes the record of the call, which took so long. It becomes the recorder's.
func (x *exchange) entry(took time.Duration) *gateway.Entry {
	e := x.logEntry()
	*e = gateway.Entry{
		ID: x.id, Time: x.began, LastTime: x.began, Count: 1, Status: x.status, Cache: x.cacheWord(),
		Stream: x.stream, ModelRequested: clip(x.ask.model), User: cmp.Or(x.tokenUser(), x.ask.user),
		Attempts: x.attempts, Cost: x.callCost(), Price: x.price, Metadata: x.keptMetadata(),
		QueueMS: llm.Known(0), LatencyMS: llm.Known(took.Milliseconds()), OverheadUS: llm.Known((took - x.waited).Microseconds()), CallerUS: llm.Known(x.lingered.Microseconds()),
		ClientIP: x.shownIP(), UserAgent: strings.Clone(clip(x.r.UserAgent())), TraceID: x.ctl.trace, ParentSpanID: x.ctl.span,
		Objects: x.objects,
	}
	if trace, span := traceOf(x.r.Header); e.TraceID == "" {
		e.TraceID, e.ParentSpanID = trace, span
	}
	e.Saved = x.savedCost()
	e.CacheTags, e.CacheAgeMS = x.cacheFigures()
	e.CacheKey = x.cacheEntry()
	if h := x.held; h != nil {
		e.Limits, e.QueueMS = h.over, llm.Known(h.queued.Milliseconds())
		if len(h.settled) > 0 {
			e.Settlements = h.settled
		}
	}
	e.Route, e.Step = x.way.Route, x.way.Step
	if x.gw != nil {
		e.Gateway = x.gw.Name
	}
	if x.ep != nil {
		e.Operation, e.Endpoint = string(x.ep.Op), x.ep.label
		if x.pinned != nil {
			e.Endpoint = x.ep.vendors
		}
	}
	if x.dialect != nil {
		e.ClientDialect = string(x.dialect.Name)
	}
	x.entryPhases(e)
	x.entryCaller(e)
	x.entryTarget(e)
	if !x.firstByte.IsZero() {
		e.FirstByteMS = llm.Known(x.firstByte.Sub(x.began).Milliseconds())
	}
	if f := x.failed; f != nil {
		e.ErrorCode = string(f.Code)
		if f.Kind == fault.Gone {
			e.Status = f.Status
		}
	}
	if x.keepsBodies() {
		e.Bodies = x.keptBodies()
		e.Bodies.Encrypt = x.gw.Log.Encrypt
	}
	x.redactEntry(e)
	return e
}

func (x *exchange) entryCaller(e *gateway.Entry) {
	if x.who == nil {
		return
	}
	e.Workspace, e.KeyID = x.who.Workspace, x.who.KeyID()
	if x.bodies() == catalog.BodiesNone {
		e.Metadata, e.UserAgent, e.User, e.CacheTags, e.CacheKey = nil, "", "", nil, "" // a key is a digest of what was said
		return
	}
	e.Session = clip(sessionOf(x.r.Header, e.Metadata))
}

func (x *exchange) entryTarget(e *gateway.Entry) {
	if x.lane == nil {
		return
	}
	e.Provider, e.Model, e.Credential = x.lane.provider.Name, clip(x.target.Model), x.credentialName()
	e.Region = x.lane.provider.RegionOf(bareModel(x.target.Model))
	e.ProviderDialect = e.ClientDialect
	if x.spoken != nil {
		e.ProviderDialect = string(x.spoken.Name)
	}
	if x.tr != nil {
		e.DroppedParams = x.tr.dropped
	}
	if x.report != nil {
		e.Usage, e.FinishReason = x.report.Usage, clip(x.report.FinishReason)
	}
}

// metadata is the caller's over the key's defaults; what a token says goes over both.
func (x *exchange) metadata() json.RawMessage {
	if x.who == nil || len(x.who.Metadata) == 0 {
		return x.ctl.metadata
	}
	under, over := x.who.Metadata, x.ctl.metadata
	if over == nil {
		return under
	}
	if x.who.Key == nil {
		under, over = over, under
	}
	merged := map[string]json.RawMessage{}
	own := map[string]json.RawMessage{}
	if json.Unmarshal(under, &merged) != nil || json.Unmarshal(over, &own) != nil {
		return over
	}
	maps.Copy(merged, own)
	b, err := json.Marshal(merged)
	if err != nil {
		return over
	}
	return b
}

// shownIP is the caller's address for the entry, "" when it cannot be told.
func (x *exchange) shownIP() string {
	if x.ip.IsValid() {
		return x.ip.String()
	}
	host, _, err := net.SplitHostPort(x.r.RemoteAddr)
	if err != nil {
		return x.r.RemoteAddr
	}
	return host
}

// traceOf gives the trace id and the caller's span of a W3C traceparent header, "" when
// there is none that is valid (https://www.w3.org/TR/trace-context/).
func traceOf(h http.Header) (trace, span string) {
	v := h["Traceparent"]
	if len(v) != 1 {
		return "", ""
	}
	trace, span = splitParent(v[0])
	return strings.Clone(trace), strings.Clone(span)
}

// splitParent gives the parts of a traceparent, which point into it.
func splitParent(v string) (trace, span string) {
	if len(v) < 55 || v[2] != '-' || v[35] != '-' || v[52] != '-' || v[:2] == "ff" {
		return "", ""
	}
	trace, span = v[3:35], v[36:52]
	if !isID(trace) {
		return "", ""
	}
	if !isID(span) {
		span = ""
	}
	return trace, span
}

// isID reports whether an id of a trace or span is one: hexadecimal, and not all zeros.
func isID(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

// sessionHeaders are headers by which callers name the conversation or the run of an agent
// that a call belongs to.
var sessionHeaders = [...]string{"X-Session-Id", "Session-Id", "X-Claude-Code-Session-Id"}

// sessionOf names the session of a call as its caller does, in the metadata or a header; ""
// when it does not.
func sessionOf(h http.Header, metadata json.RawMessage) string {
	if bytes.Contains(metadata, []byte(`"session`)) {
		var m struct {
			Session any `json:"session"`
			ID      any `json:"session_id"`
		}
		if json.Unmarshal(metadata, &m) == nil {
			if s := cmp.Or(text(m.Session), text(m.ID)); s != "" {
				return s
			}
		}
	}
	for _, name := range sessionHeaders {
		if v := h[name]; len(v) > 0 && v[0] != "" {
			return strings.Clone(v[0])
		}
	}
	return ""
}

// tokenUser is the user that the caller's token names.
func (x *exchange) tokenUser() string {
	if x.who == nil {
		return ""
	}
	return x.who.User
}
