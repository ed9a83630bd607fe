package front

import "net/http"

// exchange is memory for one request and its answer, used again for others.
type exchange struct {
	places []place // of the fields in the head
	values []string
	header http.Header
	coding [1]string
	plain  http.Request // without its context
	line   requestLine
	expect expectation
	length int64 // of the body; -1 = chunked
	answer answer
}

type expectation uint8

const (
	expectNothing expectation = iota
	expectContinue
	expectOther
)

func newExchange() *exchange {
	return &exchange{header: http.Header{}, answer: answer{header: http.Header{}}}
}

// mostKept bounds the fields for which memory is kept.
const mostKept = 64

func (x *exchange) clear() {
	if len(x.header) > mostKept || len(x.answer.header) > mostKept {
		*x = *newExchange()
		return
	}
	clear(x.header)
	clear(x.answer.header)
	clear(x.values)
	header, places, values := x.header, x.places[:0], x.values[:0]
	trailers, lines := x.answer.trailers, x.answer.lines
	clear(trailers)
	out := x.answer.header
	*x = exchange{header: header, places: places, values: values}
	x.answer.header, x.answer.trailers = out, trailers[:0]
	x.answer.lines = lines[:0]
}

// prepare makes the request that the handler sees.
func (c *conn) prepare(x *exchange) *block {
	b := &block{}
	b.ctx.c = c
	p := &x.plain
	p.Header, p.RemoteAddr, p.TLS = x.header, c.remote, c.tls
	if p.URL == nil {
		p.URL = &b.url
		b.url.Path, b.url.RawQuery = x.line.path, x.line.query
	}
	p.Body, p.ContentLength = http.NoBody, x.length
	w := &x.answer
	if x.length != 0 {
		b.body = body{c: c, left: x.length, chunked: x.length < 0}
		w.body = &b.body
		p.Body = w.body
		if x.length < 0 {
			x.coding[0] = "chunked"
			p.TransferEncoding, b.body.left = x.coding[:1:1], 0
		}
		b.body.asked = x.expect == expectContinue
	}
	w.c, w.length, w.req = c, -1, p.WithContext(&b.ctx)
	return b
}
