package asked

import "github.com/sluice-gateway/sluice/internal/expr"

// Body tells conditions of a request's body, which is read when the first one asks. It
// implements expr.Body, and is for one goroutine.
type Body struct {
	Bytes func() []byte         // gives the body; nil = there is none
	About func(*Request) string // tells the intent; nil = it is empty

	request    *Request
	difficulty float64 // -1 = not measured
	intent     *string
}

// Request gives what the body holds.
func (b *Body) Request() *Request {
	if b.request == nil {
		b.request, b.difficulty = &Request{}, -1
		if b.Bytes != nil {
			*b.request = Read(b.Bytes())
		}
	}
	return b.request
}

// Shape implements expr.Body.
func (b *Body) Shape() expr.Shape { return b.Request().Shape }

// Difficulty implements expr.Body.
func (b *Body) Difficulty() float64 {
	if r := b.Request(); b.difficulty < 0 {
		b.difficulty = r.Difficulty()
	}
	return b.difficulty
}

// Intent implements expr.Body. It is told once.
func (b *Body) Intent() string {
	if b.About == nil {
		return ""
	}
	if b.intent == nil {
		told := b.About(b.Request())
		b.intent = &told
	}
	return *b.intent
}
