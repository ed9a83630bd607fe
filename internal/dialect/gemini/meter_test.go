package gemini_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// sense gives the signs of a stream's events, which comes in pieces of the given size.
func sense(m dialect.Meter, f dialect.Framer, body []byte, size int) (signs []dialect.Sign) {
	take := func(e *dialect.Event) {
		if !e.Partial && !e.Comment {
			signs = append(signs, m.Event(e.Name, e.Data))
		}
	}
	for piece := range slices.Chunk(body, size) {
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

// array is the same stream as it comes without alt=sse.
func array(t testing.TB, name string) []byte {
	t.Helper()
	sse := bytes.TrimSuffix(stream(t, name), []byte("\r\n\r\n"))
	sse = bytes.ReplaceAll(bytes.TrimPrefix(sse, []byte("data: ")), []byte("\r\n\r\ndata: "), []byte("\n,\r\n"))
	return slices.Concat([]byte("["), sse, []byte("]"))
}

// report is what the exchange stream-tools says of itself.
func report() dialect.Report {
	return dialect.Report{
		ID: "made-up-1", Model: "gemini-test-1", FinishReason: "STOP", ServiceTier: "standard", Ended: true,
		Usage: llm.Usage{
			InputTokens: llm.Known(130), CacheReadTokens: llm.Known(8), OutputTokens: llm.Known(23), ReasoningTokens: llm.Known(12),
			AudioInputTokens: llm.Known(10), Units: map[string]float64{"cached_audio_tokens": 4, "searches": 2},
		},
	}
}

func TestAnArrayIsAStreamToo(t *testing.T) {
	c := dialect.Content
	for _, size := range []int{1, 7, 100, 1 << 20} {
		m := gemini.Dialect.NewMeter(llm.OpChat)
		signs := sense(m, dialect.NewJSONArray(gemini.Dialect.Digest), array(t, "stream-tools.txt"), size)
		if got := *m.Report(); !reflect.DeepEqual(got, report()) || !reflect.DeepEqual(signs, []dialect.Sign{c, c, c, dialect.Ended}) {
			t.Errorf("in pieces of %d: %v\ngot  %+v\nwant %+v", size, signs, got, report())
		}
	}
}

func TestAnArrayIsReadAsAnAnswer(t *testing.T) {
	m := gemini.Dialect.NewMeter(llm.OpChat)
	m.Answer("application/json", append([]byte("\n "), array(t, "stream-tools.txt")...))
	want := report()
	want.Ended = false // of a stream alone
	if got := *m.Report(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestACutStreamKeepsTheUsageSoFarAndDoesNotEnd(t *testing.T) {
	body := stream(t, "stream-tools.txt")
	m := gemini.Dialect.NewMeter(llm.OpChat)
	sense(m, dialect.NewSSE(nil), body[:strings.Index(string(body), "functionCall")], 64)
	if got := m.Report(); got.Ended || got.Usage.InputTokens != llm.Known(30) || got.Usage.OutputTokens != llm.Known(15) {
		t.Errorf("got %+v", *got)
	}
}

func TestChunksSayWhetherTheyAreContent(t *testing.T) {
	const none = dialect.Sign(0)
	parts := func(parts string) string {
		return `{"candidates":[{"content":{"role":"model","parts":[` + parts + `]}}]}`
	}
	for _, tt := range []struct {
		name, data string
		want       dialect.Sign
	}{
		{"text", parts(`{"text":"a"}`), dialect.Content},
		{"empty text", parts(`{"text":""}`), none},
		{"a thought", parts(`{"thought":true,"text":"hm"}`), dialect.Content},
		{"an empty thought", parts(`{"thought":true,"text":""}`), none},
		{"a signature alone", parts(`{"text":"","thoughtSignature":"x"}`), none},
		{"a call without arguments", parts(`{"functionCall":{"name":"f"}}`), dialect.Content},
		{"a call after an empty text", parts(`{"text":""},{"functionCall":{"name":"f"}}`), dialect.Content},
		{"media", parts(`{"inlineData":{"mimeType":"image/png","data":"AA=="}}`), dialect.Content},
		{"code", parts(`{"executableCode":{"language":"PYTHON","code":"1"}}`), dialect.Content},
		{"its result", parts(`{"codeExecutionResult":{"outcome":"OUTCOME_OK"}}`), dialect.Content},
		{"something new", parts(`{"somethingNew":{}}`), dialect.Content},
		{"no parts", `{"candidates":[{"content":{"role":"model"}}]}`, none},
		{"no content", `{"candidates":[{"index":0}]}`, none},
		{"the end alone", `{"candidates":[{"finishReason":"SAFETY"}]}`, dialect.Ended},
		{"the end as a number", `{"candidates":[{"finishReason":1}]}`, dialect.Ended},
		{"no end yet", `{"candidates":[{"finishReason":0}]}`, none},
		{"a refused prompt", `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}`, dialect.Ended},
		{"feedback that refuses nothing", `{"promptFeedback":{"safetyRatings":[]}}`, none},
		{"usage alone", `{"usageMetadata":{"promptTokenCount":1}}`, none},
		{"an error", `{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`, dialect.Failed},
		{"an empty chunk", `{}`, none},
		{"garbage", `]}{`, none},
		{"nothing", ``, none},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := gemini.Dialect.NewMeter(llm.OpChat).Event(nil, []byte(tt.data)); got != tt.want {
				t.Errorf("sign %b, want %b", got, tt.want)
			}
		})
	}
}

func TestAnErrorInAStreamIsAFault(t *testing.T) {
	for name, tt := range map[string]struct {
		data   string
		kind   fault.Kind
		status int
	}{
		"code and word":  {`{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`, fault.Upstream, 503},
		"word alone":     {`{"error":{"message":"m","status":"RESOURCE_EXHAUSTED"}}`, fault.RateLimited, 429},
		"a caller's":     {`{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}`, fault.Caller, 400},
		"a code alone":   {`{"error":{"code":404,"message":"m"}}`, fault.Caller, 404},
		"neither":        {`{"error":{"message":"m"}}`, fault.Upstream, 500},
		"no status code": {`{"error":{"code":7,"message":"m","status":"INTERNAL"}}`, fault.Upstream, 500},
	} {
		m := gemini.Dialect.NewMeter(llm.OpChat)
		sign := m.Event(nil, []byte(tt.data))
		f := m.Report().Fault
		if !sign.Has(dialect.Failed) || f == nil || f.Kind != tt.kind || f.Upstream.Status != tt.status || f.Message != "m" {
			t.Errorf("%s: %b %+v", name, sign, f)
		}
	}
}

func TestUsageInItsRarerForms(t *testing.T) {
	chat, embed := llm.OpChat, llm.OpEmbeddings
	for _, tt := range []struct {
		name, body string
		op         llm.Operation
		want       llm.Usage
		tier       string
	}{
		{"nothing", `{}`, chat, llm.Usage{}, ""},
		{"no output at all is a known zero", `{"usageMetadata":{"promptTokenCount":14,"totalTokenCount":14}}`, chat,
			llm.Usage{InputTokens: llm.Known(14), OutputTokens: llm.Known(0)}, ""},
		{"an output that nobody counted is unknown", `{"usageMetadata":{"promptTokenCount":14}}`, chat, llm.Usage{InputTokens: llm.Known(14)}, ""},
		{"a total that makes no sense is not used", `{"usageMetadata":{"promptTokenCount":14,"totalTokenCount":3}}`, chat, llm.Usage{InputTokens: llm.Known(14)}, ""},
		{"embeddings have no output", `{"usageMetadata":{"promptTokenCount":11,"totalTokenCount":11,"promptTokenDetails":[{"modality":"IMAGE","tokenCount":10}]}}`, embed,
			llm.Usage{InputTokens: llm.Known(11), Units: map[string]float64{"image_input_tokens": 10}}, ""},
		{"a count is no use", `{"totalTokens":31,"cachedContentTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`, llm.OpCountTokens, llm.Usage{}, ""},
		{"a cache's size is no use", `{"name":"cachedContents/x","usageMetadata":{"totalTokenCount":1090}}`, llm.OpCached, llm.Usage{}, ""},
		{"numbers that are none", `{"usageMetadata":{"promptTokenCount":-1,"candidatesTokenCount":"4"}}`, chat, llm.Usage{}, ""},
		{"modalities as numbers", `{"usageMetadata":{"promptTokensDetails":[{"modality":4,"tokenCount":3},{"modality":2,"tokenCount":5},{"modality":99,"tokenCount":5}]}}`, chat,
			llm.Usage{AudioInputTokens: llm.Known(3), Units: map[string]float64{"image_input_tokens": 5}}, ""},
		{"an image made", `{"candidates":[{"content":{"parts":[{"text":"Here."},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}],
			"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1292,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}}`, chat,
			llm.Usage{InputTokens: llm.Known(4), OutputTokens: llm.Known(1292), Images: llm.Known(1), Units: map[string]float64{"image_output_tokens": 1290}}, ""},
		{"speech made", `{"usageMetadata":{"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":50}],"serviceTier":"flex","trafficType":"ON_DEMAND"}}`, chat,
			llm.Usage{AudioOutputTokens: llm.Known(50)}, "flex"},
		{"images predicted, one of them refused", `{"predictions":[{"mimeType":"image/png","bytesBase64Encoded":"AA=="},{"raiFilteredReason":"x"},{"mimeType":"image/jpeg"}]}`, llm.OpImages,
			llm.Usage{Images: llm.Known(2)}, ""},
		{"texts embedded by prediction", `{"predictions":[{"embeddings":{"statistics":{"token_count":4}}},{"embeddings":{"statistics":{"token_count":6}}}],"metadata":{"billableCharacterCount":29}}`, embed,
			llm.Usage{InputTokens: llm.Known(10), Units: map[string]float64{"characters": 29}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := gemini.Dialect.NewMeter(tt.op)
			m.Answer("application/json", []byte(tt.body))
			if got := m.Report(); !reflect.DeepEqual(got.Usage, tt.want) || got.ServiceTier != tt.tier {
				t.Errorf("got %+v %q", got.Usage, got.ServiceTier)
			}
		})
	}
}

// One cloud's early chunks carry a usage that counts nothing; its last may, too.
func TestAUsageThatCountsNothingDoesNotReplaceOneThatDoes(t *testing.T) {
	m := gemini.Dialect.NewMeter(llm.OpChat)
	m.Event(nil, []byte(`{"usageMetadata":{"trafficType":"ON_DEMAND"}}`))
	m.Event(nil, []byte(`{"usageMetadata":{"promptTokenCount":2,"trafficType":"ON_DEMAND"}}`))
	m.Event(nil, []byte(`{"usageMetadata":{"trafficType":"ON_DEMAND"}}`))
	if got := m.Report(); got.Usage.InputTokens != llm.Known(2) || got.ServiceTier != "standard" {
		t.Errorf("got %+v", *got)
	}
}

func TestAnImageTooLargeToHoldIsStillContentAndCounted(t *testing.T) {
	body := `data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"` + strings.Repeat("A", 2*dialect.MaxEvent) +
		`"}}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1290},"responseId":"r"}` + "\r\n\r\n"
	m := gemini.Dialect.NewMeter(llm.OpChat)
	signs := sense(m, dialect.NewSSE(gemini.Dialect.Digest), []byte(body), 32<<10)
	got := m.Report()
	if len(signs) != 1 || signs[0] != dialect.Content|dialect.Ended || got.Usage.OutputTokens != llm.Known(1290) || got.Usage.Images != llm.Known(1) || got.ID != "r" {
		t.Errorf("%v %+v", signs, *got)
	}
}

func BenchmarkMeterOverAStream(b *testing.B) {
	var chunks [][]byte
	size := 0
	for _, line := range strings.Split(string(stream(b, "stream-tools.txt")), "\r\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			chunks = append(chunks, []byte(data))
			size += len(data)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		m := gemini.Dialect.NewMeter(llm.OpChat)
		for _, chunk := range chunks {
			m.Event(nil, chunk)
		}
		_ = m.Report()
	}
}

func BenchmarkMeterOverAChunk(b *testing.B) {
	chunk := []byte(`{"candidates": [{"content": {"parts": [{"text": "It will rain"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 30,"candidatesTokenCount": 3,"thoughtsTokenCount": 12,"totalTokenCount": 45,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 30}]},"modelVersion": "gemini-test-1","responseId": "made-up-1"}`)
	m := gemini.Dialect.NewMeter(llm.OpChat)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		m.Event(nil, chunk)
	}
}

func BenchmarkMeterOverAnAnswer(b *testing.B) {
	body := []byte(`{"candidates":[{"content":{"parts":[{"text":"` + strings.Repeat("A plain line of sixty characters or so, as many answers have.", 10) +
		`"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":3,"thoughtsTokenCount":12,"totalTokenCount":45,"promptTokensDetails":[{"modality":"TEXT","tokenCount":30}]},"modelVersion":"gemini-test-1","responseId":"made-up-1"}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		m := gemini.Dialect.NewMeter(llm.OpChat)
		m.Answer("application/json", body)
		_ = m.Report()
	}
}
