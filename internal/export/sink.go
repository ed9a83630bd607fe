package export

import (
	"context"
	"fmt"
	"time"
)

// Row is one entry on its way. It is read-only and valid until Send returns.
type Row struct {
	ID   string    // of the entry: the same whenever it is sent
	Time time.Time // when the call began
	JSON []byte    // the entry as one object on one line, without what the export leaves out
}

// Sink takes rows. It is used by one goroutine at a time.
type Sink interface {
	// Send hands rows over, at least one, in their order, and returns when the sink has
	// them safe. nil means all of them. A *Partial tells about each row; *Refused means
	// that none was taken and the same rows would be refused again; any other error that
	// none may have been taken, and that they may be sent again. It returns soon after ctx
	// has ended. Errors hold no secret and nothing that was said.
	Send(ctx context.Context, rows []Row) error
	// Close gives back what the sink holds; it does not send.
	Close() error
}

// Refused says that a sink will not take rows as they are, whenever they are sent.
type Refused struct{ Reason string }

// Error implements error.
func (r *Refused) Error() string { return "it refused them: " + r.Reason }

// Away says that a sink did not take rows now.
type Away struct {
	Reason string
	Wait   time.Duration // that it asked for, 0 = it did not
}

// Error implements error.
func (a *Away) Error() string { return a.Reason }

// Failed makes an Away.
func Failed(format string, args ...any) *Away { return &Away{Reason: fmt.Sprintf(format, args...)} }

// Partial says that a sink took some of the rows: all but these.
type Partial struct {
	Again   []int          // places of rows to be sent again
	Refused map[int]string // places of rows that it will not take, and why
	Reason  string         // why some are to be sent again
	Wait    time.Duration  // that it asked for, 0 = it did not
}

// Error implements error.
func (p *Partial) Error() string {
	if p.Reason != "" {
		return p.Reason
	}
	return fmt.Sprintf("it took all but %d of them", len(p.Again)+len(p.Refused))
}

// OrNil gives the error, or nil where all rows were taken.
func (p *Partial) OrNil() error {
	if len(p.Again) == 0 && len(p.Refused) == 0 {
		return nil
	}
	return p
}
