package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/account"
	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/dialect"
	messages "github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/front"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/limit"
	prov "github.com/sluice-gateway/sluice/internal/provider"
	vendor "github.com/sluice-gateway/sluice/internal/provider/openai"
	"github.com/sluice-gateway/sluice/internal/proxy"
	"github.com/sluice-gateway/sluice/internal/recall"
)

type nothing struct{}

func (nothing) Append(*gateway.Entry)                                 {}
func (nothing) Refuse(*gateway.Entry)                                 {}
func (nothing) Finder([]string) func([]byte, func(int, int))          { return func([]byte, func(int, int)) {} }
func (nothing) Redactor([]string) func([]byte) []byte                 { return func(b []byte) []byte { return b } }
func (nothing) Room() bool                                            { return true }
func (nothing) Find(string, string) (*gateway.Object, error)          { return nil, nil }
func (nothing) Own(string, string, []string) (map[string]bool, error) { return nil, nil }
func (nothing) Remember([]gateway.Object)                             {}
func (nothing) Observe(*proxy.Observation)                            {}
func (nothing) StreamOpen(int)                                        {}
func (nothing) Lists(*prov.Provider, string) bool                     { return false }
func (nothing) Models(*prov.Provider) []string                        { return nil }

const benchSecret = "sk-sluice-bench-0123456789"

// bare is a proxy without store and spool, in front of an upstream.
func bare(b testing.TB, upstream string) *proxy.Proxy {
	return bareFor(b, vendor.Spec, upstream+"/v1")
}

// bareFor is the same in front of a vendor of any kind.
func bareFor(b testing.TB, spec *prov.Spec, baseURL string) *proxy.Proxy {
	return bareWith(b, spec, baseURL, 1, nil)
}

// bareWith is the same with more keys, and with limits.
func bareWith(b testing.TB, spec *prov.Spec, baseURL string, known int, rules []*gateway.Rule) *proxy.Proxy {
	return bareOf(b, spec, baseURL, known, nil, &catalog.Gateway{Name: "default", Keyed: true, Rules: rules, Log: catalog.LogPolicy{Bodies: catalog.BodiesMetadata}})
}

// bareCached is the same with answers that are kept.
func bareCached(b testing.TB, spec *prov.Spec, baseURL string, answers proxy.Cache, policy *gateway.Cache) *proxy.Proxy {
	return bareOf(b, spec, baseURL, 1, answers, &catalog.Gateway{Name: "default", Keyed: true, Cache: policy, Log: catalog.LogPolicy{Bodies: catalog.BodiesMetadata}})
}

// benchCounters are a single node's: budgets are in a journal before a call goes on.
func benchCounters(b testing.TB) limit.Engine {
	d := limit.NewDurable(limit.NewMemory(limit.MemoryOptions{}), filepath.Join(b.TempDir(), "limits"))
	if err := d.Load(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	kept := make(chan struct{})
	go func() { defer close(kept); d.Keep(ctx, func(err error) { b.Error(err) }) }()
	b.Cleanup(func() { cancel(); <-kept })
	return d
}

func bareOf(b testing.TB, spec *prov.Spec, baseURL string, known int, answers proxy.Cache, gw *catalog.Gateway) *proxy.Proxy {
	return bareSeen(b, spec, baseURL, known, answers, gw, nothing{})
}

// bareSeen is the same with somebody who is told of every call.
func bareSeen(b testing.TB, spec *prov.Spec, baseURL string, known int, answers proxy.Cache, gw *catalog.Gateway, seen proxy.Observer) *proxy.Proxy {
	keys := &auth.Keys{}
	all := []*gateway.Key{{ID: "k", Workspace: "default", Hash: gateway.HashKey(benchSecret)}}
	for i := 1; i < known; i++ {
		all = append(all, &gateway.Key{ID: "k" + strconv.Itoa(i), Workspace: "default", Hash: gateway.HashKey(benchSecret + strconv.Itoa(i))})
	}
	keys.Swap(all)
	models, err := account.Load()
	if err != nil {
		b.Fatal(err)
	}
	p := proxy.New(proxy.Config{
		Dialects: []*dialect.Dialect{openai.Dialect, openaichat.Dialect, messages.Dialect}, Keys: keys, Catalogue: models, Recorder: nothing{}, Objects: nothing{},
		Recall: recall.New(1 << 20), Observer: seen, Ready: func() error { return nil }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Limits: benchCounters(b), Cache: answers,
	})
	err = p.Swap(catalog.New(catalog.Snapshot{
		Gateways: map[string]*catalog.Gateway{gw.Name: gw},
		Providers: map[string]*prov.Provider{spec.Name: {Name: spec.Name, Spec: spec, BaseURL: baseURL, Speaks: spec.Speaks,
			Credentials: []prov.Credential{{Name: "a", Key: "vendor", Weight: 1}}, Timeouts: prov.DefaultTimeouts()}},
		Limits: catalog.Limits{JSONBody: 64 << 20, InFlight: 10000, Memory: 1 << 40, BodyIdle: 30 * time.Second},
		Lister: nothing{},
	}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	return p
}

// rawUpstream answers every request with the same bytes on raw TCP.
func rawUpstream(b testing.TB, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReaderSize(c, 64<<10)
				for {
					length := 0
					for {
						line, err := in.ReadSlice('\n')
						if err != nil {
							return
						}
						if n, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
							length, _ = strconv.Atoi(strings.TrimSpace(n))
						}
						if len(line) <= 2 {
							break
						}
					}
					if _, err := in.Discard(length); err != nil {
						return
					}
					if _, err := io.WriteString(c, answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func benchmarkPlain(b *testing.B, size int) {
	benchmarkCalls(b, size, func(up string) *proxy.Proxy { return bare(b, up) })
}

func benchmarkCalls(b *testing.B, size int, made func(up string) *proxy.Proxy) {
	c := dialBench(b, size, made)
	b.ReportAllocs()
	for b.Loop() {
		c.call(b)
	}
}

// benchCaller is a connection that costs as little as it can.
type benchCaller struct {
	conn    net.Conn
	in      *bufio.Reader
	request []byte
}

func dialBench(b *testing.B, size int, made func(up string) *proxy.Proxy) *benchCaller {
	body := `{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"` + strings.Repeat("a gateway forwards what it is given, ", size/37) + `"}]}`
	answer := `{"id":"c","object":"chat.completion","model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"` + strings.Repeat("word ", 150) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":120,"total_tokens":320,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}}`
	up := rawUpstream(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(answer))+"\r\n\r\n"+answer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &front.Server{Handler: made(up), WriteIdle: time.Minute}
	go s.Serve(l)
	b.Cleanup(func() { s.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	request := "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + benchSecret + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	return &benchCaller{c, bufio.NewReaderSize(c, 64<<10), []byte(request)}
}

// call makes one call and reads its answer. It costs the same whatever the answer's header
// holds.
func (c *benchCaller) call(b *testing.B) {
	if _, err := c.conn.Write(c.request); err != nil {
		b.Fatal(err)
	}
	if _, err := c.in.Peek(1); err != nil {
		b.Fatal(err)
	}
	head, _ := c.in.Peek(c.in.Buffered())
	end := bytes.Index(head, []byte("\r\n\r\n"))
	_, value, _ := bytes.Cut(head[:max(end, 0)], []byte("Content-Length: "))
	digits, _, _ := bytes.Cut(value, []byte("\r"))
	length, err := strconv.Atoi(string(digits))
	if err != nil || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		b.Fatalf("%q, %v", head, err)
	}
	if _, err := c.in.Discard(end + len("\r\n\r\n") + length); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPlain1K(b *testing.B)  { benchmarkPlain(b, 1<<10) }
func BenchmarkPlain20K(b *testing.B) { benchmarkPlain(b, 20<<10) }
