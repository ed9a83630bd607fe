//go:build !unix

package upstream

// flows reports whether the body can be read by flow.
func (c *conn) flows() bool { return false }

func (c *conn) flow(func(p []byte) error) error { return nil }
