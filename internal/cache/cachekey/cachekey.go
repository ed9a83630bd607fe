// Package cachekey makes the keys of the response cache: what of a request must be equal
// so that two requests share an answer.
//
// A key is the SHA-256 of, in this order:
//
//   - the version of this composition;
//   - the policy's fingerprint: scope, vary, exclude and normalize as the gateway has them,
//     so that answers kept under other rules are not found;
//   - the facts, each led by its length: gateway, scope value, operation, first target,
//     caller's dialect, values of vary, and whatever else changes what the vendor sees;
//   - the kind of the content, and the content in its one form.
//
// The one form of JSON has members sorted by name, no white space outside of strings, no
// escapes in strings but \" and \\ (and half surrogate pairs), and numbers as shortest
// decimals: 1, 1.0 and 1e0 are equal, and no digit is ever lost. null is not the same as
// absent, "1" not as 1, and elements stay in order. Members that are ignored or excluded
// are left out. Any value whose text in this form is longer than 1 KiB stands as its own
// SHA-256, so that large files are read once and never copied. A text that is no JSON, or
// in which a name stands twice in one object, has no key: two readers could read it
// differently.
//
// The one form of a multipart form has its parts sorted by name, parts of one name in
// order, each with its header lines (file names and types reach the vendor) and the hash
// of what it holds. The boundary does not count. Raw content counts with its type, byte
// by byte. A caller's own name for the content stands in the content's place.
//
// # Texts
//
// Where a gateway says so, white space or case of texts does not count. Texts are what
// people and models say to each other: the strings at the places in texts.go (contents of
// messages, system prompts, prompts, inputs, queries, documents), not results, arguments
// and schemas of tools, not names, not enumerations. Code blocks between fences of
// backticks or tildes keep their white space and case; code without fences does not.
package cachekey

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/sluice-gateway/sluice/internal/cache"
)

// version changes with the composition: old answers are then not found.
const version = "sluice cache key 1\n"

// Kind says how the content of a request is read.
type Kind byte

// The kinds.
const (
	JSON Kind = iota + 1
	Multipart
	Raw
	named // by the caller
	item  // of a list, see Item
)

// Request is what a key is made of. Nothing of it is kept or changed.
type Request struct {
	// Facts are all that counts beside the content, always in the same order and number
	// for one operation of a gateway; "" stands for what is absent.
	Facts       []string
	Kind        Kind
	ContentType string // of Multipart it names the boundary, of Raw it counts
	Body        []byte
	// Name is the caller's own name for the content; it counts in the content's place, and
	// Body is not read. "" = none.
	Name string
	// Ignore are members of the outermost object, or form fields, that never count: how an
	// answer is delivered.
	Ignore []string
}

// Key gives the key of a request. An error says why it has none: its answer is then
// neither served nor kept. It is safe for concurrent use.
func (p *Policy) Key(r *Request) (cache.Key, error) { return p.strict.key(r) }

// Loose gives what stays equal where texts differ in white space and case only, and where
// members differ that rarely matter (see looseMembers). It serves advice, never an answer.
// The zero Key stands for a request that has no key.
func (p *Policy) Loose(r *Request) cache.Key {
	k, err := p.loose.key(r)
	if err != nil {
		return cache.Key{}
	}
	return k
}

// Item gives the key of one element of a list that is answered element by element. of is
// the request's Key with the list among its Ignore; raw is the element, as JSON.
func (p *Policy) Item(of cache.Key, raw []byte) (cache.Key, error) {
	return p.strict.item(of, raw)
}

// LooseItem is Item for advice, of what Loose gave. The zero Key stands for an element, or
// a request, that has no key.
func (p *Policy) LooseItem(of cache.Key, raw []byte) cache.Key {
	k, err := p.loose.item(of, raw)
	if err != nil || of == (cache.Key{}) {
		return cache.Key{}
	}
	return k
}

func (ru *rules) key(r *Request) (cache.Key, error) {
	c := ru.borrow()
	defer ru.giveBack(c)
	c.out = append(c.out, ru.print[:]...)
	c.out = binary.AppendUvarint(c.out, uint64(len(r.Facts)))
	for _, f := range r.Facts {
		c.counted(f)
	}
	c.ignore = r.Ignore
	if err := c.content(r, ru.paths); err != nil {
		return cache.Key{}, err
	}
	return sha256.Sum256(c.out), nil
}

func (c *canon) content(r *Request, paths *node) error {
	switch {
	case r.Name != "":
		c.out = append(append(c.out, byte(named)), r.Name...)
		return nil
	case r.Kind == JSON:
		c.out = append(c.out, byte(JSON))
		return c.document(r.Body, paths)
	case r.Kind == Multipart:
		c.out = append(c.out, byte(Multipart))
		return c.form(r.Body, r.ContentType, paths)
	}
	c.out = append(c.out, byte(Raw))
	c.counted(r.ContentType)
	sum := sha256.Sum256(r.Body)
	c.out = append(c.out, sum[:]...)
	return nil
}

func (ru *rules) item(of cache.Key, raw []byte) (cache.Key, error) {
	c := ru.borrow()
	defer ru.giveBack(c)
	c.out = append(append(append(c.out, version...), byte(item)), of[:]...)
	if err := c.document(raw, ru.element); err != nil {
		return cache.Key{}, err
	}
	return sha256.Sum256(c.out), nil
}

// counted appends a text led by its length, so that no two lists of texts look alike.
func (c *canon) counted(s string) {
	c.out = append(binary.AppendUvarint(c.out, uint64(len(s))), s...)
}
