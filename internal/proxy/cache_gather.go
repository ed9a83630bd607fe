package proxy

import (
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// keptFramer cuts a kept stream into its events, whatever this caller asks for; nil when
// a whole answer is kept.
func (x *exchange) keptFramer(resp *upstream.Response) dialect.Framer {
	ct := resp.Header.Get("Content-Type")
	switch {
	case !x.caching.served.Stream:
		return nil
	case strings.HasPrefix(ct, "text/event-stream"):
		return dialect.NewSSE(x.spoken.Digest)
	case strings.HasPrefix(ct, dialect.EventStreamType):
		return dialect.NewEventStream(x.spoken.Digest)
	case strings.HasPrefix(ct, "application/json") && x.spoken.StreamType != dialect.JSONLinesType:
		return dialect.NewJSONArray(x.spoken.Digest)
	}
	return dialect.NewJSONLines(x.spoken.Digest)
}

// gather gives a kept stream to a caller who asked for a whole answer.
func (x *exchange) gather(resp *upstream.Response, framer dialect.Framer) error {
	defer framer.Release()
	framer.HoldUpTo(maxTranslated)
	meter, parser := x.spoken.NewMeter(x.ep.Op), x.spoken.Codec.NewStreamParser(&x.tr.call)
	var whole llm.Gatherer
	var events []llm.Event
	size := 0
	take := func() {
		for i := range events {
			whole.Add(&events[i])
		}
	}
	see := func(e *dialect.Event) {
		if e.Comment || e.Partial {
			return
		}
		size += len(e.Data)
		meter.Event(e.Name, e.Data)
		events = parser.Parse(events[:0], e.Name, e.Data)
		take()
	}
	if err := resp.Each(func(p []byte) error { framer.Feed(p, see); return nil }); err != nil {
		return err
	}
	framer.Close(see)
	events = parser.End(events[:0])
	take()
	x.report = meter.Report()
	a, ok, err := whole.Answer()
	switch {
	case err != nil:
		return unreadable(err)
	case !ok:
		return fault.New(fault.UpstreamError, "The provider's stream ended before it was complete.")
	}
	x.keep(a)
	x.firstByte = time.Now()
	return x.formatWhole(resp, a, size)
}
