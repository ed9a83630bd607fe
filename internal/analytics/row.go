package analytics

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Grain is the span of time of a row.
type Grain int64

// The grains, in microseconds. Quarters of an hour are there for the zones whose days do
// not begin with an hour of UTC. Days are those of UTC; their rows are made from the hours'
// once a day has ended.
const (
	Minute  = Grain(time.Minute / time.Microsecond)
	Quarter = 15 * Minute
	Hour    = 60 * Minute
	Day     = 24 * Hour
)

// Grains lists them, the finest first.
func Grains() []Grain { return []Grain{Minute, Quarter, Hour, Day} }

// Keep is how long rows of a grain are kept: those of a day as long as any of its hours.
func (g Grain) Keep() time.Duration {
	switch g {
	case Minute:
		return 8 * 24 * time.Hour
	case Day:
		return 401 * 24 * time.Hour
	}
	return 400 * 24 * time.Hour
}

// Floor gives when the span of the grain begins that a time lies in, in microseconds.
func (g Grain) Floor(us int64) int64 {
	r := us % int64(g)
	if r < 0 {
		r += int64(g)
	}
	return us - r
}

// Which values of a row stand for all for which there was no place.
const (
	RestFirst  = 1
	RestSecond = 2
)

// Spot is what tells rows of one grain apart.
type Spot struct {
	Kind               string
	Time               int64 // when it begins, microseconds since 1970
	Workspace, Gateway string
	Values             [2]string // of the kind's dimensions
	Rest               uint8     // RestFirst | RestSecond
}

// Row is what some calls add to one row.
type Row struct {
	Grain Grain
	Spot
	Numbers Numbers
	keys    [Sketches][]uint16
}

// RowOf gives what one call adds to any row that it is counted in.
func RowOf(e *gateway.Entry) *Row {
	m := measure(e, int64(e.Count), true)
	r := &Row{Numbers: m.numbers}
	for i, key := range m.keys {
		if key != noKey {
			r.keys[i] = []uint16{key}
		}
	}
	return r
}

// idLength is that of a row's id.
const idLength = 24

// DigestAt is where in an id the digest begins that all rows of a spot share, whatever
// their grain and time.
const DigestAt = 1 + 8

// ID gives what tells the row from others of its kind: grain and time, so that rows of a
// time lie together, and a digest of the rest.
func (r *Row) ID() []byte {
	var text strings.Builder
	for _, s := range []string{r.Kind, r.Workspace, r.Gateway, r.Values[0], r.Values[1]} {
		text.WriteString(s)
		text.WriteByte(0) // which clean text does not have
	}
	text.WriteByte(r.Rest)
	digest := sha256.Sum256([]byte(text.String()))
	id := append(make([]byte, 0, idLength), IDBefore(r.Grain, r.Time)...)
	return append(id, digest[:idLength-len(id)]...)
}

// IDBefore gives what sorts before the ids of all rows of a grain from a time on, and
// after those of all earlier ones.
func IDBefore(g Grain, us int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(min(g/Minute, 255))}, uint64(us)^1<<63)
}

// Sketches gives the sketches as they are kept, with those kept so far added.
func (r *Row) Sketches(kept []byte) ([]byte, error) {
	var s Sketch
	out := make([]byte, 0, len(kept)+8*Sketches)
	for i := range r.keys {
		s.reset()
		if len(kept) > 0 {
			var err error
			if kept, err = s.decode(kept); err != nil {
				return nil, err
			}
		}
		for _, key := range r.keys[i] {
			s.add(key, 1)
		}
		out = s.append(out)
	}
	return out, nil
}

// Collector makes the rows that a batch of calls adds to.
type Collector struct {
	Kinds Kinds
	Clean func(string) string // text as the store keeps it
	// Admit says whether a value of a dimension has a row of its own in an hour and
	// workspace; one that has not is counted with the rest.
	Admit func(d Dimension, workspace string, hour int64, value string) (bool, error)
	// Built says by kind up to when days have rows of their own, in microseconds: calls that
	// come later than that are counted there too.
	Built map[string]int64

	rows map[Spot]*Row // by the minute
}

// Add counts a call for count ones; first is false when the call was counted before, when
// it stood for fewer.
func (c *Collector) Add(e *gateway.Entry, count int64, first bool) error {
	if c.rows == nil {
		c.rows = map[Spot]*Row{}
	}
	m := measure(e, count, first)
	at := Spot{Workspace: c.Clean(e.Workspace), Gateway: c.Clean(e.Gateway)}
	if !e.Time.IsZero() {
		at.Time = Minute.Floor(e.Time.UnixMicro())
	}
	for _, kind := range c.Kinds {
		at.Kind = kind.String()
		if err := c.each(e, kind, at, &m); err != nil {
			return err
		}
	}
	return nil
}

// each counts a call in the rows of one kind.
func (c *Collector) each(e *gateway.Entry, kind Kind, at Spot, m *measured) error {
	if kind.First == "" {
		c.count(at, m)
		return nil
	}
	var err error
	if at.Values[1], err = c.admitted(&at, kind.Second, valueOfEntry(e, kind.Second), RestSecond); err != nil {
		return err
	}
	if kind.First != ByLimit {
		if at.Values[0], err = c.admitted(&at, kind.First, valueOfEntry(e, kind.First), RestFirst); err == nil {
			c.count(at, m)
		}
		return err
	}
	for _, value := range ValuesOf(e, ByLimit) {
		one := at
		if one.Values[0], err = c.admitted(&one, ByLimit, value, RestFirst); err != nil {
			return err
		}
		c.count(one, m)
	}
	return nil
}

// MaxValue is the length in bytes above which values are counted with the rest.
const MaxValue = 256

// admitted gives the value under which a call is counted, and marks the spot where that
// is the rest.
func (c *Collector) admitted(at *Spot, d Dimension, value string, rest uint8) (string, error) {
	whole := c.Clean(value)
	if value = whole; d == ByTarget { // which has a row where its model has: providers are few
		d, value = ByModel, TargetPart(whole, ByModel)
	}
	switch {
	case value == "", d == ByStatus, d == ByError, d == ByCache, d == ByOperation, d == ByProvider:
		return whole, nil // these have few values
	case len(value) <= MaxValue:
		ok, err := c.Admit(d, at.Workspace, Hour.Floor(at.Time), value)
		if ok || err != nil {
			return whole, err
		}
	}
	at.Rest |= rest
	return "", nil
}

func (c *Collector) count(at Spot, m *measured) {
	r := c.rows[at]
	if r == nil {
		r = &Row{Grain: Minute, Spot: at}
		c.rows[at] = r
	}
	r.Numbers.Add(&m.numbers)
	for i, key := range m.keys {
		if key != noKey {
			r.keys[i] = append(r.keys[i], key)
		}
	}
}

// coarser are the grains that rows by the minute are added up to.
var coarser = [...]Grain{Quarter, Hour, Day}

// Rows gives the rows of all grains.
func (c *Collector) Rows() []*Row {
	all := make([]*Row, 0, 3*len(c.rows))
	coarse := map[Spot]*[len(coarser)]*Row{} // by the beginning of their time
	for at, r := range c.rows {
		all = append(all, r)
		for i, g := range coarser {
			to := at
			to.Time = g.Floor(at.Time)
			if g == Day && to.Time+int64(Day) > c.Built[at.Kind] {
				continue
			}
			if coarse[to] == nil {
				coarse[to] = new([len(coarser)]*Row)
			}
			if coarse[to][i] == nil {
				coarse[to][i] = &Row{Grain: g, Spot: to}
				all = append(all, coarse[to][i])
			}
			coarse[to][i].add(r)
		}
	}
	return all
}

// add adds a row that is not changed any more.
func (r *Row) add(o *Row) {
	r.Numbers.Add(&o.Numbers)
	for i := range r.keys {
		if r.keys[i] == nil {
			r.keys[i] = o.keys[i][:len(o.keys[i]):len(o.keys[i])] // shared until it grows
			continue
		}
		r.keys[i] = append(r.keys[i], o.keys[i]...)
	}
}
