// Package resume is the tapes of streams: what was sent of an answer is kept for a few
// minutes, so that a caller whose connection broke can have the rest. It is bounded in
// memory and on disk, lives in this process, and forgets. It knows no dialect: a tape
// holds bytes.
package resume

import (
	"container/list"
	"sync"
	"time"
)

// Options bound a Store. Zero numbers are the defaults; all are bytes but Keep.
type Options struct {
	Memory int64            // of all tapes together; 64 MiB
	Disk   int64            // likewise, in temporary files; 1 GiB
	Head   int64            // of one tape in memory; what follows is on disk; 256 KiB
	Most   int64            // of one tape altogether; 64 MiB
	Keep   time.Duration    // how long a tape lives behind its end; 5 minutes
	Dir    string           // of the temporary files; "" = the system's
	Now    func() time.Time // nil = time.Now
}

func (o Options) orDefaults() Options {
	for at, n := range map[*int64]int64{&o.Memory: 64 << 20, &o.Disk: 1 << 30, &o.Head: 256 << 10, &o.Most: 64 << 20} {
		if *at == 0 {
			*at = n
		}
	}
	if o.Keep == 0 {
		o.Keep = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store keeps tapes. It is safe for concurrent use.
type Store struct {
	o Options

	mu     sync.Mutex // guards what follows, and what of a tape is said to be the store's
	tapes  map[string]*Tape
	ended  list.List // *Tape, the first to go in front
	memory int64
	disk   int64
	timer  *time.Timer // removes what has lived; nil = nothing ends
	closed bool
}

// New makes a Store. It has no goroutine; a timer runs while a tape waits for its end.
func New(o Options) *Store { return &Store{o: o.orDefaults(), tapes: map[string]*Tape{}} }

// Open begins a tape, whose writer the caller is. It gives nil when there is no room for
// one: then the stream cannot be resumed. id is unique.
func (s *Store) Open(id string, a About) *Tape {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if s.closed || s.tapes[id] != nil || !s.room(&s.memory, firstPiece, s.o.Memory) {
		return nil
	}
	t := &Tape{About: a, store: s, id: id, users: 1, memory: firstPiece, pieces: [][]byte{make([]byte, 0, firstPiece)}}
	s.tapes[id] = t
	return t
}

// Find gives a tape that is kept, nil when there is none. It must be released.
func (s *Store) Find(id string) *Tape {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	t := s.tapes[id]
	if t != nil {
		t.users++
	}
	return t
}

// Forget forgets a tape at once; one that is being written goes on without being kept.
func (s *Store) Forget(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tapes[id]
	if t != nil {
		s.forget(t)
	}
	return t != nil
}

// Close forgets all tapes; no more are begun.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, t := range s.tapes {
		s.forget(t)
	}
}

// Used gives how many bytes the tapes hold in memory and on disk.
func (s *Store) Used() (memory, disk int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory, s.disk
}

// take counts n more bytes of a tape that is written, and reports whether there was room.
func (s *Store) take(t *Tape, n int64, onDisk bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	used, most, own := &s.memory, s.o.Memory, &t.memory
	if onDisk {
		used, most, own = &s.disk, s.o.Disk, &t.disk
	}
	if t.forgotten || !s.room(used, n, most) {
		return false
	}
	*own += n
	return true
}

// room takes n bytes of what may be used. The tapes that ended first, and that nobody
// reads, give way.
func (s *Store) room(used *int64, n, most int64) bool {
	for e := s.ended.Front(); e != nil && *used+n > most; {
		t := e.Value.(*Tape)
		e = e.Next()
		if t.users == 0 {
			s.forget(t)
		}
	}
	if *used+n > most {
		return false
	}
	*used += n
	return true
}

// end begins the time that a tape still lives.
func (s *Store) end(t *Tape) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.forgotten {
		t.until = s.o.Now().Add(s.o.Keep)
		t.place = s.ended.PushBack(t)
		s.arm()
	}
}

// sweep forgets the tapes that have lived.
func (s *Store) sweep() {
	now := s.o.Now()
	for e := s.ended.Front(); e != nil && !e.Value.(*Tape).until.After(now); e = s.ended.Front() {
		s.forget(e.Value.(*Tape))
	}
}

// arm sees to it that the first tape to go goes in time, whether or not somebody comes.
func (s *Store) arm() {
	first := s.ended.Front()
	if s.timer != nil || first == nil || s.closed {
		return
	}
	s.timer = time.AfterFunc(max(first.Value.(*Tape).until.Sub(s.o.Now()), time.Second), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.timer = nil
		s.sweep()
		s.arm()
	})
}

// forget takes a tape away from those who look for it. Who has it keeps it.
func (s *Store) forget(t *Tape) {
	if t.forgotten {
		return
	}
	t.forgotten = true
	delete(s.tapes, t.id)
	if t.place != nil {
		s.ended.Remove(t.place)
	}
	s.freeIfUnused(t)
}

// release ends one use of a tape.
func (s *Store) release(t *Tape) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.users--
	s.freeIfUnused(t)
}

func (s *Store) freeIfUnused(t *Tape) {
	if !t.forgotten || t.users > 0 {
		return
	}
	s.memory -= t.memory
	s.disk -= t.disk
	t.memory, t.disk = 0, 0
	t.free()
}
