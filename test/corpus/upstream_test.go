package corpus_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// marker is a header that reaches every vendor; it tells the upstream which call it
// has before it.
const marker = "Idempotency-Key"

// arrival is a request as it came at the vendor.
type arrival struct {
	times  int
	method string
	host   string
	uri    string
	header http.Header
	body   []byte
}

// reply is what the vendor says, and what it was asked.
type reply struct {
	status int
	header [][2]string
	pieces [][]byte // nil = one body with its length
	body   []byte
	got    arrival
}

// upstream plays all vendors at once.
type upstream struct {
	url string
	mu  sync.Mutex
	due map[string]*reply
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{due: map[string]*reply{}}
	s := httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(s.Close)
	u.url = s.URL
	return u
}

// expect makes a call with this mark be answered so; done must be called afterwards.
func (u *upstream) expect(mark string, r *reply) (done func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.due[mark] = r
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.due, mark)
	}
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	u.mu.Lock()
	a := u.due[r.Header.Get(marker)]
	if a != nil {
		a.got = arrival{times: a.got.times + 1, method: r.Method, host: r.Host, uri: r.RequestURI, header: r.Header.Clone(), body: body}
	}
	u.mu.Unlock()
	if a == nil || err != nil {
		http.Error(w, "nobody expects this call", http.StatusTeapot)
		return
	}
	for _, h := range a.header {
		w.Header().Add(h[0], h[1])
	}
	if a.pieces == nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
		return
	}
	w.WriteHeader(a.status)
	for _, p := range a.pieces {
		if _, err := w.Write(p); err != nil {
			return
		}
		w.(http.Flusher).Flush()
	}
}

// recorded is a recording's answer, to be sent in these pieces.
func recorded(r *recording, pieces [][]byte) *reply {
	a := &reply{status: r.Status, body: r.body, pieces: pieces}
	for _, h := range r.header {
		switch strings.ToLower(h[0]) {
		case "content-length", "transfer-encoding", "connection", "date":
		default:
			a.header = append(a.header, h)
		}
	}
	a.header = append(a.header, [2]string{"Set-Cookie", "vendor=1"}, [2]string{"Openai-Organization", "org-of-the-operator"})
	return a
}

// cutting is how an answer comes in pieces.
type cutting int

const (
	whole cutting = iota // with its length
	randomly
	otherwise // randomly, at other places
	byteByByte
)

func (c cutting) String() string {
	return [...]string{"whole", "in pieces", "in other pieces", "byte by byte"}[c]
}

// cut cuts an answer, at the same places in every run; nil = it comes whole.
func (c cutting) cut(r *recording) [][]byte {
	switch {
	case c == whole || len(r.body) == 0:
		return nil
	case c == byteByByte:
		return pieces(r.body, func() int { return 1 })
	}
	random := rand.New(rand.NewPCG(r.seed(), uint64(c)))
	mean := max(2, len(r.body)/(2+random.IntN(30)))
	return pieces(r.body, func() int { return 1 + random.IntN(2*mean) })
}

func pieces(body []byte, size func() int) (out [][]byte) {
	for len(body) > 0 {
		n := min(size(), len(body))
		out, body = append(out, body[:n]), body[n:]
	}
	return out
}
