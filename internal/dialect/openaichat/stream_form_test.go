package openaichat_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestChunksThatAreAlikeMeanWhatOthersMean reads streams twice: as vendors send them,
// and with white space that makes every chunk unlike the one before.
func TestChunksThatAreAlikeMeanWhatOthersMean(t *testing.T) {
	deltas := []string{
		`{"content":"a"}`, `{"content":"b \"c\" \\"}`, `{"content":""}`, `{"content":null}`, `{"content":"content"}`, `{"role":"assistant","content":"x"}`, `{}`,
		`{"reasoning_content":"h"}`, `{"reasoning_content":"i","content":"j"}`, `{"refusal":"n"}`, `{"content":[{"type":"text","text":"k"}]}`,
		`{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{"}}]}`, `{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}`,
	}
	more := []string{"", "", "", `,"finish_reason":null`, `,"finish_reason":"ok"`, `,"logprobs":{"content":[]}`}
	r := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		var plain, spaced []string
		for i := range 12 {
			chunk := fmt.Sprintf(`{"id":"x","choices":[{"index":%d,"delta":%s%s}]`, r.IntN(10)/9, deltas[r.IntN(r.IntN(len(deltas))+1)], more[r.IntN(len(more))])
			if r.IntN(9) == 0 {
				chunk += `,"citations":["https://e.com"]`
			}
			plain, spaced = append(plain, chunk+"}"), append(spaced, chunk+strings.Repeat(" ", i+1)+"}")
		}
		if got, want := readAll(plain), readAll(spaced); got != want {
			t.Fatalf("%s\n got %s\nwant %s", strings.Join(plain, "\n"), got, want)
		}
	}
}

func readAll(chunks []string) string {
	p := codec.NewStreamParser(&dialect.Call{ID: "1"})
	var told strings.Builder
	var events []llm.Event
	for _, c := range chunks {
		events = p.Parse(events[:0], nil, []byte(c))
		told.WriteString(tell(events))
	}
	return told.String()
}
