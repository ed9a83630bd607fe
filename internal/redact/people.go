package redact

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Lengths of an address (RFC 5321, 4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 255
)

func localByte(c byte) bool {
	return alnum(c) || c >= 0x80 || strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func domainByte(c byte) bool { return alnum(c) || c >= 0x80 || c == '-' || c == '.' }

// findEmails finds addresses whose domain has a dot and ends in letters.
func findEmails(text []byte, out []hit) []hit {
	for i := 0; ; i++ {
		next := bytes.IndexByte(text[i:], '@')
		if next < 0 {
			return out
		}
		i += next
		from, to := i, i+1
		for from > 0 && i-from < maxLocal && localByte(text[from-1]) {
			from--
		}
		for to < len(text) && to-i <= maxDomain && domainByte(text[to]) {
			to++
		}
		from += len(text[from:i]) - len(bytes.TrimLeft(text[from:i], ".'`{|}/*=&?"))
		to -= len(text[i+1:to]) - len(bytes.TrimRight(text[i+1:to], ".-"))
		if from < i && domain(text[i+1:to]) {
			out = append(out, hit{from, to, Email})
			i = to - 1
		}
	}
}

func domain(d []byte) bool {
	dot := bytes.LastIndexByte(d, '.')
	if dot <= 0 || len(d)-dot < 3 || bytes.Contains(d, []byte("..")) {
		return false
	}
	for _, c := range d[dot+1:] {
		if digit(c) {
			return bytes.HasPrefix(d[dot+1:], []byte("xn--"))
		}
	}
	return true
}

// phoneFinder finds numbers that are valid in their country's plan: those with a country
// code, and those of the named regions without one.
func phoneFinder(regions []string) (finder, error) {
	known := phonenumbers.GetSupportedRegions()
	for _, r := range regions {
		if !known[r] {
			return nil, fmt.Errorf("there is no region %q with telephones: a region is the two capital letters of ISO 3166", r)
		}
	}
	return func(text []byte, out []hit) []hit { return findPhones(text, regions, out) }, nil
}

const (
	minPhone    = 7  // digits
	maxPhone    = 15 // E.164
	phoneLength = 32 // as written
)

// What may be a number is looked up in the plans at most so often a text, so that a text
// full of digits costs little; what comes then is taken out unseen.
const (
	phoneTries   = 512
	triesPerByte = 1.0 / 64
)

func findPhones(text []byte, regions []string, out []hit) []hit {
	p := phones{text: text, regions: regions, tries: phoneTries + int(triesPerByte*float64(len(text)))}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '+' && !digit(c) && c != '(' || i > 0 && (alnum(text[i-1]) || text[i-1] == '.' || text[i-1] == '+') {
			continue
		}
		foreign := c == '+' || c == '0' && i+1 < len(text) && text[i+1] == '0'
		if !foreign && len(regions) == 0 {
			continue
		}
		if to := p.end(i, phoneRun(text, i), foreign); to > 0 {
			out = append(out, hit{i, to, Phone})
			i = to - 1
		} else if digit(c) {
			for i+1 < len(text) && digit(text[i+1]) {
				i++
			}
		}
	}
	return out
}

// phoneRun gives the end of what may be a number.
func phoneRun(text []byte, at int) int {
	digits, from := 0, at
	for ; at < len(text) && at-from < phoneLength && digits <= maxPhone+2; at++ {
		switch c := text[at]; {
		case digit(c):
			digits++
		case c == '+' && at == from, strings.IndexByte(" -./()", c) >= 0:
		default:
			return at
		}
	}
	return at
}

// phones looks through one text.
type phones struct {
	text    []byte
	regions []string
	tries   int // that are left
}

// end gives where the longest valid number ends that begins at from, 0 when there is none.
func (p *phones) end(from, end int, foreign bool) int {
	for to := end; to > from; to-- {
		if !digit(p.text[to-1]) || to < len(p.text) && alnum(p.text[to]) {
			continue
		}
		if digits(p.text[from:to]) < minPhone {
			return 0
		}
		if p.tries--; p.tries < 0 || validPhone(string(p.text[from:to]), foreign, p.regions) {
			return to
		}
	}
	return 0
}

func digits(b []byte) (n int) {
	for _, c := range b {
		if digit(c) {
			n++
		}
	}
	return n
}

func validPhone(written string, foreign bool, regions []string) bool {
	if foreign {
		n, err := phonenumbers.Parse("+"+strings.TrimLeft(written, "+0"), "")
		if err == nil && phonenumbers.IsValidNumber(n) {
			return true
		}
	}
	for _, region := range regions {
		if n, err := phonenumbers.Parse(written, region); err == nil && phonenumbers.IsValidNumberForRegion(n, region) {
			return true
		}
	}
	return false
}
