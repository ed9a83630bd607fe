package record

import (
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func TestCountersAreToldApartByTheirText(t *testing.T) {
	digits := strings.Repeat("0a", 16)
	for _, other := range []string{"", "0a", strings.ToUpper(digits), "g" + digits[1:], digits + "0", strings.Repeat("0b", 16)} {
		if keyOf(other) == keyOf(digits) {
			t.Errorf("%q and %q are one counter", other, digits)
		}
	}
	if k := keyOf(digits); k[0] != 10 || k[15] != 10 {
		t.Error("digits stand for", k)
	}
}

func TestDuesAreForgottenFromTheOldestOn(t *testing.T) {
	var d dues
	const many = 3*blockDues + 7
	for seq := range uint64(many) {
		d.add(seq, []gateway.Settlement{{Counter: "a", Amount: gateway.USD(seq), Time: time.UnixMicro(int64(seq))}})
	}
	for _, before := range []uint64{0, 1, blockDues, blockDues + 3, 3 * blockDues, many - 1, many} {
		d.forget(before)
		next := before
		for one := range d.all {
			if one.seq != next || one.amount != gateway.USD(next) {
				t.Fatalf("before %d was forgotten: %d stands where %d should", before, one.seq, next)
			}
			next++
		}
		if next != many {
			t.Fatalf("%d are left up to %d", before, next)
		}
	}
}

func TestAddingDuesAllocatesBlocksAlone(t *testing.T) {
	var d dues
	one := []gateway.Settlement{{Counter: strings.Repeat("0a", 16)}}
	if n := testing.AllocsPerRun(blockDues/2, func() { d.add(0, one) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
