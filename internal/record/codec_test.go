package record

import (
	"bytes"
	"testing"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

func FuzzDamageNeverPanics(f *testing.F) {
	e := &gateway.Entry{ID: "01930000-abcd-7000-8000-000000000001", Bodies: &gateway.Bodies{
		Request: gateway.Body{Bytes: []byte("x")}, Attempts: []gateway.Sent{{Answer: &gateway.Body{Size: 3}}}},
		Objects: []gateway.Object{{ID: "file"}}}
	segment := appendRecord([]byte(segmentMagic), e, nil)
	f.Add(segment)
	f.Add(appendRecord(segment, &gateway.Entry{ID: "odd"}, nil))
	f.Add(appendRecord(segment, &gateway.Entry{ID: "odd", Settlements: []gateway.Settlement{{Rule: "r", Counter: "c", Values: "v", Amount: -7}}}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		refs, good, err := scanSegment(bytes.NewReader(b), int64(len(b)), func(int, []gateway.Settlement) {})
		if err != nil || good > int64(len(b)) {
			t.Fatalf("good %d of %d, %v", good, len(b), err)
		}
		for _, r := range refs {
			payload, err := checkRecord(b[r.off:r.end()])
			if err != nil {
				t.Fatalf("a record was found that is none: %v", err)
			}
			if e, err := decodePayload(payload); err == nil && e == nil {
				t.Fatal("no entry and no error")
			}
		}
		if len(b) > 0 {
			decodePayload(b) //nolint:errcheck // must only not panic
		}
	})
}

func TestEveryCutAndEveryFlippedBitOfTheLastRecordIsFound(t *testing.T) {
	one := appendRecord([]byte(segmentMagic), &gateway.Entry{ID: "01930000-abcd-7000-8000-000000000001"}, nil)
	two := appendRecord(one[:len(one):len(one)], &gateway.Entry{ID: "odd", Bodies: &gateway.Bodies{}}, nil)
	check := func(b []byte) {
		t.Helper()
		refs, good, err := scanSegment(bytes.NewReader(b), int64(len(b)), func(int, []gateway.Settlement) {})
		if err != nil || len(refs) != 1 || good != int64(len(one)) {
			t.Fatalf("%d records, %d bytes good of %d, %v", len(refs), good, len(one), err)
		}
	}
	for end := len(one); end < len(two); end++ {
		check(two[:end])
	}
	for bit := len(one) * 8; bit < len(two)*8; bit++ {
		damaged := bytes.Clone(two)
		damaged[bit/8] ^= 1 << (bit % 8)
		check(damaged)
	}
	if refs, _, _ := scanSegment(bytes.NewReader(two), int64(len(two)), func(int, []gateway.Settlement) {}); len(refs) != 2 {
		t.Errorf("%d records of the whole", len(refs))
	}
}

func TestIdentsOrderAsIdsDo(t *testing.T) {
	a, b := identOf("01930000-abcd-7000-8000-00000000000f"), identOf([]byte("01930000-abcd-7000-8000-000000000010"))
	if a.compare(b) >= 0 || a.hi == 0 || identOf("01930000-ABCD-7000-8000-00000000000F") != a {
		t.Errorf("%x %x", a, b)
	}
	for _, odd := range []string{"", "x", "01930000-abcd-7000-8000-00000000000g", "01930000xabcd-7000-8000-00000000000f"} {
		if id := identOf(odd); id.hi != 0 {
			t.Errorf("%q is taken for a UUID", odd)
		}
	}
}
