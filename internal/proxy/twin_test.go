package proxy

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/sluice-gateway/sluice/internal/catalog"
)

// What a call and its twin write side by side must not be the same: with -race this fails
// where it is, and without where one has what the other wrote.
func TestWhatATwinWritesIsItsOwn(t *testing.T) {
	x := &exchange{r: httptest.NewRequest("POST", "/v1/chat/completions", nil), gw: &catalog.Gateway{}}
	x.cf, x.caching = &cloudflare{step: 1}, &caching{word: "miss"}
	y := x.twin(context.Background(), httptest.NewRecorder(), nil)
	var both sync.WaitGroup
	both.Go(func() { x.cf.step, x.cf.known, x.caching.stale = 2, true, false })
	both.Go(func() { y.cf.step, y.cf.known, y.caching.stale = 3, false, true })
	both.Wait()
	if x.cf.step != 2 || !x.cf.known || x.caching.stale {
		t.Errorf("the call has %+v and stale %v", *x.cf, x.caching.stale)
	}
	if y.cf.step != 3 || y.cf.known || !y.caching.stale || y.caching.word != "miss" {
		t.Errorf("the twin has %+v and stale %v", *y.cf, y.caching.stale)
	}
}
