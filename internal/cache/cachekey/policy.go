package cachekey

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Policy is what of requests counts at one gateway. It is immutable and safe for
// concurrent use.
type Policy struct{ strict, loose rules }

// looseMembers do not count in loose keys: who asked, and what is said about the call.
var looseMembers = []string{"user", "metadata", "seed", "safety_identifier", "prompt_cache_key"}

// Compile reads what a gateway says of its keys; nil is a gateway that says nothing. An
// error names the path or word that cannot be.
func Compile(of *gateway.Cache) (*Policy, error) {
	if of == nil {
		of = &gateway.Cache{}
	}
	var space, fold bool
	for _, word := range of.Normalize {
		switch word {
		case gateway.NormalizeSpace:
			space = true
		case gateway.NormalizeCase:
			fold = true
		default:
			return nil, fmt.Errorf("cache.normalize: %q is neither %s nor %s", word, gateway.NormalizeSpace, gateway.NormalizeCase)
		}
	}
	p := &Policy{}
	if err := p.strict.compile(of.Exclude, space, fold); err != nil {
		return nil, err
	}
	if err := p.loose.compile(slices.Concat(of.Exclude, looseMembers), true, true); err != nil {
		return nil, err
	}
	p.strict.print = fingerprint("strict", of, of.Exclude, space, fold)
	p.loose.print = fingerprint("loose", of, of.Exclude, true, true)
	return p, nil
}

// rules are one way to make keys.
type rules struct {
	paths       *node
	element     *node // for an element of a list of texts
	space, fold bool
	print       [sha256.Size]byte
	scratch     sync.Pool // of *canon
}

func (ru *rules) compile(exclude []string, space, fold bool) error {
	ru.paths, ru.element = &node{}, &node{}
	ru.space, ru.fold = space, fold
	for _, path := range exclude {
		if err := ru.paths.exclude(path); err != nil {
			return err
		}
	}
	if space || fold {
		ru.paths.addTexts()
		ru.element.addElementTexts()
	}
	ru.paths.settle()
	return nil
}

// fingerprint tells policies apart under which one request could have two meanings.
func fingerprint(kind string, of *gateway.Cache, exclude []string, space, fold bool) [sha256.Size]byte {
	exclude = slices.Clone(exclude)
	slices.Sort(exclude)
	text := []byte(version)
	for _, list := range [][]string{{kind, of.Scope}, of.Vary, slices.Compact(exclude), {fmt.Sprint(space, fold)}} {
		text = binary.AppendUvarint(text, uint64(len(list)))
		for _, s := range list {
			text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
		}
	}
	return sha256.Sum256(text)
}

// maxKept bounds the scratch that is kept for the next request.
const maxKept = 256 << 10

func (ru *rules) borrow() *canon {
	c, _ := ru.scratch.Get().(*canon)
	if c == nil {
		c = &canon{hash: sha256.New(), out: make([]byte, 0, 4<<10), members: make([]member, 0, 64)}
	}
	c.space, c.fold = ru.space, ru.fold
	return c
}

func (ru *rules) giveBack(c *canon) {
	if cap(c.out)+cap(c.spare) > maxKept || cap(c.members) > maxKept/64 {
		return
	}
	*c = canon{hash: c.hash, out: c.out[:0], spare: c.spare[:0], members: c.members[:0]}
	ru.scratch.Put(c)
}
