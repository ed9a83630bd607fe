package ollama_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/ollama"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func TestDialect(t *testing.T) { dialecttest.Run(t, ollama.Dialect) }

func TestAStreamThatIsCalledJSONIsCountedByItsLines(t *testing.T) {
	last := `{"model":"gpt-oss:20b","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":67,"eval_count":47}`
	for name, c := range map[string]struct {
		body   string
		input  int64
		failed bool
	}{
		"lines":                     {`{"model":"gpt-oss:20b","message":{"role":"assistant","content":"Good"},"done":false}` + "\n" + last + "\n", 67, false},
		"one line":                  {last + "\n", 67, false},
		"one text on several lines": {"{\n  \"done\": true,\n  \"prompt_eval_count\": 67\n}\n", 67, false},
		"an error after a line":     {`{"model":"gpt-oss:20b","done":false}` + "\n" + `{"error":"out of memory"}` + "\n", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := ollama.Dialect.NewMeter(llm.OpChat)
			m.Answer("application/json", []byte(c.body))
			if r := m.Report(); r.Usage.InputTokens.N != c.input || (r.Fault != nil) != c.failed {
				t.Errorf("report %+v, fault %v", r, r.Fault)
			}
		})
	}
}
