package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a caller who reads slowly: what is written or sent to him takes a second.
type slow struct{ http.ResponseWriter }

func (s slow) Write(p []byte) (int, error) { time.Sleep(time.Second); return len(p), nil }
func (s slow) Flush()                      { time.Sleep(time.Second) }

func TestPiecesOfALargeAnswerAreTimedHoweverSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &exchange{w: slow{httptest.NewRecorder()}, r: httptest.NewRequest("POST", "/", nil)}
		for _, size := range []int{100, unseenWrite - 1, unseenWrite} {
			x.lingered = 0
			if err := x.pass(make([]byte, size), nil); err != nil || x.lingered != 2*time.Second {
				t.Errorf("%d bytes: %v are the caller's, %v", size, x.lingered, err)
			}
		}
	})
}
