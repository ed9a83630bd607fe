package front_test

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/front"
)

const post = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.example\r\nUser-Agent: bench/1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n" +
	"Content-Length: 88\r\nAuthorization: Bearer sk-0123456789012345678901234567890123456789\r\nContent-Type: application/json\r\nX-Stainless-Lang: python\r\n\r\n" +
	`{"model":"small","messages":[{"role":"user","content":"01234567890123456789012345678"}]}`

var bodyOf230 = make([]byte, 230)

func small(w http.ResponseWriter, r *http.Request) {
	var buf [128]byte
	for {
		if _, err := r.Body.Read(buf[:]); err != nil {
			break
		}
	}
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = length230
	w.WriteHeader(200)
	w.Write(bodyOf230)
}

var jsonType, length230 = []string{"application/json"}, []string{"230"}

const chunks = 64

func stream(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(200)
	f := w.(http.Flusher)
	f.Flush()
	for range chunks {
		w.Write(bodyOf230)
		f.Flush()
	}
}

type server interface {
	Serve(net.Listener) error
	Close() error
}

func servers(h http.HandlerFunc) map[string]server {
	return map[string]server{
		"front": &front.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, WriteIdle: 5 * time.Minute},
		"std":   &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)},
	}
}

// run sends requests on a few connections and reads the answers without parsing more
// than it must.
func run(b *testing.B, s server, request string, sized bool) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	defer func() { s.Close(); <-ended }()
	const callers = 4
	var conns [callers]net.Conn
	for i := range conns {
		if conns[i], err = net.Dial("tcp", l.Addr().String()); err != nil {
			b.Fatal(err)
		}
		defer conns[i].Close()
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	done := make(chan error, callers)
	for i := range conns {
		go func() { done <- ask(conns[i], request, sized, (b.N+callers-1-i)/callers) }()
	}
	for range conns {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1000, "cpu-µs/op")
}

func ask(nc net.Conn, request string, sized bool, n int) error {
	in := bufio.NewReader(nc)
	req := []byte(request)
	for range n {
		if _, err := nc.Write(req); err != nil {
			return err
		}
		if err := readOne(in, sized); err != nil {
			return err
		}
	}
	return nil
}

func readOne(in *bufio.Reader, sized bool) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
	}
	if sized {
		_, err := in.Discard(230)
		return err
	}
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line[:len(line)-2]), 16, 32)
		if err != nil {
			return err
		}
		if _, err := in.Discard(int(n) + 2); err != nil || n == 0 {
			return err
		}
	}
}

func BenchmarkShortAnswer(b *testing.B) {
	for _, name := range []string{"front", "std"} {
		b.Run(name, func(b *testing.B) { run(b, servers(small)[name], post, true) })
	}
}

// BenchmarkStream flushes 64 chunks a request.
func BenchmarkStream(b *testing.B) {
	for _, name := range []string{"front", "std"} {
		b.Run(name, func(b *testing.B) { run(b, servers(stream)[name], post, false) })
	}
}

// null is a connection on which writes cost nothing: what is left is the server's own
// work for a chunk.
type null struct{ *script }

func (n null) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkChunkWithoutSystemCalls(b *testing.B) {
	for _, name := range []string{"front", "std"} {
		b.Run(name, func(b *testing.B) {
			s, stage := servers(func(w http.ResponseWriter, r *http.Request) {
				f := w.(http.Flusher)
				f.Flush()
				b.ReportAllocs()
				for b.Loop() {
					w.Write(bodyOf230)
					f.Flush()
				}
			})[name], newStage()
			ended := make(chan error)
			go func() { ended <- s.Serve(stage) }()
			c := null{newScript([]byte(get))}
			stage.next <- c
			<-c.ended
			s.Close()
			<-ended
		})
	}
}
