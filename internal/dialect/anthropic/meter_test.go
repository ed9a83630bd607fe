package anthropic_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// feed runs a stream through the framing and a meter, in pieces of the given size.
func feed(body []byte, size int) (*dialect.Report, []dialect.Sign) {
	m := anthropic.Dialect.NewMeter(llm.OpChat)
	var pieces [][]byte
	for piece := range slices.Chunk(body, size) {
		pieces = append(pieces, piece)
	}
	signs := sense(m, pieces...)
	return m.Report(), signs
}

// sense gives the signs of a stream's events, which comes in pieces.
func sense(m dialect.Meter, pieces ...[]byte) (signs []dialect.Sign) {
	take := func(e *dialect.Event) {
		if !e.Partial && !e.Comment {
			signs = append(signs, m.Event(e.Name, e.Data))
		}
	}
	f := dialect.NewSSE(anthropic.Dialect.Digest)
	for _, piece := range pieces {
		f.Feed(piece, take)
	}
	f.Close(take)
	return signs
}

// stream is the stream in an exchange of testdata.
func stream(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	_, b, _ = bytes.Cut(b, []byte("-- stream --\n"))
	b, _, _ = bytes.Cut(b, []byte("-- report --"))
	return b
}

// The vendor's message_start counts a token or so of output, long before any is there.
func TestACutStreamKeepsItsInputAndDoesNotInventItsOutput(t *testing.T) {
	body := stream(t, "stream-tools.txt")
	cut := body[:strings.Index(string(body), "event: message_delta")]
	got, _ := feed(cut, len(cut))
	if got.Ended || got.Usage.InputTokens != llm.Known(7+200+900) || got.Usage.OutputTokens.Known {
		t.Errorf("got %+v", *got)
	}
}

func TestAStreamThatOnlyCountsAtItsStartIsCounted(t *testing.T) {
	got, _ := feed([]byte(`event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":9}}}

event: message_stop
data: {"type":"message_stop"}
`), 64)
	if !got.Ended || got.Usage.InputTokens != llm.Known(3) || got.Usage.OutputTokens != llm.Known(9) {
		t.Errorf("got %+v", *got)
	}
}

func TestEventsSayWhetherTheyAreContent(t *testing.T) {
	const none = dialect.Sign(0)
	for _, tt := range []struct {
		name, event, data string
		want              dialect.Sign
	}{
		{"ping", "ping", `{"type":"ping"}`, none},
		{"block stop", "content_block_stop", `{"type":"content_block_stop","index":0}`, none},
		{"start of text", "content_block_start", `{"content_block":{"type":"text","text":""}}`, none},
		{"text at the start", "content_block_start", `{"content_block":{"type":"text","text":"Hi"}}`, dialect.Content},
		{"start of thinking", "content_block_start", `{"content_block":{"type":"thinking","thinking":"","signature":""}}`, none},
		{"start of compaction", "content_block_start", `{"content_block":{"type":"compaction","content":null}}`, none},
		{"redacted thinking", "content_block_start", `{"content_block":{"type":"redacted_thinking","data":"x"}}`, dialect.Content},
		{"tool", "content_block_start", `{"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}`, dialect.Content},
		{"unknown block", "content_block_start", `{"content_block":{"type":"something_new"}}`, dialect.Content},
		{"no block", "content_block_start", `{}`, none},
		{"empty text", "content_block_delta", `{"delta":{"type":"text_delta","text":""}}`, none},
		{"empty arguments", "content_block_delta", `{"delta":{"type":"input_json_delta","partial_json":""}}`, none},
		{"signature alone", "content_block_delta", `{"delta":{"type":"signature_delta","signature":"abc"}}`, dialect.Content},
		{"unknown delta", "content_block_delta", `{"delta":{"type":"something_new"}}`, dialect.Content},
		{"text too long to hold", "content_block_delta", `{"delta":{"type":"text_delta"}}`, dialect.Content},
		{"unnamed", "", `{"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}`, dialect.Content},
		{"named otherwise", "message", `{"type":"message_stop"}`, dialect.Ended},
		{"whole message", "message", `{"type":"message","content":[{"type":"text","text":"a"}]}`, dialect.Content | dialect.Ended},
		{"legacy text", "completion", `{"type":"completion","completion":" a","stop_reason":null}`, dialect.Content},
		{"legacy end", "completion", `{"type":"completion","completion":"","stop_reason":"stop_sequence"}`, dialect.Ended},
		{"error", "error", `{"type":"error","error":{"type":"api_error","message":"x"}}`, dialect.Failed},
		{"unknown event", "something_new", `{"type":"something_new"}`, none},
		{"garbage", "", `]}{`, none},
		{"nothing", "", ``, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := anthropic.Dialect.NewMeter(llm.OpChat).Event([]byte(tt.event), []byte(tt.data)); got != tt.want {
				t.Errorf("sign %b, want %b", got, tt.want)
			}
		})
	}
}

func TestAnErrorEventIsAFaultWithTheDialectsStatus(t *testing.T) {
	for typ, want := range map[string]struct {
		kind   fault.Kind
		status int
	}{
		"overloaded_error":      {fault.Upstream, 529},
		"api_error":             {fault.Upstream, 500},
		"timeout_error":         {fault.Timeout, 504},
		"rate_limit_error":      {fault.RateLimited, 429},
		"invalid_request_error": {fault.Caller, 400},
		"authentication_error":  {fault.Credential, 401},
		"something_new":         {fault.Upstream, 500},
	} {
		got, _ := feed([]byte("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\""+typ+"\",\"message\":\"m\"}}\n\n"), 9)
		if got.Fault == nil || got.Fault.Kind != want.kind || got.Fault.Upstream.Status != want.status || got.Fault.Message != "m" || got.Ended {
			t.Errorf("%s: %+v", typ, got.Fault)
		}
	}
}

func TestAnErrorWithASuccessfulStatusIsAFault(t *testing.T) {
	m := anthropic.Dialect.NewMeter(llm.OpChat)
	m.Answer("application/json", []byte(`{"type":"error","error":{"type":"overloaded_error","message":"m"}}`))
	if f := m.Report().Fault; f == nil || f.Upstream.Status != 529 {
		t.Errorf("fault %+v", f)
	}
}

func TestUsageInItsRarerForms(t *testing.T) {
	for _, tt := range []struct {
		name, usage string
		want        llm.Usage
		tier        string
	}{
		{"nothing", `{}`, llm.Usage{}, ""},
		{"nulls", `{"input_tokens":5,"cache_read_input_tokens":null,"output_tokens":1,"server_tool_use":null,"cache_creation":null,"iterations":null}`,
			llm.Usage{InputTokens: llm.Known(5), OutputTokens: llm.Known(1)}, ""},
		{"numbers that are none", `{"input_tokens":-5,"output_tokens":"7"}`, llm.Usage{}, ""},
		{"zeros are known", `{"input_tokens":1,"cache_read_input_tokens":0,"output_tokens":0}`,
			llm.Usage{InputTokens: llm.Known(1), CacheReadTokens: llm.Known(0), OutputTokens: llm.Known(0)}, ""},
		{"fast mode is a tier", `{"speed":"fast","service_tier":"standard"}`, llm.Usage{}, "fast"},
		{"an unknown tool keeps its name", `{"server_tool_use":{"web_fetch_requests":2,"something_requests":1,"web_search_requests":0}}`,
			llm.Usage{Units: map[string]float64{"web_fetch_requests": 2, "something_requests": 1}}, ""},
		{"compaction is added, messages are not, an advisor stands apart",
			`{"input_tokens":10,"output_tokens":2,"cache_read_input_tokens":0,"iterations":[
				{"type":"compaction","input_tokens":100,"output_tokens":30,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":5}},
				{"type":"message","input_tokens":10,"output_tokens":2},
				{"type":"advisor_message","input_tokens":50,"output_tokens":8,"cache_read_input_tokens":1}]}`,
			llm.Usage{InputTokens: llm.Known(115), OutputTokens: llm.Known(32), CacheReadTokens: llm.Known(0), CacheWriteTokens: llm.Known(5),
				Units: map[string]float64{"cache_write_1h_tokens": 5, "advisor_input_tokens": 51, "advisor_output_tokens": 8}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := anthropic.Dialect.NewMeter(llm.OpChat)
			m.Answer("application/json", []byte(`{"type":"message","usage":`+tt.usage+`}`))
			if got := m.Report(); !reflect.DeepEqual(got.Usage, tt.want) || got.ServiceTier != tt.tier {
				t.Errorf("got %+v %q", got.Usage, got.ServiceTier)
			}
		})
	}
}

func BenchmarkMeterOverAStream(b *testing.B) {
	events := split(stream(b, "stream-tools.txt"))
	names, data := make([][]byte, len(events)), make([][]byte, len(events))
	size := 0
	for i, e := range events {
		names[i], data[i] = []byte(e.name), []byte(e.data)
		size += len(e.data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		m := anthropic.Dialect.NewMeter(llm.OpChat)
		for i := range data {
			m.Event(names[i], data[i])
		}
		_ = m.Report()
	}
}

func BenchmarkMeterOverADelta(b *testing.B) {
	name := []byte("content_block_delta")
	data := []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" and a few words more"}}`)
	m := anthropic.Dialect.NewMeter(llm.OpChat)
	b.ReportAllocs()
	for b.Loop() {
		m.Event(name, data)
	}
}

func BenchmarkMeterOverAnAnswer(b *testing.B) {
	body := []byte(`{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant","model":"claude-x-2026-01-02","content":[{"type":"text","text":"` +
		strings.Repeat("A plain line of sixty characters or so, as many answers have.", 8) +
		`"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":2095,"cache_creation_input_tokens":0,"cache_read_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":503,"service_tier":"standard"}}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		m := anthropic.Dialect.NewMeter(llm.OpChat)
		m.Answer("application/json", body)
		_ = m.Report()
	}
}
