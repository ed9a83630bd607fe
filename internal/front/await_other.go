//go:build !unix

package front

// awaiter waits for bytes without a buffer, where the system allows it; here it does
// not.
type awaiter struct{}

func newAwaiter(*conn) *awaiter { return nil }

func (*awaiter) read() (int, error) { panic("BUG: there is no awaiter here") }
