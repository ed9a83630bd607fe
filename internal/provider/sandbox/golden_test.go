package sandbox_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/sandbox"
)

var update = flag.Bool("update", false, "write the answers of the golden files anew")

// exchange is one golden file: a request line, headers, an empty line, the body; then,
// after a line of dashes, the answer.
type exchange struct {
	file, method, target string
	header               http.Header
	body, answer         string
}

const divider = "\n--------\n"

func load(t *testing.T, file string) exchange {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	request, answer, answered := strings.Cut(string(raw), divider)
	if !answered {
		request = strings.TrimSuffix(request, "\n")
	}
	head, body, _ := strings.Cut(request, "\n\n")
	lines := strings.Split(head, "\n")
	x := exchange{file: file, header: http.Header{}, body: body, answer: answer}
	x.method, x.target, _ = strings.Cut(lines[0], " ")
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ": ")
		x.header.Set(k, v)
	}
	if strings.HasPrefix(x.header.Get("Content-Type"), "multipart/") {
		x.body = strings.ReplaceAll(body, "\n", "\r\n") + "\r\n"
	}
	return x
}

func (x *exchange) run() string {
	a := ask(sandbox.Handler(sandbox.Options{}), x.method, x.target, x.header, x.body)
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", a.status, a.header.Get("Content-Type"))
	if v := a.header.Get("Retry-After"); v != "" {
		fmt.Fprintf(&b, "Retry-After: %s\n", v)
	}
	fmt.Fprintf(&b, "\n%s\n", bytes.ReplaceAll(a.body, []byte("\r\n"), []byte("␍\n")))
	return b.String()
}

func TestAnswersAreTheGoldenOnesInEveryDialect(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			x := load(t, file)
			got := x.run()
			if again := x.run(); again != got {
				t.Fatalf("the same request got another answer:\n%s\nthen\n%s", got, again)
			}
			if *update {
				raw, _ := os.ReadFile(file)
				request, _, _ := strings.Cut(strings.TrimSuffix(string(raw), "\n"), divider)
				if err := os.WriteFile(file, []byte(request+divider+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != x.answer {
				t.Errorf("got\n%s\nwant\n%s", got, x.answer)
			}
		})
	}
}
