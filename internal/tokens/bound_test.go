package tokens_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/tokens"
)

func TestTheQuickBoundIsNoLowerAndMediaAreSeen(t *testing.T) {
	for _, body := range []string{
		`{}`, `{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
		`{"messages":[` + strings.Repeat(`{"role":"user","content":"some words"},`, 200) + `{"role":"user","content":"x"}]}`,
		`{"contents":[{"parts":[{"text":"` + strings.Repeat("wort ", 3000) + `"}]}]}`,
		`{"messages":[],"tools":[{"type":"function","function":{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}],"response_format":{"type":"json_schema","json_schema":{"schema":{}}}}`,
	} {
		quick := tokens.MostOf([]byte(body))
		if slow := tokens.Bound([]byte(body)); quick.Tokens < slow || quick.Media {
			t.Errorf("%.60s: %+v, and Bound says %d", body, quick, slow)
		}
	}
	for _, body := range []string{
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}`,
		`{"contents":[{"parts":[{"inlineData":{"mimeType":"application/pdf","data":"` + strings.Repeat("QUJD", 20000) + `"}}]}]}`,
		`{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"` + strings.Repeat("QUJD", 20000) + `"}}}]}]}`,
	} {
		if most := tokens.MostOf([]byte(body)); !most.Media || most.Tokens != tokens.Bound([]byte(body)) {
			t.Errorf("%.60s: %+v", body, most)
		}
	}
}
