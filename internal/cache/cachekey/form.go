package cachekey

import (
	"bytes"
	"crypto/sha256"
	"mime"
	"slices"
	"strings"
)

const (
	maxParts = 1000
	maxHead  = 16 << 10 // of one part
)

// form writes a multipart form (RFC 7578): its parts by name. Only forms without a word
// before the first boundary or behind the last have a key.
func (c *canon) form(body []byte, contentType string, paths *node) error {
	c.in, c.i = body, 0
	_, params, err := mime.ParseMediaType(contentType)
	boundary := params["boundary"]
	if err != nil || boundary == "" || len(boundary) > 70 {
		return c.bad("the content type names no boundary")
	}
	delimiter := []byte("\r\n--" + boundary)
	if !bytes.HasPrefix(body, delimiter[2:]) {
		return c.bad("the form does not begin with its boundary")
	}
	c.i = len(delimiter) - 2
	for len(c.members) <= maxParts {
		if bytes.HasPrefix(body[c.i:], []byte("--")) {
			if c.i += 2; len(bytes.TrimSpace(body[c.i:])) > 0 {
				return c.bad("something follows the form")
			}
			return c.endForm()
		}
		if err := c.part(delimiter, paths); err != nil {
			return err
		}
	}
	return c.bad("the form has too many parts")
}

// endForm brings the parts in order, those of one name as they came.
func (c *canon) endForm() error {
	if len(c.members) == 0 {
		return nil
	}
	from, end := c.members[0].from, len(c.out)
	c.sort(0)
	for _, m := range c.members {
		c.out = append(c.out, c.out[m.from:m.to]...)
	}
	c.out = append(c.out[:from], c.out[end:]...)
	return nil
}

// part writes the part whose boundary ends at i.
func (c *canon) part(delimiter []byte, paths *node) error {
	head, ok := c.head()
	if !ok {
		return c.bad("a part of the form has no proper header")
	}
	length := bytes.Index(c.in[c.i:], delimiter)
	if length < 0 {
		return c.bad("the form ends before its last boundary")
	}
	body := c.in[c.i : c.i+length]
	name, isFile, ok := partName(head)
	if !ok {
		return c.bad("a part of the form has no name that all read alike")
	}
	c.i += length + len(delimiter)
	key := []byte(quoted(name))
	at := paths.of(key)
	if c.ignored(key) || at != nil && at.drop {
		return nil
	}
	m := member{from: len(c.out)}
	c.out = append(append(append(c.out, '"'), key...), '"')
	m.name = len(c.out)
	c.counted(strings.Join(head, "\n"))
	c.partBody(body, at != nil && at.text && !isFile)
	m.to = len(c.out)
	c.members = append(c.members, m)
	return nil
}

func (c *canon) partBody(body []byte, isText bool) {
	if isText && (c.space || c.fold) {
		start := len(c.out)
		c.out = append(appendQuoted(append(c.out, '"'), body), '"')
		c.normal(start)
		body = bytes.Clone(c.out[start:])
		c.out = c.out[:start]
	}
	sum := sha256.Sum256(body)
	c.out = append(c.out, sum[:]...)
}

// head reads a part's header lines, i behind them: names in small letters, white space
// around values dropped, sorted.
func (c *canon) head() (lines []string, ok bool) {
	rest := bytes.TrimLeft(c.in[c.i:], " \t")
	rest, ok = bytes.CutPrefix(rest, []byte("\r\n"))
	if !ok {
		return nil, false
	}
	window := rest[:min(len(rest), maxHead)]
	end := bytes.Index(window, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, false
	}
	c.i = len(c.in) - len(rest) + end + 4
	for line := range strings.SplitSeq(string(window[:end]), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(line, "\r\n") || strings.ContainsAny(name, " \t") {
			return nil, false
		}
		lines = append(lines, strings.ToLower(name)+":"+strings.TrimSpace(value))
	}
	slices.Sort(lines)
	return lines, true
}

// partName gives the name of a part; false when readers could take different ones.
func partName(head []string) (name string, isFile, ok bool) {
	for _, line := range head {
		value, is := strings.CutPrefix(line, "content-disposition:")
		if !is {
			continue
		}
		_, params, err := mime.ParseMediaType(value)
		if err != nil || ok {
			return "", false, false
		}
		name, ok = params["name"]
		_, isFile = params["filename"]
	}
	return name, isFile, ok
}
