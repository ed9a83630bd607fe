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
		quick, media := tokens.BoundMedia([]byte(body))
		if slow := tokens.Bound([]byte(body)); quick < slow || media {
			t.Errorf("%.60s: %d, and Bound says %d; media: %v", body, quick, slow, media)
		}
	}
	for _, body := range []string{
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}`,
		`{"contents":[{"parts":[{"inlineData":{"mimeType":"application/pdf","data":"` + strings.Repeat("QUJD", 20000) + `"}}]}]}`,
		`{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"` + strings.Repeat("QUJD", 20000) + `"}}}]}]}`,
	} {
		if bound, media := tokens.BoundMedia([]byte(body)); !media || bound != tokens.Bound([]byte(body)) {
			t.Errorf("%.60s: %d, media: %v", body, bound, media)
		}
	}
}
