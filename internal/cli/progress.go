package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress tells how far something has come: as a bar on a terminal, else as a line for
// each tenth. It is for one goroutine.
type progress struct {
	w        io.Writer
	terminal bool
	total    int // 0 = unknown
	tenths   int // told
	drawn    time.Time
}

func newProgress(w io.Writer, total int) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), total: total}
}

const (
	barWidth  = 30
	drawEvery = 100 * time.Millisecond
)

// tell shows that n are done; note stands behind.
func (p *progress) tell(n int, note string) {
	switch now := time.Now(); {
	case p.total <= 0:
	case p.terminal && (n == p.total || now.Sub(p.drawn) >= drawEvery):
		p.drawn = now
		full := min(barWidth*n/p.total, barWidth)
		fmt.Fprintf(p.w, "\r[%s%s] %d/%d %s\x1b[K", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), n, p.total, note)
	case !p.terminal && 10*n/p.total > p.tenths:
		p.tenths = 10 * n / p.total
		fmt.Fprintf(p.w, "%d of %d: %s\n", n, p.total, note)
	}
}

// end leaves the bar's line.
func (p *progress) end() {
	if p.terminal && !p.drawn.IsZero() {
		fmt.Fprintln(p.w)
	}
}
