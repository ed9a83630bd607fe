// Package responses_test drives a whole gateway as clients of the Responses dialect do,
// in front of vendors that speak another one.
package responses_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if err := goleak.Find(goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// stage is a gateway between this test and one server that plays every vendor.
type stage struct {
	*testgw.Gateway
	up *testup.Upstream
	t  *testing.T
}

const vendors = `discover: false
providers:
  claude: { kind: anthropic, api_key: env:VENDOR_KEY, base_url: %[1]q, retries: { max: 0 } }
  openai: { kind: openai, api_key: env:VENDOR_KEY, base_url: %[2]q, retries: { max: 0 } }
  chat: { kind: openai-compatible, speaks: [chat], api_key: env:VENDOR_KEY, base_url: %[2]q, retries: { max: 0 } }
  gemini: { kind: gemini, api_key: env:VENDOR_KEY, base_url: %[1]q, retries: { max: 0 } }
  cohere: { kind: cohere, api_key: env:VENDOR_KEY, base_url: %[1]q, retries: { max: 0 } }
`

func newStage(t *testing.T, script func(*testup.Call)) *stage {
	t.Helper()
	up := testup.New(t, script)
	config := fmt.Sprintf(vendors, up.URL, up.URL+"/v1")
	return &stage{testgw.StartWith(t, testgw.Options{Config: config, Env: map[string]string{"VENDOR_KEY": "vendor-key-0123456789"}}), up, t}
}

// object is a JSON object.
type object = map[string]any

// ask sends a call, streamed or not, and gives the whole response.
func (s *stage) ask(stream bool, body object) object {
	s.t.Helper()
	status, answer := s.try(testgw.Key, stream, body)
	if status != http.StatusOK {
		s.t.Fatalf("%d %s", status, answer)
	}
	if stream {
		events := testup.Events(string(answer))
		last := object{}
		if _, data, ok := strings.Cut(events[len(events)-1], "\ndata: "); !ok || json.Unmarshal([]byte(data), &last) != nil || last["type"] != "response.completed" {
			s.t.Fatalf("the stream ends with %s", events[len(events)-1])
		}
		return last["response"].(object)
	}
	whole := object{}
	if err := json.Unmarshal(answer, &whole); err != nil {
		s.t.Fatalf("%v: %s", err, answer)
	}
	return whole
}

// try sends a call with a key.
func (s *stage) try(key string, stream bool, body object) (int, []byte) {
	s.t.Helper()
	if stream {
		with := object{"stream": true}
		for k, v := range body {
			with[k] = v
		}
		body = with
	}
	r := s.Request(http.MethodPost, "/v1/responses", text(s.t, body))
	r.Header.Set("Authorization", "Bearer "+key)
	resp, answer := s.Do(r)
	return resp.StatusCode, answer
}

func text(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// got gives a member of what the vendor got last.
func (s *stage) got(member string) string {
	s.t.Helper()
	body := map[string]json.RawMessage{}
	if err := json.Unmarshal(s.up.Last().Body, &body); err != nil {
		s.t.Fatal(err)
	}
	return string(body[member])
}

// same compares two JSON texts by meaning.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Errorf("%s no JSON: %v: %.300s", what, err, got)
		return
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the test's own text is no JSON: %v: %s", err, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s\n  %s\nwant\n  %s", what, got, want)
	}
}
