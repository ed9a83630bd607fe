// Package scripted is an upstream that replays exchanges from files, for SDKs as
// clients. It knows no vendor, and decides nothing but which file answers.
package scripted

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// Exchange is one file: settings "name: value" up to a line "-- answer --", then the
// answer's body. The settings are
//
//	request  method and the beginning of path and query
//	with     a header that the request has, where vendors share a path
//	has      a text that the request's body holds (repeatable)
//	status   of the answer; 200 when absent
//	header   "name: value" of the answer (repeatable)
//	encoding base64: the body is written so
//	pause    after so many events the stream waits for a release
//	hang     after so many events the stream waits until its caller has left
//
// {{URL}} in the answer is the upstream's own URL. A content type of text/event-stream makes the answer a stream, one flush for each event.
type Exchange struct {
	Name   string // "openai/chat"
	Method string
	URI    string
	With   string
	Has    []string
	Status int
	Header [][2]string
	Pause  int
	Hang   int
	Body   string

	release chan struct{}
	gone    chan time.Time
}

// Load reads every exchange below a folder: <vendor>/<name>.txt.
func Load(dir string) ([]*Exchange, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.txt"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no exchanges in %s", dir)
	}
	var all []*Exchange
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		x, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		x.Name = filepath.Base(filepath.Dir(path)) + "/" + strings.TrimSuffix(filepath.Base(path), ".txt")
		all = append(all, x)
	}
	return all, nil
}

func parse(text string) (*Exchange, error) {
	head, body, found := strings.Cut(text, "-- answer --\n")
	if !found {
		return nil, fmt.Errorf("no line '-- answer --'")
	}
	x := &Exchange{Status: 200, Body: body, release: make(chan struct{}, 16), gone: make(chan time.Time, 16)}
	for line := range strings.Lines(head) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		if err := x.set(name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
	}
	if !x.stream() && x.header("content-type") != "application/x-ndjson" {
		x.Body = strings.TrimSuffix(x.Body, "\n")
	}
	return x, nil
}

func (x *Exchange) set(name, value string) (err error) {
	switch name {
	case "request":
		x.Method, x.URI, _ = strings.Cut(value, " ")
	case "with":
		x.With = value
	case "has":
		x.Has = append(x.Has, value)
	case "status":
		x.Status, err = strconv.Atoi(value)
	case "header":
		name, value, _ := strings.Cut(value, ": ")
		x.Header = append(x.Header, [2]string{name, value})
	case "encoding":
		var b []byte
		b, err = base64.StdEncoding.DecodeString(strings.TrimSpace(x.Body))
		x.Body = string(b)
	case "pause":
		x.Pause, err = strconv.Atoi(value)
	case "hang":
		x.Hang, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("no such setting")
	}
	return err
}

func (x *Exchange) header(name string) string {
	for _, h := range x.Header {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

func (x *Exchange) stream() bool { return x.header("content-type") == "text/event-stream" }

// fits reports how well the exchange answers a request: -1 not at all, else the longer
// its path the better, then the more it demands of the body.
func (x *Exchange) fits(c *testup.Call) int {
	if c.Method != x.Method || !strings.HasPrefix(c.URI, x.URI) || (x.With != "" && c.Header.Get(x.With) == "") {
		return -1
	}
	for _, text := range x.Has {
		if !bytes.Contains(c.Body, []byte(text)) {
			return -1
		}
	}
	return 100*len(x.URI) + len(x.Has)
}
