package upstream

import (
	"strconv"
	"strings"
	"time"
)

// frame finds out how long the body is and whether the connection lives on.
func (c *conn) frame(method string, minor byte) error {
	var f facts
	if err := f.read(c.resp.Header); err != nil {
		return err
	}
	switch {
	case f.coded && minor == '0':
		return errCodingOld // RFC 9112 §6.1: its framing is faulty
	case f.coded && f.length >= 0:
		return errTwoLengths
	}
	c.keep = c.keep && !f.close && (minor == '1' || f.keep)
	c.maxIdle = f.maxIdle
	c.resp.ContentLength = f.length
	status := c.resp.Status
	switch {
	case status == 101:
		c.framing, c.keep, c.resp.ContentLength = upgraded, false, 0
	case method == "HEAD":
	case status == 204, status == 304, f.length == 0:
		c.resp.ContentLength = 0
	case f.coded:
		c.framing = chunked
	case f.length > 0:
		c.framing, c.left = fixed, f.length
	default:
		c.framing, c.keep, c.resp.UntilClose = untilClose, false, true
	}
	return nil
}

// facts are what a head says about its message and its connection.
type facts struct {
	length      int64 // -1 = not said
	coded       bool
	close, keep bool
	maxIdle     time.Duration
}

func (f *facts) read(h Header) (err error) {
	f.length = -1
	for i := range h {
		value := h[i].Value
		switch h[i].Name {
		case "Content-Length":
			n, err := parseLength(value)
			if err != nil || (f.length >= 0 && n != f.length) {
				return errLength
			}
			f.length = n
		case "Transfer-Encoding":
			if f.coded || !strings.EqualFold(value, "chunked") {
				return errCoding
			}
			f.coded = true
		case "Connection":
			f.close = f.close || hasToken(value, "close")
			f.keep = f.keep || hasToken(value, "keep-alive")
		case "Keep-Alive":
			f.maxIdle = keepAliveTimeout(value)
		}
	}
	return nil
}

func parseLength(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}

// keepAliveTimeout reads "timeout=5, max=100" and takes a second off, since the
// host's clock began to run before ours; 0 when nothing is said.
func keepAliveTimeout(v string) time.Duration {
	for item := range strings.SplitSeq(v, ",") {
		name, value, _ := strings.Cut(strings.Trim(item, " \t"), "=")
		if n, err := strconv.ParseUint(value, 10, 31); err == nil && strings.EqualFold(name, "timeout") {
			return max(time.Duration(n)*time.Second-time.Second, time.Millisecond)
		}
	}
	return 0
}
