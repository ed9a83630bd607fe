package audit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
)

func chain(n int) []audit.Event {
	var all []audit.Event
	var hash audit.Hash
	for i := range n {
		e := audit.Event{Time: time.Unix(int64(i), 1234567), Action: "key.create", Object: audit.Object{Kind: "key", Name: "<a & b>\u2028"}, Changes: json.RawMessage(`[{"path":"a","before":1,"after":"\u003cb\u003e"}]`)}
		e.Fit()
		e.Link(int64(i), hash)
		hash = e.Hash
		all = append(all, e)
	}
	return all
}

func TestAnEventSurvivesItsWayThroughJSON(t *testing.T) {
	for _, e := range chain(3) {
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back audit.Event
		if err := json.Unmarshal(b, &back); err != nil || back.Sum() != e.Hash || back.Hash != e.Hash {
			t.Errorf("%v: %s", err, b)
		}
	}
}

func TestEveryFieldIsInTheHash(t *testing.T) {
	e := chain(1)[0]
	b, _ := json.Marshal(e)
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	change := func(in map[string]any, name string) {
		before := in[name]
		switch v := before.(type) {
		case string:
			in[name] = v + "x"
			if name == "time" {
				in[name] = "2031-01-01T00:00:00Z"
			} else if strings.HasSuffix(name, "hash") {
				in[name] = strings.Repeat("ab", 32)
			}
		case float64:
			in[name] = v + 1
		case []any:
			in[name] = []any{}
		default:
			return
		}
		b, _ := json.Marshal(fields)
		var other audit.Event
		if err := json.Unmarshal(b, &other); err != nil {
			t.Fatal(err)
		}
		if name != "hash" && other.Sum() == e.Hash {
			t.Errorf("a changed %s has the same hash", name)
		}
		in[name] = before
	}
	for name, v := range fields {
		change(fields, name)
		if inner, ok := v.(map[string]any); ok {
			for name := range inner {
				change(inner, name)
			}
		}
	}
}

func TestLongAndBrokenTextIsMadeFit(t *testing.T) {
	e := audit.Event{Object: audit.Object{Name: strings.Repeat("ä", 300)}, UserAgent: "a\x00b\xff", Changes: json.RawMessage(`"` + strings.Repeat("x", 70<<10) + `"`)}
	e.Fit()
	if len(e.Object.Name) > 256 || !strings.HasSuffix(e.Object.Name, "…") || e.UserAgent != "a\ufffdb\ufffd" || len(e.Changes) > 200 || !json.Valid(e.Changes) || e.Count != 1 {
		t.Errorf("%+v", e)
	}
}

func TestDiffKeepsOutWhatTypesKeepOut(t *testing.T) {
	type record struct {
		Name   string   `json:"name"`
		Tags   []string `json:"tags"`
		Secret string   `json:"-"`
		Admin  bool     `json:"admin"`
	}
	before, _ := audit.Fields(record{Name: "a", Secret: "s"})
	after, _ := audit.Fields(record{Name: "b", Secret: "t", Tags: []string{}, Admin: true})
	b, _ := json.Marshal(audit.Diff(before, after))
	if string(b) != `[{"path":"admin","before":false,"after":true},{"path":"name","before":"a","after":"b"}]` {
		t.Error(string(b))
	}
	b, _ = json.Marshal(audit.Diff(nil, before))
	if string(b) != `[{"path":"name","before":null,"after":"a"}]` {
		t.Error(string(b))
	}
}
