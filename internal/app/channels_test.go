package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// Every channel can be tried, also one that a gateway has instead of those of all.
func TestEveryChannelCanBeTried(t *testing.T) {
	var all, own atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/own") {
			own.Add(1)
		} else {
			all.Add(1)
		}
	}))
	t.Cleanup(s.Close)
	g := testgw.Start(t, `
alerts: { channels: [ { name: people, webhook: `+s.URL+`/all } ] }
gateways:
  default: {}
  shop: { alerts: { channels: [ { name: people, webhook: `+s.URL+`/own } ] } }
`)
	var list struct{ Data []struct{ Name string } }
	if status := g.AdminGet("/api/v1/alerts/channels", &list); status != 200 || len(list.Data) != 2 || list.Data[0].Name != "people" || list.Data[1].Name != "shop/people" {
		t.Errorf("%d %+v", status, list)
	}
	for name, want := range map[string]int{"people": 200, "shop%2Fpeople": 200, "default%2Fpeople": 404} {
		var came struct{ OK bool }
		if status := g.AdminPost("/api/v1/alerts/channels/"+name+"/test", "", &came); status != want || came.OK != (want == 200) {
			t.Errorf("%s: %d, %v", name, status, came.OK)
		}
	}
	if all.Load() != 1 || own.Load() != 1 {
		t.Errorf("%d came for all, %d for the gateway's", all.Load(), own.Load())
	}
}
