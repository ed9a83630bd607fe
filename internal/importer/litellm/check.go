package litellm

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config"
)

var fromLine = regexp.MustCompile(`# line (\d+)$`)

// Check reads the document as a gateway would, whatever the environment holds: what a
// reference leads to is checked later, where it is set. The error names the line of the
// file that was imported.
func (c *Config) Check(vendors config.Vendors) error {
	_, problems := config.Load(config.Source{Data: c.Document, Vendors: vendors, Env: func(name string) (string, bool) { return "x", true }})
	lines := bytes.Split(c.Document, []byte("\n"))
	var out Problems
	for _, p := range problems {
		at := p.Pos.Line - 1
		if p.Warning || at < 0 || at >= len(lines) || bytes.Contains(lines[at], []byte("env:")) || bytes.Contains(lines[at], []byte("file:")) {
			continue
		}
		out = append(out, Problem{origin(lines, at), p.Path, p.Message})
	}
	return out.err()
}

// origin finds the line that a part of the document was made of, 0 when none is told.
func origin(lines [][]byte, at int) (n int) {
	for ; at >= 0; at-- {
		if m := fromLine.FindSubmatch(lines[at]); m != nil {
			_, _ = fmt.Sscan(string(m[1]), &n) // digits
			return n
		}
		if len(lines[at]) > 0 && !strings.HasPrefix(string(lines[at]), " ") {
			return 0
		}
	}
	return 0
}
