package cache

import (
	"context"
	"time"
)

// EncodeForTest and DecodeForTest are the encoding of answers.
func EncodeForTest(key Key, a *Answer) ([]byte, error) {
	c, err := newCodec()
	if err != nil {
		return nil, err
	}
	return c.encode(key, a)
}

// DecodeForTest reads what EncodeForTest wrote.
func DecodeForTest(key Key, b []byte) (*Answer, error) {
	c, err := newCodec()
	if err != nil {
		return nil, err
	}
	return c.decode(key, b)
}

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
