package limit

// cell is what one stretch of time holds: n in all, of which held belongs to open holds.
// Its key is the moment (Unix nanoseconds) at which it stops counting.
type cell struct{ key, n, held int64 }

// cells are the stretches that count, by rising key. Empty ones at either end are
// dropped, and room is used again, so that a counter in use does not allocate.
type cells struct {
	list []cell
	head int
	sum  int64
	held int64
}

func (s *cells) live() []cell { return s.list[s.head:] }

// find returns the place of key in list, or where it would stand. It looks from the
// youngest on, for that is where nearly all work is.
func (s *cells) find(key int64) (int, bool) {
	i := len(s.list)
	for near := 0; i > s.head && near < 4; near++ {
		if k := s.list[i-1].key; k == key {
			return i - 1, true
		} else if k < key {
			return i, false
		}
		i--
	}
	lo := s.head
	for lo < i {
		if mid := int(uint(lo+i) >> 1); s.list[mid].key < key {
			lo = mid + 1
		} else {
			i = mid
		}
	}
	return lo, lo < len(s.list) && s.list[lo].key == key
}

// insert makes a cell at place i and returns its place.
func (s *cells) insert(i int, key int64) int {
	if s.head > 0 && len(s.list) == cap(s.list) {
		s.list = s.list[:copy(s.list, s.list[s.head:])]
		i -= s.head
		s.head = 0
	}
	s.list = append(s.list, cell{})
	copy(s.list[i+1:], s.list[i:])
	s.list[i] = cell{key: key}
	return i
}

// add takes n, of which held for a hold.
func (s *cells) add(key, n, held int64) {
	if n == 0 {
		return
	}
	i, ok := s.youngest(key)
	if !ok {
		if i, ok = s.find(key); !ok {
			i = s.insert(i, key)
		}
	}
	s.change(i, n, held)
}

// youngest gives the last cell, if it has a key.
func (s *cells) youngest(key int64) (int, bool) {
	i := len(s.list) - 1
	return i, i >= s.head && s.list[i].key == key
}

// settle replaces what a hold had by what it used. A cell that has gone in between knows
// nothing of the hold any more: then only what was used counts.
func (s *cells) settle(key, had, used int64) {
	if had == 0 && used == 0 {
		return
	}
	i, ok := s.youngest(key)
	if !ok {
		if i, ok = s.find(key); !ok && used == 0 {
			return
		}
	}
	if !ok {
		i, had = s.insert(i, key), 0
	}
	had = min(had, s.list[i].held)
	if s.change(i, used-had, -had); s.list[i].n == 0 {
		s.trim()
	}
}

func (s *cells) change(i int, n, held int64) {
	c := &s.list[i]
	c.n += n
	c.held += held
	s.sum += n
	s.held += held
}

// trim drops empty cells at both ends.
func (s *cells) trim() {
	for s.head < len(s.list) && s.list[s.head].n == 0 {
		s.head++
	}
	for len(s.list) > s.head && s.list[len(s.list)-1].n == 0 {
		s.list = s.list[:len(s.list)-1]
	}
	if s.head == len(s.list) {
		s.list, s.head = s.list[:0], 0
	}
}

// leave drops what stopped counting by now, and what lies beyond last: it was taken when
// the clock was ahead.
func (s *cells) leave(now, last int64) {
	if !s.stale(now, last) {
		return
	}
	for s.head < len(s.list) && s.list[s.head].key <= now {
		s.drop(s.head)
		s.head++
	}
	for i := len(s.list) - 1; i >= s.head && s.list[i].key > last; i-- {
		s.drop(i)
		s.list = s.list[:i]
	}
	s.trim()
}

// stale reports whether leave would drop something.
func (s *cells) stale(now, last int64) bool {
	return s.head < len(s.list) && (s.list[s.head].key <= now || s.list[len(s.list)-1].key > last)
}

func (s *cells) drop(i int) {
	s.sum -= s.list[i].n
	s.held -= s.list[i].held
}

// after returns the key by which n has left; ok is false when there is not so much.
func (s *cells) after(n int64) (key int64, ok bool) {
	for _, c := range s.live() {
		if n -= c.n; n <= 0 {
			return c.key, true
		}
	}
	return 0, false
}
