package anthropic_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// TestPiecesThatAreAlikeMeanWhatOthersMean reads streams twice: as the vendor sends them,
// and with white space that makes every piece unlike the one before.
func TestPiecesThatAreAlikeMeanWhatOthersMean(t *testing.T) {
	pieces := []string{
		`{"type":"text_delta","text":"a"}`, `{"type":"text_delta","text":"b \"c\" \\"}`, `{"type":"text_delta","text":"text_delta"}`, `{"type":"text_delta","text":""}`,
		`{"type":"text_delta"}`, `{"text":"d","type":"text_delta"}`, `{"type":"thinking_delta","thinking":"h"}`, `{"type":"signature_delta","signature":"s"}`,
		`{"type":"input_json_delta","partial_json":"{}"}`, `{"type":"citations_delta","citation":{"type":"x","url":"https://e.com"}}`, `{"type":"new_delta","text":"e"}`,
	}
	blocks := []string{`{"type":"text","text":""}`, `{"type":"thinking","thinking":""}`, `{"type":"tool_use","id":"t","name":"f","input":{}}`}
	r := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		var plain, spaced []string
		for i := range 14 {
			at := r.IntN(2)
			event := fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":%s`, at, pieces[r.IntN(r.IntN(len(pieces))+1)])
			switch r.IntN(9) {
			case 0:
				event = fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":%s`, at, blocks[r.IntN(len(blocks))])
			case 1:
				event = fmt.Sprintf(`{"type":"content_block_stop","index":%d`, at)
			}
			plain, spaced = append(plain, event+"}"), append(spaced, event+strings.Repeat(" ", i+1)+"}")
		}
		if got, want := readAll(plain), readAll(spaced); got != want {
			t.Fatalf("%s\n got %s\nwant %s", strings.Join(plain, "\n"), got, want)
		}
	}
}

func readAll(pieces []string) string {
	p := codec.NewStreamParser(callOf())
	var told strings.Builder
	var events []llm.Event
	for _, one := range pieces {
		events = p.Parse(events[:0], nil, []byte(one))
		for i := range events {
			e := &events[i]
			fmt.Fprintf(&told, "%d %d %d %s %s %v %v\n", e.Kind, e.Part, e.What, e.Text, e.CallName, e.State, e.Cites)
		}
	}
	return told.String()
}
