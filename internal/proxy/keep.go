package proxy

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// keepBodies begins to keep what is said, if the policy says so.
func (x *exchange) keepBodies() {
	if x.bodies() == catalog.BodiesFull && x.sampledOfKey() && (x.gw.Log.Errors || x.sampled()) {
		x.answerKept.limit, x.vendorKept.limit = x.gw.Log.MaxBody, x.gw.Log.MaxBody
	}
}

// keptBodies gives what was said, each side cut at the policy's size.
func (x *exchange) keptBodies() *gateway.Bodies {
	b := &gateway.Bodies{Answer: x.answerKept.body(), Attempts: x.sent}
	b.Request = x.keptRequest()
	return b
}

// keptRequest gives what is kept of what the caller sent.
func (x *exchange) keptRequest() gateway.Body {
	if x.bodyLeft != nil {
		kept := x.bodyLeft.kept
		kept.ContentType = x.r.Header.Get("Content-Type") // of the call, where a step gave the body back
		return kept
	}
	whole := x.body.whole()
	kept := clipped(x.r.Header.Get("Content-Type"), whole, x.gw.Log.MaxBody)
	if whole == nil && x.r.ContentLength > 0 {
		kept.Size, kept.Truncated = x.r.ContentLength, true
	}
	return kept
}

// clipped copies the beginning of a body.
func clipped(contentType string, body []byte, limit int64) gateway.Body {
	n := min(limit, int64(len(body)))
	return gateway.Body{ContentType: contentType, Bytes: slices.Clone(body[:n]), Size: int64(len(body)), Truncated: n < int64(len(body))}
}

// keepSent keeps what one attempt sends where that differs from what the caller sent.
func (x *exchange) keepSent(segments [][]byte) {
	if x.answerKept.limit == 0 || len(segments) < 2 && x.body.part == nil {
		return
	}
	c := capture{limit: x.answerKept.limit, contentType: x.r.Header.Get("Content-Type")}
	for _, s := range segments {
		c.add(s)
	}
	body := c.body()
	x.sentOf(len(x.attempts)).Request = &body
}

// keepVendorAnswer keeps what came of one attempt where the caller gets something else.
func (x *exchange) keepVendorAnswer(c *capture) {
	if x.answerKept.limit == 0 {
		return
	}
	body := c.body()
	x.sentOf(len(x.attempts) - 1).Answer = &body
}

// keepRefusal keeps a vendor's error answer.
func (x *exchange) keepRefusal(contentType string, body []byte) {
	c := capture{limit: x.answerKept.limit, contentType: contentType}
	c.add(body)
	x.keepVendorAnswer(&c)
}

// sameAnswer forgets what the last attempt answered, since the caller gets just that.
func (x *exchange) sameAnswer() {
	for i := range x.sent {
		if x.sent[i].Attempt == len(x.attempts)-1 {
			x.sent[i].Answer = nil
		}
	}
	x.sent = slices.DeleteFunc(x.sent, func(s gateway.Sent) bool { return s.Request == nil && s.Answer == nil })
}

// sentOf gives the record of what the n-th attempt sent and received.
func (x *exchange) sentOf(n int) *gateway.Sent {
	for i := range x.sent {
		if x.sent[i].Attempt == n {
			return &x.sent[i]
		}
	}
	x.sent = append(x.sent, gateway.Sent{Attempt: n})
	return &x.sent[len(x.sent)-1]
}

// keepTranslated keeps what one attempt sends in another dialect than the caller's.
func (x *exchange) keepTranslated(body []byte) {
	if x.answerKept.limit == 0 {
		return
	}
	kept := clipped("application/json", body, x.answerKept.limit)
	x.sentOf(len(x.attempts)).Request = &kept
}

// keepVendorWhole keeps a whole answer that the caller gets in another dialect.
func (x *exchange) keepVendorWhole(contentType string, body []byte) {
	if x.answerKept.limit == 0 {
		return
	}
	kept := clipped(contentType, body, x.answerKept.limit)
	x.sentOf(len(x.attempts) - 1).Answer = &kept
}
