package cache

import (
	"context"
	"time"
)

// CodecForTest is the encoding of answers.
type CodecForTest struct{ *codec }

// NewCodecForTest makes one.
func NewCodecForTest() (CodecForTest, error) {
	c, err := newCodec()
	return CodecForTest{c}, err
}

// Encode is the tiers' own.
func (c CodecForTest) Encode(key Key, a *Answer) ([]byte, error) { return c.encode(key, a) }

// Decode is the tiers' own.
func (c CodecForTest) Decode(key Key, b []byte) (*Answer, error) { return c.decode(key, b) }

// SealForTest makes the sum of encoded bytes right.
func SealForTest(key Key, b []byte) { putSum(key, b) }

// DamageForTest changes a row.
func (d *Disk) DamageForTest(key Key, change func([]byte) []byte) error {
	return d.with(context.Background(), func(f diskFile) error {
		var id int64
		var data []byte
		if err := f.write.QueryRow("SELECT b.id, b.data FROM answers a JOIN bodies b ON b.id = a.id WHERE key = ?", key[:]).Scan(&id, &data); err != nil {
			return err
		}
		_, err := f.write.Exec("UPDATE bodies SET data = ? WHERE id = ?", change(data), id)
		return err
	})
}

// ExecForTest runs SQL on the file.
func (d *Disk) ExecForTest(sql string) error {
	return d.with(context.Background(), func(f diskFile) error { _, err := f.write.Exec(sql); return err })
}

// FindForTest is Get with a clock that stands still.
func (m *Memory) FindForTest(key *Key, now time.Time) *Answer { return m.get(key, now) }

// SettledForTest waits until nothing waits to be written.
func (c *Cache) SettledForTest() {
	for _, b := range c.lower {
		for b.state().Waiting > 0 {
			<-time.After(time.Millisecond)
		}
	}
}

// GatewaysForTest gives how many gateways are remembered.
func (a *Advice) GatewaysForTest() int { return len(a.gateways) }
