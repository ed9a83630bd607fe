package langfuse_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"

	"go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/export/exporttest"
	"github.com/sluice-gateway/sluice/internal/export/langfuse"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seen is a span as the receiver keeps it.
type seen struct {
	Trace, Span, Parent, Name string
	From, To                  uint64
	Failed                    bool
	Texts                     map[string]string
	Numbers                   map[string]int64
}

func take(r *exporttest.Receiver, w http.ResponseWriter, q *http.Request, body []byte) {
	user, password, _ := q.BasicAuth()
	if q.URL.Path != "/api/public/otel/v1/traces" || user != "pk" || password != "sk" || q.Header.Get("Content-Type") != "application/x-protobuf" {
		r.Errorf("%s with %v", q.URL, q.Header)
	}
	var all v1.TracesData
	if err := (proto.UnmarshalOptions{}).Unmarshal(body, &all); err != nil || len(all.ResourceSpans) != 1 || len(all.ProtoReflect().GetUnknown()) > 0 {
		r.Errorf("%v", err)
	}
	var rows []exporttest.Got
	for _, s := range all.ResourceSpans[0].ScopeSpans[0].Spans {
		one := seen{Trace: hex.EncodeToString(s.TraceId), Span: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId), Name: s.Name,
			From: s.StartTimeUnixNano, To: s.EndTimeUnixNano, Failed: s.Status.Code == v1.Status_STATUS_CODE_ERROR, Texts: map[string]string{}, Numbers: map[string]int64{}}
		for _, a := range s.Attributes {
			one.Texts[a.Key] = a.Value.GetStringValue()
			one.Numbers[a.Key] = a.Value.GetIntValue()
		}
		doc, err := json.Marshal(one)
		if err != nil || len(s.TraceId) != 16 || len(s.SpanId) != 8 || s.Kind != v1.Span_SPAN_KIND_CLIENT {
			r.Errorf("%v %v", s, err)
		}
		rows = append(rows, exporttest.Got{ID: one.Texts["langfuse.observation.metadata.entry_id"], Doc: doc})
	}
	if exporttest.AnyRefused(r.Judge(rows)) {
		// partial_success { rejected_spans: 1, error_message: "no" }
		w.Write([]byte{0x0a, 0x06, 0x08, 0x01, 0x12, 0x02, 'n', 'o'})
		return
	}
	r.Keep(true, rows...)
}

// same compares a span with the entry.
func same(t *testing.T, doc []byte, got exporttest.Got) {
	t.Helper()
	var e gateway.Entry
	var s seen
	if err := json.Unmarshal(doc, &e); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Doc, &s); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"gen_ai.operation.name": e.Operation, "gen_ai.provider.name": "vendor of " + e.Provider, "sluice.call.id": e.ID, "gen_ai.response.id": "", "gen_ai.request.model": e.ModelRequested, "gen_ai.response.model": e.Model,
		"langfuse.user.id": e.User, "langfuse.session.id": e.Session, "langfuse.observation.type": "generation", "error.type": e.ErrorCode, "langfuse.observation.metadata.metadata": string(e.Metadata),
	}
	for key, value := range want {
		if s.Texts[key] != value {
			t.Errorf("%s: %s is %q, not %q", e.ID, key, s.Texts[key], value)
		}
	}
	if s.Numbers["gen_ai.usage.input_tokens"] != e.Usage.InputTokens.N || s.Numbers["gen_ai.usage.output_tokens"] != e.Usage.OutputTokens.N || s.Numbers["gen_ai.usage.cache_read.input_tokens"] != e.Usage.CacheReadTokens.N || s.Numbers["gen_ai.usage.reasoning.output_tokens"] != e.Usage.ReasoningTokens.N {
		t.Errorf("%s: tokens %v", e.ID, s.Numbers)
	}
	if s.From != uint64(e.Time.UnixNano()) || s.To-s.From != uint64(e.LatencyMS.N)*1e6 || s.Failed != (e.Status >= 400) || s.Name != e.Operation+" "+e.Model {
		t.Errorf("%s: %+v", e.ID, s)
	}
	if e.Cost.Known && s.Texts["langfuse.observation.cost_details"] != `{"total":`+string(e.Cost.AppendJSON(nil))+`}` {
		t.Errorf("%s: cost %q", e.ID, s.Texts["langfuse.observation.cost_details"])
	}
}

func TestASink(t *testing.T) {
	exporttest.Run(t, exporttest.Suite{Once: true, Same: same, New: func(t *testing.T) *exporttest.Place {
		r := exporttest.NewReceiver(t, take)
		c := langfuse.Config{URL: r.URL, Public: "pk", Secret: "sk", Vendor: func(provider string) string { return "vendor of " + provider }}
		return r.Place(func() (export.Sink, error) { return langfuse.New(c), nil }, false)
	}})
}
