package gateway_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestMoneyIsAPlainExactDecimal(t *testing.T) {
	for text, v := range map[string]gateway.USD{
		"0": 0, "1": gateway.Dollar, "12": 12 * gateway.Dollar, "0.0123": 12_300_000, "0.000000001": 1, "-0.5": -gateway.Dollar / 2, "-3": -3 * gateway.Dollar,
		"9223372036.854775807": math.MaxInt64, "-9223372036.854775808": math.MinInt64, "1000000.1": 1_000_000_100_000_000,
	} {
		if got := v.String(); got != text {
			t.Errorf("%d renders as %s, want %s", int64(v), got, text)
		}
		if got, err := gateway.ParseUSD(text); err != nil || got != v {
			t.Errorf("%s is read as %d, %v", text, int64(got), err)
		}
	}
}

func TestMoneyThatIsNoPlainDecimalIsRefused(t *testing.T) {
	for _, text := range []string{"", "-", ".", ".5", "--1", "+1", "1e3", "1_000", "1,5", " 1", "1 ", "0.0000000001", "1.-5", "1.+5", "0x10", "NaN", "1.2.3", "9223372036.854775808", "-9223372036.854775809", "99999999999999999999", "١"} {
		if got, err := gateway.ParseUSD(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestAnUnknownCostIsNullAndNeverZero(t *testing.T) {
	for text, c := range map[string]gateway.Cost{"null": {}, "0": {Known: true}, "0.25": {USD: gateway.Dollar / 4, Known: true}} {
		b, err := json.Marshal(c)
		if err != nil || string(b) != text {
			t.Errorf("%+v renders as %s, %v", c, b, err)
		}
		back := gateway.Cost{USD: 1, Known: true}
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != c {
			t.Errorf("%s is read as %+v, %v", text, back, err)
		}
	}
	kept := gateway.Cost{USD: 5, Known: true}
	if err := kept.UnmarshalJSON([]byte(`"1"`)); err == nil || kept.USD != 5 {
		t.Errorf("text is read as money: %+v, %v", kept, err)
	}
}

func FuzzMoneyRoundTrips(f *testing.F) {
	for _, n := range []int64{0, 1, -1, 999_999_999, 1_000_000_000, -1_000_000_001, math.MaxInt64, math.MinInt64} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		text := gateway.USD(n).String()
		if strings.ContainsAny(text, "eE+") || strings.HasSuffix(text, ".") || (strings.Contains(text, ".") && strings.HasSuffix(text, "0")) {
			t.Errorf("%d renders as %s", n, text)
		}
		if back, err := gateway.ParseUSD(text); err != nil || int64(back) != n {
			t.Errorf("%d renders as %s and is read as %d, %v", n, text, int64(back), err)
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON number", text)
		}
	})
}

func FuzzWhatIsReadAsMoneyRendersToTheSameValue(f *testing.F) {
	for _, s := range []string{"0", "-0", "00.10", "1.", "12.345678901", "-0.000000001", "8589934592", "9223372036.9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := gateway.ParseUSD(s)
		if err != nil {
			return
		}
		if neg := strings.HasPrefix(s, "-"); (neg && v > 0) || (!neg && v < 0) {
			t.Errorf("%q changed its sign: %s", s, v)
		}
		if back, err := gateway.ParseUSD(v.String()); err != nil || back != v {
			t.Errorf("%q is %s, which is read as %s, %v", s, v, back, err)
		}
	})
}
