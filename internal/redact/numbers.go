package redact

import (
	"net/netip"
	"strings"
)

// group is a run of digits or letters within a number that is written with separators.
type group struct{ from, to int }

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// groups gives the runs of one class from at on, as long as single separators part them,
// most at most.
func groups(text []byte, at int, in func(byte) bool, separators string, most int) (out []group) {
	for at < len(text) && len(out) < most {
		from := at
		for at < len(text) && in(text[at]) {
			at++
		}
		if at == from {
			break
		}
		out = append(out, group{from, at})
		if at < len(text) && strings.IndexByte(separators, text[at]) >= 0 {
			at++
		}
	}
	return out
}

// findCards finds numbers of payment cards: 13 to 19 digits of a known network, whole or in
// groups, with their check digit (ISO/IEC 7812-1).
func findCards(text []byte, out []hit) []hit {
	for i := 0; i < len(text); i++ {
		if !digit(text[i]) || text[i] < '2' || text[i] > '6' || i > 0 && (alnum(text[i-1]) || text[i-1] == '.') {
			continue
		}
		all := groups(text, i, digit, " -", 8)
		if to := cardEnd(text, all); to > 0 {
			out = append(out, hit{i, to, Card})
			i = to
			continue
		}
		i = all[0].to - 1
	}
	return out
}

// cardEnd gives where the card number ends that begins with the first group, 0 when none does.
func cardEnd(text []byte, all []group) int {
	var digits []byte
	best := 0
	for _, g := range all {
		if digits = append(digits, text[g.from:g.to]...); len(digits) > 19 {
			break
		}
		whole := g.to >= len(text) || !alnum(text[g.to])
		if len(digits) >= 13 && whole && knownNetwork(digits) && luhn(digits) {
			best = g.to
		}
	}
	return best
}

// knownNetwork reports whether a number may be a card's: Visa, Mastercard, American Express,
// Discover, Diners Club, JCB, UnionPay, Maestro.
func knownNetwork(d []byte) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	four := two*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case d[0] == '4', d[0] == '6', two >= 50 && two <= 58:
		return true
	case four >= 2221 && four <= 2720:
		return len(d) == 16
	}
	return two == 34 || two == 37 || two == 30 || two == 36 || two == 38 || two == 39 || two == 35
}

// luhn checks the last digit: https://www.iso.org/standard/70484.html, annex B.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// ibanLength is how long the numbers of a country are.
// https://www.swift.com/standards/data-standards/iban-international-bank-account-number
var ibanLength = func() map[string]int {
	const table = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 " +
		"GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 " +
		"NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
	out := map[string]int{}
	for _, entry := range strings.Fields(table) {
		out[entry[:2]] = int(entry[2]-'0')*10 + int(entry[3]-'0')
	}
	return out
}()

// findIBANs finds international account numbers with their check digits (ISO 13616), whole
// or in groups.
func findIBANs(text []byte, out []hit) []hit {
	for i := 2; i+2 < len(text); i++ {
		if !digit(text[i]) || !digit(text[i+1]) || digit(text[i-1]) || digit(text[i-2]) || !alnum(text[i-1]) || !alnum(text[i-2]) || i > 2 && alnum(text[i-3]) {
			continue
		}
		want := ibanLength[strings.ToUpper(string(text[i-2:i]))]
		if want == 0 {
			continue
		}
		if to := ibanEnd(text, i-2, want); to > 0 {
			out = append(out, hit{i - 2, to, IBAN})
			i = to
		}
	}
	return out
}

func ibanEnd(text []byte, from, want int) int {
	var number []byte
	for _, g := range groups(text, from, alnum, " -", 12) {
		number = append(number, text[g.from:g.to]...)
		if len(number) == want && mod97(number) == 1 {
			return g.to
		}
		if len(number) >= want {
			break
		}
	}
	return 0
}

// mod97 is the remainder of ISO 7064 with the first four characters put last.
func mod97(number []byte) (rest int) {
	for i := range number {
		c := number[(i+4)%len(number)]
		if digit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c|0x20-'a') + 10) % 97
		}
	}
	return rest
}

func addressByte(c byte) bool {
	return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' || c == ':' || c == '.'
}

// findIPs finds addresses of IPv4 and IPv6, but for those that name no machine.
func findIPs(text []byte, out []hit) []hit {
	for i := 0; i < len(text); i++ {
		if !addressByte(text[i]) {
			continue
		}
		from := i
		for i < len(text) && addressByte(text[i]) {
			i++
		}
		if from > 0 && alnum(text[from-1]) || i < len(text) && alnum(text[i]) {
			continue
		}
		if h, ok := address(text, from, i); ok {
			out = append(out, h)
		}
	}
	return out
}

// address reads an address, with a port or a mark of the sentence around it.
func address(text []byte, from, to int) (hit, bool) {
	word := strings.TrimRight(string(text[from:to]), ".:")
	cut := strings.TrimLeft(word, ".")
	from, word = from+len(word)-len(cut), cut
	if len(word) < 3 || len(word) > 50 {
		return hit{}, false
	}
	a, err := netip.ParseAddr(word)
	if err != nil {
		port, portErr := netip.ParseAddrPort(word)
		if portErr != nil {
			return hit{}, false
		}
		a, word = port.Addr(), word[:strings.LastIndexByte(word, ':')]
	}
	if a.IsUnspecified() || a.IsLoopback() || a.Is6() && strings.Count(word, ":") < 3 && strings.IndexByte(word, ':') < 3 { // a::b is a name in many languages
		return hit{}, false
	}
	return hit{from, from + len(word), IP}, true
}
