package export

import (
	"context"
	"errors"
	"strings"
	"time"
)

// maxStreak is how many rows in a row a sink may refuse before it is asked whether it
// takes anything at all.
const maxStreak = 20

// deliver sends the rows of a batch and notes what became of them. The error says why
// some have to be sent again.
func (w *worker) deliver(ctx context.Context, b *batch) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	defer w.release()
	if err := w.open(); err != nil {
		return err
	}
	return w.split(ctx, b, b.rows, b.numbers)
}

// split sends rows. Where the sink refuses all of them, it finds those that are refused
// by halves, in order.
func (w *worker) split(ctx context.Context, b *batch, rows []Row, numbers []int64) error {
	err := w.try(ctx, rows)
	var no *Refused
	var part *Partial
	switch {
	case err == nil:
		w.taken(b, numbers)
		return nil
	case errors.As(err, &part):
		return w.partly(ctx, b, part, rows, numbers)
	case !errors.As(err, &no):
		return err
	case len(rows) == 1:
		return w.refuse(ctx, b, numbers[0], rows[0].ID, no.Reason)
	}
	half := len(rows) / 2
	if err := w.split(ctx, b, rows[:half], numbers[:half]); err != nil {
		return err
	}
	return w.split(ctx, b, rows[half:], numbers[half:])
}

func (w *worker) try(ctx context.Context, rows []Row) error {
	ctx, cancel := context.WithTimeout(ctx, w.spec.Timeout)
	defer cancel()
	return w.sink.Send(ctx, rows)
}

func (w *worker) taken(b *batch, numbers []int64) {
	for _, n := range numbers {
		b.set(n, sent)
	}
	if len(numbers) > 0 {
		w.streak, w.took = 0, true
	}
}

// partly notes what became of each row.
func (w *worker) partly(ctx context.Context, b *batch, p *Partial, rows []Row, numbers []int64) error {
	again := map[int]bool{}
	for _, i := range p.Again {
		again[i] = true
	}
	var all []int64
	for i, n := range numbers {
		if _, no := p.Refused[i]; !no && !again[i] {
			all = append(all, n)
		}
	}
	w.taken(b, all)
	for i, n := range numbers {
		if reason, no := p.Refused[i]; no && !again[i] {
			if err := w.refuse(ctx, b, n, rows[i].ID, reason); err != nil {
				return err
			}
		}
	}
	if len(p.Again) > 0 {
		return p
	}
	return nil
}

// refuse sets a row aside. A sink that refuses everything is not believed, nor is one that
// has taken nothing yet: it is asked to take a sample, and where it refuses that too, the
// fault is not the rows'.
func (w *worker) refuse(ctx context.Context, b *batch, number int64, id, reason string) error {
	if w.streak++; w.streak > maxStreak || !w.took {
		if err := w.try(ctx, []Row{w.spec.sample(time.Now())}); err != nil {
			w.streak = maxStreak
			return Failed("it refuses everything: %s", cut(reason))
		}
		w.streak, w.took = 0, true
	}
	b.set(number, refused)
	w.ids[number], w.why[number] = id, cut(reason)
	return nil
}

// maxReason bounds what is kept of a sink's words.
const maxReason = 300

func cut(text string) string {
	if len(text) <= maxReason {
		return text
	}
	return strings.ToValidUTF8(text[:maxReason], "") + "…"
}

// acquire waits for the sink.
func (w *worker) acquire(ctx context.Context) error {
	select {
	case w.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *worker) release() { <-w.lock }

func (w *worker) open() (err error) {
	if w.sink == nil {
		w.sink, err = w.spec.Open()
	}
	return err
}

// close closes the sink. Whoever uses it is waited for.
func (w *worker) close() {
	w.lock <- struct{}{}
	defer w.release()
	if w.sink == nil {
		return
	}
	if err := w.sink.Close(); err != nil {
		w.log.Warn("the sink could not be closed", "error", err)
	}
	w.sink = nil
}

// test sends a sample, beside what the worker sends.
func (w *worker) test(ctx context.Context) (string, error) {
	if err := w.acquire(ctx); err != nil {
		return "", Failed("it is busy; try again")
	}
	defer w.release()
	row := w.spec.sample(time.Now())
	if w.sink != nil {
		return row.ID, w.try(ctx, []Row{row})
	}
	if err := w.open(); err != nil {
		return row.ID, err
	}
	err := w.try(ctx, []Row{row})
	sink := w.sink
	w.sink = nil
	return row.ID, errors.Join(err, sink.Close())
}
