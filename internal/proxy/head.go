package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// maxHeaderCopies bounds one backing array for the header values of an answer.
const ownHeaders = 20

// headWriter sets header values with few allocations: the values stand in one array.
type headWriter struct {
	h       http.Header
	values  []string
	limited bool // some of them tell how a vendor's limits stand
}

func (x *exchange) headWriter(more int) headWriter {
	x.endCommitment()
	return headWriter{h: x.w.Header(), values: make([]string, 0, ownHeaders+more)}
}

// set sets one value; name is canonical.
func (w *headWriter) set(name, value string) {
	if value == "" {
		return
	}
	w.values = append(w.values, value)
	n := len(w.values)
	w.h[name] = w.values[n-1 : n : n]
}

// add adds one value to those that stand there.
func (w *headWriter) add(name, value string) {
	w.limited = w.limited || tellsLimits(name)
	if old := w.h[name]; old != nil {
		w.h[name] = append(old, value)
		return
	}
	w.values = append(w.values, value)
	n := len(w.values)
	w.h[name] = w.values[n-1 : n : n]
}

// ownHead sets what every answer says about itself.
func (x *exchange) ownHead(w *headWriter) {
	w.set("Sluice-Request-Id", x.id)
	if x.gw != nil {
		w.set("Sluice-Gateway", x.gw.Name)
	}
	w.set("Sluice-Route", headerSafe(x.way.Route))
	if x.lane != nil {
		w.set("Sluice-Provider", x.lane.provider.Name)
		w.set("Sluice-Model", headerSafe(x.target.Model))
		w.set("Sluice-Attempts", attemptsWord(len(x.attempts)))
	}
	if x.tr != nil && len(x.tr.dropped) > 0 {
		w.set("Sluice-Dropped-Params", headerSafe(strings.Join(x.tr.dropped, ", ")))
	}
	if x.estimated {
		w.set("Sluice-Estimated", "tokens")
	}
	x.limitHead(w)
	x.tellScheme(w.set)
	x.cacheHead(w)
	w.set("Sluice-Overhead-Us", strconv.FormatInt(x.overhead().Microseconds(), 10))
	if (x.closeAfter || x.stopped.Load()) && x.r.ProtoMajor == 1 {
		w.set("Connection", "close")
	}
}

func attemptsWord(n int) string {
	if n == 1 {
		return "1"
	}
	return strconv.Itoa(n)
}

// overhead is the time so far that was not spent waiting for upstreams.
func (x *exchange) overhead() time.Duration { return time.Since(x.began) - x.waited }

// relayHead copies the vendor's header but for what must not pass.
func (x *exchange) relayHead(resp *upstream.Response) headWriter {
	w := x.headWriter(len(resp.Header))
	x.copyHead(&w, resp.Header, resp.Status)
	x.pointBack()
	x.ownHead(&w)
	return w
}

// copyHead copies what may pass of a vendor's header: nothing that belongs to its
// connection, and no time to wait where nobody has to.
func (x *exchange) copyHead(w *headWriter, header upstream.Header, status int) {
	var hop []string
	if v := header.Values("Connection"); len(v) > 0 {
		hop = upstream.ConnectionTokens(v)
	}
	for _, f := range header {
		if !provider.ForwardAnswerHeader(f.Name) || contains(hop, f.Name) || (status < 300 && f.Name == "Retry-After") {
			continue
		}
		w.add(f.Name, f.Value)
	}
}

// headerSafe drops what may not stand in a header value.
func headerSafe(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return ""
		}
	}
	return s
}

// writeHead sends the head.
func (x *exchange) writeHead(status int) {
	late := x.committed
	x.stopClock()
	x.wrote, x.committed, x.status = true, false, status
	defer x.publish()
	if !x.flows || x.stopped.Load() {
		x.leaveBody()
	}
	if late {
		x.servedTrailer() // the head is out
		return
	}
	x.w.WriteHeader(status)
}

// costHead sets the cost and usage on answers whose end is known before they begin.
func (x *exchange) costHead(w *headWriter) {
	if x.report == nil {
		return
	}
	if cost := x.callCost(); cost.Known {
		w.set("Sluice-Cost-Usd", cost.USD.String())
	}
	if !x.report.Usage.IsZero() {
		w.set("Sluice-Usage", string(gateway.AppendUsageJSON(make([]byte, 0, 256), &x.report.Usage)))
	}
}

// costTrailer does the same behind an answer that has already begun.
func (x *exchange) costTrailer() {
	x.bill()
	if x.report == nil {
		return
	}
	h := x.w.Header()
	if cost := x.callCost(); cost.Known {
		h[http.TrailerPrefix+"Sluice-Cost-Usd"] = []string{cost.USD.String()}
	}
	if !x.report.Usage.IsZero() {
		h[http.TrailerPrefix+"Sluice-Usage"] = []string{string(gateway.AppendUsageJSON(make([]byte, 0, 256), &x.report.Usage))}
	}
}
