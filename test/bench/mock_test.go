//go:build linux

package main

import (
	"bufio"
	"strings"
	"testing"
)

func TestBodiesInChunksAreReadWhole(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\nPOST"))
	body, err := readBody(in, nil, -1)
	if err != nil || string(body) != "hello world" {
		t.Errorf("%q, %v", body, err)
	}
	if rest, err := in.Peek(4); err != nil || string(rest) != "POST" {
		t.Errorf("then %q, %v", rest, err)
	}
	for _, bad := range []string{"", "x\r\n", "5\r\nhel", "ffffffffff\r\n"} {
		if body, err := readBody(bufio.NewReader(strings.NewReader(bad)), nil, -1); err == nil {
			t.Errorf("%q is %q", bad, body)
		}
	}
}
