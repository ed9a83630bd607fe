package cache

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Disk is the tier in a file of its own, bounded by bytes: what was used least recently
// goes first. It survives a restart. A file that is damaged or was made by something else
// is replaced by an empty one. One process uses a file. It has no goroutine; writers wait
// for one another.
type Disk struct {
	path  string
	max   int64
	now   func() time.Time
	codec *codec

	use    sync.RWMutex // held by readers of what follows; for itself by who replaces it
	file   diskFile     // empty when it could not be replaced
	era    int          // how often that was tried
	closed bool

	writing        sync.Mutex
	answers, bytes atomic.Int64 // written by who holds writing
	evicted        atomic.Int64

	touching sync.Mutex
	touched  map[int64]int64 // id -> when it was used, since it was last written down
}

var _ Tier = (*Disk)(nil)

const (
	rowBytes   = 320     // what an answer takes beside its encoded bytes, about
	touchEvery = 60      // seconds by which the use of an answer may be wrong
	touchMost  = 8 << 10 // uses that wait to be written; more are forgotten

	diskPatience = 250 * time.Millisecond // for a reading
)

// OpenDisk opens or makes the file of a disk tier of so many bytes. An answer that would
// take more than an eighth of them is not kept. now = nil is time.Now. The error is that
// the file cannot be used at all, as when its folder does not exist.
func OpenDisk(ctx context.Context, path string, max int64, now func() time.Time) (*Disk, error) {
	if now == nil {
		now = time.Now
	}
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	d := &Disk{path: path, max: max, now: now, codec: codec, touched: map[int64]int64{}}
	err = d.open(ctx)
	if damaged(err) {
		if err = removeDiskFile(path); err == nil {
			err = d.open(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", path, err)
	}
	return d, nil
}

// open opens the file and learns what is in it.
func (d *Disk) open(ctx context.Context) error {
	f, err := openDiskFile(ctx, d.path)
	if err != nil {
		return err
	}
	var answers, bytes int64
	if err := f.read.QueryRowContext(ctx, "SELECT count(*), coalesce(sum(bytes), 0) FROM answers").Scan(&answers, &bytes); err != nil {
		return errors.Join(err, f.close())
	}
	d.file = f
	d.answers.Store(answers)
	d.bytes.Store(bytes)
	return nil
}

// Close implements Tier.
func (d *Disk) Close() error {
	err := d.flush(context.Background())
	if errors.Is(err, errClosed) {
		return nil
	}
	d.use.Lock()
	defer d.use.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	return errors.Join(err, d.file.close())
}

// Size implements Tier.
func (d *Disk) Size() (answers, bytes int64) { return d.answers.Load(), d.bytes.Load() }

// Evicted gives how many answers were let go of to make room, since the file was opened.
func (d *Disk) Evicted() int64 { return d.evicted.Load() }

// Get implements Tier.
func (d *Disk) Get(ctx context.Context, key Key) (a *Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, diskPatience)
	defer cancel()
	err = d.with(ctx, func(f diskFile) error {
		var id, used int64
		var data []byte
		err := f.read.QueryRowContext(ctx, "SELECT a.id, a.used, b.data FROM answers a JOIN bodies b ON b.id = a.id WHERE a.key = ?", key[:]).
			Scan(&id, &used, &data)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if a, err = d.codec.decode(key, data); err == nil {
			d.touch(id, used)
		}
		return err
	})
	if errors.Is(err, errForeign) {
		return nil, errors.Join(fmt.Errorf("cache %s: %w", d.path, err), d.Delete(ctx, key))
	}
	if a != nil && a.Dead(d.now()) {
		return nil, nil
	}
	return a, err
}

// touch remembers that an answer was used.
func (d *Disk) touch(id, used int64) {
	now := d.now().Unix()
	if now-used < touchEvery {
		return
	}
	d.touching.Lock()
	defer d.touching.Unlock()
	if len(d.touched) < touchMost {
		d.touched[id] = now
	}
}

var (
	errClosed = errors.New("it is closed")
	errNoFile = errors.New("its file could not be replaced")
)

// with lets something be done with the file, and replaces the file if it is damaged.
func (d *Disk) with(ctx context.Context, do func(diskFile) error) error {
	era, err := d.try(do)
	if err == nil || errors.Is(err, errForeign) {
		return err
	}
	err = fmt.Errorf("cache %s: %w", d.path, err)
	if damaged(err) {
		return errors.Join(err, d.replace(ctx, era))
	}
	return err
}

func (d *Disk) try(do func(diskFile) error) (era int, err error) {
	d.use.RLock()
	defer d.use.RUnlock()
	switch {
	case d.closed:
		return d.era, errClosed
	case d.file.write == nil:
		return d.era, errNoFile
	}
	return d.era, do(d.file)
}

// replace begins a new file in place of that of an era.
func (d *Disk) replace(ctx context.Context, era int) error {
	d.use.Lock()
	defer d.use.Unlock()
	if d.era != era || d.closed {
		return nil
	}
	_ = d.file.close() // it is given up, whatever it says
	d.era++
	d.file = diskFile{}
	d.answers.Store(0)
	d.bytes.Store(0)
	if err := removeDiskFile(d.path); err != nil {
		return err
	}
	return d.open(context.WithoutCancel(ctx))
}
