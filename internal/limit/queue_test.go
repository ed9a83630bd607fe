package limit_test

import (
	"strconv"
	"testing"

	"github.com/sluice-gateway/sluice/internal/limit"
)

func open(p *limit.Place) bool {
	select {
	case <-p.Turn:
		return true
	default:
		return false
	}
}

func TestWhoWaitsIsServedInProportionToItsWeight(t *testing.T) {
	var q limit.Queues
	id := limit.ID{1}
	if !q.Empty(id) {
		t.Fatal("somebody waits")
	}
	waiting := map[*limit.Place]string{}
	for i := range 60 { // a loud caller comes first, with all it has
		waiting[q.Join(id, 1000, "loud", 1)] = "loud"
		_ = i
	}
	for range 30 {
		waiting[q.Join(id, 1000, "double", 2)] = "double"
		waiting[q.Join(id, 1000, "quiet", 1)] = "quiet"
	}
	served := map[string]int{}
	for range 40 {
		for p, who := range waiting {
			if open(p) {
				served[who]++
				delete(waiting, p)
				p.Leave()
				break
			}
		}
	}
	if served["double"] < 18 || served["quiet"] < 9 || served["loud"] > 12 {
		t.Errorf("of 40 turns: %v", served)
	}
	for p := range waiting {
		p.Leave()
	}
	if !q.Empty(id) {
		t.Error("somebody is left")
	}
}

func TestAQueueIsBoundedAndAPlaceThatIsLeftIsFree(t *testing.T) {
	var q limit.Queues
	id := limit.ID{2}
	var places []*limit.Place
	for i := range 3 {
		places = append(places, q.Join(id, 3, strconv.Itoa(i), 1))
	}
	if q.Join(id, 3, "late", 1) != nil {
		t.Fatal("a fourth place")
	}
	if !open(places[0]) || open(places[1]) {
		t.Fatal("the first has not the turn alone")
	}
	places[1].Leave() // who leaves without having been served
	if q.Join(limit.ID{3}, 0, "x", 1) != nil || !q.Empty(limit.ID{3}) {
		t.Error("a queue without places")
	}
	p := q.Join(id, 3, "late", 1)
	q.Freed([]limit.Claim{{Counter: id}})
	select {
	case <-places[0].Wake:
	default:
		t.Error("who has the turn was not woken")
	}
	places[0].Leave()
	if !open(places[2]) || open(p) {
		t.Error("the turn did not go to who came next")
	}
	places[2].Leave()
	p.Leave()
}
