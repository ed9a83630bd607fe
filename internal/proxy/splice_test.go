package proxy

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
)

// edited runs the scan and the named edits of a streamed chat call over a body.
func edited(body []byte) ([]byte, bool) {
	e := &dialect.Endpoint{Op: llm.OpChat, Body: dialect.JSON, Model: dialect.InBody, Streaming: dialect.ByMember}
	x := &exchange{ep: newEndpoint(openaichat.Dialect, e), dialect: openaichat.Dialect}
	x.body.buf = &membuf.Buffer{Bytes: body}
	if x.scan() != nil {
		return nil, false
	}
	edits := x.modelEdit(nil, `new "model"/é`)
	edits, _, err := x.usageEdit(edits)
	if err != nil {
		return nil, false
	}
	if len(edits) > 1 && edits[0].at.Start > edits[1].at.Start {
		edits[0], edits[1] = edits[1], edits[0]
	}
	return bytes.Join(splice(nil, body, edits), nil), true
}

func FuzzEditsChangeWhatTheyNameAndNothingElse(f *testing.F) {
	for _, s := range []string{
		`{"model":"a"}`, `{"model":"a","stream":true}`, "\n{ \"x\" : [1e400 , {}] , \"model\"\t:\"a/b\" }\r\n", `{"stream_options":{"include_usage" : false},"model":"m"}`,
		`{"model":"a","stream_options":{}}`, `{"model":"a","stream_options":null,"stream":false}`, `{"mod\u0065l":"a","stream_options":{"x":[{}]}}`,
		`{"model":"a","stream_options":7}`, `{"model":"a","stream_options":{"include_usage":true}}`, `{"a":"\\","model":"\"","b":"\ud83d"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, ok := edited(bytes.Clone(body))
		var before, after map[string]json.RawMessage
		if !ok || json.Unmarshal(body, &before) != nil {
			return // refused, or not judged: the vendor would say so
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", body, out, err)
		}
		var model string
		if json.Unmarshal(after["model"], &model) != nil || model != `new "model"/é` {
			t.Fatalf("%q became %q", body, out)
		}
		var options struct {
			Usage bool `json:"include_usage"`
		}
		old := bytes.TrimSpace(before["stream_options"])
		if len(old) == 0 || old[0] == '{' || string(old) == "null" {
			if json.Unmarshal(after["stream_options"], &options) != nil || !options.Usage {
				t.Fatalf("%q became %q", body, out)
			}
		}
		for name, v := range before {
			if name != "model" && name != "stream_options" && !bytes.Equal(v, after[name]) {
				t.Fatalf("%s: %q became %q", name, v, after[name])
			}
		}
	})
}
