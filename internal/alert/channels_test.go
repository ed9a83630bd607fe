package alert_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestAnAlertThatHangsDelaysNoLaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		var good calls
		o.Transport = lines{"good.example": good.answer(200), "bad.example": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		o.Channels = func(string) []catalog.Channel { return twoChannels }
		alone := func(n int, channel string) gateway.Alert {
			a := ruleAlert(n, "firing", channel)
			a.Preceding = ""
			return a
		}
		for n := range 40 {
			o.raise(alone(n, "bad"))
		}
		_, stop := o.start()
		defer stop()
		time.Sleep(time.Second)
		began := time.Now()
		o.raise(alone(99, "good"))
		time.Sleep(6 * time.Second)
		if at := good.times(); len(at) != 1 || at[0].Sub(began) > 5*time.Second {
			t.Errorf("it was sent %v after it was raised", at)
		}
	})
}

func TestAnAlertWhoseChannelsAreGoneIsNotSaidToBeDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		var good calls
		o.Transport = lines{"good.example": good.answer(200)}
		channel := catalog.Channel{Name: "new", Webhook: "https://good.example/hook"}
		var now atomic.Pointer[[]catalog.Channel]
		now.Store(&[]catalog.Channel{channel})
		o.Channels = func(string) []catalog.Channel { return *now.Load() }
		o.raise(ruleAlert(1, "firing", "old", "older"))
		_, stop := o.start()
		defer stop()
		time.Sleep(time.Minute)
		one := o.alerts()[0]
		if one.Delivered != nil || one.LastError != "old: no channel has this name now; older: no channel has this name now" {
			t.Errorf("%+v", one)
		}
		channel.Name = "old" // again
		now.Store(&[]catalog.Channel{channel})
		time.Sleep(time.Hour)
		if len(good.times()) != 1 || !o.delivered(1)() {
			t.Errorf("%+v", o.alerts()[0])
		}
	})
}
