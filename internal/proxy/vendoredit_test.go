package proxy

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
)

// changed makes the edits of a vendor that drops "model" and "gone" and adds "version"
// and "stream", beside one that puts another model in place.
func changed(body []byte) []byte {
	spec := &provider.Spec{Edits: func(*provider.Provider, provider.PathRequest) provider.Edits {
		return provider.Edits{Drop: []string{"model", "gone"}, Add: []provider.Member{{Name: "version", Value: `"v"`}, {Name: "stream", Value: "true"}}}
	}}
	x := &exchange{ep: &endpoint{Endpoint: &dialect.Endpoint{}}, target: route.Target{Provider: &provider.Provider{Spec: spec}}}
	var edits []edit
	var at [1]jsonscan.Span
	if jsonscan.ScanObject(body, []string{"model"}, at[:]) != nil {
		return nil
	}
	if at[0].Found() {
		edits = append(edits, edit{at[0], []byte(`"other"`)})
	}
	edits = x.vendorEdits(edits, body)
	sortEdits(edits)
	return bytes.Join(splice(nil, body, edits), nil)
}

func TestAVendorsEditsDropAndAddMembersAndLeaveTheRest(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"m","a":1}`:                         `{"version":"v","stream":true,"a":1}`,
		`{"a":1,"model":"m"}`:                         `{"version":"v","stream":true,"a":1}`,
		`{"a":1, "model" : "m" , "b":2}`:              `{"version":"v","stream":true,"a":1, "b":2}`,
		`{"model":"m"}`:                               `{"version":"v","stream":true}`,
		`{"gone":[1],"model":"m"}`:                    `{"version":"v","stream":true}`,
		` { "a":1,"gone":{},"model":"m" } `:           ` {"version":"v","stream":true, "a":1 } `,
		`{"gone":1,"a":1,"model":"m"}`:                `{"version":"v","stream":true,"a":1}`,
		`{"version":"mine","stream":false,"a":"\"}"}`: `{"version":"mine","stream":false,"a":"\"}"}`,
		`{"\u006dodel":"m","versio\u006e":1}`:         `{"stream":true,"versio\u006e":1}`,
		`{}`:                                          `{"version":"v","stream":true}`,
	} {
		if got := string(changed([]byte(body))); got != want {
			t.Errorf("%s became\n%s, want\n%s", body, got, want)
		}
	}
}

func FuzzAVendorsEditsGiveJSONWithTheSameOtherMembers(f *testing.F) {
	f.Add([]byte(`{"model":"m","a":[1,{"model":2}],"gone":null}`))
	f.Add([]byte("{\n\"gone\" : 1 , \"stream\":{} , \"model\":\"\\u0000\"}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var before, after map[string]json.RawMessage
		out := changed(bytes.Clone(body))
		if out == nil || json.Unmarshal(body, &before) != nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", body, out, err)
		}
		delete(before, "model")
		delete(before, "gone")
		for _, name := range []string{"version", "stream"} {
			if after[name] == nil {
				t.Fatalf("%q has no %s", out, name)
			}
			if before[name] == nil {
				delete(after, name)
			}
		}
		if len(before) != len(after) {
			t.Fatalf("%q became %q", body, out)
		}
		for name, v := range before {
			if !bytes.Equal(bytes.TrimSpace(v), bytes.TrimSpace(after[name])) {
				t.Fatalf("%q became %q", body, out)
			}
		}
	})
}
