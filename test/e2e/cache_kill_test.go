package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAnswersOnDiskSurviveAKill(t *testing.T) {
	t.Parallel()
	p := start(t, options{config: config(plainUpstream(t), "cache: { disk: 16MiB }\ngateways: { default: { cache: 1h } }\n")})
	ask := func(i int, directive string) (*http.Response, string) {
		body := strings.Replace(plainCall, "{", fmt.Sprintf(`{"seed":%d,`, i), 1)
		r, err := http.NewRequest(http.MethodPost, p.URL+"/v1/chat/completions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+gatewayKey)
		r.Header.Set("Content-Type", "application/json")
		if directive != "" {
			r.Header.Set("sluice-cache", directive)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(b)
	}
	const answers = 50
	said := map[int]string{}
	for round := range 2 {
		for i := range answers {
			resp, b := ask(round*answers+i, "")
			if resp.StatusCode != 200 || resp.Header.Get("sluice-cache") != "miss" {
				t.Fatalf("%d %s %s", resp.StatusCode, resp.Header.Get("sluice-cache"), b)
			}
			said[round*answers+i] = b
		}
		eventually(t, patience, "the answers are on disk", func() bool {
			var o struct {
				Tiers []struct {
					Name    string
					Answers int
				}
			}
			p.admin(http.MethodGet, "/api/v1/cache", &o)
			return len(o.Tiers) == 2 && o.Tiers[1].Answers >= (round+1)*answers
		})
		if round == 1 {
			for i := range answers { // which may be half written as the process dies
				ask(1000+i, "")
			}
		}
		p.kill()
		began := time.Now()
		p = p.again(options{})
		p.awaitReady()
		t.Logf("ready after %v", time.Since(began))
		for i, want := range said {
			if resp, b := ask(i, "only-if-cached"); resp.StatusCode != 200 || b != want {
				t.Errorf("round %d, answer %d: %d %s", round, i, resp.StatusCode, b)
			}
		}
	}
	if p.Log.has("cache on disk") {
		t.Error("the file was given up")
	}
}
