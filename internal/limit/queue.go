package limit

import (
	"container/heap"
	"sync"
	"sync/atomic"
)

// Queues are the callers who wait for room, one queue a counter. What becomes free is
// shared by weighted fair queueing: of several flows that always have somebody waiting,
// each is served in proportion to its weight, whatever their numbers. It is safe for
// concurrent use; the zero value is ready.
type Queues struct {
	waiting atomic.Int64
	mu      sync.Mutex
	of      map[ID]*queue
}

type queue struct {
	clock float64            // tag of the last who was served
	last  map[string]float64 // tag of the last of each flow that waits
	count map[string]int
	next  uint64
	head  *Place // who has the turn, and keeps it until leaving; nil = nobody
	line  line
}

// Place is a caller's place in a queue. It is for one goroutine.
type Place struct {
	// Turn is closed when nobody is before.
	Turn chan struct{}
	// Wake speaks when something may have become free, to who has the turn.
	Wake chan struct{}

	queues *Queues
	id     ID
	flow   string
	tag    float64
	seq    uint64 // among equal tags
	index  int
}

// Empty reports whether nobody waits for the counter.
func (q *Queues) Empty(id ID) bool {
	if q.waiting.Load() == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.of[id] == nil
}

// Join takes a place, unless most wait already: then it gives nil. flow names whose turn
// it is in fairness; weight is 1 or more. The place must be left, whatever happens.
func (q *Queues) Join(id ID, most int, flow string, weight float64) *Place {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.of == nil {
		q.of = map[ID]*queue{}
	}
	one := q.of[id]
	if one == nil {
		one = &queue{last: map[string]float64{}, count: map[string]int{}}
		q.of[id] = one
	}
	if len(one.line) >= most {
		if len(one.line) == 0 {
			delete(q.of, id)
		}
		return nil
	}
	p := &Place{Turn: make(chan struct{}), Wake: make(chan struct{}, 1), queues: q, id: id, flow: flow}
	p.tag, p.seq = max(one.clock, one.last[flow])+1/max(weight, 1e-6), one.next
	one.next++
	one.last[flow] = p.tag
	one.count[flow]++
	heap.Push(&one.line, p)
	q.waiting.Add(1)
	if one.head == nil {
		one.turn()
	}
	return p
}

func (one *queue) turn() {
	if one.head = nil; len(one.line) > 0 {
		one.head = one.line[0]
		close(one.head.Turn)
	}
}

// Leave gives the place up, served or not; who is next gets the turn.
func (p *Place) Leave() {
	q := p.queues
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.of[p.id]
	heap.Remove(&one.line, p.index)
	q.waiting.Add(-1)
	if one.count[p.flow]--; one.count[p.flow] == 0 {
		delete(one.count, p.flow)
		delete(one.last, p.flow)
	}
	if p == one.head {
		one.clock = max(one.clock, p.tag)
		one.turn()
	}
	if len(one.line) == 0 {
		delete(q.of, p.id)
	}
}

// Freed says that something was given back to counters.
func (q *Queues) Freed(claims []Claim) {
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range claims {
		if one := q.of[claims[i].Counter]; one != nil && one.head != nil {
			select {
			case one.head.Wake <- struct{}{}:
			default:
			}
		}
	}
}

// line is a heap by tag.
type line []*Place

func (l line) Len() int { return len(l) }
func (l line) Less(i, j int) bool {
	return l[i].tag < l[j].tag || l[i].tag == l[j].tag && l[i].seq < l[j].seq
}
func (l line) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].index, l[j].index = i, j
}
func (l *line) Push(x any) {
	p := x.(*Place)
	p.index = len(*l)
	*l = append(*l, p)
}
func (l *line) Pop() any {
	old := *l
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*l = old[:len(old)-1]
	return p
}
