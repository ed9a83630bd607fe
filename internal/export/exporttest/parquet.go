package exporttest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/internal/export/parquet"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// FromParquet reads the rows of a file.
func FromParquet(t *testing.T, file []byte) (all []Got) {
	t.Helper()
	rows, err := parquet.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		doc, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Got{fmt.Sprint(r["id"]), doc})
	}
	return all
}

// SameAsParquet compares the columns of a row with the entry.
func SameAsParquet(t *testing.T, doc []byte, got Got) {
	t.Helper()
	var e gateway.Entry
	var members, columns map[string]any
	for _, err := range []error{json.Unmarshal(doc, &e), json.Unmarshal(doc, &members), json.Unmarshal(got.Doc, &columns)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range gateway.EntryFields() {
		want, have := members[name], columns[name]
		switch name {
		case "time":
			want = float64(e.Time.UnixMicro())
		case "last_time":
			want = float64(e.LastTime.UnixMicro())
		case "cost_usd":
			want = dollars(e.Cost)
		case "saved_usd":
			want = dollars(e.Saved)
		case "cache_tags", "attempts", "limits", "guards", "dropped_params", "redacted", "usage", "price", "metadata":
			if text, is := have.(string); is {
				have = nil
				if err := json.Unmarshal([]byte(text), &have); err != nil {
					t.Errorf("%s of %s: %v", name, e.ID, err)
				}
			}
		}
		if want == "" {
			want = nil
		}
		if a, b := fmt.Sprint(want), fmt.Sprint(have); a != b {
			t.Errorf("%s of %s is %s, not %s", name, e.ID, b, a)
		}
	}
	if want := number(e.Usage.InputTokens.Known, e.Usage.InputTokens.N); fmt.Sprint(want) != fmt.Sprint(columns["input_tokens"]) {
		t.Errorf("input_tokens of %s is %v", e.ID, columns["input_tokens"])
	}
}

func number(known bool, n int64) any {
	if !known {
		return nil
	}
	return float64(n)
}

func dollars(c gateway.Cost) any {
	if !c.Known {
		return nil
	}
	return float64(c.USD) / 1e9
}
