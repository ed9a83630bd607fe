package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// rawVendor answers on raw connections.
func rawVendor(t *testing.T, answer func(c net.Conn, in *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				if _, err := http.ReadRequest(in); err == nil {
					answer(c, in)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestAnAnswerThatComesBeforeTheUploadEndsNeitherWaitsNorEatsIt(t *testing.T) {
	got := make(chan int64, 1)
	up := rawVendor(t, func(c net.Conn, in *bufio.Reader) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
		n, _ := io.CopyN(io.Discard, in, 100)
		_, _ = io.WriteString(c, "4\r\nlast\r\n0\r\n\r\n")
		got <- n
	})
	g := testgw.StartWith(t, testgw.Options{Config: fmt.Sprintf("providers: { openai: { api_key: env:K, base_url: %s/v1 } }", up), Env: map[string]string{"K": vendorKey}})
	for range 20 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(g.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "POST /providers/openai/v1/something HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n0123456789", testgw.Key)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("no early answer: %v", err)
		}
		first := make([]byte, 5)
		if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
			t.Fatalf("%q, %v", first, err)
		}
		_, _ = io.WriteString(conn, strings.Repeat("x", 90))
		if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "last" {
			t.Fatalf("%q, %v", rest, err)
		}
		if n := <-got; n != 100 {
			t.Fatalf("the vendor got %d bytes", n)
		}
		conn.Close()
	}
}
